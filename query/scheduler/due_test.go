package scheduler

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/schedule"
)

// at reads a moment of March 2026 in UTC, as "2 15:04" or "2 15:04:05".
func at(t testing.TB, s string) time.Time {
	t.Helper()
	for _, layout := range []string{"2 15:04", "2 15:04:05"} {
		if m, err := time.Parse("2006-01 "+layout, "2026-03 "+s); err == nil {
			return m
		}
	}
	t.Fatalf("%q is no moment", s)
	return time.Time{}
}

func cron(t testing.TB, spec, zone string) *schedule.Schedule {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	s, err := schedule.Parse(spec, z)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func shown(slots []time.Time) string {
	var list []string
	for _, s := range slots {
		list = append(list, s.UTC().Format("2 15:04:05"))
	}
	return strings.ReplaceAll(strings.Join(list, ", "), ":00,", ",")
}

func TestDue(t *testing.T) {
	tests := map[string]struct {
		spec             string
		missed           schema.Missed
		since, last, now string
		fresh            bool
		claim, skip      string
	}{
		"nothing yet":           {"0 * * * *", "last", "2 07:30", "", "2 07:59:59", true, "", ""},
		"on time":               {"0 * * * *", "none", "2 07:30", "2 07:00", "2 08:00", false, "2 08:00:00", ""},
		"at the second":         {"0 * * * *", "none", "2 08:00", "", "2 08:00", true, "2 08:00:00", ""},
		"before it was defined": {"0 * * * *", "all", "2 07:30", "", "2 09:10", true, "2 08:00, 2 09:00:00", ""},
		"defined anew, but known": {"0 * * * *", "all", "2 07:30", "2 08:00", "2 10:10", true,
			"2 09:00, 2 10:00:00", ""},
		"missed, all":  {"0 * * * *", "all", "1 00:00", "2 05:00", "2 08:30", true, "2 06:00, 2 07:00, 2 08:00:00", ""},
		"missed, last": {"0 * * * *", "last", "1 00:00", "2 05:00", "2 08:30", true, "2 08:00:00", "2 06:00, 2 07:00:00"},
		"missed, none": {"0 * * * *", "none", "1 00:00", "2 05:00", "2 08:30", true, "", "2 06:00, 2 07:00, 2 08:00:00"},
		"a minute late is not missed": {"0 * * * *", "none", "1 00:00", "2 06:00", "2 08:01", true, "2 08:00:00",
			"2 07:00:00"},
		"more than a minute is":   {"0 * * * *", "none", "1 00:00", "2 07:00", "2 08:01:01", true, "", "2 08:00:00"},
		"late, but it was looked": {"0 * * * *", "none", "1 00:00", "2 05:00", "2 08:30", false, "2 06:00, 2 07:00, 2 08:00:00", ""},
		"last and one on time":    {"*/30 * * * *", "last", "1 00:00", "2 06:30", "2 08:00:20", true, "2 07:30, 2 08:00:00", "2 07:00:00"},
		"the clock went back":     {"0 * * * *", "all", "1 00:00", "2 09:00", "2 08:30", true, "", ""},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			var last time.Time
			if c.last != "" {
				last = at(t, c.last)
			}
			f := due(cron(t, c.spec, "UTC"), c.missed, at(t, c.since), last, at(t, c.now), c.fresh, maxOpen)
			if shown(f.claim) != c.claim || shown(f.skip) != c.skip {
				t.Errorf("claim %s, skip %s; want %s and %s", shown(f.claim), shown(f.skip), c.claim, c.skip)
			}
		})
	}
}

func TestDueBounds(t *testing.T) {
	s := cron(t, "* * * * *", "UTC")
	since, now := at(t, "1 00:00"), at(t, "31 00:00")
	f := due(s, schema.MissedAll, since, time.Time{}, now, true, 10)
	if len(f.claim) != 10 || !f.last.Equal(at(t, "1 00:09")) {
		t.Errorf("%d slots, the last one %v", len(f.claim), f.last)
	}
	// The rest is claimed although it is late.
	f = due(s, schema.MissedAll, since, f.last, now, false, 3)
	if shown(f.claim) != "1 00:10, 1 00:11, 1 00:12:00" {
		t.Error(shown(f.claim))
	}
	if f = due(s, schema.MissedAll, since, f.last, now, false, 0); len(f.claim) != 0 || !f.last.IsZero() {
		t.Errorf("%d slots without room", len(f.claim))
	}
	f = due(s, schema.MissedNone, since, time.Time{}, now, true, 10)
	if len(f.skip) != maxSkipped || !f.skip[0].Equal(at(t, "30 22:19")) || len(f.claim) != 2 {
		t.Errorf("%d skipped from %v on, %d claimed", len(f.skip), f.skip[0], len(f.claim))
	}
}

