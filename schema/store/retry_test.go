package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/windrow/windrow/schema"
)

// reject commits ranges of ten records each, of which every other one cannot
// be used, so that absorbed and quarantined are n times five.
func (f *fixture) reject(n int64) {
	f.Helper()
	for i := range n {
		c := f.commitOf(i*10, i*10+10, map[key]state{keyA: one(5)})
		c.Rollups[0].Absorbed = 5
		for o := i * 10; o < i*10+10; o += 2 {
			c.Rollups[0].Rejects = append(c.Rollups[0].Rejects, Reject{1, o, "bad", []byte(fmt.Sprint("record ", o))})
		}
		if err := f.Commit(bg, c); err != nil {
			f.Fatal(err)
		}
	}
}

// retryOf takes records of which the first ones are usable, one is filtered,
// and the last is not usable again.
func (f *fixture) retryOf(ref RollupRef, offsets ...int64) *RetryCommit {
	c := &RetryCommit{RollupCommit: RollupCommit{RollupRef: ref}}
	for _, o := range offsets {
		c.Taken = append(c.Taken, Position{1, o})
	}
	n := int64(len(offsets)) - 2
	c.Absorbed, c.Filtered = n, 1
	c.Rejects = []Reject{{1, offsets[n+1], "worse", []byte("still")}}
	c.Rows = newRows(ref.Rollup, map[key]state{keyA: one(n), keyB: one(1)})
	return c
}

func (f *fixture) counts() string {
	f.Helper()
	return f.text("SELECT 'absorbed ' || absorbed || ' filtered ' || filtered || ' quarantined ' || quarantined || ' expired ' || expired || ' rows ' || rows FROM windrow_rollups")
}

func TestRetry(t *testing.T) {
	f := newFixture(t)
	f.reject(2)
	other := mustOpen(t, f.path, Options{}) // as another process would
	ref := must(other.Find(bg, f.rollup))(t)
	if d := cmp.Diff(f.cohort.Rollups[0], ref, cmp.Comparer(func(a, b *schema.Rollup) bool { return a == b })); d != "" {
		t.Error(d)
	}
	c := f.retryOf(ref, 2, 4, 12, 16)
	if err := other.Retry(bg, c); err != nil {
		t.Fatal(err)
	}
	if got := f.counts(); got != "absorbed 12 filtered 1 quarantined 7 expired 0 rows 2" {
		t.Error(got)
	}
	f.adds()
	equalViews(t, f.view(), map[key]state{keyA: one(5).plus(one(5)).plus(one(2)), keyB: one(1)})
	if got := f.text("SELECT group_concat(offset || reason) FROM windrow_quarantine"); got != "0bad,6bad,8bad,10bad,14bad,16worse,18bad" {
		t.Error(got)
	}
	wantError(t, other.Retry(bg, c), ErrOverlap, "offset 2 of split 1", "quarantine of latency")
	// One that nobody may take makes all of it void.
	before := dump(f)
	wantError(t, other.Retry(bg, f.retryOf(ref, 0, 6, 1, 8)), ErrOverlap, "offset 1 of split 1")
	if d := cmp.Diff(before, dump(f)); d != "" {
		t.Errorf("something was written:\n%s", d)
	}
	f.intact()
}

func TestRetryRefuses(t *testing.T) {
	f := newFixture(t)
	f.reject(1)
	ref := f.cohort.Rollups[0]
	changed := ref
	changed.Rollup = version("latency", f.rollup.Stream, 2)
	tests := []struct {
		name   string
		change func(*RetryCommit)
		target error
		part   string
	}{
		{"a record that is not counted", func(c *RetryCommit) { c.Absorbed-- }, nil, "4 records are taken and 3 counted"},
		{"a reject from elsewhere", func(c *RetryCommit) { c.Rejects[0].Offset++ }, nil, "offset 7 of split 1 is rejected but not taken"},
		{"one record twice", func(c *RetryCommit) { c.Taken[1] = c.Taken[0] }, ErrOverlap, "offset 0"},
		{"another definition", func(c *RetryCommit) { c.RollupRef = changed }, nil, "rollup latency has changed"},
		{"a rollup that is no more", func(c *RetryCommit) { c.ID = 7 }, nil, "no rollup latency any more"},
		{"a failing merge", func(c *RetryCommit) { c.Rows.(*memRows).broken = true }, nil, "broken on purpose"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := f.retryOf(ref, 0, 2, 4, 6)
			tt.change(c)
			before := dump(f)
			wantError(t, f.Retry(bg, c), tt.target, tt.part)
			if d := cmp.Diff(before, dump(f)); d != "" {
				t.Errorf("something was written:\n%s", d)
			}
		})
	}
}

