package schedule

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // zones do not depend on the machine

	"github.com/google/go-cmp/cmp"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func parse(t testing.TB, spec, zoneName string) *Schedule {
	t.Helper()
	s, err := Parse(spec, zone(t, zoneName))
	if err != nil {
		t.Fatalf("%s: %v", spec, err)
	}
	return s
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", time.DateOnly} {
		if v, err := time.Parse(layout, text); err == nil {
			return v
		}
	}
	t.Fatalf("%q is no time", text)
	return time.Time{}
}

// slots lists the slots in (from, to], each in UTC and on the wall clock.
func slots(s *Schedule, from, to time.Time) []string {
	var out []string
	for v := s.Next(from); !v.IsZero() && !v.After(to); v = s.Next(v) {
		out = append(out, v.Format("01-02 15:04")+"Z "+v.In(s.Zone()).Format("01-02 15:04 -0700"))
	}
	return out
}

func count(s *Schedule, from, to time.Time) int {
	n := 0
	for v := s.Next(from); !v.IsZero() && !v.After(to); v = s.Next(v) {
		n++
	}
	return n
}

// TestChanges lists slots around changes of zones, one by one.
func TestChanges(t *testing.T) {
	tests := []struct {
		name, spec, zone, from, to string
		want                       string
	}{
		{"Berlin at 02:30, spring: 02:30 is skipped and due at 03:00", "30 2 * * *", "Europe/Berlin", "2026-03-27 12:00", "2026-03-31 12:00", `
			03-28 01:30Z 03-28 02:30 +0100
			03-29 01:00Z 03-29 03:00 +0200
			03-30 00:30Z 03-30 02:30 +0200
			03-31 00:30Z 03-31 02:30 +0200`},
		{"Berlin at 02:30, autumn: 02:30 comes twice and is due the first time", "30 2 * * *", "Europe/Berlin", "2026-10-23 12:00", "2026-10-27 12:00", `
			10-24 00:30Z 10-24 02:30 +0200
			10-25 00:30Z 10-25 02:30 +0200
			10-26 01:30Z 10-26 02:30 +0100
			10-27 01:30Z 10-27 02:30 +0100`},
		{"Berlin hourly, spring", "0 * * * *", "Europe/Berlin", "2026-03-28 22:30", "2026-03-29 03:30", `
			03-28 23:00Z 03-29 00:00 +0100
			03-29 00:00Z 03-29 01:00 +0100
			03-29 01:00Z 03-29 03:00 +0200
			03-29 02:00Z 03-29 04:00 +0200
			03-29 03:00Z 03-29 05:00 +0200`},
		{"Berlin hourly, autumn", "0 * * * *", "Europe/Berlin", "2026-10-24 22:30", "2026-10-25 03:30", `
			10-24 23:00Z 10-25 01:00 +0200
			10-25 00:00Z 10-25 02:00 +0200
			10-25 01:00Z 10-25 02:00 +0100
			10-25 02:00Z 10-25 03:00 +0100
			10-25 03:00Z 10-25 04:00 +0100`},
		{"an hour field that is not * has 02:00 once", "0 0-23 * * *", "Europe/Berlin", "2026-10-24 22:30", "2026-10-25 03:30", `
			10-24 23:00Z 10-25 01:00 +0200
			10-25 00:00Z 10-25 02:00 +0200
			10-25 02:00Z 10-25 03:00 +0100
			10-25 03:00Z 10-25 04:00 +0100`},
		{"a skipped hour of minutes is one slot", "*/20 1-3 * * *", "Europe/Berlin", "2026-03-29 00:10", "2026-03-29 01:50", `
			03-29 00:20Z 03-29 01:20 +0100
			03-29 00:40Z 03-29 01:40 +0100
			03-29 01:00Z 03-29 03:00 +0200
			03-29 01:20Z 03-29 03:20 +0200
			03-29 01:40Z 03-29 03:40 +0200`},
		{"New York at 02:30, spring", "30 2 * * *", "America/New_York", "2026-03-07 00:00", "2026-03-09 12:00", `
			03-07 07:30Z 03-07 02:30 -0500
			03-08 07:00Z 03-08 03:00 -0400
			03-09 06:30Z 03-09 02:30 -0400`},
		{"New York at 01:30, autumn", "30 1 * * *", "America/New_York", "2026-10-31 00:00", "2026-11-02 12:00", `
			10-31 05:30Z 10-31 01:30 -0400
			11-01 05:30Z 11-01 01:30 -0400
			11-02 06:30Z 11-02 01:30 -0500`},
		{"Lord Howe skips half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-02 00:00", "2026-10-05 00:00", `
			10-02 15:45Z 10-03 02:15 +1030
			10-03 15:30Z 10-04 02:30 +1100
			10-04 15:15Z 10-05 02:15 +1100`},
		{"Lord Howe repeats half an hour", "45 1 * * *", "Australia/Lord_Howe", "2026-04-03 00:00", "2026-04-06 00:00", `
			04-03 14:45Z 04-04 01:45 +1100
			04-04 14:45Z 04-05 01:45 +1100
			04-05 15:15Z 04-06 01:45 +1030`},
		{"Lord Howe every hour at :45, autumn: both are there", "45 * * * *", "Australia/Lord_Howe", "2026-04-04 13:50", "2026-04-04 16:20", `
			04-04 14:45Z 04-05 01:45 +1100
			04-04 15:15Z 04-05 01:45 +1030
			04-04 16:15Z 04-05 02:45 +1030`},
		{"Sao Paulo had no midnight on the day of its change", "0 0 * * *", "America/Sao_Paulo", "2018-11-02 12:00", "2018-11-05 12:00", `
			11-03 03:00Z 11-03 00:00 -0300
			11-04 03:00Z 11-04 01:00 -0200
			11-05 02:00Z 11-05 00:00 -0200`},
		{"and 23:00 twice in autumn", "0 23 * * *", "America/Sao_Paulo", "2018-02-16 12:00", "2018-02-19 12:00", `
			02-17 01:00Z 02-16 23:00 -0200
			02-18 01:00Z 02-17 23:00 -0200
			02-19 02:00Z 02-18 23:00 -0300`},
		{"Samoa had no 30 December 2011: the day's slot is at the gap's end", "0 8 * * *", "Pacific/Apia", "2011-12-29 00:00", "2011-12-31 20:00", `
			12-29 18:00Z 12-29 08:00 -1000
			12-30 10:00Z 12-31 00:00 +1400
			12-30 18:00Z 12-31 08:00 +1400
			12-31 18:00Z 01-01 08:00 +1400`},
		{"UTC has no changes", "30 2 * * *", "UTC", "2026-03-28 00:00", "2026-03-30 12:00", `
			03-28 02:30Z 03-28 02:30 +0000
			03-29 02:30Z 03-29 02:30 +0000
			03-30 02:30Z 03-30 02:30 +0000`},
	}
	for _, tt := range tests {
		var want []string
		for line := range strings.Lines(strings.TrimSpace(tt.want)) {
			want = append(want, strings.TrimSpace(line))
		}
		got := slots(parse(t, tt.spec, tt.zone), at(t, tt.from), at(t, tt.to))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

// TestWholeYears counts the slots of a year: none is lost or doubled by a
// change.
func TestWholeYears(t *testing.T) {
	tests := []struct {
		spec, zone string
		year, want int
	}{
		{"30 2 * * *", "Europe/Berlin", 2026, 365},
		{"0 * * * *", "Europe/Berlin", 2026, 365 * 24},
		{"*/5 * * * *", "Europe/Berlin", 2026, 365 * 24 * 12},
		{"0 0-23 * * *", "Europe/Berlin", 2026, 365*24 - 1}, // 02:00 and 03:00 are one slot in spring
		{"30 2 * * *", "America/New_York", 2028, 366},
		{"0 * * * *", "America/New_York", 2028, 366 * 24},
		{"0 * * * *", "Europe/Berlin", 2040, 366 * 24}, // by the rule of the zone: Go gives a leap year 365 days
		{"30 2 * * *", "Australia/Lord_Howe", 2040, 366},
		{"0 0 * * *", "America/Sao_Paulo", 2018, 365},
		{"15 2 * * *", "Australia/Lord_Howe", 2026, 365},
		{"0 8 * * 1-5", "Europe/Berlin", 2026, 261},
		{"59 23 31 12 *", "UTC", 2026, 1},
		{"0 0 29 2 *", "UTC", 2026, 0},
		{"0 0 29 2 *", "UTC", 2028, 1},
		{"0 0 31 * *", "UTC", 2026, 7},
	}
	for _, tt := range tests {
		s := parse(t, tt.spec, tt.zone)
		from := time.Date(tt.year, 1, 1, 0, 0, 0, 0, s.Zone()).Add(-1)
		if got := count(s, from, from.AddDate(1, 0, 0)); got != tt.want {
			t.Errorf("%s in %s has %d slots in %d, want %d", tt.spec, tt.zone, got, tt.year, tt.want)
		}
	}
}

func TestFields(t *testing.T) {
	tests := []struct{ spec, from, want string }{
		{"59 23 31 12 *", "2026-01-01", "2026-12-31 23:59, 2027-12-31 23:59, 2028-12-31 23:59"},
		{"0 0 29 2 *", "2026-01-01", "2028-02-29 00:00, 2032-02-29 00:00, 2036-02-29 00:00"},
		{"0 0 29 2 *", "2096-03-01", "2104-02-29 00:00, 2108-02-29 00:00, 2112-02-29 00:00"},
		{"0 8 1 * 1", "2026-04-25", "2026-04-27 08:00, 2026-05-01 08:00, 2026-05-04 08:00"}, // either
		{"0 8 1 * *", "2026-04-25", "2026-05-01 08:00, 2026-06-01 08:00, 2026-07-01 08:00"},
		{"0 8 */1 * 1", "2026-04-25", "2026-04-27 08:00, 2026-05-04 08:00, 2026-05-11 08:00"},
		{"0 8 * * MON-FRI", "2026-03-06 09:00", "2026-03-09 08:00, 2026-03-10 08:00, 2026-03-11 08:00"},
		{"0 8 * * THU", "2026-03-06 09:00", "2026-03-12 08:00, 2026-03-19 08:00, 2026-03-26 08:00"},
		{"0 8 * * sat,sun", "2026-03-06 09:00", "2026-03-07 08:00, 2026-03-08 08:00, 2026-03-14 08:00"},
		{"0 8 * * 0", "2026-03-06", "2026-03-08 08:00, 2026-03-15 08:00, 2026-03-22 08:00"},
		{"0 8 * * 7", "2026-03-06", "2026-03-08 08:00, 2026-03-15 08:00, 2026-03-22 08:00"},
		{"0 8 * * 6-7", "2026-03-06", "2026-03-07 08:00, 2026-03-08 08:00, 2026-03-14 08:00"},
		{"0 8 * * FRI-MON", "2026-03-05", "2026-03-06 08:00, 2026-03-07 08:00, 2026-03-08 08:00"},
		{"0 8 * * SAT-MON", "2026-03-08 12:00", "2026-03-09 08:00, 2026-03-14 08:00, 2026-03-15 08:00"},
		{"0 0 1 JAN,Mar *", "2026-01-01 00:00", "2026-03-01 00:00, 2027-01-01 00:00, 2027-03-01 00:00"},
		{"0 0 1 JAN-MAR *", "2026-01-01 00:00", "2026-02-01 00:00, 2026-03-01 00:00, 2027-01-01 00:00"},
		{"0 0 1 */4 *", "2026-01-01 00:00", "2026-05-01 00:00, 2026-09-01 00:00, 2027-01-01 00:00"},
		{"*/15 9-10 * * *", "2026-01-01 09:31", "2026-01-01 09:45, 2026-01-01 10:00, 2026-01-01 10:15"},
		{"50/5 22-1 * * *", "2026-01-01 01:50", "2026-01-01 01:55, 2026-01-01 22:50, 2026-01-01 22:55"},
		{"5,10-12,50-59/4 0 * * *", "2026-01-01 00:10", "2026-01-01 00:11, 2026-01-01 00:12, 2026-01-01 00:50"},
		{" 0   0  * * *\t", "2026-01-01 00:00", "2026-01-02 00:00, 2026-01-03 00:00, 2026-01-04 00:00"},
		{"@hourly", "2026-01-01 00:00", "2026-01-01 01:00, 2026-01-01 02:00, 2026-01-01 03:00"},
		{"@daily", "2026-01-01 00:00", "2026-01-02 00:00, 2026-01-03 00:00, 2026-01-04 00:00"},
		{"@Midnight", "2026-01-01 00:00", "2026-01-02 00:00, 2026-01-03 00:00, 2026-01-04 00:00"},
		{"@weekly", "2026-01-01 00:00", "2026-01-04 00:00, 2026-01-11 00:00, 2026-01-18 00:00"},
		{"@monthly", "2026-01-01 00:00", "2026-02-01 00:00, 2026-03-01 00:00, 2026-04-01 00:00"},
		{"@yearly", "2026-01-01 00:00", "2027-01-01 00:00, 2028-01-01 00:00, 2029-01-01 00:00"},
		{"@annually", "2026-01-01 00:00", "2027-01-01 00:00, 2028-01-01 00:00, 2029-01-01 00:00"},
	}
	for _, tt := range tests {
		s := parse(t, tt.spec, "UTC")
		var got []string
		v := at(t, tt.from)
		for range 3 {
			v = s.Next(v)
			got = append(got, v.Format("2006-01-02 15:04"))
		}
		if text := strings.Join(got, ", "); text != tt.want {
			t.Errorf("%s from %s: got %s, want %s", tt.spec, tt.from, text, tt.want)
		}
	}
}

func TestEvery(t *testing.T) {
	tests := []struct {
		d          time.Duration
		at         string
		next, prev string
		text       string
	}{
		{time.Minute, "2026-03-01T12:00:00Z", "2026-03-01T12:01:00Z", "2026-03-01T12:00:00Z", "every 1 minute"},
		{5 * time.Minute, "2026-03-01T12:03:20.5Z", "2026-03-01T12:05:00Z", "2026-03-01T12:00:00Z", "every 5 minutes"},
		{7 * time.Second, "1970-01-01T00:00:01Z", "1970-01-01T00:00:07Z", "1970-01-01T00:00:00Z", "every 7 seconds"},
		{7 * time.Second, "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "1969-12-31T23:59:53Z", "every 7 seconds"},
		{48 * time.Hour, "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z", "1969-12-30T00:00:00Z", "every 2 days"},
		{36 * time.Hour, "2026-03-01T12:00:00Z", "2026-03-02T00:00:00Z", "2026-02-28T12:00:00Z", "every 36 hours"},
		{time.Millisecond, "2026-03-01T12:00:00.9Z", "2026-03-01T12:00:01Z", "2026-03-01T12:00:00Z", "every 1 second"},
	}
	for _, tt := range tests {
		s := Every(tt.d)
		v := at(t, tt.at)
		next, prev := s.Next(v).Format(time.RFC3339), s.Prev(v).Format(time.RFC3339)
		if next != tt.next || prev != tt.prev || s.String() != tt.text || s.Zone() != time.UTC {
			t.Errorf("%s at %s: next %s, prev %s, %s; want %s, %s, %s", tt.d, tt.at, next, prev, s, tt.next, tt.prev, tt.text)
		}
	}
}

func TestCover(t *testing.T) {
	s := parse(t, "0 8 * * 1-5", "Europe/Berlin")
	for slot, want := range map[string]string{
		"2026-03-03T07:00:00Z":      "2026-03-02 07:00 to 2026-03-03 07:00", // Tuesday
		"2026-03-30T06:00:00Z":      "2026-03-27 07:00 to 2026-03-30 06:00", // Monday after the change: the weekend too
		"2026-03-03T08:00:00+01:00": "2026-03-02 07:00 to 2026-03-03 07:00",
		"2026-03-03T07:00:01Z":      "2026-03-03 07:00 to 2026-03-03 07:00", // no slot
	} {
		start, end := s.Cover(at(t, slot))
		if got := start.Format("2006-01-02 15:04") + " to " + end.Format("2006-01-02 15:04"); got != want || start.Location() != time.UTC || end.Location() != time.UTC {
			t.Errorf("%s covers %s, want %s", slot, got, want)
		}
	}
	if s.String() != "0 8 * * 1-5 Europe/Berlin" || s.Zone().String() != "Europe/Berlin" {
		t.Errorf("%s in %s", s, s.Zone())
	}
}

// TestEnds checks that schedules end with the years that the store knows.
func TestEnds(t *testing.T) {
	for _, name := range []string{"UTC", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"} {
		for _, spec := range []string{"0 * * * *", "0 12 * * *", "0 0 29 2 *", "59 23 31 12 *"} {
			s := parse(t, spec, name)
			for _, far := range []time.Time{at(t, "9999-12-31T23:59:59Z"), at(t, "9999-12-31T23:59:59Z").AddDate(5000, 0, 0), time.Unix(1<<60, 0)} {
				if v := s.Next(far); !v.IsZero() {
					t.Errorf("%s in %s goes on at %s", spec, name, v)
				}
				if v := s.Prev(far); v.Year() < 9996 || v.Year() > 9999 {
					t.Errorf("%s in %s ends at %s", spec, name, v)
				}
			}
			for _, early := range []time.Time{{}, time.Time{}.AddDate(-5000, 0, 0), time.Unix(-1<<60, 0)} {
				if v := s.Prev(early); !v.IsZero() {
					t.Errorf("%s in %s was there at %s", spec, name, v)
				}
				if v := s.Next(early); v.IsZero() || v.Year() > 4 {
					t.Errorf("%s in %s begins at %s", spec, name, v)
				}
			}
		}
	}
	if s := Every(time.Hour); !s.Next(at(t, "9999-12-31T23:30:00Z")).IsZero() || !s.Prev(time.Time{}).IsZero() {
		t.Error("multiples have no end")
	}
}
