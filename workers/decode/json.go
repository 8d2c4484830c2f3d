package decode

import (
	"bytes"
	"fmt"

	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/workers/decode/scan"
)

// jsonDecoder reads objects, one a line or the elements of one array. It makes
// one pass: keys are compared with those of the record before, values of
// unwanted keys are passed over, wanted ones are read where they stand, and
// where the object ends is only known then.
type jsonDecoder struct {
	sheet
	root   *node
	array  bool   // a newline is white space
	serial uint64 // of the record at hand
	template
	lockstep
	marks   scan.Marks
	byByte  bool   // the general functions are at work
	scratch []byte // for keys with escapes
	why     string // the first complaint about the record at hand
	at      int    // and where it was
}

var _ Decoder = (*jsonDecoder)(nil)

func newJSON(sh *sheet, l Layout) *jsonDecoder {
	paths := make([][]string, len(sh.sinks))
	for i, s := range sh.sinks {
		col := &sh.stream.Columns[s.col]
		if paths[i] = col.Path; len(paths[i]) == 0 {
			paths[i] = []string{col.Name}
		}
	}
	return &jsonDecoder{sheet: *sh, root: newTree(sh.sinks, paths), array: l.Array, lockstep: newLockstep(l.Array)}
}

// Decode implements Decoder.
func (d *jsonDecoder) Decode(b *Batch, data []byte, base int64) int {
	d.begin(b, data, base)
	d.marks.Reset(data, !d.array)
	i := 0
	if d.array {
		for d.row < BatchRows && i < len(data) {
			i = d.element(i)
		}
	} else {
		for d.row < BatchRows && i < len(data) {
			i = d.lines(i)
		}
	}
	d.finish()
	return i
}

// line reads the line that begins at i and returns the index after it.
func (d *jsonDecoder) line(i int) int {
	b := d.data
	d.serial++
	d.why = ""
	start, end := i, -1
	if b[i] != '{' {
		i = d.space(i)
		if i == len(b) || b[i] == '\n' {
			return min(i+1, len(b))
		}
	}
	if b[i] == '{' {
		end = d.record(i)
	} else {
		d.fail(i, "not a JSON object")
	}
	if end >= 0 {
		after := end
		if after < len(b) && b[after] != '\n' {
			after = d.space(after)
		}
		if after == len(b) || b[after] == '\n' {
			d.done(start, end, after)
			return min(after+1, len(b))
		}
		d.fail(after, "something after the object")
	}
	return d.brokenLine(start)
}

func (d *jsonDecoder) brokenLine(start int) int {
	end := len(d.data)
	if n := bytes.IndexByte(d.data[start:], '\n'); n >= 0 {
		end = start + n
	}
	d.broken(start, end, end)
	return min(end+1, len(d.data))
}

// element reads the element of an array that begins at i, after white space,
// and returns the index after it and its comma.
func (d *jsonDecoder) element(from int) int {
	b := d.data
	d.serial++
	d.why = ""
	i := d.space(from)
	if i == len(b) {
		return i
	}
	end := -1
	switch b[i] {
	case '{':
		end = d.record(i)
	case ']':
		return d.tail(i)
	case ',':
		d.fail(i, "no value between two commas")
		d.broken(i, i+1, i+1)
		return i + 1
	default:
		d.fail(i, "not a JSON object")
	}
	if end >= 0 {
		after := d.space(end)
		if after == len(b) || b[after] == ']' || b[after] == ',' {
			d.done(i, end, after)
			return afterComma(b, after)
		}
		d.fail(after, "something after the object")
	}
	end = i + split.ElementEnd(b[i:])
	d.broken(i, end, end)
	return afterComma(b, end)
}

func afterComma(b []byte, i int) int {
	if i < len(b) && b[i] == ',' {
		i++
	}
	return i
}

// tail passes over the array's ']'; all of what follows is one broken record.
func (d *jsonDecoder) tail(i int) int {
	end := len(d.data)
	if after := d.space(i + 1); after < end {
		d.fail(after, "something after the array")
		d.broken(i, end, end)
	}
	return end
}

// done ends a record that was read, bytes [lo, hi). Its line or element
// reaches to end.
func (d *jsonDecoder) done(lo, hi, end int) {
	if end-lo > d.limit {
		d.broken(lo, hi, end)
		return
	}
	d.put(lo, hi)
}

// broken ends a record that could not be read.
func (d *jsonDecoder) broken(lo, hi, end int) {
	d.marks.Forget()
	hi = lo + len(bytes.TrimRight(d.data[lo:hi], " \t\r\n"))
	if end-lo > d.limit {
		d.putBroken(lo, hi, tooLong(d.limit))
		return
	}
	d.putBroken(lo, hi, fmt.Sprintf("%s at byte %d", d.why, min(d.at, hi)-lo+1))
}

func tooLong(limit int) string { return fmt.Sprintf("longer than %d bytes", limit) }

// fail notes the first complaint and returns -1.
func (d *jsonDecoder) fail(at int, why string) int {
	if d.why == "" {
		d.why, d.at = why, at
	}
	return -1
}

// space returns the index of the first byte from i on that is not white space.
func (d *jsonDecoder) space(i int) int {
	for ; i < len(d.data); i++ {
		switch d.data[i] {
		case ' ', '\t', '\r':
		case '\n':
			if !d.array {
				return i
			}
		default:
			return i
		}
	}
	return i
}
