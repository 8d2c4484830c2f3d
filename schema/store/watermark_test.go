package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema/value"
)

func seconds(n int64) value.Time { return at(0) + value.Time(n*value.Second) }

// step is one change, and the watermark and final_before after it.
type step struct {
	name  string
	do    func(f *fixture) error
	mark  string
	final string
}

// label reads a column of the rollup's row; NULL is "".
func (f *fixture) label(column string) string {
	f.Helper()
	return f.text("SELECT coalesce(" + column + ", '') FROM windrow_rollups WHERE name = '" + f.rollup.Name + "'")
}

func absorb(split, lo, hi int64, max value.Time) func(*fixture) error {
	return func(f *fixture) error {
		c := f.commitOf(lo, hi, nil)
		c.Ranges[0].Split, c.Ranges[0].MaxTime = split, max
		return f.Commit(bg, c)
	}
}

func update(number int64, change func(*Split)) func(*fixture) error {
	return func(f *fixture) error {
		splits, err := f.Splits(bg, f.ref.ID)
		if err != nil {
			return err
		}
		i := number - splits[0].Number
		change(&splits[i])
		return f.UpdateSplits(bg, f.epoch, []Split{splits[i]})
	}
}

func addSplit(p Split) func(*fixture) error {
	return func(f *fixture) error {
		_, err := f.AddSplits(bg, f.epoch, f.ref.ID, []Split{p})
		return err
	}
}

func none(*fixture) error { return nil }

