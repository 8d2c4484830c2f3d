package split

import "bytes"

// Boundary looks in data, which may begin anywhere in a split, for a newline at
// or after index at that certainly ends a record, whatever stands before and
// after data. It returns the index after it, or -1 if there is no proof of any.
// limit is the greatest length of a record.
//
// A newline ends a record unless it stands inside quotes, in a record that has
// its end within the limit (see CSV). Such a record begins after a newline and
// less than limit bytes before. So all that may be is followed: after every
// newline a record may begin, and where data begins, unless that is limit bytes
// before at, quotes may be open. A newline at which none can be open ends a
// record. What settles it is a quote that is not the first byte of a field: if
// quotes were open they are not after it, and it does not open any.
func (k Kind) Boundary(data []byte, at, limit int) int {
	switch {
	case k.form == array || k.form == csv && (k.quote == k.delimiter || k.quote == '\n' || k.delimiter == '\n'):
		return -1
	case k.form == lines || k.quote == 0:
		return newline(data, at, len(data))
	}
	first := newline(data, 0, len(data))
	if first < 0 {
		return -1
	}
	return k.boundary(data, first, at, limit)
}

// may is what may be at a place in a CSV file.
type may struct {
	out  bool // outside quotes
	open bool // inside quotes
	last int  // those were opened at or before it
}

// boundary is Boundary for CSV; data[i-1] is the first newline.
func (k Kind) boundary(data []byte, i, at, limit int) int {
	m := may{out: true, open: at < limit, last: i}
	for {
		q := bytes.IndexByte(data[i:], k.quote)
		end := i + q
		if q < 0 {
			end = len(data)
		}
		if from := m.lines(data, i, end, limit); !m.open {
			if b := newline(data, max(from, at), end); b >= 0 {
				return b
			}
		}
		if q < 0 {
			return -1
		}
		for i = end; i < len(data) && data[i] == k.quote; i++ {
		}
		before := data[end-1]
		m.quotes(i-end, before == k.delimiter || before == '\n')
		m.last = i
	}
}

// lines passes over data[i:end], where no quote is. If it shows that no quotes
// can be open, it returns from where on.
func (m *may) lines(data []byte, i, end, limit int) int {
	if !m.open {
		return i
	}
	if from := max(i, m.last+limit); from < end {
		if b := newline(data, from, end); b >= 0 {
			m.open, m.out = false, true // no record is as long
			return b - 1
		}
	}
	m.out = m.out || newline(data, i, end) >= 0
	return i
}

// quotes passes over a run of n quotes, which begins a field or not.
func (m *may) quotes(n int, field bool) {
	switch odd := n%2 == 1; {
	case odd && field:
		m.out, m.open = m.open, m.out
	case odd:
		m.out, m.open = true, false
	}
}

// newline returns the index after the first newline of data[from:to], or -1.
func newline(data []byte, from, to int) int {
	if from >= to {
		return -1
	}
	n := bytes.IndexByte(data[from:to], '\n')
	if n < 0 {
		return -1
	}
	return from + n + 1
}
