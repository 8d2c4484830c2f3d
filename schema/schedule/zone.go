package schedule

import (
	"math"
	"time"
)

// maxOffset is more than the wall clock of any zone is away from UTC, in seconds.
const maxOffset = 2 * 86400

// stretch is a time during which a zone has one offset from UTC: the instants
// [start, end), at which the wall clock shows the instant plus the offset.
type stretch struct{ start, end, offset int64 }

// stretch returns the one that an instant lies in. Two beside each other may
// have the same offset.
func (s *Schedule) stretch(t int64) stretch {
	at := time.Unix(t, 0).In(s.zone)
	_, offset := at.Zone()
	out := stretch{math.MinInt64, math.MaxInt64, int64(offset)}
	start, end := at.ZoneBounds()
	if !start.IsZero() {
		out.start = start.Unix()
	}
	if !end.IsZero() {
		out.end = end.Unix()
	}
	if out.end <= t {
		// Where a zone goes on by a rule, Go ends stretches after the 365th day
		// of a year, also of a leap year.
		out.end = time.Date(at.UTC().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	}
	return out
}

// due returns the first instant at which the wall clock shows wall or later.
func (s *Schedule) due(wall int64) int64 {
	t := wall - maxOffset // it shows less here, and did before
	for {
		z := s.stretch(t)
		if at := max(t, wall-z.offset); at < z.end {
			return at
		}
		t = z.end
	}
}

// shown returns the greatest full minute that the wall clock has shown at or
// before t: what is due at or before t is what is not later than that.
func (s *Schedule) shown(t int64) int64 {
	z := s.stretch(t)
	greatest := t + z.offset
	for z.start > t-2*maxOffset {
		end := z.start
		z = s.stretch(end - 1)
		greatest = max(greatest, end-1+z.offset)
	}
	return floorDiv(greatest, 60) * 60
}

// nextElapsed is next for schedules of every hour.
func (s *Schedule) nextElapsed(t int64) (int64, bool) {
	for t++; ; {
		z := s.stretch(t)
		wall, ok := s.fields.next(t + z.offset)
		if !ok || wall-z.offset < z.end {
			return wall - z.offset, ok
		}
		t = z.end
	}
}

// prevElapsed is prev for schedules of every hour.
func (s *Schedule) prevElapsed(t int64) (int64, bool) {
	for {
		z := s.stretch(t)
		wall, ok := s.fields.prev(t + z.offset)
		if !ok || wall-z.offset >= z.start {
			return wall - z.offset, ok
		}
		t = z.start - 1
	}
}
