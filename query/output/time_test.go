package output

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema/value"
)

var someTimes = []string{
	"2026-03-01 12:00:00", "2026-03-01 12:00:00.5", "2026-03-01 12:00:00.000001", "2024-02-29 23:59:59.999999", "2000-02-29 00:00:00",
	"0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "1969-12-31 23:59:59.250", "2026-12-31 23:59:59", "2026-03-01 12:00:00.100000",
}

var noTimes = []string{
	"", "2026-03-01", "2026-03-01 12:00", "2026-03-01T12:00:00", "2026-03-01 12:00:00Z", "2026-03-01 12:00:00+00:00", "2026-03-01 12:00:00.",
	"2026-03-01 12:00:00.1234567", "2026-03-01 24:00:00", "2026-03-01 12:60:00", "2026-03-01 12:00:60", "2026-13-01 12:00:00", "2026-00-01 12:00:00",
	"2026-04-31 12:00:00", "2026-02-29 12:00:00", "1900-02-29 12:00:00", "0000-01-01 00:00:00", "2026-03-00 12:00:00", " 2026-03-01 12:00:00",
	"2026-03-01 12:00:00 ", "2026-03-01 1a:00:00", "2026-03-01 12:00:00.5x", "-026-03-01 12:00:00", "2026-+3-01 12:00:00", "2026-03-01 12:00:00,5",
	"x026-03-01 12:00:00", "2026-03-01 12:00:0 ", "２０２６-03-01 12",
}

func TestIsTime(t *testing.T) {
	for _, s := range someTimes {
		checkTime(t, s)
		if !IsTime(s) {
			t.Errorf("%q is no time", s)
		}
	}
	for _, s := range noTimes {
		checkTime(t, s)
		if IsTime(s) {
			t.Errorf("%q is a time", s)
		}
	}
}

// checkTime holds IsTime against what reads and writes times elsewhere: a time
// is what value.Time writes with so many digits of a second.
func checkTime(t interface {
	Helper()
	Errorf(format string, args ...any)
}, s string) {
	t.Helper()
	at, ok := value.ParseTime(s, nil)
	want := false
	for digits := 0; ok && digits <= 6; digits++ {
		want = want || s == withDigits(at, digits)
	}
	if got := IsTime(s); got != want {
		t.Errorf("IsTime(%q) is %v", s, got)
	} else if got && parseTime(s) != at {
		t.Errorf("%q is read as %s", s, parseTime(s).Format(-1))
	}
}

func withDigits(at value.Time, digits int) string {
	s := at.Format(6)
	if digits == 0 {
		return s[:19]
	}
	return s[:20+digits]
}

func TestIsTimeLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := value.Time(rapid.Int64Range(int64(value.MinTime), int64(value.MaxTime)).Draw(t, "at"))
		for _, s := range []string{at.Format(-1), at.Format(6), withDigits(at, 0), withDigits(at, 3)} {
			if !IsTime(s) {
				t.Fatalf("%q is no time", s)
			}
			checkTime(t, s)
		}
		if got := parseTime(at.Format(-1)); got != at {
			t.Fatalf("%d became %d", at, got)
		}
	})
}