func TestFind(t *testing.T) {
	f := newFixture(t)
	changed := version("latency", f.rollup.Stream, 2)
	_, err := f.Find(bg, changed)
	var c *ChangedError
	if !errors.As(err, &c) {
		t.Errorf("error %v", err)
	}
	_, err = f.Find(bg, testRollup("latenc", f.rollup.Stream))
	wantError(t, err, nil, `no rollup "latenc"`, `did you mean "latency"?`)
	f.commitAll(f.cohort, 0, 10)
	f.rebuild(RegisterOptions{Rebuild: []string{"latency"}}, changed)
	for id, r := range map[int64]*schema.Rollup{1: f.rollup, 2: changed} {
		if got := must(f.Find(bg, r))(t); got.ID != id || got.Rollup != r || got.Table != stateTable(id) {
			t.Errorf("found %+v, want %d", got, id)
		}
	}
}

// What falls below the horizon meanwhile is expired, and counted as such.
func TestRetryBelowHorizon(t *testing.T) {
	f := newFixture(t)
	f.reject(1)
	err := f.write(bg, "move the horizon of", func(tx *tx) error {
		_, err := tx.exec("UPDATE windrow_rollup_data SET horizon = ?", at(1).Format(0))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c := f.retryOf(f.cohort.Rollups[0], 0, 2, 4, 6)
	c.Rows = f.rows(map[key]state{keyA: one(1), {at(1), "a", ""}: one(1)}) // a record each
	if err := f.Retry(bg, c); err != nil {
		t.Fatal(err)
	}
	if got := f.counts(); got != "absorbed 6 filtered 1 quarantined 2 expired 1 rows 2" {
		t.Error(got)
	}
	f.adds()
}

func TestQuarantined(t *testing.T) {
	f := newFixture(t)
	f.reject(3)
	f.addSplits("b")
	c := f.commitOf(0, 1, nil)
	c.Ranges[0].Split = 2
	c.Rollups[0].Absorbed, c.Rollups[0].Rejects = 0, []Reject{{2, 0, "other", []byte{0xff}}}
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	var all []Reject
	var after Position
	for pages := 1; ; pages++ {
		page := must(f.Quarantined(bg, 1, after, 4))(t)
		if all = append(all, page...); len(page) < 4 {
			if pages != 5 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		after = Position{page[3].Split, page[3].Offset}
	}
	if len(all) != 16 || all[0].Offset != 0 || string(all[3].Record) != "record 6" || all[15].Split != 2 || all[15].Reason != "other" || all[15].Record[0] != 0xff {
		t.Errorf("%d: %+v", len(all), all)
	}
	if got := must(f.Quarantined(bg, 2, Position{}, 4))(t); len(got) != 0 {
		t.Errorf("rejects of nobody: %v", got)
	}
}

// Records are tried again beside a run that commits, by two who want the same:
// each record counts once.
func TestRetryBesideRun(t *testing.T) {
	const ranges = 30
	f := newFixture(t)
	f.reject(ranges)
	ref := f.cohort.Rollups[0]
	var wg sync.WaitGroup
	wg.Go(func() { // the run
		w := workerFixture(t, f.path, f.epoch)
		for i := range int64(ranges) {
			lo := (ranges + i) * 10
			if err := commitPatiently(w.Store, w.commitOf(lo, lo+10, map[key]state{keyA: one(10)})); err != nil {
				t.Error(err)
			}
		}
	})
	for range 2 {
		s := mustOpen(t, f.path, Options{BusyTimeout: time.Minute})
		wg.Go(func() {
			for i := range int64(ranges) {
				c := &RetryCommit{RollupCommit: RollupCommit{RollupRef: ref, Absorbed: 5, Rows: f.rows(map[key]state{keyA: one(5)})}}
				for o := i * 10; o < i*10+10; o += 2 {
					c.Taken = append(c.Taken, Position{1, o})
				}
				if err := s.Retry(bg, c); err != nil && !errors.Is(err, ErrOverlap) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := f.counts(); got != fmt.Sprintf("absorbed %d filtered 0 quarantined 0 expired 0 rows 1", ranges*20) {
		t.Error(got)
	}
	if got := f.view()[keyA].n; got != ranges*20 {
		t.Errorf("n = %d, want %d", got, ranges*20)
	}
	f.adds()
	f.intact()
}

func commitPatiently(s *Store, c *Commit) error {
	for {
		if err := s.Commit(bg, c); !errors.Is(err, ErrBusy) {
			return err
		}
	}
}
