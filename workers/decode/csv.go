package decode

import (
	"bytes"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/windrow/windrow/schema/value"
)

// csvDecoder reads records of fields. A quote opens a quoted field only as its
// first byte; inside, a doubled quote is a quote. An unquoted empty field is
// NULL.
type csvDecoder struct {
	sheet
	fields    []*sink // by position, nil for one that is not wanted
	delimiter byte
	quote     byte // 0 for none
	multiline bool
	delims    uint64 // eight delimiters

	why    string // the first complaint about the record at hand
	closed bool   // the record's end was found
	inner  bool   // it has a quoted line break

	marks                  // where fields end
	runs  []csvRun         // records of these marks, to be read column by column
	at    []int            // field of each sink
	lasts []int32          // for column
	later [BatchRows]int32 // rows of a column
	odd   int              // records to be read one by one
	pause int              // odd after the next odd record
}

var _ Decoder = (*csvDecoder)(nil)

func newCSV(sh *sheet, l Layout) (*csvDecoder, error) {
	o := sh.stream.CSV
	d := &csvDecoder{sheet: *sh, delimiter: o.Delimiter, quote: o.Quote, multiline: o.Multiline && o.Quote != 0}
	if d.delimiter == 0 {
		d.delimiter = ','
	}
	d.delims = uint64(d.delimiter) * ones
	if !o.Header {
		d.declared()
		d.place()
		return d, nil
	}
	if l.Header == nil {
		return nil, fmt.Errorf("stream %s: the file has no header; write header = false if it has none", sh.stream.Name)
	}
	if err := d.named(l.Header); err != nil {
		return nil, err
	}
	d.place()
	return d, nil
}

// place notes the field of each sink.
func (d *csvDecoder) place() {
	d.at = make([]int, len(d.sinks))
	for n, s := range d.fields {
		for ; s != nil; s = s.also {
			for i := range d.sinks {
				if s == &d.sinks[i] {
					d.at[i] = n
				}
			}
		}
	}
	d.marks.init(len(d.fields))
}

// declared takes the fields in the order of the physical columns.
func (d *csvDecoder) declared() {
	for i, c := range d.stream.Columns {
		if c.Expr == nil {
			d.fields = append(d.fields, d.sinkOf(i))
		}
	}
}

func (d *csvDecoder) sinkOf(col int) *sink {
	for i := range d.sinks {
		if d.sinks[i].col == col {
			return &d.sinks[i]
		}
	}
	return nil
}

// named finds the wanted columns in the header. Of equal names the first
// counts; white space around a name does not.
func (d *csvDecoder) named(header []string) error {
	names := make([]string, len(header))
	for i, h := range header {
		names[i] = strings.TrimSpace(h)
	}
	d.fields = make([]*sink, len(header))
	for i := range d.sinks {
		s := &d.sinks[i]
		name := s.name
		if p := d.stream.Columns[s.col].Path; len(p) > 0 {
			name = p[0]
		}
		at := slices.Index(names, name)
		if at < 0 {
			return fmt.Errorf("column %s: the header has no '%s'%s", s.name, name, hint(name, names))
		}
		s.also, d.fields[at] = d.fields[at], s
	}
	return nil
}

// Decode implements Decoder.
func (d *csvDecoder) Decode(b *Batch, data []byte, base int64) int {
	d.begin(b, data, base)
	i := 0
	for d.row < BatchRows && i < len(data) {
		if d.odd > 0 {
			d.odd--
			i = d.one(i)
		} else {
			i = d.stretch(i)
		}
	}
	d.finish()
	return i
}

// one reads the record or passes over the empty line at i, as it comes, and
// returns the index after it.
func (d *csvDecoder) one(i int) int {
	if next := d.blank(i); next > i {
		return next
	}
	return d.record(i)
}

// blank returns the index after the empty line at i, or i if it is not empty.
func (d *csvDecoder) blank(i int) int {
	end := i
	if d.data[end] == '\r' {
		end++
	}
	switch {
	case end == len(d.data):
		return end
	case d.data[end] == '\n':
		return end + 1
	}
	return i
}

// record reads the record that begins at i and returns the index after it.
func (d *csvDecoder) record(start int) int {
	b := d.data
	d.why, d.closed, d.inner = "", true, false
	i, n := start, 0
	for {
		var s *sink
		if n < len(d.fields) {
			s = d.fields[n]
		}
		n++
		if i < len(b) && b[i] == d.quote && d.quote != 0 {
			i = d.quoted(s, i, start)
		} else {
			i = d.plain(s, i)
		}
		if i >= len(b) || b[i] == '\n' {
			break
		}
		i++
	}
	i = min(i, len(b))
	if d.inner && (!d.closed || i-start > d.limit) {
		i = start + bytes.IndexByte(b[start:], '\n')
		d.why = "a quote is not closed"
	}
	d.end(start, i, n)
	return min(i+1, len(b))
}