func TestWatermark(t *testing.T) {
	const day = "2026-03-01 "
	tests := map[string][]step{
		"one split": {
			{"nothing", none, "", ""},
			{"a range that is not the front", absorb(1, 500, 600, seconds(500)), "", ""},
			{"the front", absorb(1, 0, 100, seconds(65)), day + "00:01:00", day + "00:01:00"},
			{"a fraction", absorb(1, 100, 110, seconds(65)+250000), day + "00:01:00.25", day + "00:01:00"},
			{"older events", absorb(1, 110, 120, seconds(1)), day + "00:01:00.25", day + "00:01:00"},
			{"joined with the other", absorb(1, 120, 500, noTime), day + "00:08:15", day + "00:08:00"},
		},
		"no event time": {
			{"all bad", absorb(1, 0, 100, noTime), "", ""},
			{"then good", absorb(1, 100, 101, seconds(125)), day + "00:02:00", day + "00:02:00"},
		},
		"a slow split": {
			{"another split", addSplit(Split{Path: "b", Start: 3, Size: 50}), "", ""},
			{"the first alone", absorb(1, 0, 100, seconds(300)), "", ""},
			{"the second", absorb(2, 3, 10, seconds(65)), day + "00:01:00", day + "00:01:00"},
			{"an empty third", addSplit(Split{Path: "c", Size: 0, Ended: true}), day + "00:01:00", day + "00:01:00"},
			{"the second to its end", absorb(2, 10, 50, seconds(125)), day + "00:02:00", day + "00:02:00"},
			{"it has ended, so it leaves", update(2, func(p *Split) { p.Ended = true }), day + "00:04:55", day + "00:04:00"},
			{"older events in the first", absorb(1, 100, 101, seconds(2)), day + "00:04:55", day + "00:04:00"},
			{"a new old one", addSplit(Split{Path: "d", Size: 10}), day + "00:04:55", day + "00:04:00"},
			{"never falls", absorb(4, 0, 5, seconds(1)), day + "00:04:55", day + "00:04:00"},
		},
		"all have ended": {
			{"end", update(1, func(p *Split) { p.Ended = true }), "", ""},
			{"second", addSplit(Split{Path: "b", Size: 10, Ended: true}), "", ""},
			{"first done", absorb(1, 0, 1000, seconds(605)), "", ""},
			{"second done", absorb(2, 0, 10, seconds(5)), day + "00:10:00", day + "00:10:00"},
		},
		"an idle split": {
			{"a silent one", addSplit(Split{Path: "b", Size: 100}), "", ""},
			{"the first", absorb(1, 0, 100, seconds(300)), "", ""},
			{"idle, but not absorbed", update(2, func(p *Split) { p.Idle = true }), "", ""},
			{"half absorbed", absorb(2, 0, 50, seconds(65)), day + "00:01:00", day + "00:01:00"},
			{"wholly absorbed", absorb(2, 50, 100, seconds(70)), day + "00:04:55", day + "00:04:00"},
			{"it grows", update(2, func(p *Split) { p.Idle, p.Size = false, 200 }), day + "00:04:55", day + "00:04:00"},
			{"it holds the others again", absorb(1, 100, 200, seconds(600)), day + "00:04:55", day + "00:04:00"},
			{"older events", absorb(2, 100, 150, seconds(80)), day + "00:04:55", day + "00:04:00"},
			{"newer events", absorb(2, 150, 200, seconds(365)), day + "00:06:00", day + "00:06:00"},
			{"idle again", update(2, func(p *Split) { p.Idle = true }), day + "00:09:55", day + "00:09:00"},
		},
		"an empty file": {
			{"as it begins", addSplit(Split{Path: "b", Size: 3, Start: 3}), "", ""},
			{"the first", absorb(1, 0, 100, seconds(300)), "", ""},
			{"idle", update(2, func(p *Split) { p.Idle = true }), day + "00:04:55", day + "00:04:00"},
		},
		"all idle": {
			{"absorbed", absorb(1, 0, 1000, seconds(605)), day + "00:10:00", day + "00:10:00"},
			{"a slow one", addSplit(Split{Path: "b", Size: 10}), day + "00:10:00", day + "00:10:00"},
			{"newer", absorb(2, 0, 10, seconds(1205)), day + "00:10:00", day + "00:10:00"},
			{"one idle", update(1, func(p *Split) { p.Idle = true }), day + "00:20:00", day + "00:20:00"},
			{"both idle", update(2, func(p *Split) { p.Idle = true }), day + "00:20:00", day + "00:20:00"},
		},
		"a split that is gone": {
			{"newer than the other", absorb(1, 0, 100, seconds(600)), day + "00:09:55", day + "00:09:00"},
			{"a silent one", addSplit(Split{Path: "b", Size: 100}), day + "00:09:55", day + "00:09:00"},
			{"held", absorb(1, 100, 200, seconds(900)), day + "00:09:55", day + "00:09:00"},
			{"with bytes that were not absorbed", update(2, func(p *Split) { p.Gone, p.Ended, p.Note = true, true, "lost 100 bytes" }), day + "00:14:55", day + "00:14:00"},
			{"of unknown size", addSplit(Split{Path: "c", Size: -1, Gone: true}), day + "00:14:55", day + "00:14:00"},
			{"the first half absorbed", update(1, func(p *Split) { p.Gone = true }), day + "00:14:55", day + "00:14:00"},
			{"only splits that are gone", absorb(1, 200, 300, seconds(1205)), day + "00:20:00", day + "00:20:00"},
		},
		"far times": {
			{"too early for the delay", absorb(1, 0, 1, value.MinTime), "", ""},
			{"the last time", absorb(1, 1, 2, value.MaxTime), "9999-12-31 23:59:54.999999", "9999-12-31 23:59:00"},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			for _, s := range steps {
				if err := s.do(f); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
				mark, final := f.label("watermark"), f.label("final_before")
				if mark != s.mark || final != s.final {
					t.Errorf("%s: watermark %s, final_before %s; want %s, %s", s.name, mark, final, s.mark, s.final)
				}
				w, ok, err := f.Watermark(bg, f.cohort.ID)
				if err != nil || ok != (s.mark != "") || ok && w.Format(-1) != s.mark {
					t.Errorf("%s: Watermark = %v %v %v", s.name, w.Format(-1), ok, err)
				}
			}
		})
	}
}

