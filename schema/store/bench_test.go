package store

import (
	"fmt"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/aggregate"
)

// wideRows are 60 windows of 1,000 hosts with nine columns of state, as a
// count, a minimum, a maximum and three sums make them.
type wideRows struct {
	starts []string
	hosts  []string
	times  int // how often stored rows were merged in
}

const (
	wideHosts = 1000
	wideCount = 60 * wideHosts
)

func newWideRows(minute int64) *wideRows {
	r := &wideRows{}
	for i := range int64(60) {
		r.starts = append(r.starts, at(minute+i).Format(0))
	}
	for i := range wideHosts {
		r.hosts = append(r.hosts, fmt.Sprintf("host-%04d.example", i))
	}
	return r
}

func (r *wideRows) Len() int { return wideCount }

func (r *wideRows) Cell(row, col int) any {
	switch col {
	case 0:
		return r.starts[row/wideHosts]
	case 1:
		return r.hosts[row%wideHosts]
	case 2, 3:
		return int64(row) * 31
	case 4, 5, 6, 7, 8:
		return float64(row) * 1.7
	}
	return nil
}

func (r *wideRows) Merge(int, []any) error { r.times++; return nil }
func (r *wideRows) Records(int) int64      { return 1 }

func wideRollup() *schema.Rollup {
	r := testRollup("wide", testStream("requests"))
	r.Keys, r.Parts, r.Output = r.Keys[:1], nil, r.Output[:2]
	for i, typ := range []string{"INTEGER", "INTEGER", "REAL", "REAL", "REAL", "REAL", "REAL", "BLOB", "BLOB"} {
		name := fmt.Sprintf("p%d", i)
		r.Parts = append(r.Parts, schema.Part{Name: name, Part: aggregate.Part{Name: name, Columns: []aggregate.Column{{Type: typ}}}})
	}
	return r
}

func wideFixture(b *testing.B) *fixture {
	f := newFixture(b)
	f.rollup = wideRollup()
	f.ref = must(f.Register(bg, pipeline(f.rollup), RegisterOptions{}))(b)[0]
	f.cohort = f.ref.Cohorts[0]
	return f
}

func (f *fixture) wideCommit(i int64, rows Rows) *Commit {
	c := f.commitOf(i*10, i*10+10, nil)
	c.Rollups[0].Rows = rows
	return c
}