func FuzzIsTime(f *testing.F) {
	for _, s := range append(someTimes, noTimes...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkTime(t, s) })
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestTimesAreShown(t *testing.T) {
	berlin, york := zone(t, "Europe/Berlin"), zone(t, "America/New_York")
	for _, c := range []struct {
		name string
		o    Options
		in   string
		want string // of a field of csv
	}{
		{"as it is", Options{}, "2026-03-01 12:00:00.50", "2026-03-01 12:00:00.50"},
		{"zone", Options{Zone: berlin}, "2026-03-01 12:00:00", "2026-03-01 13:00:00"},
		{"zone keeps the fraction", Options{Zone: berlin}, "2026-07-01 12:00:00.250", "2026-07-01 14:00:00.250"},
		{"before the gap", Options{Zone: berlin}, "2026-03-29 00:59:59", "2026-03-29 01:59:59"},
		{"after the gap", Options{Zone: berlin}, "2026-03-29 01:00:00", "2026-03-29 03:00:00"},
		{"the hour that comes twice, first", Options{Zone: berlin}, "2026-10-25 00:30:00", "2026-10-25 02:30:00"},
		{"the hour that comes twice, then", Options{Zone: berlin}, "2026-10-25 01:30:00", "2026-10-25 02:30:00"},
		{"iso tells the two apart", Options{Zone: berlin, TimeFormat: "iso"}, "2026-10-25 00:30:00", "2026-10-25T02:30:00+02:00"},
		{"iso tells the two apart, then", Options{Zone: berlin, TimeFormat: "iso"}, "2026-10-25 01:30:00.5", "2026-10-25T02:30:00.5+01:00"},
		{"iso", Options{TimeFormat: "iso"}, "2026-03-01 12:00:00", "2026-03-01T12:00:00Z"},
		{"day before", Options{Zone: york}, "2026-03-01 00:00:00", "2026-02-28 19:00:00"},
		{"seconds", Options{TimeFormat: "epoch_s"}, "2026-03-01 12:00:00.999999", "1772366400"},
		{"seconds, whatever the zone", Options{TimeFormat: "epoch_s", Zone: york}, "2026-03-01 12:00:00", "1772366400"},
		{"milliseconds", Options{TimeFormat: "epoch_ms"}, "2026-03-01 12:00:00.25", "1772366400250"},
		{"before 1970 the second is that which has begun", Options{TimeFormat: "epoch_s"}, "1969-12-31 23:59:58.5", "-2"},
		{"whole seconds before 1970", Options{TimeFormat: "epoch_ms"}, "1969-12-31 23:59:58", "-2000"},
		{"pattern", Options{TimeFormat: "%d.%m.%Y %H:%M:%S", Zone: berlin}, "2026-03-01 12:00:05", "01.03.2026 13:00:05"},
		{"names", Options{TimeFormat: "%a %A %b %B %j %y %e %I%p %V %u %w %G"}, "2026-03-01 15:00:00", "Sun Sunday Mar March 060 26  1 03PM 09 7 0 2026"},
		{"fractions and zones", Options{TimeFormat: "%F %T.%f %L %R %s %z %:z %Z %%", Zone: berlin}, "2026-07-01 12:00:00.25",
			"2026-07-01 14:00:00.250000 250 14:00 1782907200 +0200 +02:00 CEST %"},
		{"without zeros", Options{TimeFormat: "%-d.%-m.%Y"}, "2026-03-01 12:00:00", "1.3.2026"},
		{"other letters stay", Options{TimeFormat: "é%Y年"}, "2026-03-01 12:00:00", "é2026年"},
		{"no time", Options{Zone: berlin, TimeFormat: "iso"}, "2026-03-01", "2026-03-01"},
		{"the least time", Options{Zone: york}, "0001-01-01 00:00:00", "0000-12-31 19:03:58"},
		{"the greatest time", Options{Zone: berlin}, "9999-12-31 23:59:59.999999", "10000-01-01 00:59:59.999999"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := encodeWith(t, Find("csv"), c.o, []Column{{"t"}, {"u"}}, [][]any{{c.in, nil}, {c.in, c.in}})
			if want := "t,u\n" + c.want + ",\n" + c.want + "," + c.want + "\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// The options of times hold in each format.
func TestTimesInEachFormat(t *testing.T) {
	cols, rows := []Column{{"at"}, {"x"}}, [][]any{{"2026-03-01 12:00:00", "2026-03-01 12:00:00.5"}, {"2026-03-01 12:01:00", nil}, {nil, "no"}}
	for _, f := range Formats {
		if f.Binary {
			continue
		}
		got := encodeWith(t, &f, Options{Zone: zone(t, "Asia/Kolkata"), TimeFormat: "%d.%m. %H:%M:%S,%L"}, cols, rows)
		for _, want := range []string{"01.03. 17:30:00,000", "01.03. 17:30:00,500", "01.03. 17:31:00,000"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s lacks %s:\n%s", f.Name, want, got)
			}
		}
	}
	want := `{"at":1772366400,"x":1772366400}` + "\n"
	if got := encodeWith(t, Find("ndjson"), Options{TimeFormat: "epoch_s"}, cols, rows[:1]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestOptionMistakes(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{TimeFormat: "%Y-%Q"}, `the time format "%Y-%Q" has an unknown %Q: there are %Y %y %m %d`},
		{Options{TimeFormat: "%Y-%é"}, `has an unknown %é`},
		{Options{TimeFormat: "%:Y"}, `has an unknown %:`},
		{Options{TimeFormat: "%Y%"}, `the time format "%Y%" ends in the middle of a %: %% writes the sign itself`},
		{Options{TimeFormat: "%Y%-"}, `ends in the middle of a %`},
		{Options{TimeFormat: "isoo"}, `the time format "isoo" has no %: write iso, epoch_s, epoch_ms, or a pattern like "%Y-%m-%d %H:%M:%S"`},
		{Options{Delimiter: '"'}, `'"' cannot stand between fields: take ',' ';' '|' ':' or a tab`},
		{Options{Delimiter: '\n'}, `'\n' cannot stand between fields`},
		{Options{Delimiter: '.'}, `cannot stand between fields`},
		{Options{Delimiter: 'e'}, `cannot stand between fields`},
		{Options{Delimiter: 0xc3}, `cannot stand between fields`},
		{Options{Null: "a\"b"}, `NULL cannot be written as "a\"b"`},
		{Options{Null: "a\nb"}, `NULL cannot be written as`},
		{Options{Null: "a;b", Delimiter: ';'}, `NULL cannot be written as`},
		{Options{Null: "a,b"}, ``}, // found when it is known that the format is csv
	} {
		err := c.o.Check()
		if c.want == "" {
			if err != nil {
				t.Errorf("%+v: %v", c.o, err)
			}
			c.want = "NULL cannot be written as"
		} else if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.o, err, c.want)
		}
		for _, name := range []string{"csv", "xlsx", "parquet"} {
			if name != "csv" && c.o.Check() == nil {
				continue
			}
			err := begin(Find(name).New(nil, c.o), []Column{{"a"}, {"b"}}, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %+v: %v, want %s", name, c.o, err, c.want)
			}
		}
	}
}

func BenchmarkTimes(b *testing.B) {
	row := []any{"2026-03-01 12:00:00", "web-1", int64(72434), 8.670760594779347, 536.022}
	other := []any{"2026-03-01 12:01:00", "web-1", int64(72434), 8.670760594779347, 536.022}
	for _, c := range []struct {
		name string
		o    Options
		each bool // each row has another time
	}{
		{"plain", Options{}, true},
		{"zone", Options{Zone: zone(b, "Europe/Berlin")}, false},
		{"zone each", Options{Zone: zone(b, "Europe/Berlin")}, true},
		{"pattern each", Options{TimeFormat: "%d.%m.%Y %H:%M"}, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			e := Find("csv").New(discard{}, c.o)
			if err := e.Begin(sampleCols); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for n := 0; b.Loop(); n++ {
				r := row
				if c.each && n%2 > 0 {
					r = other
				}
				if err := e.Row(r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
