package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/schema/window"
)

var bg = context.Background()

// minute is the window of the test rollups.
var minute = func() window.Window {
	w, err := window.Find("TUMBLE").New([]window.Span{{N: 1, Unit: window.Minute}})
	if err != nil {
		panic(err)
	}
	return w
}()

func testStream(name string) *schema.Stream {
	columns := []schema.Column{{Name: "host", Type: value.Text, NotNull: true}, {Name: "zone", Type: value.Text}}
	return &schema.Stream{Name: name, Delay: 5 * time.Second, Columns: columns}
}

func column(i int) *schema.Expr { return &schema.Expr{Op: schema.OpColumn, Type: value.Text, Col: i} }

// testRollup has two keys, the second nullable, and states of all types:
// n counts, s sums, m is the greatest value of any type, b a set of bytes.
func testRollup(name string, s *schema.Stream) *schema.Rollup {
	part := func(name, typ string) schema.Part {
		return schema.Part{Name: name, Part: aggregate.Part{Name: name, Columns: []aggregate.Column{{Type: typ}}}}
	}
	r := &schema.Rollup{
		Name: name, Stream: s, Window: minute,
		Keys:  []schema.Key{{Name: "host", Expr: column(0)}, {Name: "zone", Expr: column(1), Nullable: true}},
		Parts: []schema.Part{part("n", "INTEGER"), part("s", "REAL"), part("m", "ANY"), part("b", "BLOB")},
		Text:  "CREATE ROLLUP " + name,
	}
	r.Identity = sha256.Sum256([]byte(name))
	stored := func(source schema.ColumnSource, i int) string {
		for _, c := range r.Layout() {
			if c.Source == source && c.Index == i {
				return quote(c.Name)
			}
		}
		panic("no column")
	}
	r.Output = []schema.Output{
		{Name: "window_start", Expr: schema.ViewExpr{SQL: stored(schema.FromWindow, 0)}},
		{Name: "host", Expr: schema.ViewExpr{SQL: stored(schema.FromKey, 0)}},
		{Name: "zone", Expr: schema.ViewExpr{SQL: "nullif(" + stored(schema.FromKey, 1) + ", x'')"}},
		{Name: "n", Expr: schema.ViewExpr{SQL: stored(schema.FromPart, 0)}},
		{Name: "s", Expr: schema.ViewExpr{SQL: stored(schema.FromPart, 1)}},
		{Name: "m", Expr: schema.ViewExpr{SQL: stored(schema.FromPart, 2)}},
		{Name: "b", Expr: schema.ViewExpr{SQL: stored(schema.FromPart, 3)}},
	}
	return r
}

func pipeline(rollups ...*schema.Rollup) *schema.Pipeline {
	p := &schema.Pipeline{Rollups: rollups}
	for _, r := range rollups {
		if !slices.Contains(p.Streams, r.Stream) {
			p.Streams = append(p.Streams, r.Stream)
		}
	}
	return p
}

// key and state are one row of a test rollup.
type key struct {
	start value.Time
	host  string
	zone  string // "" for NULL
}

type state struct {
	n int64
	s float64
	m any
	b []byte
}

func (a state) plus(b state) state {
	set := append(slices.Clone(a.b), b.b...)
	slices.Sort(set)
	sum := state{n: a.n + b.n, s: a.s + b.s, m: a.m, b: slices.Compact(set)}
	if fmt.Sprint(b.m) > fmt.Sprint(a.m) {
		sum.m = b.m
	}
	return sum
}

// memRows is Rows over a sorted list.
type memRows struct {
	layout []schema.StateColumn
	keys   []key
	states []state
	broken bool          // Merge fails
	counts map[key]int64 // records of a row; 1 if nil
}

func newRows(r *schema.Rollup, m map[key]state) *memRows {
	rows := &memRows{layout: r.Layout()}
	for k := range m {
		rows.keys = append(rows.keys, k)
	}
	slices.SortFunc(rows.keys, compareKeys)
	for _, k := range rows.keys {
		rows.states = append(rows.states, m[k])
	}
	return rows
}

func compareKeys(a, b key) int {
	switch {
	case a.start != b.start:
		return int(a.start - b.start)
	case a.host != b.host:
		return strings.Compare(a.host, b.host)
	case (a.zone == "") != (b.zone == ""): // a blob sorts after text
		if a.zone == "" {
			return 1
		}
		return -1
	}
	return strings.Compare(a.zone, b.zone)
}

func (r *memRows) Len() int { return len(r.keys) }

func (r *memRows) Cell(row, col int) any {
	k, s := r.keys[row], r.states[row]
	switch c := r.layout[col]; c.Source {
	case schema.FromWindow:
		return k.start.Format(0)
	case schema.FromKey:
		if c.Index == 0 {
			return k.host
		}
		if k.zone == "" {
			return []byte{}
		}
		return k.zone
	case schema.FromPart:
		return []any{s.n, s.s, s.m, s.b}[c.Index]
	}
	panic("unexpected column")
}

