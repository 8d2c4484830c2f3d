package report

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestScale(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		whole  bool
		want   string
	}{
		{0, 100, true, "0 50 100"}, {3, 97, true, "0 50 100"}, {0, 4, true, "0 1 2 3 4"}, {0, 1, true, "0 1"}, {0, 1, false, "0 0.5 1.0"},
		{5, 5, true, "0 2 4 6"}, {0, 0, true, "0 1"}, {0, 0, false, "0 0.5 1.0"}, {-7, -7, true, "-8 -6 -4 -2 0"},
		{-66, 128, false, "-100 -50 0 50 100 150"}, {0, 5_918_801, true, "0 2M 4M 6M"}, {0, 38_000, true, "0 10k 20k 30k 40k"}, {0, 9000, true, "0 5k 10k"},
		{1e9, 1e9 + 6, true, "1000000000 1000000002 1000000004 1000000006"}, {20.5, 20.75, false, "20.5 20.6 20.7 20.8"},
		{0, 3e-7, false, "0 1e-7 2e-7 3e-7"}, {0, 4e20, false, "0 1e20 2e20 3e20 4e20"}, {0, 0.0123, false, "0 0.005 0.010 0.015"},
		{0, 7e12, false, "0 2T 4T 6T 8T"},
	} {
		if got := strings.Join(newScale(c.lo, c.hi, c.whole).labels, " "); got != c.want {
			t.Errorf("[%v, %v]: %s, want %s", c.lo, c.hi, got, c.want)
		}
	}
}

// Whatever the values, a scale has few marks, all different, that hold them.
func TestScaleHolds(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		a, b := rapid.Float64().Draw(r, "a"), rapid.Float64().Draw(r, "b")
		lo, hi := min(a, b), max(a, b)
		whole := rapid.Bool().Draw(r, "whole")
		if whole {
			lo, hi = math.Trunc(lo), math.Trunc(hi)
		}
		s := newScale(lo, hi, whole)
		if n := len(s.ticks); n < 2 || n > 2*steps+3 || len(s.labels) != n || !slices.IsSorted(s.ticks) {
			r.Fatalf("[%v, %v]: marks %v %v", lo, hi, s.ticks, s.labels)
		}
		for _, v := range []float64{lo, hi} {
			if at := s.at(v); math.IsNaN(at) || at < -1e-6 || at > 1+1e-6 {
				r.Fatalf("[%v, %v] on %v: %v lies at %v", lo, hi, s.ticks, v, at)
			}
		}
		if l := slices.Clone(s.labels); len(slices.Compact(l)) != len(s.labels) {
			r.Fatalf("[%v, %v]: equal labels %v", lo, hi, s.labels)
		}
	})
}

func ticksOf(t *testing.T, from string, span time.Duration, step float64, zone *time.Location) string {
	t.Helper()
	lo, err := time.ParseInLocation("2006-01-02 15:04:05.999", from, zone)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, k := range timeTicks(unix(lo), unix(lo.Add(span)), step, zone) {
		b.WriteString(" " + k.label)
		if k.below != "" {
			b.WriteString("(" + k.below + ")")
		}
	}
	return strings.TrimSpace(b.String())
}

func TestTimeTicks(t *testing.T) {
	zone := berlin(t)
	const day = 24 * time.Hour
	for _, c := range []struct {
		from string
		span time.Duration
		step float64
		want string
	}{
		{"2026-03-02 07:00:00", 2 * time.Hour, 60, "07:00(Mon 2 Mar) 07:15 07:30 07:45 08:00 08:15 08:30 08:45 09:00"},
		{"2026-03-02 07:00:00", 2 * time.Hour, 3600, "07:00(Mon 2 Mar) 08:00 09:00"},
		{"2026-03-02 22:10:00", 4 * time.Hour, 600, "22:30(Mon 2 Mar) 23:00 23:30 00:00(Tue 3 Mar) 00:30 01:00 01:30 02:00"},
		{"2026-03-02 00:00:00", day, 3600, "00:00(Mon 2 Mar) 03:00 06:00 09:00 12:00 15:00 18:00 21:00 00:00(Tue 3 Mar)"},
		{"2026-03-29 00:00:00", 6 * time.Hour, 600, "00:00(Sun 29 Mar) 01:00 03:00 04:00 05:00 06:00 07:00"},
		{"2026-03-28 12:00:00", 2 * day, 3600, "12:00(Sat 28 Mar) 18:00 00:00(Sun 29 Mar) 06:00 12:00 18:00 00:00(Mon 30 Mar) 06:00 12:00"},
		{"2026-03-27 00:00:00", 5 * day, 86400, "27 Mar(2026) 28 Mar 29 Mar 30 Mar 31 Mar 1 Apr"},
		{"2026-12-20 00:00:00", 30 * day, 86400, "21 Dec(2026) 28 Dec 4 Jan(2027) 11 Jan 18 Jan"},
		{"2026-01-01 00:00:00", 200 * day, 86400, "Jan(2026) Feb Mar Apr May Jun Jul"},
		{"2026-11-15 00:00:00", 400 * day, 86400, "Jan(2027) Mar May Jul Sep Nov"},
		{"2020-06-01 00:00:00", 2000 * day, 86400, "2021 2022 2023 2024 2025"},
		{"2026-03-02 07:00:00", 10 * time.Second, 1, "07:00:00(Mon 2 Mar) 07:00:02 07:00:04 07:00:06 07:00:08 07:00:10"},
		{"2026-03-02 07:00:00.5", time.Second, 0.1, "07:00:00.600(Mon 2 Mar) 07:00:00.800 07:00:01.000 07:00:01.200 07:00:01.400"},
	} {
		if got := ticksOf(t, c.from, c.span, c.step, zone); got != c.want {
			t.Errorf("%s of %s:\ngot  %s\nwant %s", c.span, c.from, got, c.want)
		}
	}
}

// Whatever the span, there are not too many marks, ascending, within it.
func TestTimeTicksAreFew(t *testing.T) {
	zone := berlin(t)
	rapid.Check(t, func(r *rapid.T) {
		lo := rapid.Float64Range(-62135596800, 253402300000).Draw(r, "lo")
		hi := lo + math.Pow(10, rapid.Float64Range(-3, 11.4).Draw(r, "span"))
		ticks := timeTicks(lo, hi, 0, zone)
		if len(ticks) > maxTicks+3 {
			r.Fatalf("%d marks", len(ticks))
		}
		for i, k := range ticks {
			if k.at < lo || k.at > hi || i > 0 && k.at <= ticks[i-1].at || k.label == "" {
				r.Fatalf("mark %d of %+v in [%v, %v]", i, ticks, lo, hi)
			}
		}
	})
}
