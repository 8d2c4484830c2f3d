package store

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/windrow/windrow/schema/value"
)

// byColumn gives the cells of memRows by column where that can be, and notes
// how often.
type byColumn struct {
	*memRows
	columns, refused int
}

func (r *byColumn) Column(rows []int32, col int, out *value.Column) bool {
	for i, row := range rows {
		switch v := r.Cell(int(row), col).(type) {
		case nil:
			out.Kind[i] = value.KindNull
		case int64:
			out.Kind[i], out.Int[i] = value.KindInt, v
		case float64:
			out.Kind[i], out.Real[i] = value.KindReal, v
		case string:
			out.Kind[i], out.Text[i] = value.KindText, []byte(v)
		default:
			r.refused++
			return false
		}
	}
	r.columns++
	return true
}

// manyStates are more rows than a chunk has, in two windows, with cells of
// all kinds and lengths.
func manyStates(n int) map[key]state {
	m := map[key]state{}
	others := []any{nil, int64(math.MinInt64), -1.5, "", "é", strings.Repeat("long ", 5000), []byte{}, []byte("blob")}
	for i := range n {
		k := key{at(int64(i % 2)), fmt.Sprintf("host %d", i), ""}
		if i/chunkRows%2 == 0 {
			k.zone = fmt.Sprint("zone ", i%3)
		}
		m[k] = state{int64(i), float64(i) / 3, others[i*7%len(others)], []byte{byte(i)}}
	}
	return m
}

// TestChunks holds rows that are given by column, by cell, and after a merge
// with stored ones against what was given.
func TestChunks(t *testing.T) {
	for _, n := range []int{1, chunkRows - 1, chunkRows, chunkRows + 1, 3*chunkRows + 7} {
		for _, merged := range []bool{false, true} {
			want := manyStates(n)
			byCell, columns := newFixture(t), newFixture(t)
			rows := &byColumn{memRows: newRows(columns.rollup, want)}
			for _, f := range []*fixture{byCell, columns} {
				if merged {
					first := map[key]state{}
					for k, v := range want {
						if v.n%3 == 0 {
							first[k] = state{n: 1, s: 0.5, m: v.m, b: []byte("x")}
						}
					}
					mustCommit(f, f.commitOf(0, 10, first))
				}
				c := f.commitOf(10, 20, want)
				if f == columns {
					c.Rollups[0].Rows = rows
				}
				mustCommit(f, c)
			}
			if d := cmp.Diff(dump(byCell), dump(columns)); d != "" {
				t.Errorf("%d rows, merged %v, by cell and by column:\n%.2000s", n, merged, d)
			}
			if rows.columns == 0 || n > chunkRows && rows.refused == 0 {
				t.Errorf("%d columns were given, %d refused", rows.columns, rows.refused)
			}
		}
	}
}

// mustCommit commits.
func mustCommit(f *fixture, c *Commit) {
	f.Helper()
	if err := f.Commit(bg, c); err != nil {
		f.Fatal(err)
	}
}

// TestFeedIsHidden: the module is there on every connection of the process, but no table is.
func TestFeedIsHidden(t *testing.T) {
	f := newFixture(t)
	err := f.read(bg, "read", func(t *tx) error { return t.script("SELECT * FROM " + feedModule) })
	if err == nil || !strings.Contains(err.Error(), "no such table") {
		t.Errorf("%v", err)
	}
	for _, args := range []string{"", "1", "1, x", "999999, 3", "x, 3", "1, 0"} {
		err := f.read(bg, "read", func(t *tx) error {
			return t.script("CREATE VIRTUAL TABLE temp.strange USING " + feedModule + "(" + args + ")")
		})
		if err == nil {
			t.Errorf("a table of (%s)", args)
		}
	}
}
