package decode

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// sink is where the values of one wanted column go: the slices of the batch's
// column, set anew for each batch.
type sink struct {
	col   int
	name  string
	typ   value.Type
	clock *clock
	read  reader
	also  *sink // CSV: the next column that takes the same field
	kind  []value.Kind
	ints  []int64
	reals []float64
	texts [][]byte
}

func (s *sink) attach(c *value.Column) {
	s.kind, s.ints, s.reals, s.texts = c.Kind, c.Int, c.Real, c.Text
}

func (s *sink) setInt(row int, n int64) {
	s.kind[row] = value.KindInt
	s.ints[row] = n
}

func (s *sink) setReal(row int, f float64) {
	s.kind[row] = value.KindReal
	s.reals[row] = f
}

func (s *sink) setText(row int, b []byte) {
	s.kind[row] = value.KindText
	s.texts[row] = b[:len(b):len(b)] // so that nobody appends into the input
}

// reader returns the fast path for the column's type.
func (s *sink) reader() reader {
	switch {
	case s.typ == value.Text:
		return readText
	case s.typ == value.Integer:
		return readInteger
	case s.typ == value.Real:
		return readReal
	case s.typ == value.Timestamp && s.clock.mode != byPattern:
		return readTime
	}
	return readAny
}

// text stores what the characters b say: a JSON string without its quotes and
// escapes, a CSV field, the text of an expression. Cells that are not fine are
// left as they are.
func (s *sink) text(row int, b []byte) verdict {
	switch s.typ {
	case value.Text:
		if !utf8.Valid(b) {
			return notUTF8
		}
		s.setText(row, b)
		return fine
	case value.JSON:
		return s.json(row, b)
	}
	return s.scalar(row, trim(b))
}

// scalar stores the number, truth value or time that b spells.
func (s *sink) scalar(row int, b []byte) (v verdict) {
	var n int64
	switch s.typ {
	case value.Integer:
		n, v = parseInteger(b)
	case value.Boolean:
		n, v = parseBoolean(b)
	case value.Timestamp:
		var t value.Time
		t, v = s.clock.text(b)
		n = int64(t)
	case value.Real:
		f, v := parseReal(b)
		if v == fine {
			s.setReal(row, f)
		}
		return v
	default:
		return wrong
	}
	if v == fine {
		s.setInt(row, n)
	}
	return v
}

// json stores the text of a JSON value, which it checks.
func (s *sink) json(row int, b []byte) verdict {
	switch {
	case !json.Valid(b):
		return notJSON
	case !utf8.Valid(b):
		return notUTF8
	}
	s.setText(row, b)
	return fine
}

// sheet is what the decoders have in common: the wanted columns and the batch
// at hand.
type sheet struct {
	stream *schema.Stream
	sinks  []sink
	limit  int // bytes of a record
	arena  []byte

	b    *Batch
	data []byte
	row  int
	bads int // len(b.Bad) before this record
}

func newSheet(s *schema.Stream, want []bool) (*sheet, error) {
	c, err := newClock(s.TimestampFormat, s.Timezone)
	if err != nil {
		return nil, err
	}
	sh := &sheet{stream: s, limit: s.MaxRecord}
	if sh.limit <= 0 {
		sh.limit = DefaultMaxRecord
	}
	for i, col := range s.Columns {
		if want[i] && col.Expr == nil {
			mine := c // with a minute of its own
			sh.sinks = append(sh.sinks, sink{col: i, name: col.Name, typ: col.Type, clock: &mine})
		}
	}
	for i := range sh.sinks {
		sh.sinks[i].read = sh.sinks[i].reader()
	}
	return sh, nil
}

// begin empties b and makes room for a full batch of NULLs.
func (sh *sheet) begin(b *Batch, data []byte, base int64) {
	sh.b, sh.data, sh.row, sh.bads, sh.arena = b, data, 0, 0, sh.arena[:0]
	b.Data, b.Base, b.Len = data, base, 0
	b.Broken, b.Bad = b.Broken[:0], b.Bad[:0]
	if len(b.Columns) != len(sh.stream.Columns) {
		b.Columns = make([]value.Column, len(sh.stream.Columns))
		for i, c := range sh.stream.Columns {
			b.Columns[i].Type = c.Type
		}
	}
	if cap(b.Begin) < BatchRows {
		b.Begin, b.End = make([]int64, BatchRows), make([]int64, BatchRows)
	}
	b.Begin, b.End = b.Begin[:BatchRows], b.End[:BatchRows]
	for i := range sh.sinks {
		s := &sh.sinks[i]
		c := &b.Columns[s.col]
		c.Resize(BatchRows)
		clear(c.Kind)
		s.attach(c)
	}
}

// finish cuts the batch to the rows that there are.
func (sh *sheet) finish() {
	b := sh.b
	b.Len = sh.row
	b.Begin, b.End = b.Begin[:b.Len], b.End[:b.Len]
	for i := range sh.sinks {
		b.Columns[sh.sinks[i].col].Resize(b.Len)
	}
	sh.b, sh.data = nil, nil
}

// put ends the record at hand, bytes [lo, hi) of data.
func (sh *sheet) put(lo, hi int) {
	sh.b.Begin[sh.row] = sh.b.Base + int64(lo)
	sh.b.End[sh.row] = sh.b.Base + int64(hi)
	sh.row++
	sh.bads = len(sh.b.Bad)
}

// putBroken ends a record that is none.
func (sh *sheet) putBroken(lo, hi int, reason string) {
	b := sh.b
	for i := range sh.sinks {
		sh.sinks[i].kind[sh.row] = value.KindBad
	}
	b.Bad = b.Bad[:sh.bads]
	b.Broken = append(b.Broken, Broken{Row: sh.row, Reason: reason})
	sh.put(lo, hi)
}

// bad marks a cell of the record at hand.
func (sh *sheet) bad(s *sink, reason string) {
	s.kind[sh.row] = value.KindBad
	sh.b.Bad = append(sh.b.Bad, BadCell{Row: sh.row, Col: s.col, Reason: s.name + ": " + reason})
}

// judge marks the cell according to v; shown is the value as it stands.
func (sh *sheet) judge(s *sink, v verdict, shown []byte, quoted bool) {
	if v > null {
		sh.bad(s, v.reason(s.typ, shown, quoted))
	}
}
