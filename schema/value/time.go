package value

import "time"

// Time is a point in time: microseconds since 1970-01-01 00:00:00 UTC.
// Valid times are those of the years 1 to 9999; finer digits of an input are
// cut off (towards the past).
type Time int64

const (
	MinTime Time = -62135596800_000000 // 0001-01-01 00:00:00
	MaxTime Time = 253402300799_999999 // 9999-12-31 23:59:59.999999

	Microsecond int64 = 1
	Millisecond       = 1000 * Microsecond
	Second            = 1000 * Millisecond
	Minute            = 60 * Second
	Hour              = 60 * Minute
	Day               = 24 * Hour
)

// TimeOf converts a time.Time.
func TimeOf(t time.Time) Time { return Time(t.UnixMicro()) }

// Std converts to a time.Time in UTC.
func (t Time) Std() time.Time { return time.UnixMicro(int64(t)).UTC() }

// Valid reports whether t lies in the years 1 to 9999.
func (t Time) Valid() bool { return t >= MinTime && t <= MaxTime }

// Append appends t as the store writes it: "2006-01-02 15:04:05" in UTC, then
// exactly frac digits of a second (0, 3 or 6); frac < 0 means as many as are
// needed and no more, which also sorts as text.
func (t Time) Append(b []byte, frac int) []byte {
	sec, us := int64(t)/Second, int64(t)%Second
	if us < 0 {
		sec, us = sec-1, us+Second
	}
	b = time.Unix(sec, 0).UTC().AppendFormat(b, "2006-01-02 15:04:05")
	if frac < 0 {
		if us == 0 {
			return b
		}
		frac = 6
		for us%10 == 0 {
			us, frac = us/10, frac-1
		}
	} else {
		for i := frac; i < 6; i++ {
			us /= 10
		}
	}
	if frac == 0 {
		return b
	}
	b = append(b, '.')
	for i, n := 0, len(b); i < frac; i++ {
		b = append(b, '0')
		_ = n
	}
	for i := len(b) - 1; us > 0; i, us = i-1, us/10 {
		b[i] = byte('0' + us%10)
	}
	return b
}

// Format is Append into a new string.
func (t Time) Format(frac int) string { return string(t.Append(nil, frac)) }
