package store

import (
	"testing"

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

const noTime = value.MinTime - 1

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
			{"it has ended", update(2, func(p *Split) { p.Ended = true }), day + "00:02:00", day + "00:02:00"},
			{"so it leaves", absorb(1, 100, 101, seconds(2)), day + "00:04:55", day + "00:04:00"},
			{"a new old one", addSplit(Split{Path: "d", Size: 10}), day + "00:04:55", day + "00:04:00"},
			{"never falls", absorb(4, 0, 5, seconds(1)), day + "00:04:55", day + "00:04:00"},
		},
		"all have ended": {
			{"end", update(1, func(p *Split) { p.Ended = true }), "", ""},
			{"second", addSplit(Split{Path: "b", Size: 10, Ended: true}), "", ""},
			{"first done", absorb(1, 0, 1000, seconds(605)), "", ""},
			{"second done", absorb(2, 0, 10, seconds(5)), day + "00:10:00", day + "00:10:00"},
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
				err = update(split, func(p *Split) { p.Ended = true })(f)
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
