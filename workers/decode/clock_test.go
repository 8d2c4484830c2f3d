package decode

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/windrow/windrow/schema/value"
)

var zones = []*time.Location{time.UTC, mustZone("Europe/Berlin"), mustZone("America/New_York"), mustZone("Asia/Kathmandu"), mustZone("Africa/Monrovia")}

func mustZone(name string) *time.Location {
	loc, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return loc
}

var stampSeeds = []string{
	"2026-03-01T12:30:05.250Z", "2026-03-01 12:30:05.250Z", "2026-03-01T12:30:05Z", "2026-03-01T12:30:05", "2026-03-01 12:30:05.1234567899", "2026-03-01T12:30:05+02:00",
	"2026-03-01T12:30:05.5-0130", "2026-02-29T00:00:00Z", "2024-02-29T23:59:59.999Z", "0001-01-01T00:00:00Z", "0000-12-31T23:59:59Z", "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59-01:00",
	"0001-01-01T00:30:00+01:00", "2026-03-29 02:30:00", "2026-10-25T02:30:00.000", "2026-03-01T24:00:00Z", "2026-03-01T12:60:00Z", "2026-03-01T12:30:60.000Z", "2026-03-01T12:30:61Z", "2026-03-01t12:30:05z",
	"2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-03-01T12:30:05.Z", "2026-03-01T12:30:05.000z", "2026-03-01T12:30:0/.000Z", "2026-03-01T12:30:05.00:Z", "2026-03-01", "2026-03-01 12:30",
	"2026-03-01T12:30:05.250Z ", "2026-03-01T12:30:05.250ZZ", "2026-03-01T12:30:05.250", "1972-05-01T00:00:10", "1972-01-07 00:44:29", "1972-01-07 00:44:31", "2026-03-01T12:30:05+24:00", "2026-03-01T12:30:05+23:59", "2026-03-01T12:30:05 +0100",
	"2026-03-01T12:30:05.123+05:45", "-026-03-01T12:30:05.000Z", "2026-03-01T12:30:05+0:00", "2026-03-01T12:30:05+02",
}

// checkStamp compares the fast path with the reference, with a fresh memory of
// the minute before and with a used one.
func checkStamp(t *testing.T, c *clock, s string) {
	for _, pad := range []string{"", "\"", "\",\"x\":1}                 ", "Z"} {
		got, end := c.stamp([]byte(s+pad), 0)
		if end == 0 || end != len(s) {
			continue
		}
		want, ok := value.ParseTime(s, c.loc)
		if !ok || got != want {
			t.Fatalf("stamp(%q) in %v = %d, want %d, %v", s, c.loc, got, want, ok)
		}
	}
}

func clocks(t testing.TB) []*clock {
	var all []*clock
	for _, z := range zones {
		c, err := newClock("auto", z)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, &c)
	}
	return all
}

