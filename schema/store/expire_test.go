package store

import (
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema/value"
)

// retain gives the fixture's rollup a retention.
func (f *fixture) retain(d time.Duration) {
	f.Helper()
	f.rollup.Retention = d
	f.register(f.rollup)
}

// expire calls Expire until all is done, and returns how often that was.
func (f *fixture) expire() int {
	f.Helper()
	for n := 1; ; n++ {
		if !must(f.Expire(bg, f.epoch, f.cohort.Rollups[0]))(f) {
			return n
		}
	}
}

// minutes makes a commit with one record in each of the minutes.
func (f *fixture) minutes(lo int64, minutes ...int64) *Commit {
	m := map[key]state{}
	newest := noTime
	for i, n := range minutes {
		m[key{at(n), "a", ""}] = one(int64(i + 1))
		newest = max(newest, at(n))
	}
	c := f.commitOf(lo, lo+int64(len(minutes)), m)
	c.Ranges[0].MaxTime = newest
	return c
}

func TestExpire(t *testing.T) {
	f := newFixture(t)
	f.retain(3 * time.Minute)
	check := func(what string, c *Commit, want string) {
		t.Helper()
		if c != nil {
			if err := f.Commit(bg, c); err != nil {
				t.Fatal(err)
			}
		}
		f.expire()
		got := f.text(`SELECT coalesce(horizon, 'none') || ' ' || absorbed || '+' || expired || ' of ' || rows || ':' ||
			coalesce((SELECT group_concat(substr(window_start, 15, 2)) FROM (SELECT window_start FROM latency ORDER BY 1)), '') FROM windrow_rollups`)
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", what, got, want)
		}
		f.intact()
	}
	check("nothing", nil, "none 0+0 of 0:")
	check("the front is not there", f.minutes(10, 1, 2), "none 2+0 of 2:01,02")
	// The watermark is 00:09:55, five seconds behind; less three minutes is 00:06:55.
	check("ten minutes", f.minutes(0, 1, 5, 6, 7, 10), "2026-03-01 00:06:00 7+0 of 3:06,07,10")
	check("late ones", f.minutes(20, 2, 5, 6, 8), "2026-03-01 00:06:00 9+2 of 4:06,07,08,10")
	check("late ones alone", f.minutes(30, 1, 2, 3), "2026-03-01 00:06:00 9+5 of 4:06,07,08,10")
	check("again", nil, "2026-03-01 00:06:00 9+5 of 4:06,07,08,10")
	f.retain(5 * time.Minute)
	check("a longer retention", nil, "2026-03-01 00:06:00 9+5 of 4:06,07,08,10")
	f.retain(time.Second)
	check("a shorter one", nil, "2026-03-01 00:09:00 9+5 of 1:10")
	f.retain(0)
	check("none any more", f.minutes(5, 8, 9, 10, 20, 21), "2026-03-01 00:09:00 13+6 of 4:09,10,20,21")
	f.retain(time.Minute)
	check("all but the last", f.minutes(40, 19, 59), "2026-03-01 00:19:00 15+6 of 4:19,20,21,59")
	if err := f.FinishOnce(bg, f.epoch, f.cohort.ID, true); err != nil {
		t.Fatal(err)
	}
	check("the run ends", nil, "2026-03-01 00:58:00 15+6 of 1:59")
	if got := f.label("final_before"); got != "2026-03-01 01:00:00" {
		t.Errorf("final_before %s", got)
	}
	totals := must(f.Totals(bg))(t).Rollups[0]
	if totals.Expired != 6 || totals.Horizon != "2026-03-01 00:58:00" || totals.Absorbed != 15 || totals.Rows != 1 {
		t.Errorf("%+v", totals)
	}
	if got := f.text("SELECT retention FROM windrow_rollup_data"); got != "60000000" {
		t.Errorf("retention %s", got)
	}
	_, err := f.Expire(bg, f.epoch-1, f.cohort.Rollups[0])
	wantError(t, err, ErrFenced)
	_, err = f.Expire(bg, f.epoch, RollupRef{ID: 77, Rollup: f.rollup})
	wantError(t, err, nil, "no rollup 77")
}

// Before the year 1 there is no horizon, and a window that spans the retention stays.
func TestExpireFar(t *testing.T) {
	f := newFixture(t)
	f.retain(100 * 365 * 24 * time.Hour)
	c := f.minutes(0, 1)
	c.Ranges[0].MaxTime = value.MinTime + value.Time(value.Day)
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	if f.expire(); f.label("horizon") != "" {
		t.Errorf("horizon %s", f.label("horizon"))
	}
}

// Long ago is deleted in steps of whole windows, each one a transaction.
func TestExpireInSteps(t *testing.T) {
	f := newFixture(t)
	f.retain(time.Minute)
	m := map[key]state{}
	for minute, hosts := range []int{3, expireRows + 10, 5, expireRows / 2, expireRows / 2, 1, 1, 1} {
		for h := range hosts {
			m[key{at(int64(minute)), fmt.Sprint(h), ""}] = one(1)
		}
	}
	c := f.commitOf(0, 10, m)
	c.Ranges[0].MaxTime = at(8)
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	var want []string
	rows := len(m)
	for _, step := range []struct {
		minute string
		rows   int
	}{{"01", 3}, {"02", expireRows + 10}, {"04", 5 + expireRows/2}, {"06", expireRows/2 + 1}} {
		rows -= step.rows
		want = append(want, fmt.Sprintf("2026-03-01 00:%s:00 %d", step.minute, rows))
	}
	for i, w := range want {
		more := must(f.Expire(bg, f.epoch, f.cohort.Rollups[0]))(t)
		got := f.text("SELECT horizon || ' ' || rows FROM windrow_rollups")
		if got != w || more != (i < len(want)-1) {
			t.Errorf("step %d: %s, more %v; want %s", i, got, more, w)
		}
		if n := f.text("SELECT count(*) FROM latency"); n != f.label("rows") {
			t.Errorf("step %d: %s rows are there", i, n)
		}
	}
}