func (r *memRows) Records(row int) int64 {
	if r.counts == nil {
		return 1
	}
	return r.counts[r.keys[row]]
}

func (r *memRows) Merge(row int, cells []any) error {
	if r.broken {
		return errors.New("broken on purpose")
	}
	var s state
	i := 0
	for _, c := range r.layout {
		if c.Source != schema.FromPart {
			continue
		}
		switch c.Index {
		case 0:
			s.n = cells[i].(int64)
		case 1:
			s.s = cells[i].(float64)
		case 2:
			s.m = cells[i]
		case 3:
			s.b = bytes.Clone(cells[i].([]byte))
			if cells[i].([]byte) == nil {
				return errors.New("an empty blob came back as nil")
			}
		}
		i++
	}
	r.states[row] = r.states[row].plus(s)
	return nil
}

// fixture is a store with one rollup and one split.
type fixture struct {
	testing.TB
	*Store
	path   string
	rollup *schema.Rollup
	ref    Ref
	cohort Cohort
	epoch  int64
	split  Split
	made   *atomic.Int64 // by next
}

func storePath(t testing.TB) string { return filepath.Join(t.TempDir(), "windrow.db") }

func mustOpen(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(bg, path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{TB: t, path: storePath(t), rollup: testRollup("latency", testStream("requests")), made: new(atomic.Int64)}
	f.Store = mustOpen(t, f.path, Options{Create: true, Durability: "process"})
	f.epoch = must(f.NextEpoch(bg))(t)
	f.ref = must(f.Register(bg, pipeline(f.rollup), RegisterOptions{}))(t)[0]
	f.cohort = f.ref.Cohorts[0]
	f.split = must(f.AddSplits(bg, f.epoch, f.ref.ID, []Split{{Path: "a.ndjson", Size: 1000}}))(t)[0]
	return f
}

// next gives a stream, a rollup and a split that are new in the same store,
// for laws that want many and cannot wait for the disk each time.
func (f *fixture) next() *fixture {
	f.Helper()
	g := *f
	name := fmt.Sprintf("r%d", f.made.Add(1))
	g.rollup = testRollup(name, testStream("of "+name))
	g.ref = must(f.Register(bg, pipeline(f.rollup, g.rollup), RegisterOptions{}))(f)[1]
	g.cohort = g.ref.Cohorts[0]
	g.split = must(f.AddSplits(bg, f.epoch, g.ref.ID, []Split{{Path: name, Size: 1000}}))(f)[0]
	return &g
}

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (f *fixture) rows(m map[key]state) *memRows { return newRows(f.rollup, m) }

// commitOf makes a commit of one range and one rollup.
func (f *fixture) commitOf(lo, hi int64, m map[key]state) *Commit {
	return &Commit{Epoch: f.epoch, Cohort: f.cohort.ID,
		Ranges:  []Range{{Split: f.split.Number, Lo: lo, Hi: hi, MaxTime: at(0) + value.Time(hi)*value.Time(value.Second), Records: hi - lo}},
		Rollups: []RollupCommit{{RollupRef: f.cohort.Rollups[0], Rows: f.rows(m), Absorbed: hi - lo}}}
}

// at is a minute of a fixed day.
func at(minutes int64) value.Time {
	return value.TimeOf(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)) + value.Time(minutes*value.Minute)
}

// view reads the rollup's view back.
func (f *fixture) view() map[key]state {
	f.Helper()
	return readView(f, f.Store, f.rollup.Name)
}

func readView(t testing.TB, s *Store, name string) map[key]state {
	t.Helper()
	got := map[key]state{}
	err := s.read(bg, "read", func(tx *tx) error {
		return tx.all("SELECT window_start, host, coalesce(zone, ''), n, s, m, b FROM "+quote(name), nil, func(scan func(...any) error) error {
			var start string
			var k key
			var v state
			err := scan(&start, &k.host, &k.zone, &v.n, &v.s, &v.m, &v.b)
			k.start, _ = value.ParseTime(start, nil)
			if b, ok := v.m.([]byte); ok && b == nil {
				v.m = []byte{}
			}
			if v.b == nil {
				v.b = []byte{}
			}
			got[k] = v
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// text runs a query of one value.
func (f *fixture) text(query string) string {
	f.Helper()
	return queryText(f, f.Store, query)
}

func queryText(t testing.TB, s *Store, query string) string {
	t.Helper()
	var v any
	err := s.read(bg, "read", func(tx *tx) error { return tx.get(query, nil, &v) })
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return fmt.Sprint(v)
}

// intact checks the file as SQLite sees it.
func (f *fixture) intact() {
	f.Helper()
	if got := f.text("PRAGMA integrity_check"); got != "ok" {
		f.Errorf("integrity_check: %s", got)
	}
	if got := f.text("SELECT count(*) FROM pragma_foreign_key_check"); got != "0" {
		f.Errorf("%s broken references", got)
	}
}

func wantError(t testing.TB, err error, target error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %v %q", target, parts)
	}
	if target != nil && !errors.Is(err, target) {
		t.Errorf("error %q is not %q", err, target)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
}
