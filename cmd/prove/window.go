package main

import (
	"fmt"
	"time"
)

// size is the length of a tumbling window: n units.
type size struct {
	n    int64
	unit string
}

func (s size) sql() string { return fmt.Sprintf("INTERVAL '%d %s'", s.n, s.unit) }

var unitLength = map[string]time.Duration{"microsecond": time.Microsecond, "millisecond": time.Millisecond, "second": time.Second,
	"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour}

// sizes that the random rollups have.
var windowSizes = []size{{50, "millisecond"}, {250, "microsecond"}, {1, "second"}, {7, "second"}, {1500, "millisecond"}, {1, "minute"}, {5, "minute"}, {1, "hour"}, {5, "hour"},
	{1, "day"}, {3, "day"}, {1, "week"}, {2, "week"}, {1, "month"}, {1, "year"}}

// bounds returns the window of a time.
func (s size) bounds(m moment) (from, to time.Time) {
	t := time.UnixMicro(int64(m)).UTC()
	switch s.unit {
	case "month":
		from = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
		return from, from.AddDate(0, 1, 0)
	case "year":
		from = time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
		return from, from.AddDate(1, 0, 0)
	}
	length := (unitLength[s.unit] * time.Duration(s.n)).Microseconds()
	origin := int64(0)
	if s == (size{1, "week"}) {
		origin = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() // a Monday
	}
	index := (int64(m) - origin) / length
	if (int64(m)-origin)%length < 0 {
		index--
	}
	start := origin + index*length
	return time.UnixMicro(start).UTC(), time.UnixMicro(start + length).UTC()
}

// layout is how the bounds are shown: with a fraction only where the size
// needs one.
func (s size) layout() string {
	length := (unitLength[s.unit] * time.Duration(s.n)).Microseconds()
	switch {
	case length%1_000_000 == 0:
		return "2006-01-02 15:04:05"
	case length%1000 == 0:
		return "2006-01-02 15:04:05.000"
	}
	return "2006-01-02 15:04:05.000000"
}
