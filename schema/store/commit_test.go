package store

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema/value"
)

var keyA, keyB = key{at(0), "a", ""}, key{at(0), "a", "x"}

func one(n int64) state { return state{n: n, s: float64(n) / 2, m: n, b: []byte{byte(n)}} }

func equalViews(t testing.TB, got, want map[key]state) {
	t.Helper()
	if d := cmp.Diff(want, got, cmp.AllowUnexported(state{}, key{})); d != "" {
		t.Errorf("view differs (-want +got):\n%s", d)
	}
}

func TestCommitWritesAndMerges(t *testing.T) {
	f := newFixture(t)
	first := map[key]state{keyA: {1, 0.5, "text\x00é", []byte{}}, keyB: {2, 1, nil, []byte{7}}}
	if err := f.Commit(bg, f.commitOf(0, 10, first)); err != nil {
		t.Fatal(err)
	}
	equalViews(t, f.view(), first)
	c := f.commitOf(10, 20, map[key]state{keyA: one(3), {at(0), "b", ""}: one(4), {at(1), "a", ""}: one(5)})
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	equalViews(t, f.view(), map[key]state{
		keyA: first[keyA].plus(one(3)), keyB: first[keyB], {at(0), "b", ""}: one(4), {at(1), "a", ""}: one(5)})
	if got := f.text(`SELECT typeof(zone) || typeof(b) FROM (SELECT * FROM latency WHERE host = 'b')`); got != "nullblob" {
		t.Errorf("types %s", got)
	}
	totals := must(f.Totals(bg))(t)
	want := Totals{
		Cohorts: []CohortTotals{{ID: f.cohort.ID, Stream: "requests", Watermark: "2026-03-01 00:00:15", Records: 20, Bytes: 20}},
		Rollups: []RollupTotals{{ID: 1, Name: "latency", Stream: "requests", Cohort: 1, Attached: true,
			FinalBefore: "2026-03-01 00:00:00", Absorbed: 20, Rows: 4}},
	}
	if d := cmp.Diff(want, totals); d != "" {
		t.Error(d)
	}
	f.intact()
}

func TestCommitRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*fixture, *Commit)
		target error
		parts  []string
	}{
		{"an older run", func(f *fixture, c *Commit) { c.Epoch-- }, ErrFenced, []string{"epoch"}},
		{"the same range", func(f *fixture, c *Commit) { c.Ranges[0].Lo, c.Ranges[0].Hi = 0, 10 }, ErrOverlap, []string{"of split"}},
		{"a range inside", func(f *fixture, c *Commit) { c.Ranges[0].Lo, c.Ranges[0].Hi = 3, 4 }, ErrOverlap, nil},
		{"a range around", func(f *fixture, c *Commit) { c.Ranges[0].Lo, c.Ranges[0].Hi = 0, 50 }, ErrOverlap, nil},
		{"one byte too many", func(f *fixture, c *Commit) { c.Ranges[0].Lo = 9 }, ErrOverlap, nil},
		{"itself", func(f *fixture, c *Commit) { c.Ranges = append(c.Ranges, c.Ranges[0]) }, ErrOverlap, nil},
		{"an empty range", func(f *fixture, c *Commit) { c.Ranges[0].Hi = c.Ranges[0].Lo }, nil, []string{"BUG"}},
		{"a missing rollup", func(f *fixture, c *Commit) { c.Rollups = nil }, nil, []string{"BUG", "cohort"}},
		{"another cohort", func(f *fixture, c *Commit) { c.Cohort = 77 }, nil, []string{"BUG", "cohort 77"}},
		{"a NULL key", func(f *fixture, c *Commit) {
			c.Rollups[0].Rows = &nullKey{c.Rollups[0].Rows}
		}, nil, []string{"rollup r", "NOT NULL"}},
		{"a state of another type", func(f *fixture, c *Commit) {
			c.Rollups[0].Rows = &wrongType{c.Rollups[0].Rows}
		}, nil, []string{"rollup r", "INTEGER"}},
		{"one key twice", func(f *fixture, c *Commit) {
			r := c.Rollups[0].Rows.(*memRows)
			r.keys = append(r.keys, r.keys[len(r.keys)-1])
			r.states = append(r.states, one(1))
		}, nil, []string{"rollup r", "UNIQUE"}},
		{"one stored key twice", func(f *fixture, c *Commit) {
			r := f.rows(map[key]state{keyA: one(1)})
			r.keys, r.states = append(r.keys, keyA), append(r.states, one(2))
			c.Rollups[0].Rows = r
		}, nil, []string{"rollup r", "same key"}},
		{"a failing merge", func(f *fixture, c *Commit) { c.Rollups[0].Rows.(*memRows).broken = true }, nil, []string{"rollup r", "broken on purpose"}},
		{"one reject twice", func(f *fixture, c *Commit) {
			r := Reject{Split: 1, Offset: 12, Reason: "no"}
			c.Rollups[0].Rejects = []Reject{r, r}
		}, nil, []string{"rollup r", "quarantine"}},
	}
	store := newFixture(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := store.next()
			if err := f.Commit(bg, f.commitOf(0, 10, map[key]state{keyA: one(1)})); err != nil {
				t.Fatal(err)
			}
			before := dump(f)
			c := f.commitOf(10, 20, map[key]state{keyA: one(1), keyB: one(1), {at(2), "z", ""}: one(9)})
			c.Rollups[0].Rejects = []Reject{{Split: 1, Offset: 11, Reason: "bad"}}
			tt.change(f, c)
			wantError(t, f.Commit(bg, c), tt.target, tt.parts...)
			if d := cmp.Diff(before, dump(f)); d != "" {
				t.Errorf("something was written:\n%s", d)
			}
			f.intact()
		})
	}
}

