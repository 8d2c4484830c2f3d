package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// changing are zones with all sorts of changes: of 30 minutes, of 2 hours, at
// midnight, at 00:01, at 24:00, over the date line, in winter.
var changing = []string{"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "America/Havana", "America/St_Johns",
	"Asia/Gaza", "Asia/Tehran", "Asia/Kolkata", "Pacific/Apia", "Pacific/Kwajalein", "Antarctica/Troll", "Africa/Casablanca", "Europe/Dublin"}

func drawSpec(rt *rapid.T) string {
	words := make([]string, 5)
	for i, r := range oracleRanges {
		n := func(label string) int { return rapid.IntRange(r.low, r.high).Draw(rt, label) }
		a, b := n("a"), n("b")
		if a > b {
			a, b = b, a
		}
		forms := []string{"*", strconv.Itoa(a), fmt.Sprintf("%d,%d", b, a), fmt.Sprintf("%d-%d", a, b)}
		switch i { // dense ones too
		case 0:
			forms = append(forms, "*", "*/2", "1/3", "0", "1-3", "2", "0,30", "0-23/5")
		case 1:
			forms = append(forms, "*", "*/2", "1/3", "0", "1-3", "2", "0,12", "0-23/5")
		default:
			forms = append(forms, "*", "*", "*", "*", "*/2")
		}
		if b-a > 2 {
			forms = append(forms, fmt.Sprintf("%d-%d/2", a, b))
		}
		words[i] = rapid.SampledFrom(forms).Draw(rt, "field")
	}
	return strings.Join(words, " ")
}

func drawSchedule(t *testing.T, rt *rapid.T) *Schedule {
	if rapid.IntRange(0, 9).Draw(rt, "kind") == 0 {
		return Every(time.Duration(rapid.Int64Range(1, 100_000).Draw(rt, "seconds")) * time.Second)
	}
	z := zone(t, rapid.SampledFrom(changing).Draw(rt, "zone"))
	return parseDrawn(rt, drawSpec(rt), z)
}

// parseDrawn parses a drawn expression. All are good, but for those of a day
// that does not exist, which are left out.
func parseDrawn(rt *rapid.T, spec string, z *time.Location) *Schedule {
	s, err := Parse(spec, z)
	switch {
	case err != nil && strings.Contains(err.Error(), "is never due"):
		rt.Skip(err)
	case err != nil:
		rt.Fatalf("%q: %v", spec, err)
	}
	return s
}

// TestLaws checks what must hold for all schedules at all times, before there
// were zones and far in the future too.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawSchedule(t, rt)
		v := time.Unix(rapid.Int64Range(-6e9, 9e9).Draw(rt, "t"), rapid.SampledFrom([]int64{0, 1, 999_999_999}).Draw(rt, "ns"))
		next, prev := s.Next(v), s.Prev(v)
		if !next.After(v) || prev.After(v) || prev.IsZero() {
			rt.Fatalf("%s: prev %s, next %s of %s", s, prev, next, v)
		}
		if got := s.Prev(next); !got.Equal(next) {
			rt.Fatalf("%s: prev of the slot %s is %s", s, next, got)
		}
		if got := s.Next(prev.Add(-time.Second)); !got.Equal(prev) {
			rt.Fatalf("%s: next before the slot %s is %s", s, prev, got)
		}
		if got := s.Next(prev); !got.Equal(next) {
			rt.Fatalf("%s: next of %s is %s, and of %s in between %s", s, prev, got, v, next)
		}
		for range 3 { // the slots tile the time
			after := s.Next(next)
			if start, end := s.Cover(next); !start.Equal(prev) || !end.Equal(next) {
				rt.Fatalf("%s: %s covers from %s to %s, the slot before is %s", s, next, start, end, prev)
			}
			prev, next = next, after
		}
	})
}

// TestOracle compares with the rule carried out minute by minute.
func TestOracle(t *testing.T) {
	first, last := at(t, "1975-01-01").Unix(), at(t, "2039-12-31").Unix()
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(changing).Draw(rt, "zone"))
		spec := drawSpec(rt)
		s := parseDrawn(rt, spec, z)
		from := time.Unix(rapid.Int64Range(first, last).Draw(rt, "from")/60*60, 0)
		if _, change := from.In(z).ZoneBounds(); !change.IsZero() && rapid.IntRange(0, 4).Draw(rt, "at a change") > 0 {
			from = change.Truncate(time.Minute).Add(-time.Duration(rapid.IntRange(0, 30).Draw(rt, "hours before")) * time.Hour)
		}
		to := from.Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "hours")) * time.Hour)
		want := oracle(spec, z, from, to)
		var got []string
		for v := s.Next(from); !v.IsZero() && !v.After(to); v = s.Next(v) {
			got = append(got, v.Format(time.RFC3339))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("%s from %s to %s (-oracle +got):\n%s", s, from.UTC(), to.UTC(), diff)
		}
	})
}

// oracle lists the slots in (from, to]. It goes through the minutes of elapsed
// time, and at a gap through the local minutes that are skipped.
func oracle(spec string, z *time.Location, from, to time.Time) []string {
	const minute = time.Minute
	wallOf := func(t time.Time) time.Time {
		y, mo, d := t.In(z).Date()
		return time.Date(y, mo, d, t.In(z).Hour(), t.In(z).Minute(), 0, 0, time.UTC)
	}
	seen := map[time.Time]bool{}
	var out []string
	for t := from.Add(-3 * 24 * time.Hour); !t.After(to); t = t.Add(minute) {
		wall, before := wallOf(t), wallOf(t.Add(-minute))
		due := false
		if strings.Fields(spec)[1] == "*" {
			due = oracleMatches(spec, wall)
		} else {
			due = oracleMatches(spec, wall) && !seen[wall]
			for w := before.Add(minute); w.Before(wall); w = w.Add(minute) {
				due = due || oracleMatches(spec, w) && !seen[w]
			}
		}
		seen[wall] = true
		if due && t.After(from) {
			out = append(out, t.UTC().Format(time.RFC3339))
		}
	}
	return out
}

var oracleRanges = []struct{ low, high int }{{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}}

func oracleMatches(spec string, wall time.Time) bool {
	f := strings.Fields(spec)
	in := func(i, v int) bool { return oracleHolds(f[i], v, oracleRanges[i].low, oracleRanges[i].high) }
	weekday := in(4, int(wall.Weekday())) || wall.Weekday() == time.Sunday && in(4, 7)
	day := in(2, wall.Day())
	either := day && weekday
	if f[2] != "*" && f[4] != "*" {
		either = day || weekday
	}
	return in(0, wall.Minute()) && in(1, wall.Hour()) && in(3, int(wall.Month())) && either
}

// oracleHolds reports whether a field holds a value.
func oracleHolds(field string, v, low, high int) bool {
	for _, item := range strings.Split(field, ",") {
		span, stepText, hasStep := strings.Cut(item, "/")
		from, to := low, high
		if span != "*" {
			a, b, isRange := strings.Cut(span, "-")
			from, _ = strconv.Atoi(a)
			if to = from; isRange {
				to, _ = strconv.Atoi(b)
			} else if hasStep {
				to = high
			}
		}
		step := 1
		if hasStep {
			step, _ = strconv.Atoi(stepText)
		}
		if v >= from && v <= to && (v-from)%step == 0 {
			return true
		}
	}
	return false
}