// end ends the record [start, end), which has n fields.
func (d *csvDecoder) end(start, end, n int) {
	text := end
	if text > start && d.data[text-1] == '\r' {
		text--
	}
	switch {
	case end-start > d.limit:
		d.putBroken(start, text, tooLong(d.limit))
	case d.why != "":
		d.putBroken(start, text, d.why)
	case n != len(d.fields):
		d.putBroken(start, text, fmt.Sprintf("%d fields, %d expected", n, len(d.fields)))
	default:
		d.put(start, text)
	}
}

// plain reads the unquoted field at i and returns the index of the delimiter
// or line end after it, or len(data).
func (d *csvDecoder) plain(s *sink, i int) int {
	b := d.data
	end := d.fieldEnd(i)
	if s == nil {
		return end
	}
	text := end
	if text > i && b[text-1] == '\r' && (end == len(b) || b[end] == '\n') {
		text--
	}
	for ; s != nil; s = s.also {
		d.cell(s, i, text)
	}
	return end
}

// cell stores the unquoted field [lo, hi) of the row at hand in a column.
func (d *csvDecoder) cell(s *sink, lo, hi int) {
	if lo < hi && !d.usual(s, lo, hi) {
		d.store(s, d.data[lo:hi], false)
	}
}

// store stores the text of a field in a column.
func (d *csvDecoder) store(s *sink, text []byte, quoted bool) {
	if s.typ != value.Text {
		text = trim(text)
	}
	if quoted || len(text) > 0 {
		d.judge(s, s.text(d.row, text), text, true)
	}
}

// usual reads a field in the usual spelling of its type; false if it is not.
func (d *csvDecoder) usual(s *sink, lo, hi int) bool {
	switch s.read {
	case readInteger:
		if n, end := fastInteger(d.data, lo); end == hi {
			s.setInt(d.row, n)
			return true
		}
	case readReal:
		if x, end := fastReal(d.data, lo); end == hi {
			s.setReal(d.row, x)
			return true
		}
	case readTime:
		if s.clock.mode != auto {
			return false
		}
		if t, end := s.clock.stamp(d.data, lo); end == hi {
			s.setInt(d.row, int64(t))
			return true
		}
	}
	return false
}

// fieldEnd returns the index of the next delimiter or line end, or len(data).
func (d *csvDecoder) fieldEnd(i int) int {
	b := d.data
	for i+8 <= len(b) {
		w := load(b, i)
		n, c := w^'\n'*ones, w^d.delims
		if m := ((n-ones)&^n | (c-ones)&^c) & highs; m != 0 {
			return i + bits.TrailingZeros64(m)>>3
		}
		i += 8
	}
	for i < len(b) && b[i] != '\n' && b[i] != d.delimiter {
		i++
	}
	return i
}

// quoted reads the quoted field whose first quote is at i, as plain does.
func (d *csvDecoder) quoted(s *sink, i, start int) int {
	b := d.data
	from := i + 1
	i, doubled := d.quotedEnd(from, start)
	if i < 0 {
		d.why, d.closed = "a quote is not closed", false
		return d.unclosed(from)
	}
	text := b[from:i]
	d.inner = d.inner || d.multiline && bytes.IndexByte(text, '\n') >= 0
	i++
	if i < len(b) && b[i] == '\r' && (i+1 == len(b) || b[i+1] == '\n') {
		i++
	}
	if i < len(b) && b[i] != d.delimiter && b[i] != '\n' {
		if d.why == "" {
			d.why = fmt.Sprintf("text after a closing quote at byte %d", i-start+1)
		}
		return d.fieldEnd(i)
	}
	if s != nil {
		if doubled {
			text = d.undouble(text)
		}
		for ; s != nil; s = s.also {
			d.store(s, text, true)
		}
	}
	return i
}

// quotedEnd returns the index of the quote that closes the field whose text
// begins at i, -1 if the line or, with multiline, what a record may span ends
// before; doubled if the text has doubled quotes.
func (d *csvDecoder) quotedEnd(i, start int) (end int, doubled bool) {
	b := d.data[:min(len(d.data), start+d.limit+1)]
	if !d.multiline {
		b = d.data
		if n := bytes.IndexByte(b[i:], '\n'); n >= 0 {
			b = b[:i+n]
		}
	}
	for {
		n := bytes.IndexByte(b[min(i, len(b)):], d.quote)
		if n < 0 {
			return -1, doubled
		}
		i += n
		if i+1 >= len(b) || b[i+1] != d.quote {
			return i, doubled
		}
		i += 2
		doubled = true
	}
}

// unclosed returns where a record with an unclosed quote ends: at its next
// line end.
func (d *csvDecoder) unclosed(i int) int {
	n := bytes.IndexByte(d.data[i:], '\n')
	if n < 0 {
		return len(d.data)
	}
	d.inner = d.multiline
	return i + n
}

// undouble returns text with doubled quotes made single, in the arena.
func (d *csvDecoder) undouble(text []byte) []byte {
	from := len(d.arena)
	for {
		n := bytes.IndexByte(text, d.quote)
		if n < 0 {
			break
		}
		d.arena = append(d.arena, text[:n+1]...)
		text = text[n+2:]
	}
	d.arena = append(d.arena, text...)
	return d.arena[from:len(d.arena):len(d.arena)]
}