func TestFinishOnce(t *testing.T) {
	f := newFixture(t)
	if err := f.FinishOnce(bg, f.epoch, f.cohort.ID, true); err != nil {
		t.Fatal(err)
	}
	if got := f.label("final_before"); got != "" {
		t.Errorf("an empty store is final before %s", got)
	}
	c := f.commitOf(0, 100, map[key]state{{at(1), "a", ""}: one(1), {at(7), "a", ""}: one(1)})
	c.Ranges[0].MaxTime = seconds(100) // the event of minute 7 is in the future
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	check := func(close bool, want string) {
		t.Helper()
		if err := f.FinishOnce(bg, f.epoch, f.cohort.ID, close); err != nil {
			t.Fatal(err)
		}
		if got := f.text("SELECT watermark || ' ' || final_before FROM windrow_rollups"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	check(false, "2026-03-01 00:01:40 2026-03-01 00:01:00")
	check(true, "2026-03-01 00:01:40 2026-03-01 00:08:00")
	check(false, "2026-03-01 00:01:40 2026-03-01 00:08:00")
	wantError(t, f.FinishOnce(bg, f.epoch-1, f.cohort.ID, true), ErrFenced)
	wantError(t, f.FinishOnce(bg, f.epoch, 99, true), nil, "BUG")
	last := f.commitOf(100, 101, map[key]state{{minute.Start(value.MaxTime), "z", ""}: one(1)})
	if err := f.Commit(bg, last); err != nil {
		t.Fatal(err)
	}
	if err := f.FinishOnce(bg, f.epoch, f.cohort.ID, true); err != nil {
		t.Fatal(err)
	}
	if got := f.text("SELECT count(*) FROM latency WHERE window_start < (SELECT final_before FROM windrow_rollups)"); got != "3" {
		t.Errorf("%s windows are final, want all 3", got)
	}
}

// Whatever comes in whatever order, watermark and final_before never fall.
func TestWatermarkNeverFalls(t *testing.T) {
	store := newFixture(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := store.next()
		numbers := []int64{f.split.Number}
		var mark, final string
		end := map[int64]int64{}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			split := rapid.SampledFrom(numbers).Draw(rt, "split")
			var err error
			switch rapid.IntRange(0, 5).Draw(rt, "what") {
			case 0:
				err = addSplit(Split{Path: "p", Size: 50, Ended: rapid.Bool().Draw(rt, "ended")})(f)
				numbers = append(numbers, numbers[len(numbers)-1]+1)
			case 1:
				err = update(split, func(p *Split) {
					p.Ended, p.Idle, p.Gone = rapid.Bool().Draw(rt, "end"), rapid.Bool().Draw(rt, "idle"), rapid.Bool().Draw(rt, "gone")
					p.Size = rapid.Int64Range(-1, 100).Draw(rt, "size")
				})(f)
			case 2:
				err = f.FinishOnce(bg, f.epoch, f.cohort.ID, rapid.Bool().Draw(rt, "close"))
			default:
				lo := end[split] + rapid.Int64Range(0, 1).Draw(rt, "gap")
				end[split] = lo + 10
				err = absorb(split, lo, lo+10, seconds(rapid.Int64Range(0, 600).Draw(rt, "time")))(f)
			}
			if err != nil {
				rt.Fatal(err)
			}
			m, b := f.label("watermark"), f.label("final_before")
			if m < mark || b < final {
				rt.Fatalf("fell from %s, %s to %s, %s", mark, final, m, b)
			}
			mark, final = m, b
		}
	})
}

// The watermark is that of the splits as they are, whatever came before.
func TestWatermarkLaw(t *testing.T) {
	store := newFixture(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := store.next()
		first := f.split.Number
		splits := []Split{f.split}
		front, newest := map[int64]Range{}, noTime
		want := noTime
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			p := &splits[rapid.IntRange(0, len(splits)-1).Draw(rt, "split")]
			var err error
			switch rapid.IntRange(0, 4).Draw(rt, "what") {
			case 0:
				added := Split{Path: "p", Size: 20, Number: first + int64(len(splits))}
				err = addSplit(added)(f)
				splits = append(splits, added)
				p = nil
			case 1, 2:
				p.Size = rapid.SampledFrom([]int64{-1, 10, 20}).Draw(rt, "size")
				p.Ended, p.Idle, p.Gone = rapid.Bool().Draw(rt, "ended"), rapid.Bool().Draw(rt, "idle"), rapid.Bool().Draw(rt, "gone")
				err = f.UpdateSplits(bg, f.epoch, []Split{*p})
			default:
				r := front[p.Number]
				max := seconds(rapid.Int64Range(0, 600).Draw(rt, "time"))
				err = absorb(p.Number, r.Hi, r.Hi+5, max)(f)
				if r.Hi > 0 {
					max = slices.Max([]value.Time{r.MaxTime, max})
				}
				front[p.Number] = Range{Hi: r.Hi + 5, MaxTime: max}
				newest = slices.Max([]value.Time{newest, max})
			}
			if err != nil {
				rt.Fatal(err)
			}
			if p != nil { // a new split alone moves nothing
				want = max(want, allowed(splits, front, newest))
			}
			got, ok, err := f.Watermark(bg, f.cohort.ID)
			if err != nil || got != want || ok != (want != noTime) {
				rt.Fatalf("watermark %v %v %v, want %v", got.Format(-1), ok, err, want.Format(-1))
			}
		}
	})
}