type nullKey struct{ Rows }

func (r nullKey) Cell(row, col int) any {
	if col == 1 && row == r.Len()-1 {
		return nil
	}
	return r.Rows.Cell(row, col)
}

type wrongType struct{ Rows }

func (r wrongType) Cell(row, col int) any {
	if col == 3 {
		return "text"
	}
	return r.Rows.Cell(row, col)
}

// dump shows all that a commit may change.
func dump(f *fixture) []string {
	f.Helper()
	var lines []string
	err := f.read(bg, "read", func(t *tx) error {
		for _, table := range []string{"windrow_rollup_data", "windrow_cohorts", "windrow_range_data", "windrow_quarantine_data", f.cohort.Rollups[0].Table} {
			rows, err := f.conn.QueryxContext(bg, "SELECT * FROM "+table)
			if err != nil {
				return err
			}
			for rows.Next() {
				v, err := rows.SliceScan()
				if err != nil {
					return err
				}
				lines = append(lines, fmt.Sprintf("%s %v", table, v))
			}
			if err := rows.Close(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	return lines
}

func TestCommitQuarantines(t *testing.T) {
	f := newFixture(t)
	c := f.commitOf(0, 10, nil)
	c.Rollups[0].Rejects = []Reject{
		{Split: 1, Offset: 5, Reason: "status: 'abc' is not an INTEGER", Record: []byte("{\"status\":\"abc\"}")},
		{Split: 1, Offset: 0, Reason: "empty"},
		{Split: 1, Offset: 7, Reason: "long", Record: make([]byte, 50_000)},
	}
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	got := f.text(`SELECT group_concat(rollup || ' ' || stream || ' ' || path || ' ' || "offset" || ' ' || reason || ' ' || record, '; ')
		FROM windrow_quarantine WHERE "offset" < 7`)
	want := `latency requests a.ndjson 0 empty ; latency requests a.ndjson 5 status: 'abc' is not an INTEGER {"status":"abc"}`
	if got != want {
		t.Errorf("got %s", got)
	}
	if got := f.text("SELECT length(record) FROM windrow_quarantine_data WHERE offset = 7"); got != "4096" {
		t.Errorf("%s bytes of a long record are kept", got)
	}
	if got := f.text("SELECT quarantined FROM windrow_rollups"); got != "3" {
		t.Errorf("quarantined = %s", got)
	}
}

func TestCommitJoinsRanges(t *testing.T) {
	f := newFixture(t)
	for _, r := range [][2]int64{{0, 10}, {20, 30}, {40, 50}, {10, 20}} {
		c := f.commitOf(r[0], r[1], nil)
		c.Ranges[0].TailLen, c.Ranges[0].Tail[0] = int(r[1]), byte(r[1])
		c.Ranges[0].Late, c.Ranges[0].Future = 1, 2
		if err := f.Commit(bg, c); err != nil {
			t.Fatal(err)
		}
	}
	got := must(f.Ranges(bg, f.cohort.ID))(t)
	sec := func(n int64) value.Time { return at(0) + value.Time(n*value.Second) }
	want := map[int64][]Range{1: {
		{Split: 1, Lo: 0, Hi: 30, MaxTime: sec(30), Records: 30, Late: 3, Future: 6, TailLen: 30, Tail: [32]byte{30}},
		{Split: 1, Lo: 40, Hi: 50, MaxTime: sec(50), Records: 10, Late: 1, Future: 2, TailLen: 50, Tail: [32]byte{50}},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := f.text("SELECT group_concat(max_time || ' ' || path, ',') FROM windrow_ranges"); got !=
		"2026-03-01 00:00:30.000000 a.ndjson,2026-03-01 00:00:50.000000 a.ndjson" {
		t.Error(got)
	}
}

// A commit that failed after merging is given again, as it is.
func TestCommitAgain(t *testing.T) {
	stored := map[key]state{keyA: one(1), keyB: one(2)}
	failing := func(f *fixture) *Commit {
		if err := f.Commit(bg, f.commitOf(0, 10, stored)); err != nil {
			t.Fatal(err)
		}
		c := f.commitOf(10, 20, map[key]state{keyA: one(3), {at(5), "q", ""}: one(4)})
		// The quarantine comes after the rows, so this fails when they are merged.
		c.Rollups[0].Rejects = []Reject{{Split: 1, Offset: 11}, {Split: 1, Offset: 11}}
		wantError(t, f.Commit(bg, c), nil, "quarantine")
		c.Rollups[0].Rejects = nil
		return c
	}
	t.Run("as it is", func(t *testing.T) {
		f := newFixture(t)
		c := failing(f)
		if err := f.Commit(bg, c); err != nil {
			t.Fatal(err)
		}
		want := maps.Clone(stored)
		want[keyA], want[key{at(5), "q", ""}] = one(1).plus(one(3)), one(4)
		equalViews(t, f.view(), want)
	})
	t.Run("after another", func(t *testing.T) {
		f := newFixture(t)
		c := failing(f)
		if err := f.Commit(bg, f.commitOf(20, 30, map[key]state{keyA: one(7)})); err != nil {
			t.Fatal(err)
		}
		wantError(t, f.Commit(bg, c), ErrSpent, "latency")
		want := maps.Clone(stored)
		want[keyA] = one(1).plus(one(7))
		equalViews(t, f.view(), want)
	})
}

// An interrupted commit leaves nothing, and the store goes on.
func TestCommitCancelled(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(bg)
	c := f.commitOf(0, 10, map[key]state{keyA: one(1), keyB: one(1)})
	c.Rollups[0].Rows = &cancelling{c.Rollups[0].Rows, cancel}
	wantError(t, f.Commit(ctx, c), context.Canceled)
	if got := f.text("SELECT (SELECT count(*) FROM latency) || ' ' || (SELECT count(*) FROM windrow_ranges)"); got != "0 0" {
		t.Error(got)
	}
	c.Rollups[0].Rows = c.Rollups[0].Rows.(*cancelling).Rows
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	equalViews(t, f.view(), map[key]state{keyA: one(1), keyB: one(1)})
}

type cancelling struct {
	Rows
	cancel func()
}

func (c *cancelling) Cell(row, col int) any { c.cancel(); return c.Rows.Cell(row, col) }

// Any partition of the input into ranges and commits, in any order, gives the
// same store as one commit of everything.
func TestCommitLaw(t *testing.T) {
	store := newFixture(t)
	rapid.Check(t, func(rt *rapid.T) {
		f := store.next()
		const size = 40
		keys := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) key {
			return key{at(rapid.Int64Range(0, 3).Draw(rt, "minute")), rapid.SampledFrom([]string{"", "a", "ä\x00b"}).Draw(rt, "host"),
				rapid.SampledFrom([]string{"", "x", "y"}).Draw(rt, "zone")}
		}), size, size).Draw(rt, "keys")
		record := func(i int64) map[key]state { return map[key]state{keys[i]: one(i)} }
		var cuts []int64
		for i := int64(0); i < size; {
			cuts = append(cuts, i)
			i += rapid.Int64Range(1, 12).Draw(rt, "length")
		}
		cuts = append(cuts, size)
		want := map[key]state{}
		for _, i := range rapid.Permutation(indexes(len(cuts)-1)).Draw(rt, "order") {
			batch := map[key]state{}
			for r := cuts[i]; r < cuts[i+1]; r++ {
				for k, v := range record(r) {
					batch[k] = add(batch, k, v)
					want[k] = add(want, k, v)
				}
			}
			if err := f.Commit(bg, f.commitOf(cuts[i], cuts[i+1], batch)); err != nil {
				rt.Fatal(err)
			}
			if rapid.Bool().Draw(rt, "again") {
				if err := f.Commit(bg, f.commitOf(cuts[i], cuts[i+1], batch)); err == nil {
					rt.Fatal("a range was absorbed twice")
				}
			}
		}
		if d := cmp.Diff(want, f.view(), cmp.AllowUnexported(state{}, key{})); d != "" {
			rt.Fatal(d)
		}
		got := must(f.Ranges(bg, f.cohort.ID))(t)[f.split.Number]
		if len(got) != 1 || got[0].Lo != 0 || got[0].Hi != size || got[0].Records != size {
			rt.Fatalf("ranges %v", got)
		}
		all := must(f.Totals(bg))(t).Rollups
		totals := all[len(all)-1]
		if totals.Rows != int64(len(want)) || totals.Absorbed != size {
			rt.Fatalf("totals %+v", totals)
		}
	})
}

func add(m map[key]state, k key, v state) state {
	if old, ok := m[k]; ok {
		return old.plus(v)
	}
	return v
}

func indexes(n int) []int {
	var s []int
	for i := range n {
		s = append(s, i)
	}
	return s
}

func TestFormatNamesTables(t *testing.T) {
	f := newFixture(t)
	err := f.read(bg, "read", func(tx *tx) error {
		return tx.all("SELECT name FROM sqlite_schema WHERE name LIKE 'windrow%' AND type <> 'index'", nil, func(scan func(...any) error) error {
			var name string
			err := scan(&name)
			if !strings.Contains(formatPage, name) && !strings.HasPrefix(name, "windrow_state_") {
				t.Errorf("FORMAT.md does not describe %s", name)
			}
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}
