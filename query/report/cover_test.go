package report

import (
	"testing"
	"time"

	"github.com/windrow/windrow/query/output"
)

func TestCovers(t *testing.T) {
	zone := berlin(t)
	day := func(m time.Month, d, h, min int) time.Time { return time.Date(2026, m, d, h, min, 0, 0, zone) }
	for _, c := range []struct {
		start, end time.Time
		want       string
	}{
		{day(3, 2, 0, 0), day(3, 3, 0, 0), "Monday 2 March 2026"},
		{day(3, 29, 0, 0), day(3, 30, 0, 0), "Sunday 29 March 2026"}, // of 23 hours
		{day(10, 25, 0, 0), day(10, 26, 0, 0), "Sunday 25 October 2026"},
		{day(3, 29, 0, 0), day(3, 29, 23, 0), "Sunday 29 March 2026, 00:00 to 23:00"},
		{day(3, 2, 0, 0), day(3, 9, 0, 0), "Monday 2 March 2026 to Sunday 8 March 2026"},
		{day(3, 2, 7, 0), day(3, 2, 8, 30), "Monday 2 March 2026, 07:00 to 08:30"},
		{day(2, 27, 8, 0), day(3, 2, 8, 0), "Friday 27 February 2026, 08:00 to Monday 2 March 2026, 08:00"},
		{day(3, 2, 7, 0), day(3, 2, 7, 0).Add(10 * time.Second), "Monday 2 March 2026, 07:00 to 07:00:10"},
		{time.Time{}, day(3, 2, 8, 0), "until Monday 2 March 2026, 08:00"},
		{time.Time{}, time.Time{}, ""},
	} {
		if got := (Head{Start: c.start, End: c.end, Zone: zone}).covers(); got != c.want {
			t.Errorf("[%s, %s) is %q, want %q", c.start, c.end, got, c.want)
		}
	}
	if got := (Head{Start: day(3, 2, 0, 0), End: day(3, 3, 0, 0)}).covers(); got != "Sunday 1 March 2026, 23:00 to Monday 2 March 2026, 23:00" {
		t.Errorf("without a zone: %q", got)
	}
}

// The times of a column look alike, and are no finer than they have to be.
func TestTimesOfColumn(t *testing.T) {
	zone := berlin(t)
	for _, c := range []struct {
		name  string
		times []string
		o     output.Options
		want  string // the last one
	}{
		{"days", []string{"2026-03-01 23:00:00", "2026-03-02 23:00:00"}, output.Options{Zone: zone}, "2026-03-03"},
		{"days over a change", []string{"2026-03-27 23:00:00", "2026-03-29 22:00:00"}, output.Options{Zone: zone}, "2026-03-30"},
		{"minutes", []string{"2026-03-01 23:00:00", "2026-03-02 23:01:00"}, output.Options{Zone: zone}, "2026-03-03 00:01"},
		{"seconds", []string{"2026-03-01 23:00:00", "2026-03-02 23:01:07"}, output.Options{Zone: zone}, "2026-03-03 00:01:07"},
		{"fractions", []string{"2026-03-01 23:00:00.250", "2026-03-02 23:01:07.000"}, output.Options{Zone: zone}, "2026-03-03 00:01:07.000000"},
		{"the hour that comes twice", []string{"2026-10-25 00:30:00", "2026-10-25 01:30:00"}, output.Options{Zone: zone}, "2026-10-25 02:30 CET"},
		{"no zone", []string{"2026-03-02 23:01:00"}, output.Options{}, "2026-03-02 23:01"},
		{"iso", []string{"2026-03-02 23:01:00"}, output.Options{Zone: zone, TimeFormat: "iso"}, "2026-03-03T00:01:00+01:00"},
		{"seconds since 1970", []string{"2026-03-02 23:01:00"}, output.Options{TimeFormat: "epoch_s"}, "1772492460"},
		{"milliseconds since 1970", []string{"2026-03-02 23:01:00.125"}, output.Options{TimeFormat: "epoch_ms"}, "1772492460125"},
		{"a pattern", []string{"2026-03-02 23:01:00"}, output.Options{Zone: zone, TimeFormat: "%d.%m. %H:%M"}, "03.03. 00:01"},
	} {
		f := formOf(c.times, c.o)
		at, ok := f.parse(c.times[len(c.times)-1])
		if got := f.show(at); got != c.want || !ok {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
