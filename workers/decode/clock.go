package decode

import (
	"bytes"
	"time"

	"github.com/windrow/windrow/schema/value"
)

// clock reads the timestamps of one column. It remembers the last minute of
// an ISO stamp, for most stamps are in the minute of the one before.
type clock struct {
	mode    clockMode
	unit    int // epoch: microseconds are value × 10^unit
	pattern *pattern
	loc     *time.Location
	utc     bool

	w0, w1 uint64     // the first 16 bytes of the last stamp: 2026-03-01T12:30
	minute value.Time // and what they say, taken as UTC
	local  value.Time // and as local time
	steady bool       // local holds for all of the minute
}

type clockMode uint8

const (
	auto clockMode = iota
	epoch
	byPattern
)

var epochs = map[string]int{"epoch_s": 6, "epoch_ms": 3, "epoch_us": 0, "epoch_ns": -3}

// newClock returns the reader for a stream's timestamp_format and timezone.
func newClock(format string, loc *time.Location) (clock, error) {
	if loc == nil {
		loc = time.UTC
	}
	c := clock{loc: loc, utc: loc == time.UTC || loc.String() == "UTC"}
	c.newMinute([]byte("1970-01-01T00:00"))
	if unit, ok := epochs[format]; ok {
		c.mode, c.unit = epoch, unit
		return c, nil
	}
	if format == "" || format == "auto" {
		return c, nil
	}
	p, err := compilePattern(format)
	c.mode, c.pattern = byPattern, p
	return c, err
}

// text reads a timestamp from text, or from the text of a number.
func (c *clock) text(b []byte) (value.Time, verdict) {
	b = trim(b)
	if c.mode == byPattern {
		t, ok := c.pattern.parse(b, c.loc)
		return judge(t, ok)
	}
	if d, ok := parseDecimal(b); ok { // a date is no number
		return c.epoch(d)
	}
	if c.mode == auto {
		if t, ok := value.ParseTime(string(b), c.loc); ok {
			return t, fine
		}
	}
	return 0, wrong
}

func judge(t value.Time, ok bool) (value.Time, verdict) {
	switch {
	case !ok:
		return 0, wrong
	case !t.Valid():
		return 0, outOfRange
	}
	return t, fine
}

// epoch converts a number. Without a declared unit its magnitude tells:
// below 1e11 seconds, below 1e14 milliseconds, below 1e17 microseconds.
func (c *clock) epoch(d decimal) (value.Time, verdict) {
	unit := c.unit
	if c.mode == auto {
		switch whole := d.digits + d.exp; {
		case whole <= 11:
			unit = 6
		case whole <= 14:
			unit = 3
		case whole <= 17:
			unit = 0
		default:
			unit = -3
		}
	}
	n, rest, ok := d.shift(unit)
	if !ok || n > uint64(value.MaxTime) {
		return 0, outOfRange
	}
	t := value.Time(n)
	if d.neg {
		t = -t
		if rest {
			t--
		}
	}
	return judge(t, true)
}

// trim cuts spaces and tabs off both ends.
func trim(b []byte) []byte { return bytes.Trim(b, " \t") }
