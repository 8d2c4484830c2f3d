package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/windrow/windrow/schema"
)

// mark remembers, between two tries of one Commit, which rows of a rollup hold
// stored states already, and which commit those are of.
type mark struct {
	revision int64
	merged   []int32 // ascending
	broken   bool    // a merge failed halfway
}

func (c *Commit) mark(rollup int64) *mark {
	if c.marks == nil {
		c.marks = map[int64]*mark{}
	}
	m := c.marks[rollup]
	if m == nil {
		m = &mark{}
		c.marks[rollup] = m
	}
	return m
}

// written is what became of the rows of a rollup in a commit.
type written struct {
	any     bool  // states were written
	fresh   int64 // keys that are new
	expired int64 // records in rows below the horizon, which are dropped
}

// putRows writes the rows of a rollup that are not below its horizon. Rows
// whose key is stored are merged in Go first. What it counts depends on the
// rows as they were given alone, so that a second try counts the same.
func (t *tx) putRows(r *RollupCommit, at member, m *mark) (written, error) {
	var put written
	if r.Rows == nil || r.Rows.Len() == 0 {
		return put, nil
	}
	w := newRowWriter(t, r, m)
	put.expired = w.skip(at.horizon)
	if w.from == w.rows.Len() {
		return put, nil
	}
	if m.broken || len(m.merged) > 0 && m.revision != at.revision {
		return put, ErrSpent
	}
	m.revision = at.revision
	candidates, err := w.inStoredWindows()
	if err != nil {
		return put, err
	}
	if err := w.merge(candidates); err != nil {
		return put, err
	}
	put.any = true
	put.fresh, err = w.write()
	return put, err
}

// rowWriter writes the rows of one rollup in one commit.
type rowWriter struct {
	*tx
	rows   Rows
	mark   *mark
	layout []schema.StateColumn
	table  string
	from   int   // rows before it are below the horizon
	keys   []int // columns of the primary key
	parts  []int // columns of states
}

func newRowWriter(t *tx, r *RollupCommit, m *mark) *rowWriter {
	w := &rowWriter{tx: t, rows: r.Rows, mark: m, layout: r.Rollup.Layout(), table: r.Table}
	for i, c := range w.layout {
		if c.Key {
			w.keys = append(w.keys, i)
		}
		if c.Source == schema.FromPart {
			w.parts = append(w.parts, i)
		}
	}
	return w
}

// skip drops the rows of windows that start below horizon, which are the first
// ones, and returns how many records are in them.
func (w *rowWriter) skip(horizon string) (records int64) {
	if horizon == "" {
		return 0
	}
	w.from = sort.Search(w.rows.Len(), func(i int) bool {
		start, ok := w.rows.Cell(i, w.keys[0]).(string)
		return !ok || start >= horizon
	})
	for i := range w.from {
		records += w.rows.Records(i)
	}
	return records
}

// same joins comparisons of stored columns and those of the feed.
func (w *rowWriter) same(columns []int) string {
	var eq []string
	for _, k := range columns {
		eq = append(eq, fmt.Sprintf("s.%s = v.c%d", quote(w.layout[k].Name), k))
	}
	return strings.Join(eq, " AND ")
}

// inStoredWindows returns the rows of windows that have any row stored. In a
// batch of new windows that is one look into the index per window.
func (w *rowWriter) inStoredWindows() ([]int32, error) {
	heads := w.heads()
	w.s.feed.show(w.rows, heads)
	var picked []int32
	next := 0 // the index in heads of the window to look at
	query := fmt.Sprintf("SELECT v.rowid FROM %s v WHERE EXISTS (SELECT 1 FROM %s s WHERE %s)",
		feedTable(len(w.layout)), w.table, w.same(w.keys[:1]))
	err := w.allIn(w.ctx, query, nil, func(scan func(...any) error) error {
		var head int32
		if err := scan(&head); err != nil {
			return err
		}
		for heads[next] != head {
			next++
		}
		end := int32(w.rows.Len())
		if next+1 < len(heads) {
			end = heads[next+1]
		}
		for i := head; i < end; i++ {
			picked = append(picked, i)
		}
		return nil
	})
	return picked, err
}

// heads returns the first row of each run of rows of one window.
func (w *rowWriter) heads() []int32 {
	heads := []int32{int32(w.from)}
	k := w.keys[0]
	last := clone(w.rows.Cell(w.from, k))
	for i := w.from + 1; i < w.rows.Len(); i++ {
		if c := w.rows.Cell(i, k); !equal(last, c) {
			heads = append(heads, int32(i))
			last = clone(c)
		}
	}
	return heads
}

