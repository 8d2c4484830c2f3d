// Package schedule says when something is due: at the slots of a cron
// expression in a time zone, or at the multiples of a length of time. It does
// no I/O and looks at no clock.
//
// The fields of a cron expression are matched on the local wall clock. A local
// time is due when the clocks first show it or a later time: one that a change
// of the zone skips is due at the end of the gap, one that comes twice is due
// the first time only. If the hour field is *, each hour of elapsed time has
// its slots instead: whatever the clocks show, at each matching minute of the
// hour there is one. Two that fall on one instant are one slot.
package schedule

import (
	"fmt"
	"time"
)

// Schedule is a set of slots: points in time with whole seconds, in the years
// 1 to 9999. It is immutable; all of its methods may be called concurrently.
type Schedule struct {
	fields *fields // nil with every
	every  int64   // seconds
	zone   *time.Location
	text   string
}

// Every returns the schedule of the multiples of d, counted from 1970-01-01
// 00:00:00 UTC. A d that is no whole number of seconds is cut to one; less
// than a second is one second.
func Every(d time.Duration) *Schedule {
	n := max(1, int64(d/time.Second))
	return &Schedule{every: n, zone: time.UTC, text: "every " + length(n)}
}

// length is a number of seconds in the greatest unit that fits.
func length(n int64) string {
	unit := "second"
	for _, u := range []struct {
		name    string
		seconds int64
	}{{"minute", 60}, {"hour", 3600}, {"day", 86400}} {
		if n%u.seconds == 0 {
			unit = u.name
		}
	}
	n /= map[string]int64{"second": 1, "minute": 60, "hour": 3600, "day": 86400}[unit]
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// Zone returns the zone in which the fields are matched; UTC with Every.
func (s *Schedule) Zone() *time.Location { return s.zone }

// String is the schedule for people: "0 8 * * 1-5 Europe/Berlin", "every 5 minutes".
func (s *Schedule) String() string { return s.text }

// Next returns the first slot after t, in UTC; the zero time if there is none
// before the year 10000.
func (s *Schedule) Next(t time.Time) time.Time {
	return instant(s.next(max(t.Unix(), first)))
}

// Prev returns the last slot at or before t, in UTC; the zero time if there is
// none since the year 1.
func (s *Schedule) Prev(t time.Time) time.Time {
	return instant(s.prev(min(t.Unix(), last)))
}

// Cover returns what a slot covers, [start, end): from the slot before to the
// slot itself. The slot may be any time: start is the last slot before it, and
// the zero time if there is none.
func (s *Schedule) Cover(slot time.Time) (start, end time.Time) {
	return s.Prev(slot.Add(-1)), slot.UTC()
}

// next returns the first slot after t, which is not before first.
func (s *Schedule) next(t int64) (int64, bool) {
	switch {
	case t >= last:
		return 0, false
	case s.fields == nil:
		return (floorDiv(t, s.every) + 1) * s.every, true
	case s.fields.everyHour:
		return s.nextElapsed(t)
	}
	wall, ok := s.fields.next(s.shown(t) + 60)
	if !ok {
		return 0, false
	}
	return s.due(wall), true
}

// prev returns the last slot at or before t, which is not after last.
func (s *Schedule) prev(t int64) (int64, bool) {
	switch {
	case t <= first:
		return 0, false
	case s.fields == nil:
		return floorDiv(t, s.every) * s.every, true
	case s.fields.everyHour:
		return s.prevElapsed(t)
	}
	wall, ok := s.fields.prev(s.shown(t))
	if !ok {
		return 0, false
	}
	return s.due(wall), true
}

// Instants are seconds since 1970. Slots lie in (first, last].
var (
	first = time.Time{}.Unix()
	last  = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC).Unix()
)

func instant(t int64, ok bool) time.Time {
	if !ok || t <= first || t > last {
		return time.Time{}
	}
	return time.Unix(t, 0).UTC()
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
