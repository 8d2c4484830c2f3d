package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// comparison is what came out when two state tables were compared.
type comparison struct {
	rows, windows int64 // of either
	different     int64 // rows
	first         string
}

// stateRows reads a state table in the order of its primary key.
type stateRows struct {
	rows  *sqlx.Rows
	cells []any // nil after the last
}

func (v *verification) stateRows(ctx context.Context, db *sqlx.DB, ref store.RollupRef) (*stateRows, error) {
	var all, keys []string
	for _, c := range v.rollup.Layout() {
		name := `"` + strings.ReplaceAll(c.Name, `"`, `""`) + `"`
		if all = append(all, name); c.Key {
			keys = append(keys, name)
		}
	}
	rows, err := db.QueryxContext(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE window_start >= ? AND window_start > ? ORDER BY %s",
		strings.Join(all, ", "), ref.Table, strings.Join(keys, ", ")), v.scope.from, v.scope.after)
	if err != nil {
		return nil, err
	}
	r := &stateRows{rows: rows}
	return r, r.next()
}

func (r *stateRows) next() (err error) {
	r.cells = nil
	if r.rows.Next() {
		r.cells, err = r.rows.SliceScan()
		return err
	}
	return r.rows.Err()
}

// compareRows goes through both tables side by side.
func (v *verification) compareRows(ctx context.Context) error {
	a, err := v.stateRows(ctx, v.dbs[0], v.storedRef)
	if err != nil {
		return err
	}
	defer a.rows.Close()
	b, err := v.stateRows(ctx, v.dbs[1], v.againRef)
	if err != nil {
		return err
	}
	defer b.rows.Close()
	keys := len(v.rollup.Keys) + 1
	window := ""
	for a.cells != nil || b.cells != nil {
		order := compareKeys(a.cells, b.cells, keys)
		at := a.cells
		if order > 0 {
			at = b.cells
		}
		v.result.rows++
		if start, _ := at[0].(string); start != window {
			window = start
			v.result.windows++
		}
		if order != 0 || !slices.EqualFunc(a.cells, b.cells, sameCell) {
			if v.result.different++; v.result.different == 1 {
				if v.result.first, err = v.difference(ctx, at[:keys]); err != nil {
					return err
				}
			}
		}
		if order <= 0 {
			err = a.next()
		}
		if order >= 0 && err == nil {
			err = b.next()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// compareKeys compares the keys of two rows as SQLite sorts them; a missing
// row comes last.
func compareKeys(a, b []any, keys int) int {
	switch {
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	for i := range keys {
		if c := compareCells(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

// compareCells sorts as SQLite does: NULL, numbers, text, blobs.
func compareCells(a, b any) int {
	if c := cmp.Compare(cellClass(a), cellClass(b)); c != 0 {
		return c
	}
	switch a := a.(type) {
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
		return -compareReal(b.(float64), a)
	case float64:
		if b, ok := b.(float64); ok {
			return cmp.Compare(a, b)
		}
		return compareReal(a, b.(int64))
	case string:
		return cmp.Compare(a, b.(string))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	}
	return 0
}

func cellClass(v any) int {
	switch v.(type) {
	case nil:
		return 0
	case int64, float64:
		return 1
	case string:
		return 2
	}
	return 3
}

// compareReal compares a REAL with an INTEGER without rounding.
func compareReal(f float64, n int64) int {
	switch {
	case f >= 1<<63:
		return 1
	case f < -1<<63:
		return -1
	}
	if c := cmp.Compare(int64(f), n); c != 0 { // cuts towards zero
		return c
	}
	return cmp.Compare(f, math.Trunc(f))
}

// sameCell reports whether two values are of one type and have the same bits.
func sameCell(a, b any) bool {
	x, ok := a.(float64)
	if !ok {
		return cellClass(a) == cellClass(b) && fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b) && compareCells(a, b) == 0
	}
	y, ok := b.(float64)
	return ok && math.Float64bits(x) == math.Float64bits(y)
}

// difference shows a row as both tables have it, in the columns of the view;
// if they are the same there, in the columns of the states.
func (v *verification) difference(ctx context.Context, key []any) (string, error) {
	var view, states [][2]string // name and expression
	var where []string
	for _, o := range v.rollup.Output {
		view = append(view, [2]string{o.Name, o.Expr.SQL})
	}
	for _, c := range v.rollup.Layout() {
		name := `"` + strings.ReplaceAll(c.Name, `"`, `""`) + `"`
		if c.Key {
			where = append(where, name+" = ?")
		}
		if c.Source == schema.FromPart || c.Source == schema.FromFinish {
			states = append(states, [2]string{c.Name, name})
		}
	}
	for _, columns := range [][][2]string{view, states} {
		text, differs, err := v.sideBySide(ctx, columns, strings.Join(where, " AND "), key)
		if err != nil || differs {
			return fmt.Sprintf("window %v\n%s", key[0], text), err
		}
	}
	return fmt.Sprintf("window %v", key[0]), nil
}

// sideBySide writes a row of both tables as a table for reading.
func (v *verification) sideBySide(ctx context.Context, columns [][2]string, where string, key []any) (text string, differs bool, err error) {
	var exprs []string
	head := []output.Column{{Name: ""}}
	for _, c := range columns {
		exprs, head = append(exprs, c[1]), append(head, output.Column{Name: c[0]})
	}
	var b strings.Builder
	e := output.Find("table").New(&b, output.Options{})
	if err := e.Begin(head); err != nil {
		return "", false, err
	}
	var both [2][]any
	for i, ref := range []store.RollupRef{v.storedRef, v.againRef} {
		row := v.dbs[i].QueryRowxContext(ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s", strings.Join(exprs, ", "), ref.Table, where), key...)
		side := []string{"in the store", "read again"}[i]
		if both[i], err = row.SliceScan(); err != nil {
			both[i] = make([]any, len(columns))
			side = []string{"not in the store", "not when read again"}[i]
		}
		if err := e.Row(append([]any{side}, both[i]...)); err != nil {
			return "", false, err
		}
	}
	err = e.End()
	text, _, _ = strings.Cut(b.String(), "(2 rows)")
	return strings.TrimRight(text, "\n"), !slices.EqualFunc(both[0], both[1], sameCell), err
}
