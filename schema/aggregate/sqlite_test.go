package aggregate_test

import (
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/aggregate/aggregatetest"
	"github.com/windrow/windrow/schema/value"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"
)

// call is an aggregate call with its states and where they are stored.
type call struct {
	name  string
	plan  aggregate.Plan
	types []value.Type
	state []aggregate.State
	cols  [][]string
}

const callGroups = 3

// table holds the states of all functions for one type, as a rollup does.
type table struct {
	db    *sql.DB
	calls []*call
	defs  []string // of the columns of all states
}

func newTable(db *sql.DB, typ value.Type) *table {
	t := &table{db: db}
	for _, f := range aggregate.Funcs {
		if f.Star {
			t.add(f.Name+"(*)", f, nil, nil)
		}
		for _, f := range withConstants(f) {
			t.add(f.Name, f, []value.Type{typ}, []string{"x"})
		}
	}
	return t
}

// withConstants returns a function for each of some constants that it may
// have, named like "quantile 0.9".
func withConstants(f aggregate.Func) []aggregate.Func {
	if f.Of == nil {
		return []aggregate.Func{f}
	}
	var out []aggregate.Func
	for _, text := range []string{"0", "0.1", "0.9", "1"} {
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			panic(err)
		}
		plan, err := f.Of(value.Float64(x), text)
		if err != nil {
			panic(err)
		}
		out = append(out, aggregate.Func{Name: f.Name + " " + text, Plan: plan})
	}
	return out
}

func (t *table) add(name string, f aggregate.Func, types []value.Type, args []string) {
	plan, err := f.Plan(types, args)
	if err != nil {
		return
	}
	c := &call{name: name, plan: plan, types: types}
	for _, p := range plan.Parts {
		s := p.New()
		s.Grow(callGroups)
		c.state = append(c.state, s)
		var names []string
		for _, col := range p.Columns {
			n := fmt.Sprintf(`"s%d %s%s"`, len(t.defs), p.Name, col.Suffix)
			names = append(names, n)
			t.defs = append(t.defs, n+" "+col.Type)
		}
		c.cols = append(c.cols, names)
	}
	t.calls = append(t.calls, c)
}

// store writes all states to a new STRICT table and checks that what comes
// back is the same to the last bit.
func (t *table) store(rt *rapid.T) {
	mustExec(rt, t.db, "DROP TABLE IF EXISTS state")
	mustExec(rt, t.db, "CREATE TABLE state(g INTEGER PRIMARY KEY, "+strings.Join(t.defs, ", ")+") STRICT")
	for g := range callGroups {
		cells := []any{g}
		for _, c := range t.calls {
			for i, p := range c.plan.Parts {
				cells = append(cells, aggregatetest.Cells(c.state[i], p, g)...)
			}
		}
		mustExec(rt, t.db, "INSERT INTO state VALUES (?"+strings.Repeat(", ?", len(cells)-1)+")", cells...)
		back := t.row(rt, "SELECT * FROM state WHERE g = ?", len(cells), g)
		if got, want := aggregatetest.Show(back[1:]), aggregatetest.Show(cells[1:]); got != want {
			rt.Fatalf("stored\n%s, read\n%s", want, got)
		}
		t.mergeBack(rt, back[1:])
	}
}

// mergeBack checks that cells from the store are states.
func (t *table) mergeBack(rt *rapid.T, cells []any) {
	for _, c := range t.calls {
		for _, p := range c.plan.Parts {
			aggregatetest.CheckMerged(rt, p, cells[:len(p.Columns)])
			cells = cells[len(p.Columns):]
		}
	}
}

func (t *table) row(rt *rapid.T, query string, n int, args ...any) []any {
	values := make([]any, n)
	to := make([]any, n)
	for i := range values {
		to[i] = &values[i]
	}
	if err := t.db.QueryRow(query, args...).Scan(to...); err != nil {
		rt.Fatalf("%s: %v", query, err)
	}
	return values
}

// results returns the result of each call for a group: the view's expression
// evaluated by SQLite, or what Finish gives.
func (t *table) results(rt *rapid.T, group int) []any {
	exprs := make([]string, len(t.calls))
	for i, c := range t.calls {
		exprs[i] = "NULL"
		if c.plan.View != nil {
			exprs[i] = c.plan.View(c.cols)
		}
	}
	out := t.row(rt, "SELECT "+strings.Join(exprs, ", ")+" FROM state WHERE g = ?", len(exprs), group)
	for i, c := range t.calls {
		if c.plan.Finish != nil {
			out[i] = c.plan.Finish.Value(c.state, group)
		}
	}
	return out
}

