package window

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema/value"
)

func tumbling(t testing.TB, size string) Window {
	t.Helper()
	sp, err := ParseSpan(size)
	if err != nil {
		t.Fatal(err)
	}
	w, err := Find("tumble").New([]Span{sp})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var sizes = []string{"1 microsecond", "7 ms", "250 milliseconds", "1 second", "90 s", "1 minute", "7 minutes", "1 hour", "1 day", "7 days", "1 week", "2 weeks", "1 month", "1 year"}

// Windows lie side by side: every time is in the window that starts at its
// start, no window overlaps the next, and text is wide enough for their bounds.
func TestWindowsTile(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.SampledFrom(sizes).Draw(rt, "size")
		w := tumbling(t, size)
		at := value.Time(rapid.Int64Range(int64(value.MinTime), int64(value.MaxTime)).Draw(rt, "at"))
		start := w.Start(at)
		end := w.End(start)
		if at < start || at >= end {
			rt.Fatalf("%s: %s is not in [%s, %s)", size, at.Format(-1), start.Format(-1), end.Format(-1))
		}
		if w.Start(start) != start || w.Start(end) != end || w.Start(end-1) != start {
			rt.Fatalf("%s: the window of %s does not meet the next", size, at.Format(-1))
		}
		if got, ok := value.ParseTime(start.Format(w.Frac()), nil); start.Valid() && (!ok || got != start) {
			rt.Fatalf("%s: %s as text is %s", size, start.Format(-1), start.Format(w.Frac()))
		}
	})
}

func TestTumble(t *testing.T) {
	for _, c := range []struct{ size, at, start, end string }{
		{"1 minute", "2026-03-01 12:30:05.25", "2026-03-01 12:30:00", "2026-03-01 12:31:00"},
		{"1 minute", "2026-03-01 12:30:00", "2026-03-01 12:30:00", "2026-03-01 12:31:00"},
		{"1 hour", "1969-12-31 23:30:00", "1969-12-31 23:00:00", "1970-01-01 00:00:00"},
		{"1 day", "2026-03-01 12:30:00", "2026-03-01 00:00:00", "2026-03-02 00:00:00"},
		{"1 week", "2026-03-01 12:30:00", "2026-02-23 00:00:00", "2026-03-02 00:00:00"}, // from Monday
		{"7 days", "2026-03-01 12:30:00", "2026-02-26 00:00:00", "2026-03-05 00:00:00"}, // from the epoch, a Thursday
		{"1 week", "1969-12-29 00:00:00", "1969-12-29 00:00:00", "1970-01-05 00:00:00"},
		{"1 month", "2028-02-29 12:00:00", "2028-02-01 00:00:00", "2028-03-01 00:00:00"},
		{"1 month", "2025-12-31 23:59:59", "2025-12-01 00:00:00", "2026-01-01 00:00:00"},
		{"1 year", "1900-07-01 00:00:00", "1900-01-01 00:00:00", "1901-01-01 00:00:00"},
		{"250 milliseconds", "2026-03-01 12:30:05.3", "2026-03-01 12:30:05.250", "2026-03-01 12:30:05.500"},
	} {
		w := tumbling(t, c.size)
		at, _ := value.ParseTime(c.at, nil)
		start := w.Start(at)
		if s, e := start.Format(w.Frac()), w.End(start).Format(w.Frac()); s != c.start || e != c.end {
			t.Errorf("%s of %s: [%s, %s), want [%s, %s)", c.size, c.at, s, e, c.start, c.end)
		}
	}
}

func TestTumbleRefuses(t *testing.T) {
	for size, want := range map[string]string{
		"0 minutes": "the size of a window must be more than 0, not 0 minutes",
		"-1 hour":   "the size of a window must be more than 0, not -1 hours",
		"2 months":  "a window can be 1 month long, not 2",
	} {
		sp, err := ParseSpan(size)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Find("TUMBLE").New([]Span{sp}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", size, err, want)
		}
	}
}

func TestParseSpan(t *testing.T) {
	for in, want := range map[string]Span{
		"1 minute": {1, Minute}, " 90 SECONDS ": {90, Second}, "5m": {5, Minute}, "250ms": {250, Millisecond}, "1 mon th": {}, "": {}, "minute": {}, "1": {},
		"1.5 hours": {}, "-3 d": {-3, Day}, "+2 weeks": {2, Week}, "1 fortnight": {}, "99999999999999999999 s": {}, "9223372036854775807 days": {},
	} {
		got, err := ParseSpan(in)
		if (err == nil) != (want != Span{}) || got != want {
			t.Errorf("%q: %v %v, want %v", in, got, err, want)
		}
	}
	_, err := ParseSpan("1 minit")
	if err == nil || !strings.Contains(err.Error(), `"minit" is not a unit of time`) {
		t.Error(err)
	}
}

// Equal text means equal windows: it is what a rollup's identity is made of.
func TestStringTellsWindowsApart(t *testing.T) {
	seen := map[string]string{}
	for _, size := range sizes {
		s := tumbling(t, size).String()
		if other, ok := seen[s]; ok {
			t.Errorf("%s and %s are both %q", size, other, s)
		}
		seen[s] = size
	}
	if tumbling(t, "60 seconds").String() != tumbling(t, "1 minute").String() {
		t.Error("60 seconds are not a minute")
	}
}