// Whenever is looked, each slot is decided once; with ALL each is claimed, and
// who looks on time skips nothing.
func TestDueLaws(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York"}
	specs := []string{"*/7 * * * *", "30 2 * * *", "0 * * * *", "15 1,2,3 * * *"}
	rapid.Check(t, func(t *rapid.T) {
		zone := must(time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone")))
		s := must(schedule.Parse(rapid.SampledFrom(specs).Draw(t, "spec"), zone))
		policy := rapid.SampledFrom([]schema.Missed{schema.MissedAll, schema.MissedLast, schema.MissedNone}).Draw(t, "missed")
		since := time.Date(2026, 3, 28, 20, 17, 3, 0, time.UTC)
		now, last := since, time.Time{}
		var claimed, skipped []time.Time
		for range rapid.IntRange(1, 20).Draw(t, "looks") {
			away := rapid.Bool().Draw(t, "away")
			step := time.Duration(rapid.IntRange(0, 60).Draw(t, "seconds")) * time.Second
			if away {
				step = time.Duration(rapid.IntRange(1, 40*3600).Draw(t, "away for")) * time.Second
			}
			now = now.Add(step)
			f := due(s, policy, since, last, now, away, maxOpen)
			if !away && len(f.skip) > 0 {
				t.Fatalf("skipped %s although it was looked", shown(f.skip))
			}
			if policy == schema.MissedLast && len(f.skip) > 0 && len(f.claim) == 0 {
				t.Fatalf("none of the missed ones runs")
			}
			claimed, skipped = append(claimed, f.claim...), append(skipped, f.skip...)
			if f.last.IsZero() {
				continue
			}
			last = f.last
		}
		if policy == schema.MissedAll && len(skipped) > 0 {
			t.Fatalf("skipped %s", shown(skipped))
		}
		all := slices.SortedFunc(slices.Values(slices.Concat(claimed, skipped)), time.Time.Compare)
		var want []time.Time
		for slot := s.Next(since.Add(-1)); !slot.After(now); slot = s.Next(slot) {
			want = append(want, slot)
		}
		if policy == schema.MissedAll && !slices.EqualFunc(all, want, time.Time.Equal) {
			t.Fatalf("decided %s, want %s", shown(all), shown(want))
		}
		for i := 1; i < len(all); i++ {
			if !all[i].After(all[i-1]) {
				t.Fatalf("%v is decided twice", all[i])
			}
		}
		if n := len(claimed); n > 0 && !slices.IsSortedFunc(claimed, time.Time.Compare) {
			t.Fatalf("claimed out of order: %s", shown(claimed))
		}
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTurns(t *testing.T) {
	tests := map[string]struct {
		last, now string
		fresh     bool
		want      string
		gap       bool
	}{
		"none":                {"2 08:00", "2 08:00:59", false, "", false},
		"the next one":        {"2 08:00", "2 08:01", false, "2 08:01:00", false},
		"the first ever":      {"", "2 07:30:10", true, "2 07:30:00", false},
		"a run, late":         {"2 08:00", "2 08:03:10", false, "2 08:01, 2 08:02, 2 08:03:00", false},
		"a run, far too late": {"2 08:00", "2 08:11", false, "2 08:11:00", true},
		"one was missed":      {"2 08:00", "2 08:02", true, "2 08:02:00", false},
		"two were missed":     {"2 08:00", "2 08:03", true, "2 08:03:00", true},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			var last time.Time
			if c.last != "" {
				last = at(t, c.last)
			}
			list := turns(schedule.Every(time.Minute), at(t, "2 07:30"), last, at(t, c.now), c.fresh)
			var slots []time.Time
			for _, turn := range list {
				slots = append(slots, turn.slot)
			}
			if shown(slots) != c.want || len(list) > 0 && list[0].gap != c.gap {
				t.Errorf("got %v", list)
			}
		})
	}
}

func TestQueue(t *testing.T) {
	slot := func(i int) turn { return turn{slot: at(t, "2 08:00").Add(time.Duration(i) * time.Minute)} }
	var waiting []turn
	for i := range maxBehind {
		waiting = queue(waiting, []turn{slot(i)})
	}
	if len(waiting) != maxBehind {
		t.Fatal(len(waiting))
	}
	if waiting = queue(waiting, []turn{slot(maxBehind)}); len(waiting) != 1 || !waiting[0].gap || waiting[0].slot != slot(maxBehind).slot {
		t.Error(waiting)
	}
}
