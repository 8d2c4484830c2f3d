package decode

import (
	"math"
	"strconv"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// ConvertColumn converts the rows of src, what an expression gave for them,
// to the type of dst: the same lossless conversions as those of a decoded
// value, and truth values become 0 and 1 as in SQL. Text in dst is that of src
// or new memory. bad is called for each row that does not convert, with a
// sentence that does not name the column, empty where src itself is bad. dst
// has room for the rows, and its other rows stay as they are. dst and src may be the same column. An error in the stream's timestamp_format
// makes every text a bad timestamp; New has reported it.
func ConvertColumn(dst, src *value.Column, rows []int32, s *schema.Stream, bad func(row int, reason string)) {
	c := converter{src: src, to: sink{typ: dst.Type}}
	c.to.attach(dst)
	if dst.Type == value.Timestamp {
		clock, err := newClock(s.TimestampFormat, s.Timezone)
		if err == nil {
			c.to.clock = &clock
		}
	}
	for _, row := range rows {
		v, shown := c.cell(int(row))
		if v > null {
			c.to.kind[row] = value.KindBad
			reason := ""
			if src.Kind[row] != value.KindBad {
				reason = v.reason(dst.Type, shown, src.Kind[row] == value.KindText)
			}
			bad(int(row), reason)
		}
	}
}

type converter struct {
	src *value.Column
	to  sink
}

// cell converts one row; shown is the value as it is written.
func (c *converter) cell(row int) (v verdict, shown []byte) {
	switch c.src.Kind[row] {
	case value.KindNull:
		c.to.kind[row] = value.KindNull
		return null, nil
	case value.KindInt:
		return c.fromInt(row, c.src.Int[row])
	case value.KindReal:
		return c.fromReal(row, c.src.Real[row])
	case value.KindText:
		return c.fromText(row, c.src.Text[row])
	}
	return wrong, nil
}

func (c *converter) fromText(row int, b []byte) (verdict, []byte) {
	switch {
	case c.to.typ == value.Timestamp && c.to.clock == nil:
		return wrong, b
	case c.to.typ == value.JSON && c.src.Type == value.JSON:
		c.to.setText(row, b)
		return fine, nil
	}
	return c.to.text(row, b), b
}

func (c *converter) fromInt(row int, n int64) (verdict, []byte) {
	from, to := c.src.Type, c.to.typ
	switch {
	case from == value.Timestamp:
		return c.fromTime(row, value.Time(n))
	case from == value.Interval:
		return wrong, []byte("an interval")
	case from == value.Boolean && (to == value.Text || to == value.JSON):
		c.to.setText(row, strconv.AppendBool(nil, n != 0))
	case from == value.Boolean && to == value.Timestamp:
		return wrong, strconv.AppendBool(nil, n != 0)
	case to == value.Integer || to == value.Boolean && uint64(n) <= 1:
		c.to.setInt(row, n)
	case to == value.Real:
		c.to.setReal(row, float64(n))
	case to == value.Timestamp:
		return c.fromNumber(row, strconv.AppendInt(nil, n, 10))
	case to == value.Text || to == value.JSON:
		c.to.setText(row, strconv.AppendInt(nil, n, 10))
	default:
		return wrong, strconv.AppendInt(nil, n, 10)
	}
	return fine, nil
}

func (c *converter) fromTime(row int, t value.Time) (verdict, []byte) {
	switch {
	case !t.Valid():
		return outOfRange, strconv.AppendInt(nil, int64(t), 10)
	case c.to.typ == value.Timestamp:
		c.to.setInt(row, int64(t))
	case c.to.typ == value.Text:
		c.to.setText(row, t.Append(nil, -1))
	default:
		return wrong, t.Append(nil, -1)
	}
	return fine, nil
}

func (c *converter) fromReal(row int, f float64) (verdict, []byte) {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return outOfRange, strconv.AppendFloat(nil, f, 'g', -1, 64)
	case c.to.typ == value.Real:
		c.to.setReal(row, f+0)
		return fine, nil
	}
	return c.fromNumber(row, realText(f+0))
}

// fromNumber converts a number from its text.
func (c *converter) fromNumber(row int, text []byte) (verdict, []byte) {
	if c.to.typ == value.Timestamp && c.to.clock == nil {
		return wrong, text
	}
	return c.to.text(row, text), text
}

// realText is the shortest text that reads back as f, with a point or an
// exponent, as SQLite shows reals.
func realText(f float64) []byte {
	b := strconv.AppendFloat(nil, f, 'g', -1, 64)
	for _, c := range b {
		if c == '.' || c == 'e' {
			return b
		}
	}
	return append(b, '.', '0')
}