// allowed is the watermark that splits allow, five seconds behind.
func allowed(splits []Split, front map[int64]Range, newest value.Time) value.Time {
	least, open := value.MaxTime, false
	for _, p := range splits {
		r, any := front[p.Number]
		if p.Gone || (p.Ended || p.Idle) && p.Size >= 0 && r.Hi >= p.Size {
			continue
		}
		if !any {
			return noTime
		}
		least, open = min(least, r.MaxTime), true
	}
	if !open {
		least = newest
	}
	if least == noTime {
		return noTime
	}
	return least - value.Time(5*value.Second)
}

// A commit tells the watermark after it, and counts the time spent.
func TestCommitTells(t *testing.T) {
	f := newFixture(t)
	c := f.commitOf(10, 20, nil)
	c.Rollups[0].CPU = 1500 * time.Millisecond
	if err := f.Commit(bg, c); err != nil || c.Watermark != noTime {
		t.Errorf("watermark %v, %v", c.Watermark, err)
	}
	c = f.commitOf(0, 10, nil)
	c.Rollups[0].CPU = time.Microsecond
	if err := f.Commit(bg, c); err != nil || c.Watermark != seconds(15) {
		t.Errorf("watermark %v, %v", c.Watermark.Format(-1), err)
	}
	c = f.commitOf(20, 30, nil)
	c.Ranges[0].MaxTime = noTime
	if err := f.Commit(bg, c); err != nil || c.Watermark != seconds(15) {
		t.Errorf("watermark %v, %v", c.Watermark.Format(-1), err)
	}
	if got := f.label("cpu_seconds"); got != "1.500001" {
		t.Errorf("%s s of CPU", got)
	}
	if got := f.text("SELECT newest FROM windrow_cohorts"); got != fmt.Sprint(int64(seconds(20))) {
		t.Errorf("newest is %s", got)
	}
}

// UpdateSplits moves the watermarks of all the cohorts that Register gave, and
// of no other stream.
func TestUpdateSplitsMovesCohorts(t *testing.T) {
	f := newFixture(t)
	if err := f.Commit(bg, f.commitOf(0, 100, nil)); err != nil {
		t.Fatal(err)
	}
	other := f.next() // a stream of its own
	refs := f.register(f.rollup, testRollup("late", f.rollup.Stream), other.rollup)
	f.commitAll(refs[0].Cohorts[1], 0, 50)
	if err := addSplit(Split{Path: "b", Size: 10})(f); err != nil {
		t.Fatal(err)
	}
	for _, c := range refs[0].Cohorts {
		commit := &Commit{Epoch: f.epoch, Cohort: c.ID, Ranges: []Range{{Split: 1, Lo: 100, Hi: 150, MaxTime: seconds(600), Records: 1}}}
		for _, r := range c.Rollups {
			commit.Rollups = append(commit.Rollups, RollupCommit{RollupRef: r})
		}
		if err := f.Commit(bg, commit); err != nil {
			t.Fatal(err)
		}
	}
	marks := func() string {
		return f.text("SELECT group_concat(name || ' ' || coalesce(watermark, 'none'), ', ') FROM (SELECT * FROM windrow_rollups ORDER BY name)")
	}
	before := "late none, latency 2026-03-01 00:01:35, r1 none"
	if got := marks(); got != before {
		t.Fatalf("%s, want %s", got, before)
	}
	worker := mustOpen(t, f.path, Options{Worker: true}) // knows no cohort
	gone := []Split{{Number: 3, Path: "b", Size: 10, Gone: true}, {Number: 1, Path: "a", Gone: true}}
	if err := worker.UpdateSplits(bg, f.epoch, gone); err != nil {
		t.Fatal(err)
	}
	if got := marks(); got != before {
		t.Errorf("a store that knows no cohorts: %s", got)
	}
	if err := f.UpdateSplits(bg, f.epoch, gone); err != nil {
		t.Fatal(err)
	}
	if got, want := marks(), "late 2026-03-01 00:09:55, latency 2026-03-01 00:09:55, r1 none"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A commit looks at no split that is gone; BenchmarkCommitSplits has figures.
func TestWatermarkSkipsThePast(t *testing.T) {
	f := newFixture(t)
	f.splitsOfThePast(2000, true)
	plan := ""
	err := f.read(bg, "read", func(tx *tx) error {
		return tx.all("EXPLAIN QUERY PLAN "+heldBack, []any{1, 1}, func(scan func(...any) error) error {
			var id, parent, unused int64
			var detail string
			err := scan(&id, &parent, &unused, &detail)
			plan += detail + "\n"
			return err
		})
	})
	if err != nil || !strings.Contains(plan, "p USING INDEX windrow_split_data_here (stream=?)") || strings.Contains(plan, "SCAN a") {
		t.Errorf("%v\n%s", err, plan)
	}
}
