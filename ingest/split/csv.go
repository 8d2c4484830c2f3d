package split

import "bytes"

// csvCut is the state of cutCSV. The record at hand began at start. Line
// breaks between from and the place that the loop has reached are outside
// quotes; if start < from, one before from was quoted.
type csvCut struct {
	data        []byte
	start, from int
	max         int
}

// cutCSV hops from quoted field to quoted field; line breaks are only looked
// for where a quoted one was met.
func (k Kind) cutCSV(data []byte, max int) int {
	c := csvCut{data: data, max: max}
	i := 0
	for {
		open := k.nextOpen(data, i)
		if open < 0 {
			if c.settle(len(data)) {
				return c.start
			}
			if !c.fallBack() {
				return c.start
			}
			i = c.from
			continue
		}
		shut := k.afterQuoted(data, open+1)
		if shut > 0 && bytes.IndexByte(data[open:shut], '\n') < 0 {
			i = shut
			continue
		}
		switch {
		case c.settle(open) && shut > 0 && shut-c.start <= max:
			c.from = shut
		case len(data)-c.start <= max || !c.fallBack():
			return c.start
		}
		i = c.from
	}
}

// nextOpen returns the index of the next quote at or after i that begins a
// field, or -1. data[i] is outside quotes.
func (k Kind) nextOpen(data []byte, i int) int {
	for {
		q := bytes.IndexByte(data[i:], k.quote)
		if q < 0 {
			return -1
		}
		i += q
		if i == 0 || data[i-1] == k.delimiter || data[i-1] == '\n' {
			return i
		}
		i++
	}
}

// afterQuoted returns the index after the quote that closes the field whose
// text begins at i. It returns -1 if there is none, and also if the quote is
// the last byte, because another may follow.
func (k Kind) afterQuoted(data []byte, i int) int {
	for {
		q := bytes.IndexByte(data[i:], k.quote)
		i += q + 1
		if q < 0 || i >= len(data) {
			return -1
		}
		if data[i] != k.quote {
			return i
		}
		i++
	}
}

// settle moves start to the record that upto is in; false if the record at
// start is too long.
func (c *csvCut) settle(upto int) bool {
	if c.start < c.from {
		e := bytes.IndexByte(c.data[c.from:upto], '\n')
		if e < 0 {
			return upto-c.start <= c.max
		}
		if c.from+e-c.start > c.max {
			return false
		}
		c.start = c.from + e + 1
		c.from = c.start
	}
	if e := bytes.LastIndexByte(c.data[c.from:upto], '\n'); e >= 0 {
		c.start = c.from + e + 1
	}
	c.from = c.start
	return true
}

// fallBack ends the record at start with its first line; false if that has
// no end in the data.
func (c *csvCut) fallBack() bool {
	e := bytes.IndexByte(c.data[c.start:], '\n')
	if e < 0 {
		return false
	}
	c.start += e + 1
	c.from = c.start
	return true
}