// What comes too late counts once, however often the commit is given.
func TestExpiredCountOnce(t *testing.T) {
	f := newFixture(t)
	f.retain(2 * time.Minute)
	if err := f.Commit(bg, f.minutes(0, 1, 4, 5, 6)); err != nil {
		t.Fatal(err)
	}
	c := f.minutes(10, 1, 4, 5, 10)
	c.Rollups[0].Rejects = []Reject{{Split: 1, Offset: 11}, {Split: 1, Offset: 11}}
	wantError(t, f.Commit(bg, c), nil, "quarantine") // after the rows were merged
	f.expire()                                       // 1 goes, below 00:03
	c.Rollups[0].Rejects = nil
	other := mustOpen(t, f.path, Options{Worker: true, BusyTimeout: time.Millisecond})
	err := other.write(bg, "hold", func(*tx) error {
		if _, err := f.conn.ExecContext(bg, "PRAGMA busy_timeout = 1"); err != nil {
			return err
		}
		wantError(t, f.Commit(bg, c), ErrBusy)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	f.conn.ExecContext(bg, "PRAGMA max_page_count = 1") // rounds up to the pages in use
	rows := c.Rollups[0].Rows.(*memRows)
	big := rows.states[3]
	rows.states[3].b = make([]byte, 1<<20)
	wantError(t, f.Commit(bg, c), ErrFull)
	f.conn.ExecContext(bg, "PRAGMA max_page_count = 1000000")
	rows.states[3] = big
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	want := map[key]state{{at(4), "a", ""}: one(2).plus(one(2)), {at(5), "a", ""}: one(3).plus(one(3)),
		{at(6), "a", ""}: one(4), {at(10), "a", ""}: one(4)}
	equalViews(t, f.view(), want)
	if got := f.text("SELECT absorbed || '+' || expired || ' ' || rows FROM windrow_rollups"); got != "7+1 4" {
		t.Error(got)
	}
}

// Whatever was committed in whatever order, with windows deleted in between:
// every window from the horizon on is that of all records, none below it is
// there, every record is counted once, and the horizon never falls.
func TestExpireLaw(t *testing.T) {
	store := newFixture(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := store.next()
		f.rollup.Retention = time.Duration(rapid.IntRange(1, 240).Draw(rt, "retention")) * time.Second
		f.register(store.rollup, f.rollup)
		const size = 40
		times := rapid.SliceOfN(rapid.Int64Range(0, 900), size, size).Draw(rt, "times")
		hosts := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "b"}), size, size).Draw(rt, "hosts")
		all := map[key]state{}
		var cuts []int64
		for i := int64(0); i < size; i += rapid.Int64Range(1, 8).Draw(rt, "length") {
			cuts = append(cuts, i)
		}
		cuts = append(cuts, size)
		horizon := ""
		for _, i := range rapid.Permutation(indexes(len(cuts)-1)).Draw(rt, "order") {
			c := f.timedCommit(cuts[i], cuts[i+1], times, hosts)
			if rapid.Bool().Draw(rt, "fails first") {
				c.Rollups[0].Rejects = []Reject{{Split: 1}, {Split: 1}}
				wantError(t, f.Commit(bg, c), nil, "quarantine")
				c.Rollups[0].Rejects = nil
			}
			if rapid.Bool().Draw(rt, "expire before") {
				f.expire()
			}
			if err := f.Commit(bg, c); err != nil {
				rt.Fatal(err)
			}
			for r := cuts[i]; r < cuts[i+1]; r++ {
				k := key{minute.Start(seconds(times[r])), hosts[r], ""}
				all[k] = add(all, k, one(r))
			}
			if rapid.Bool().Draw(rt, "expire after") {
				f.expire()
			}
			now := f.label("horizon")
			if now < horizon {
				rt.Fatalf("the horizon fell from %s to %s", horizon, now)
			}
			horizon = now
		}
		from, _ := value.ParseTime(horizon, nil)
		want := maps.Clone(all)
		maps.DeleteFunc(want, func(k key, _ state) bool { return horizon != "" && k.start < from })
		if d := cmp.Diff(want, f.view(), cmp.AllowUnexported(state{}, key{})); d != "" {
			rt.Fatal(d)
		}
		if got := f.text("SELECT (absorbed + expired) || ' ' || rows FROM windrow_rollups WHERE name = '" + f.rollup.Name + "'"); got != fmt.Sprintf("%d %d", size, len(want)) {
			rt.Fatalf("absorbed and expired, and rows: %s; want %d %d", got, size, len(want))
		}
	})
}

// timedCommit has the records [lo, hi), of which each has a time in seconds
// and a host.
func (f *fixture) timedCommit(lo, hi int64, times []int64, hosts []string) *Commit {
	m, counts := map[key]state{}, map[key]int64{}
	newest := noTime
	for r := lo; r < hi; r++ {
		k := key{minute.Start(seconds(times[r])), hosts[r], ""}
		m[k] = add(m, k, one(r))
		counts[k]++
		newest = max(newest, seconds(times[r]))
	}
	c := f.commitOf(lo, hi, m)
	c.Ranges[0].MaxTime = newest
	c.Rollups[0].Rows.(*memRows).counts = counts
	return c
}
