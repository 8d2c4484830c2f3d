package eval

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// compilePlain compiles without kernels.
func compilePlain(t rapid.TB, e *schema.Expr) *Program {
	t.Helper()
	if err := check(e); err != nil {
		t.Fatal(err)
	}
	c := compiler{plainOnly: true}
	return &Program{kernel: c.kernel(e), filter: c.filter(e)}
}

func compile(t rapid.TB, e *schema.Expr) *Program {
	t.Helper()
	p, err := Compile(e)
	if err != nil {
		t.Fatalf("%s: %v", render(e), err)
	}
	return p
}

// twins runs an expression with and without kernels, on a selection of rows,
// and reports where they differ.
func twins(t rapid.TB, e *schema.Expr, cols []value.Column, rows []int32) (vals map[int32]value.Value, out, bad []int32) {
	t.Helper()
	fast, slow := compile(t, e), compilePlain(t, e)
	vals = map[int32]value.Value{}
	n := len(cols[0].Kind)
	for range 2 { // a second run must not see the first
		a := fast.Eval(cols, rows, n)
		b := slow.Eval(cols, rows, n)
		for _, r := range rows {
			vals[r] = a.At(int(r))
			if v := b.At(int(r)); !equalValues(v, vals[r]) {
				t.Fatalf("%s in row %d: kernels give %v, the evaluator %v", render(e), r, vals[r], v)
			}
		}
	}
	out, bad = fast.Filter(cols, rows, n, nil, nil)
	o, b := slow.Filter(cols, rows, n, nil, nil)
	if !slices.Equal(out, o) || !slices.Equal(bad, b) {
		t.Fatalf("%s: filter gives %v and bad %v, the evaluator %v and %v", render(e), out, bad, o, b)
	}
	for _, r := range bad {
		if fast.ReasonAt(r) == "" || slow.ReasonAt(r) == "" {
			t.Fatalf("%s: no reason in row %d", render(e), r)
		}
	}
	return vals, out, bad
}

func equalValues(a, b value.Value) bool { return a == b }

// selection draws some of the rows.
func selection(t *rapid.T) []int32 {
	var rows []int32
	keep := rapid.Uint64().Draw(t, "rows")
	for r := range int32(testRows) {
		if keep>>(r%61)&1 == 1 || keep%4 == 0 {
			rows = append(rows, r)
		}
	}
	return rows
}

func TestSQLiteAgrees(t *testing.T) {
	db, err := openOracle()
	if err != nil {
		t.Fatal(err)
	}
	cols := batch()
	pairs, bads, ops, funcs := 0, 0, map[schema.Op]int{}, map[string]int{}
	check := func(t *rapid.T) {
		g := generator{t}
		rows := selection(t)
		var exprs []*schema.Expr
		var texts []string
		for range 12 {
			e := g.any(rapid.IntRange(1, 3).Draw(t, "depth"))
			exprs, texts = append(exprs, e), append(texts, render(e))
			e.Walk(func(e *schema.Expr) bool {
				ops[e.Op]++
				if e.Func != nil {
					funcs[e.Func.Name]++
				}
				return true
			})
		}
		answers := db.ask(texts)
		for i, e := range exprs {
			vals, out, bad := twins(t, e, cols, rows)
			for _, r := range rows {
				pairs++
				if vals[r].Kind == value.KindBad {
					bads++
				}
				agree(t, e, texts[i], r, vals[r], answers[i][r], slices.Contains(out, r), slices.Contains(bad, r))
			}
		}
	}
	missing := func() (m []string) {
		for o := schema.OpLiteral; o <= schema.OpCall; o++ {
			if ops[o] == 0 {
				m = append(m, fmt.Sprintf("operation %d", o))
			}
		}
		for _, f := range schema.Functions {
			if funcs[f.Name] == 0 {
				m = append(m, f.Name+"()")
			}
		}
		return m
	}
	for range 10 { // until everything has come up
		rapid.Check(t, check)
		if t.Failed() || len(missing()) == 0 {
			break
		}
	}
	t.Logf("%d pairs, %d of them not to be computed", pairs, bads)
	if bads*3 > pairs {
		t.Errorf("%d of %d pairs are bad: they prove little", bads, pairs)
	}
	if m := missing(); len(m) > 0 {
		t.Errorf("never came up: %v", m)
	}
}

// agree compares one row with SQLite's answer.
func agree(t *rapid.T, e *schema.Expr, text string, r int32, v value.Value, theirs answer, out, bad bool) {
	t.Helper()
	row := fmt.Sprintf("%s in row %d", text, r)
	switch {
	case theirs.fail:
		if v.Kind != value.KindBad && !lazy(e) {
			t.Fatalf("%s: SQLite says %v, we %v", row, theirs.v, v)
		}
	case v.Kind == value.KindBad: // an overflow, by design
	case !same(t, v, theirs.v):
		t.Fatalf("%s: SQLite says %T %v, we %v", row, theirs.v, theirs.v, v)
	case bad:
		t.Fatalf("%s: Filter finds it bad, Eval gives %v", row, v)
	case out != theirs.is:
		t.Fatalf("%s: SQLite says %v, Filter %v", row, theirs.is, out)
	}
}

// lazy reports whether parts of e need not be computed, which SQLite sometimes
// computes all the same.
func lazy(e *schema.Expr) bool {
	found := false
	e.Walk(func(e *schema.Expr) bool {
		switch e.Op {
		case schema.OpAnd, schema.OpOr, schema.OpCase, schema.OpIn, schema.OpBetween:
			found = true
		case schema.OpCall:
			switch e.Func.Name {
			case "coalesce", "ifnull", "iif", "if":
				found = true
			}
		}
		return true
	})
	return found
}

// TestTwinsWithBadCells holds kernels and evaluator against each other where
// cells of the batch did not convert.
func TestTwinsWithBadCells(t *testing.T) {
	cols := batch()
	for i := range cols {
		for r := i; r < testRows; r += 7 {
			cols[i].Kind[r] = value.KindBad
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		rows := selection(t)
		for range 10 {
			twins(t, generator{t}.any(rapid.IntRange(1, 3).Draw(t, "depth")), cols, rows)
		}
	})
}
