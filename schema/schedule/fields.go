package schedule

import (
	"math/bits"
	"time"
)

// fields are the five of a cron expression, a bit for each value. They are
// matched on the wall clock, as if it were UTC: a wall time is the number of
// seconds since 1970 that a UTC clock would have when it shows the same.
type fields struct {
	minute, hour, day, month, weekday uint64 // weekday 0 is Sunday
	anyDay, anyWeekday                bool   // the field is *
	everyHour                         bool   // the hour is *
}

// The wall times that are looked at have these years.
const minYear, maxYear = 0, 10000

// onDay reports whether a day matches. If both day and weekday are
// restricted, one of them is enough.
func (f *fields) onDay(d time.Time) bool {
	day, weekday := has(f.day, d.Day()), has(f.weekday, int(d.Weekday()))
	if !f.anyDay && !f.anyWeekday {
		return has(f.month, int(d.Month())) && (day || weekday)
	}
	return has(f.month, int(d.Month())) && day && weekday
}

func has(set uint64, n int) bool { return set>>n&1 == 1 }

// next returns the first matching full minute at or after wall.
func (f *fields) next(wall int64) (int64, bool) {
	day := floorDiv(wall, 86400)
	minute := int((wall - day*86400 + 59) / 60)
	for {
		d := date(day)
		switch {
		case d.Year() > maxYear:
			return 0, false
		case !has(f.month, int(d.Month())):
			day = number(time.Date(d.Year(), d.Month()+1, 1, 0, 0, 0, 0, time.UTC))
			minute = 0
			continue
		case f.onDay(d):
			if m, ok := f.nextMinute(minute); ok {
				return day*86400 + int64(m)*60, true
			}
		}
		day++
		minute = 0
	}
}

// prev returns the last matching full minute at or before wall.
func (f *fields) prev(wall int64) (int64, bool) {
	const lastMinute = 24*60 - 1
	day := floorDiv(wall, 86400)
	minute := int((wall - day*86400) / 60)
	for {
		d := date(day)
		switch {
		case d.Year() < minYear:
			return 0, false
		case !has(f.month, int(d.Month())):
			day = number(time.Date(d.Year(), d.Month(), 0, 0, 0, 0, 0, time.UTC))
			minute = lastMinute
			continue
		case f.onDay(d):
			if m, ok := f.prevMinute(minute); ok {
				return day*86400 + int64(m)*60, true
			}
		}
		day--
		minute = lastMinute
	}
}

// date is the day of that number since 1970-01-01, number its inverse.
func date(day int64) time.Time    { return time.Unix(day*86400, 0).UTC() }
func number(date time.Time) int64 { return floorDiv(date.Unix(), 86400) }

// nextMinute returns the first matching minute of a day at or after from,
// counted from midnight.
func (f *fields) nextMinute(from int) (int, bool) {
	h, m := from/60, from%60
	if later := f.minute >> m << m; has(f.hour, h) && later != 0 {
		return h*60 + bits.TrailingZeros64(later), true
	}
	later := f.hour >> (h + 1) << (h + 1)
	if later == 0 {
		return 0, false
	}
	return bits.TrailingZeros64(later)*60 + bits.TrailingZeros64(f.minute), true
}

// prevMinute returns the last matching minute of a day at or before from.
func (f *fields) prevMinute(from int) (int, bool) {
	h, m := from/60, from%60
	if earlier := f.minute & (1<<(m+1) - 1); has(f.hour, h) && earlier != 0 {
		return h*60 + bits.Len64(earlier) - 1, true
	}
	earlier := f.hour & (1<<h - 1)
	if earlier == 0 {
		return 0, false
	}
	return (bits.Len64(earlier)-1)*60 + bits.Len64(f.minute) - 1, true
}