func mustExec(rt *rapid.T, db *sql.DB, query string, args ...any) {
	if _, err := db.Exec(query, args...); err != nil {
		rt.Fatalf("%.200s: %v", query, err)
	}
}

func memory(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

// Every function over every type gives the oracle's result, by way of a real
// store.
func TestResults(t *testing.T) {
	for _, typ := range argumentTypes {
		t.Run(typ.String(), func(t *testing.T) {
			db := memory(t)
			rapid.Check(t, func(rt *rapid.T) {
				events := aggregatetest.Events(25, callGroups, []value.Type{typ}).Draw(rt, "events")
				table := newTable(db, typ)
				for _, c := range table.calls {
					for _, s := range c.state {
						aggregatetest.Fold(s, c.types, forTypes(events, c.types))
					}
				}
				table.store(rt)
				for g := range callGroups {
					o := newOracle(typ, events, g)
					for i, got := range table.results(rt, g) {
						name := table.calls[i].name
						if want := o.result(name); !o.near(name, got, want) {
							rt.Fatalf("%s = %#v, want %#v", name, got, want)
						}
					}
				}
			})
		})
	}
}

// forTypes leaves the arguments out for count(*).
func forTypes(events []aggregatetest.Event, types []value.Type) []aggregatetest.Event {
	if len(types) > 0 {
		return events
	}
	out := append([]aggregatetest.Event(nil), events...)
	for i := range out {
		out[i].Args = nil
	}
	return out
}

// Where SQLite's own aggregates are exact, the oracle gives the same to the
// last bit.
func TestOracleLikeSQLite(t *testing.T) {
	for _, typ := range argumentTypes {
		names := []string{"count(*)", "count", "min", "max"}
		if typ == value.Integer || typ == value.Boolean {
			names = append(names, "sum", "avg")
		}
		t.Run(typ.String(), func(t *testing.T) {
			db := memory(t)
			rapid.Check(t, func(rt *rapid.T) {
				events := aggregatetest.Events(25, callGroups, []value.Type{typ}).Draw(rt, "events")
				for i := range events { // sums that SQLite does not refuse
					events[i].Args[0].Int /= 32
				}
				mustExec(rt, db, "DROP TABLE IF EXISTS raw")
				mustExec(rt, db, "CREATE TABLE raw(g INTEGER, x ANY) STRICT")
				for _, e := range events {
					mustExec(rt, db, "INSERT INTO raw VALUES (?, ?)", e.Group, rawCell(typ, e.Args[0]))
				}
				raw := &table{db: db}
				for g := range callGroups {
					o := newOracle(typ, events, g)
					for _, name := range names {
						query := "SELECT " + strings.TrimSuffix(name, "(*)") + "(x) FROM raw WHERE g = ?"
						if name == "count(*)" {
							query = "SELECT count(*) FROM raw WHERE g = ?"
						}
						if theirs := raw.row(rt, query, 1, g)[0]; theirs != o.result(name) {
							rt.Fatalf("%s: SQLite %#v, oracle %#v", name, theirs, o.result(name))
						}
					}
				}
			})
		})
	}
}

// Sums beyond the largest double are infinite only where they are shown.
func TestBeyondTheLargest(t *testing.T) {
	var events []aggregatetest.Event
	for i := range 20 {
		x := math.Copysign(1e308, float64(9-i)+0.5)
		events = append(events, aggregatetest.Event{Args: []value.Value{value.Float64(x)}, Offset: int64(i)})
	}
	plan, err := aggregate.Find("sum").Plan([]value.Type{value.Real}, []string{"x"})
	if err != nil {
		t.Fatal(err)
	}
	part := plan.Parts[0]
	half, rest := part.New(), part.New()
	half.Grow(1)
	rest.Grow(1)
	aggregatetest.Fold(half, []value.Type{value.Real}, events[:10])
	aggregatetest.Fold(rest, []value.Type{value.Real}, events[10:])
	if x := half.Cell(0, 0); x != math.Inf(1) || half.Cell(0, 2) == nil {
		t.Errorf("10 * 1e308 is %v, %v", x, half.Cell(0, 2))
	}
	if err := half.Merge(0, aggregatetest.Cells(rest, part, 0)); err != nil {
		t.Fatal(err)
	}
	if got := aggregatetest.Cells(half, part, 0); got[0] != 0.0 || got[1] != 0.0 || got[2] != nil {
		t.Errorf("and 10 * 1e308 less is %v", got)
	}
}

func rawCell(typ value.Type, v value.Value) any {
	if v.Kind == value.KindNull {
		return nil
	}
	return oracle{typ: typ}.stored(v)
}
