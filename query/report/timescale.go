package report

import (
	"math"
	"time"
)

// tick is a mark on an axis of time.
type tick struct {
	at    float64 // seconds since 1970
	label string
	below string // what the label leaves out, where it has changed
}

// maxTicks is how many marks an axis of time has at most.
const maxTicks = 8

const day = 24 * time.Hour

// spans are the distances that marks of less than a day may have.
var spans = []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour}

// calendars are the distances of a day and more: days, then months.
var calendars = []struct{ days, months int }{{1, 0}, {2, 0}, {7, 0}, {14, 0}, {0, 1}, {0, 2}, {0, 3}, {0, 6},
	{0, 12}, {0, 24}, {0, 60}, {0, 120}, {0, 240}, {0, 600}, {0, 1200}, {0, 12000}, {0, 24000}}

// timeTicks returns the marks of an axis from lo to hi (seconds since 1970) at
// round times of the zone: times of day, days, Mondays, months or years. They
// are not closer than step seconds, what the values themselves are apart.
func timeTicks(lo, hi, step float64, zone *time.Location) []tick {
	for _, span := range spans {
		if span.Seconds() >= step && (hi-lo)/span.Seconds() <= maxTicks {
			return clockTicks(lo, hi, span, zone)
		}
	}
	for _, c := range calendars[:4] {
		if (hi-lo)/day.Seconds()/float64(c.days) <= maxTicks {
			return dayTicks(lo, hi, c.days, zone)
		}
	}
	for _, c := range calendars[4:] {
		if (hi-lo)/day.Seconds()/30.4/float64(c.months) <= maxTicks {
			return monthTicks(lo, hi, c.months, zone)
		}
	}
	return nil
}

// clockTicks are at multiples of a span of the local time of day.
func clockTicks(lo, hi float64, span time.Duration, zone *time.Location) []tick {
	layout := "15:04"
	switch {
	case span < time.Second:
		layout = "15:04:05.000"
	case span < time.Minute:
		layout = "15:04:05"
	}
	var ticks []tick
	last, date := math.Inf(-1), ""
	of := wallClock(at(lo, zone)).Truncate(span)
	for y, m, d := at(lo, zone).Date(); ; d++ {
		if unix(time.Date(y, m, d, 0, 0, 0, 0, zone)) > hi {
			return ticks
		}
		for ; of < day; of += span {
			t := time.Date(y, m, d, 0, 0, int(of/time.Second), int(of%time.Second), zone)
			x := unix(t)
			if x > hi {
				return ticks
			}
			if x < lo || x <= last { // a time that the zone skips is another one
				continue
			}
			last = x
			k := tick{at: x, label: t.Format(layout)}
			if s := t.Format("Mon 2 Jan"); s != date {
				k.below, date = s, s
			}
			ticks = append(ticks, k)
		}
		of = 0
	}
}

// wallClock is the time of day that the clock of the wall shows.
func wallClock(t time.Time) time.Duration {
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute + time.Duration(t.Second())*time.Second +
		time.Duration(t.Nanosecond())
}

func dayTicks(lo, hi float64, days int, zone *time.Location) []tick {
	var ticks []tick
	t := at(lo, zone)
	t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, zone)
	if days%7 == 0 {
		t = t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	}
	year := ""
	for ; unix(t) <= hi; t = t.AddDate(0, 0, days) {
		if unix(t) < lo {
			continue
		}
		k := tick{at: unix(t), label: t.Format("2 Jan")}
		if s := t.Format("2006"); s != year {
			k.below, year = s, s
		}
		ticks = append(ticks, k)
	}
	return ticks
}

func monthTicks(lo, hi float64, months int, zone *time.Location) []tick {
	var ticks []tick
	first := at(lo, zone)
	n := first.Year()*12 + int(first.Month()) - 1
	year := ""
	for n -= n % months; ; n += months {
		t := time.Date(n/12, time.Month(n%12+1), 1, 0, 0, 0, 0, zone)
		switch {
		case unix(t) > hi:
			return ticks
		case unix(t) < lo:
			continue
		}
		k := tick{at: unix(t), label: t.Format("Jan")}
		if s := t.Format("2006"); months%12 == 0 {
			k.label = s
		} else if s != year {
			k.below, year = s, s
		}
		ticks = append(ticks, k)
	}
}

func unix(t time.Time) float64 { return float64(t.Unix()) + float64(t.Nanosecond())/1e9 }

// moment writes a time for a tooltip, no finer than what distances of step
// seconds need.
func moment(x, step float64, zone *time.Location) string {
	t := at(x, zone)
	switch {
	case step >= day.Seconds()-3700 && midnight(t):
		return t.Format("Mon 2 Jan 2006")
	case step < 1:
		return t.Format("2 Jan 15:04:05.000")
	case math.Mod(step, 60) != 0 || t.Second() != 0:
		return t.Format("2 Jan 15:04:05")
	}
	return t.Format("Mon 2 Jan 15:04")
}
