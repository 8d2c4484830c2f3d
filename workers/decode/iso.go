package decode

import (
	"time"

	"github.com/windrow/windrow/schema/value"
)

const (
	colonSecondsZ = uint64(':') | '0'<<8 | '0'<<16 | '.'<<24 | '0'<<32 | '0'<<40 | '0'<<48 | 'Z'<<56
	notDigitsZ    = 0xfff0f0f0fff0f0ff // what must be zero after the xor
	overNineZ     = 0x0006060600060600 // carries into the next four bits of digits above 9
)

// stamp reads a stamp like 2026-03-01T12:30:05.123Z at b[i:] and returns the
// index after it. end 0 means that the general functions decide.
func (c *clock) stamp(b []byte, i int) (t value.Time, end int) {
	if i+24 > len(b) {
		return 0, 0
	}
	if w0, w1 := load(b, i), load(b, i+8); w0 != c.w0 || w1 != c.w1 {
		if !c.newMinute(b[i : i+16]) {
			return 0, 0
		}
	}
	if t, ok := c.milliseconds(load(b, i+16)); ok {
		return t, i + 24
	}
	return c.seconds(b, i+16)
}

// milliseconds reads :05.123Z, eight characters, after the minute; false if
// they are anything else.
func (c *clock) milliseconds(w uint64) (value.Time, bool) {
	w ^= colonSecondsZ
	s := w>>8&15*10 + w>>16&15
	ms := w>>32&15*100 + w>>40&15*10 + w>>48&15
	return c.minute + value.Time(s*1_000_000+ms*1_000), (w|(w+overNineZ))&notDigitsZ == 0 && s <= 59
}

// newMinute reads 2026-03-01T12:30, also with a space for the T. It changes
// nothing if b is none.
func (c *clock) newMinute(b []byte) bool {
	y1, y2, mo, d, h, mi := pair(b, 0), pair(b, 2), pair(b, 5), pair(b, 8), pair(b, 11), pair(b, 14)
	y := y1*100 + y2
	if b[4] != '-' || b[7] != '-' || b[10] != 'T' && b[10] != ' ' || b[13] != ':' ||
		y1|y2|mo|d|h|mi < 0 || y < 1 || !validDate(y, mo, d) || h > 23 || mi > 59 {
		return false
	}
	c.w0, c.w1 = load(b, 0), load(b, 8)
	sec := days(y, mo, d)*86400 + int64(h*3600+mi*60)
	c.minute = value.Time(sec * value.Second)
	if c.local, c.steady = c.minute, true; !c.utc {
		t := time.Date(y, time.Month(mo), d, h, mi, 0, 0, c.loc).Unix()
		last := time.Date(y, time.Month(mo), d, h, mi, 59, 0, c.loc).Unix()
		c.local, c.steady = value.Time(t*value.Second), last == t+59
	}
	return true
}

// seconds reads what follows the minute: :05, then digits of a second, then
// Z, +02:00, +0200 or nothing.
func (c *clock) seconds(b []byte, i int) (value.Time, int) {
	s := pair(b, i+1)
	if b[i] != ':' || s < 0 || s > 59 {
		return 0, 0
	}
	us, i := fraction(b, i+3)
	if i == 0 || i == len(b) {
		return 0, 0
	}
	add := value.Time(int64(s)*value.Second + us)
	switch b[i] {
	case 'Z':
		return within(c.minute+add, i+1)
	case '+', '-':
		off, end := offset(b, i)
		return within(c.minute+add-value.Time(off*value.Second), end)
	}
	if !c.steady {
		return 0, 0
	}
	return within(c.local+add, i)
}

func within(t value.Time, end int) (value.Time, int) {
	if !t.Valid() {
		return 0, 0
	}
	return t, end
}

// fraction reads .123456789 into microseconds, cutting off the rest. It
// returns index 0 for a point without digits, and i where there is no point.
func fraction(b []byte, i int) (us int64, end int) {
	if i >= len(b) || b[i] != '.' {
		return 0, i
	}
	i++
	from, scale := i, int64(100_000)
	for ; i < len(b) && b[i]-'0' <= 9; i++ {
		us += int64(b[i]-'0') * scale
		scale /= 10
	}
	if i == from {
		return 0, 0
	}
	return us, i
}

// offset reads +02:00 or +0200 in seconds; end 0 if it is neither.
func offset(b []byte, i int) (sec int64, end int) {
	if i+5 > len(b) {
		return 0, 0
	}
	h, j := pair(b, i+1), i+3
	if b[j] == ':' {
		j++
	}
	if j+2 > len(b) {
		return 0, 0
	}
	m := pair(b, j)
	if h < 0 || h > 23 || m < 0 || m > 59 {
		return 0, 0
	}
	sec = int64(h*3600 + m*60)
	if b[i] == '-' {
		sec = -sec
	}
	return sec, j + 2
}

// pair reads two digits at b[i:], -1 if they are none.
func pair(b []byte, i int) int {
	x, y := int(b[i])-'0', int(b[i+1])-'0'
	if uint(x) > 9 || uint(y) > 9 {
		return -1
	}
	return x*10 + y
}

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func leap(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }

func validDate(y, m, d int) bool {
	if m < 1 || m > 12 || d < 1 {
		return false
	}
	return d <= monthDays[m] || m == 2 && d == 29 && leap(y)
}

// days returns the days from 1970-01-01 to a date of the Gregorian calendar,
// counting years from March, so that the leap day is the last of its year.
func days(y, m, d int) int64 {
	if m <= 2 {
		y--
	}
	cycle := y / 400
	year := y - cycle*400
	day := (153*((m+9)%12)+2)/5 + d - 1
	return int64(cycle*146097+year*365+year/4-year/100+day) - 719468
}
