package report

import (
	"fmt"
	"time"
)

const (
	longDate  = "Monday 2 January 2006"
	longTime  = "15:04"
	exactTime = "15:04:05"
)

// covers says in words which time [Start, End) is, in the head's zone:
// "Monday 2 March 2026" for a whole day, else with times of day.
func (h Head) covers() string {
	zone := h.zone()
	start, end := h.Start.In(zone), h.End.In(zone)
	switch {
	case h.Start.IsZero() && h.End.IsZero():
		return ""
	case h.Start.IsZero():
		return "until " + dayAndTime(end)
	case midnight(start) && start.AddDate(0, 0, 1).Equal(end):
		return start.Format(longDate)
	case midnight(start) && midnight(end):
		last := end.AddDate(0, 0, -1)
		return fmt.Sprintf("%s to %s", start.Format(longDate), last.Format(longDate))
	case sameDay(start, end):
		return fmt.Sprintf("%s to %s", dayAndTime(start), clock(end))
	}
	return fmt.Sprintf("%s to %s", dayAndTime(start), dayAndTime(end))
}

func dayAndTime(t time.Time) string { return t.Format(longDate) + ", " + clock(t) }

func clock(t time.Time) string {
	if t.Second() != 0 {
		return t.Format(exactTime)
	}
	return t.Format(longTime)
}

func midnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}

func sameDay(a, b time.Time) bool {
	return a.Year() == b.Year() && a.YearDay() == b.YearDay()
}

// revised says which revision this is, "" for the first.
func (h Head) revised() string {
	if h.Revision <= 1 {
		return ""
	}
	return fmt.Sprintf("revision %d", h.Revision)
}