func TestStampsAreThoseOfParseTime(t *testing.T) {
	for _, c := range clocks(t) {
		for range 2 {
			for _, s := range stampSeeds {
				checkStamp(t, c, s)
			}
		}
	}
	rng := rand.New(rand.NewPCG(5, 6))
	all := clocks(t)
	for range 30_000 {
		at := time.Unix(rng.Int64N(4e9)-1e9, rng.Int64N(1e9)).In(zones[rng.IntN(len(zones))])
		if rng.IntN(4) == 0 {
			at = time.Unix(rng.Int64N(3e11)-6e10, rng.Int64N(1e9)).UTC()
		}
		layout := []string{"2006-01-02T15:04:05.000Z07:00", time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05-0700"}[rng.IntN(5)]
		checkStamp(t, all[rng.IntN(len(all))], at.Format(layout))
	}
}

func TestUsualStampsTakeTheFastPath(t *testing.T) {
	for i, c := range clocks(t) {
		for _, s := range stampSeeds[:7] {
			if _, end := c.stamp([]byte(s+`","x":1        `), 0); end != len(s) {
				t.Errorf("%q in %v: end %d", s, zones[i], end)
			}
		}
	}
}

func FuzzStamp(f *testing.F) {
	for i, s := range stampSeeds {
		f.Add(i, s)
	}
	all := clocks(f)
	f.Fuzz(func(t *testing.T, i int, s string) { checkStamp(t, all[uint(i)%uint(len(all))], s) })
}

func TestClockText(t *testing.T) {
	const day = "2026-03-01 12:30:05"
	for _, tc := range []struct{ format, text, want string }{
		{"auto", "2026-03-01T12:30:05Z", day}, {"", " 2026-03-01T13:30:05+01:00\t", day}, {"auto", "1772368205", day}, {"auto", "1772368205.25", day + ".25"},
		{"auto", "1772368205250", day + ".25"}, {"auto", "1772368205250001", day + ".250001"}, {"auto", "1772368205250001999", day + ".250001"}, {"auto", "1.772368205e9", day},
		{"auto", "-0.0000001", "1969-12-31 23:59:59.999999"}, {"auto", "-1", "1969-12-31 23:59:59"}, {"auto", "99999999999", "5138-11-16 09:46:39"}, {"auto", "100000000000", "1973-03-03 09:46:40"},
		{"auto", "-62135596800", "0001-01-01 00:00:00"}, {"auto", "-62135596801", "outOfRange"}, {"auto", "1e300", "outOfRange"}, {"auto", "soon", "wrong"}, {"auto", "", "wrong"},
		{"epoch_s", "1772368205", day}, {"epoch_s", "253402300799.9999999", "9999-12-31 23:59:59.999999"}, {"epoch_s", "253402300800", "outOfRange"}, {"epoch_s", "2026-03-01", "wrong"},
		{"epoch_ms", "1772368205250", day + ".25"}, {"epoch_us", "1772368205250001", day + ".250001"}, {"epoch_ns", "1772368205250001999", day + ".250001"}, {"epoch_ns", "-1", "1969-12-31 23:59:59.999999"},
		{"%Y-%m-%d %H:%M:%S", day, day}, {"%F %T", day, day}, {"%F %T.%f", day + ".25", day + ".25"}, {"%d/%b/%Y:%H:%M:%S %z", "01/Mar/2026:14:30:05 +0200", day}, {"%FT%T%z", "2026-03-01T12:30:05Z", day},
		{"%FT%T%z", "2026-03-01T12:30:05+02", "2026-03-01 10:30:05"}, {"%d %B %Y %I:%M:%S %p", "1 march 2026 12:30:05 pm", day}, {"%d %B %Y %I:%M:%S %p", "1 Mar 2026 12:30:05 AM", "2026-03-01 00:30:05"},
		{"%a %b %e %H:%M:%S %Y", "Sun Mar  1 12:30:05 2026", day}, {"%A, %d-%b-%y %T %Z", "Sunday, 01-Mar-26 12:30:05 GMT", day}, {"%Y%j", "2026060", "2026-03-01 00:00:00"}, {"%Y%j", "2026366", "wrong"}, {"%Y%j", "2024366", "2024-12-31 00:00:00"},
		{"%s", "1772368205", day}, {"%s.%f", "1772368205.25", day + ".25"}, {"%Y%m%d", "20260301", "2026-03-01 00:00:00"}, {"%Y%%%m", "2026%03", "2026-03-01 00:00:00"}, {"%y-%m", "69-01", "1969-01-01 00:00:00"}, {"%y-%m", "68-01", "2068-01-01 00:00:00"},
		{"%F", "2026-02-30", "wrong"}, {"%F", "2026-03-01x", "wrong"}, {"%F", "2026-3", "wrong"}, {"%F %T", "2026-03-01 24:00:00", "wrong"}, {"%F %Z", "2026-03-01 CET", "wrong"}, {"%F %z", "0001-01-01 +0100", "outOfRange"}, {"%F", "0000-01-01", "wrong"},
		{"%b %Y", "xyz 2026", "wrong"}, {"%Y %p %I", "2026 xm 3", "wrong"}, {"%Y %a", "2026 xyz", "wrong"}, {"%Y.%f", "2026.", "wrong"}, {"%s", "x", "wrong"}, {"%Y %z", "2026 *", "wrong"},
	} {
		c, err := newClock(tc.format, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		switch v, verdict := c.text([]byte(tc.text)); verdict {
		case fine:
			got = v.Format(-1)
		case wrong:
			got = "wrong"
		case outOfRange:
			got = "outOfRange"
		}
		if got != tc.want {
			t.Errorf("%s of %q = %s, want %s", tc.format, tc.text, got, tc.want)
		}
	}
}

func TestLocalTimes(t *testing.T) {
	berlin := mustZone("Europe/Berlin")
	for _, format := range []string{"auto", "%F %T"} {
		c, err := newClock(format, berlin)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"2026-07-01 12:00:00", "2026-03-29 02:30:00", "2026-10-25 02:30:00"} {
			at, _ := time.ParseInLocation("2006-01-02 15:04:05", s, berlin)
			if got, v := c.text([]byte(s)); v != fine || got != value.TimeOf(at) {
				t.Errorf("%s %q = %v, want %v", format, s, got.Std(), at.UTC())
			}
		}
	}
}

func TestBadPatterns(t *testing.T) {
	for format, want := range map[string]string{
		"%Y %q": "timestamp_format '%Y %q': %q is not known", "%Y%": "ends with a single %", "%H:%M": "has no year", "%Y %I": "%I without %p", "epoch": "has no year", "%": "ends with",
	} {
		if _, err := newClock(format, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", format, err, want)
		}
	}
}

// What a pattern writes, it reads.
func TestPatternsReadWhatTimeFormats(t *testing.T) {
	pairs := map[string]string{
		"%Y-%m-%d %H:%M:%S.%f": "2006-01-02 15:04:05.000000", "%d/%b/%Y:%T %z": "02/Jan/2006:15:04:05 -0700", "%A %e %B %Y %I:%M:%S %p": "Monday _2 January 2006 03:04:05 PM",
		"%a, %d %b %Y %T %Z": "Mon, 02 Jan 2006 15:04:05 MST", "%Y/%j %T": "2006/002 15:04:05",
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for format, layout := range pairs {
		c, err := newClock(format, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 500 {
			at := time.Unix(rng.Int64N(4e9), 0).UTC()
			s := at.Format(layout)
			if got, v := c.text([]byte(s)); v != fine || got != value.TimeOf(at) {
				t.Fatalf("%s of %q = %v, %d", format, s, got.Std(), v)
			}
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add("%Y-%m-%d %H:%M:%S.%f", "2026-03-01 12:30:05.25")
	f.Add("%d/%b/%Y:%T %z", "01/Mar/2026:14:30:05 +0200")
	f.Add("%a %e %B %y %I %p %Z %j %s", "Sun  1 March 26 12 PM UTC 060 7")
	f.Fuzz(func(t *testing.T, format, s string) {
		c, err := newClock(format, zones[1])
		if err != nil {
			return
		}
		if got, v := c.text([]byte(s)); v == fine && !got.Valid() {
			t.Fatal(fmt.Sprint(got))
		}
	})
}