// merge folds stored states into the candidates that have one and are not
// merged already.
func (w *rowWriter) merge(candidates []int32) error {
	todo := without(candidates, w.mark.merged)
	if len(todo) == 0 {
		return nil
	}
	w.s.feed.show(w.rows, todo)
	cells := make([]any, len(w.parts))
	var row int32
	into := []any{&row}
	columns := []string{"v.rowid"}
	for i, p := range w.parts {
		into = append(into, &cells[i])
		columns = append(columns, "s."+quote(w.layout[p].Name))
	}
	query := fmt.Sprintf("SELECT %s FROM %s v CROSS JOIN %s s WHERE %s",
		strings.Join(columns, ", "), feedTable(len(w.layout)), w.table, w.same(w.keys))
	var merged []int32
	err := w.allIn(w.ctx, query, nil, func(scan func(...any) error) error {
		if err := scan(into...); err != nil {
			return err
		}
		merged = append(merged, row)
		return w.fold(row, cells)
	})
	w.mark.merged = append(w.mark.merged, merged...)
	slices.Sort(w.mark.merged)
	return err
}

func (w *rowWriter) fold(row int32, cells []any) error {
	for i, c := range cells {
		if b, ok := c.([]byte); ok && b == nil {
			cells[i] = []byte{} // the driver's empty blob
		}
	}
	if err := w.rows.Merge(int(row), cells); err != nil {
		w.mark.broken = true
		return fmt.Errorf("a stored state cannot be merged: %w", err)
	}
	return nil
}

// write puts the merged rows over the stored ones and adds the others.
func (w *rowWriter) write() (fresh int64, err error) {
	kept, _ := slices.BinarySearch(w.mark.merged, int32(w.from)) // an earlier try may have had a lower horizon
	merged := w.mark.merged[kept:]
	// FAIL spares SQLite the journal of a statement: all is rolled back anyway.
	const add = "INSERT OR FAIL"
	if len(merged) == 0 && w.from == 0 {
		return w.insert(add, nil, w.rows.Len())
	}
	if err := w.distinct(merged); err != nil {
		return 0, err
	}
	if len(merged) > 0 {
		if _, err := w.insert("INSERT OR REPLACE", merged, len(merged)); err != nil {
			return 0, err
		}
	}
	rest := w.others(merged)
	if len(rest) == 0 {
		return 0, nil
	}
	return w.insert(add, rest, len(rest))
}

// others returns the rows to write that are not in merged.
func (w *rowWriter) others(merged []int32) []int32 {
	rest := make([]int32, 0, w.rows.Len()-w.from-len(merged))
	m := 0
	for i := int32(w.from); int(i) < w.rows.Len(); i++ {
		if m < len(merged) && merged[m] == i {
			m++
			continue
		}
		rest = append(rest, i)
	}
	return rest
}

func (w *rowWriter) insert(verb string, pick []int32, want int) (int64, error) {
	w.s.feed.show(w.rows, pick)
	names := make([]string, len(w.layout))
	for i, c := range w.layout {
		names[i] = quote(c.Name)
	}
	n, err := w.bulk(fmt.Sprintf("%s INTO %s (%s) SELECT %s FROM %s", verb, w.table, strings.Join(names, ", "),
		feedColumns(len(w.layout), ""), feedTable(len(w.layout))))
	if err == nil && n != int64(want) {
		err = fmt.Errorf("BUG: %d of %d rows were written", n, want)
	}
	return n, err
}

// distinct checks that REPLACE will not put one of the rows over another.
func (w *rowWriter) distinct(rows []int32) error {
	for i := 1; i < len(rows); i++ {
		if w.sameKey(int(rows[i-1]), int(rows[i])) {
			return errors.New("BUG: two rows have the same key")
		}
	}
	return nil
}

func (w *rowWriter) sameKey(a, b int) bool {
	for i := len(w.keys) - 1; i >= 0; i-- { // the window differs least
		k := w.keys[i]
		if !equal(clone(w.rows.Cell(a, k)), w.rows.Cell(b, k)) {
			return false
		}
	}
	return true
}

// equal compares keys as SQLite does: 5 and 5.0 are one key.
func equal(a, b any) bool {
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		return ok && x == y
	case []byte:
		y, ok := b.([]byte)
		return ok && bytes.Equal(x, y)
	case int64:
		if y, ok := b.(float64); ok {
			return equalNumbers(x, y)
		}
	case float64:
		if y, ok := b.(int64); ok {
			return equalNumbers(y, x)
		}
	}
	return a == b
}

// equalNumbers compares without rounding: no INTEGER is 2^63.
func equalNumbers(n int64, x float64) bool { return float64(n) == x && x < 1<<63 && int64(x) == n }

// clone keeps a cell beyond the next call of Cell.
func clone(c any) any {
	switch x := c.(type) {
	case string:
		return strings.Clone(x)
	case []byte:
		return bytes.Clone(x)
	}
	return c
}

// without returns the elements of a that are not in b; both ascend.
func without(a, b []int32) []int32 {
	if len(b) == 0 {
		return a
	}
	var rest []int32
	for _, x := range a {
		if _, found := slices.BinarySearch(b, x); !found {
			rest = append(rest, x)
		}
	}
	return rest
}
