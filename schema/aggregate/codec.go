package aggregate

import (
	"math"

	"github.com/windrow/windrow/schema/exact"
	"github.com/windrow/windrow/schema/value"
)

// codec turns values of INTEGER, BOOLEAN and TIMESTAMP into cells and back.
type codec struct {
	typ value.Type
	buf []byte
}

// intCell returns the cell of x, valid until the next call.
func (c *codec) intCell(x int64) any {
	if c.typ != value.Timestamp {
		return x
	}
	c.buf = value.Time(x).Append(c.buf[:0], -1)
	return stringOf(c.buf)
}

// readInt is the inverse of intCell and accepts nothing else.
func (c *codec) readInt(cell any) (int64, bool) {
	if c.typ == value.Timestamp {
		b, ok := textCell(cell)
		if !ok {
			return 0, false
		}
		return c.readTime(b)
	}
	x, ok := cell.(int64)
	return x, ok && (c.typ != value.Boolean || x == 0 || x == 1)
}

// readTime reads what Time.Append writes with as many digits as needed.
func (c *codec) readTime(b []byte) (int64, bool) {
	const form = "0000-00-00 00:00:00.000000"
	if len(b) < 19 || len(b) > len(form) {
		return 0, false
	}
	var d [len(form)]int64
	for i := range b {
		switch {
		case form[i] != '0' && b[i] != form[i], form[i] == '0' && (b[i] < '0' || b[i] > '9'):
			return 0, false
		}
		d[i] = int64(b[i] - '0')
	}
	two := func(i int) int64 { return d[i]*10 + d[i+1] }
	days := daysBefore(two(0)*100+two(2), two(5), two(8))
	us := (two(20)*100+two(22))*100 + two(24)
	t := value.Time(days*value.Day + two(11)*value.Hour + two(14)*value.Minute + two(17)*value.Second + us)
	if !t.Valid() {
		return 0, false
	}
	c.buf = t.Append(c.buf[:0], -1) // 02-30 and 1.50 come back different
	return int64(t), string(c.buf) == string(b)
}

// daysBefore returns the days from 1970-01-01 to a date of the proleptic
// Gregorian calendar. Years are counted from March, so that the leap day is
// the last; 153 days are five months from there.
func daysBefore(year, month, day int64) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	leaps := year/4 - year/100 + year/400
	return year*365 + leaps + (153*(month-3)+2)/5 + day - 1 - 719468
}

// readReal reads a REAL cell that is finite and not -0.
func readReal(cell any) (float64, bool) {
	x, ok := cell.(float64)
	return x, ok && exact.Finite(x) && math.Float64bits(x) != 1<<63
}