// BenchmarkCommit writes 60,000 rows per commit: into new windows, and over
// the same rows again, which merges all of them.
func BenchmarkCommit(b *testing.B) {
	for _, merge := range []bool{false, true} {
		b.Run(map[bool]string{false: "new", true: "merged"}[merge], func(b *testing.B) {
			f := wideFixture(b)
			minute, n := int64(0), int64(1)
			if err := f.Commit(bg, f.wideCommit(0, newWideRows(minute))); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if !merge {
					minute += 60
				}
				rows := newWideRows(minute)
				if err := f.Commit(bg, f.wideCommit(n, rows)); err != nil {
					b.Fatal(err)
				}
				if merge != (rows.times == wideCount) {
					b.Fatalf("%d rows were merged", rows.times)
				}
				n++
			}
			b.ReportMetric(wideCount*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkBind is what BenchmarkCommit/new is compared with: one bind per row.
func BenchmarkBind(b *testing.B) {
	f := wideFixture(b)
	query := "INSERT INTO " + f.cohort.Rollups[0].Table + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	minute := int64(0)
	args := make([]any, 11)
	for b.Loop() {
		rows := newWideRows(minute)
		minute += 60
		err := f.write(bg, "insert", func(t *tx) error {
			for i := range wideCount {
				for c := range args {
					args[c] = rows.Cell(i, c)
				}
				if _, err := t.exec(query, args...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(wideCount*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkCommitSplits is a small commit to a stream with three live splits:
// alone, with 10,000 that are gone, and with 10,000 that lie there absorbed.
func BenchmarkCommitSplits(b *testing.B) {
	tests := []struct {
		name string
		old  int
		gone bool
	}{{"3 live", 0, false}, {"10000 gone", 10_000, true}, {"10000 ended", 10_000, false}}
	for _, tt := range tests {
		b.Run(tt.name, func(b *testing.B) {
			f := newFixture(b)
			f.splitsOfThePast(tt.old, tt.gone)
			live := []Split{{Path: "b", Size: 1}, {Path: "c", Size: 1}}
			live = append(must(f.AddSplits(bg, f.epoch, f.ref.ID, live))(b), f.split)
			n := int64(0)
			for b.Loop() {
				c := f.commitOf(n, n+1, map[key]state{{at(n / 60), "a", ""}: one(1)})
				for _, p := range live[:2] {
					r := c.Ranges[0]
					r.Split = p.Number
					c.Ranges = append(c.Ranges, r)
				}
				if err := f.Commit(bg, c); err != nil {
					b.Fatal(err)
				}
				n++
			}
			if w, ok, _ := f.Watermark(bg, f.cohort.ID); !ok || w < seconds(n-6) {
				b.Errorf("the watermark stays at %v", w.Format(-1))
			}
		})
	}
}

// splitsOfThePast adds splits that are absorbed, except a few that are gone.
func (f *fixture) splitsOfThePast(n int, gone bool) {
	f.Helper()
	old := make([]Split, n)
	for i := range old {
		old[i] = Split{Path: fmt.Sprintf("old/%d.ndjson", i), Size: 10, Ended: true, Gone: gone}
	}
	old = must(f.AddSplits(bg, f.epoch, f.ref.ID, old))(f)
	c := &Commit{Epoch: f.epoch, Cohort: f.cohort.ID, Rollups: []RollupCommit{{RollupRef: f.cohort.Rollups[0]}}}
	for i, p := range old {
		if !gone || i%100 > 0 {
			c.Ranges = append(c.Ranges, Range{Split: p.Number, Lo: 0, Hi: 10, MaxTime: at(0), Records: 1})
		}
	}
	if err := f.Commit(bg, c); err != nil {
		f.Fatal(err)
	}
}

// tallRows are two windows of 65,536 rows with two keys and nine columns of
// state, as a count, an average, a minimum, a maximum and a sum make them.
type tallRows struct {
	starts [2]string
	paths  []string
	hosts  []string
	times  int
}

const (
	tallWindow = 1 << 16
	tallCount  = 2 * tallWindow
)

func newTallRows(minute int64) *tallRows {
	r := &tallRows{starts: [2]string{at(minute).Format(0), at(minute + 1).Format(0)}}
	for i := range 1024 {
		r.hosts = append(r.hosts, fmt.Sprintf("host-%04d", i))
	}
	for i := range 64 {
		r.paths = append(r.paths, fmt.Sprintf("/api/v1/item/%03d", 3*i))
	}
	return r
}

func (r *tallRows) Len() int { return tallCount }

func (r *tallRows) Cell(row, col int) any {
	switch col {
	case 0:
		return r.starts[row>>16]
	case 1:
		return r.hosts[row>>6&1023]
	case 2:
		return r.paths[row&63]
	case 3, 4:
		return int64(row & 31)
	case 7:
		return int64(0)
	case 8:
		return int64(row) * 1031
	case 5, 6, 9:
		return float64(row) * 1.7
	case 10:
		return 0.0
	}
	return nil
}

func (r *tallRows) Merge(int, []any) error { r.times++; return nil }
func (r *tallRows) Records(int) int64      { return 1 }

func tallRollup() *schema.Rollup {
	r := testRollup("tall", testStream("requests"))
	r.Parts, r.Output = nil, r.Output[:2]
	for i, typ := range []string{"INTEGER", "INTEGER", "REAL", "REAL", "INTEGER", "INTEGER", "REAL", "REAL", "BLOB"} {
		name := fmt.Sprintf("p%d", i)
		r.Parts = append(r.Parts, schema.Part{Name: name, Part: aggregate.Part{Name: name, Columns: []aggregate.Column{{Type: typ}}}})
	}
	return r
}

// BenchmarkBulk is a backlog with very many groups: two writers take turns,
// each with a part of the time of its own, so that the rows of the first come
// into the middle of the tree and those of the second to its end. An operation
// is 2 times 131,072 rows.
func BenchmarkBulk(b *testing.B) {
	const parts = 4
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		f := newFixture(b)
		f.rollup = tallRollup()
		f.ref = must(f.Register(bg, pipeline(f.rollup), RegisterOptions{}))(b)[0]
		f.cohort = f.ref.Cohorts[0]
		second := must(Open(bg, f.Path(), Options{Worker: true}))(b)
		b.StartTimer()
		for i := range int64(parts) {
			for j, s := range []*Store{second, f.Store} {
				lo := int64(1-j)*parts + i
				if err := s.Commit(bg, f.wideCommit(lo, newTallRows(2*lo))); err != nil {
					b.Fatal(err)
				}
			}
			if err := f.Checkpoint(bg); err != nil {
				b.Fatal(err)
			}
		}
		b.StopTimer()
		second.Close()
		f.Close()
		b.StartTimer()
	}
	b.ReportMetric(2*parts*tallCount*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
