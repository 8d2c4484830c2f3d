package schema

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/window"
)

// rollupDef is a rollup while it is checked.
type rollupDef struct {
	*Rollup
	f     *file
	q     *syntax.Select
	def   *streamDef // nil if it is not known: check no column
	scope scope      // of WHERE, keys and arguments, without where
	keys  map[string]int
	calls map[string]int
	parts map[string]int
	items []*view // one per output
	// keysBroken: a grouping could not be read, so what is grouped is not known.
	keysBroken bool
}

func (f *file) rollups() {
	for i, st := range f.tree.Statements {
		if st.Rollup == nil {
			continue
		}
		free := f.take(st.Rollup.Name, "rollup")
		if st.Broken {
			continue
		}
		r := f.rollup(st, fmt.Sprint(i))
		if free && r != nil {
			f.l.pipeline.Rollups = append(f.l.pipeline.Rollups, r)
		}
	}
}

// rollup checks one rollup; it returns nil if there are problems.
func (f *file) rollup(st syntax.Statement, place string) *Rollup {
	r := &rollupDef{
		Rollup: &Rollup{Name: st.Rollup.Name.Text, Text: f.Text[st.Pos:st.End], File: f.Name, Pos: st.Pos},
		f:      f, q: &st.Rollup.Select, keys: map[string]int{}, calls: map[string]int{}, parts: map[string]int{},
	}
	r.options(st.Rollup)
	r.from()
	if r.def == nil {
		return nil
	}
	r.Stream = r.def.Stream
	r.scope = scope{f: f, def: r.def, tables: r.tables(), aliases: r.aliases(), place: place}
	r.where()
	if r.rawRows() {
		return nil
	}
	r.groupBy()
	r.outputs()
	r.having()
	if len(f.l.problems) > 0 {
		return nil
	}
	r.finish()
	return r.Rollup
}

func (r *rollupDef) options(st *syntax.CreateRollup) {
	given := r.f.given(st.Options, []string{"retention"}, "rollup "+st.Name.Text)
	o, ok := given["retention"]
	if !ok {
		return
	}
	v, ok := r.f.expand(o.Value)
	if !ok {
		return
	}
	d, err := parseDuration(v)
	if err == nil && d < time.Second {
		err = fmt.Errorf("retention is at least a second")
	}
	if err != nil {
		r.f.problem(span{o.Value.Pos, o.Value.End}, "retention = '30 days'", "%v", err)
	}
	r.Retention = d
}

// tables returns the names that may stand before a column's.
func (r *rollupDef) tables() []string {
	if r.q.From.Alias != nil {
		return []string{r.q.From.Alias.Text}
	}
	return []string{r.q.From.Stream.Text}
}

func (r *rollupDef) aliases() []string {
	var out []string
	for _, it := range r.q.Items {
		if it.Alias != nil {
			out = append(out, it.Alias.Text)
		}
	}
	return out
}

// in returns the scope of a clause.
func (r *rollupDef) in(where, hint string) *scope {
	s := r.scope
	s.where, s.hint = where, hint
	return &s
}

func (r *rollupDef) where() {
	if r.q.Where != nil {
		r.Where = r.in("WHERE", "use HAVING, which filters groups; or FILTER (WHERE ...) after the aggregate").condition(r.q.Where)
	}
}

// rawRows refuses a rollup that aggregates nothing.
func (r *rollupDef) rawRows() bool {
	if !r.onlyColumns() {
		return false
	}
	hint := "count them: SELECT window_start, count(*) FROM TUMBLE(" + r.def.Name + ", INTERVAL '1 minute') GROUP BY window_start"
	if r.q.From.Window != nil {
		hint = "add one: count(*)"
	}
	for _, it := range r.q.Items {
		if n := unknownCall(it.Expr); n != nil {
			r.view(&view{}, n) // perhaps it was meant to be one
			return true
		}
	}
	at := r.q.Items[0].Expr
	r.f.problem(span{at.Outer, r.q.Items[len(r.q.Items)-1].Expr.OuterEnd}, hint, "the rollup %s has no aggregate, which this version needs", r.Name)
	return true
}

func hasAggregate(e *syntax.Expr) bool {
	found := false
	e.Walk(func(e *syntax.Expr) bool {
		found = found || findAggregate(e) != nil
		return !found
	})
	return found
}

// unknownCall finds a call of a function that does not exist.
func unknownCall(e *syntax.Expr) (out *syntax.Expr) {
	e.Walk(func(e *syntax.Expr) bool {
		if e.Kind == syntax.CallExpr && FindFunction(e.Text) == nil && !isViewFunction(e.Text) {
			out = e
		}
		return out == nil
	})
	return out
}

// findAggregate returns the aggregate that an expression calls, or nil. min
// and max with several arguments are none.
func findAggregate(e *syntax.Expr) *aggregate.Func {
	if e.Kind != syntax.CallExpr {
		return nil
	}
	agg := aggregate.Find(e.Text)
	if fn := FindFunction(e.Text); agg == nil || fn != nil && len(e.Args) >= fn.MinArgs {
		return nil
	}
	return agg
}

func aggregateNames() []string {
	var names []string
	for _, a := range aggregate.Funcs {
		names = append(names, a.Name)
		names = append(names, a.Aliases...)
	}
	return names
}

// from finds the stream and makes the window.
func (r *rollupDef) from() {
	from := &r.q.From
	r.stream(from.Stream)
	if from.Window != nil {
		r.window(from.Window)
	}
	if r.def == nil {
		return
	}
	at := span{from.Pos, from.End}
	names := r.timestamps()
	switch {
	case from.Window == nil:
		if !r.onlyColumns() {
			r.f.problem(at, fmt.Sprintf("FROM TUMBLE(%s, INTERVAL '1 minute')", r.def.Name), "the rollup %s has no window", r.Name)
		}
	case r.def.Time >= 0 || r.def.untimed || r.def.lost:
		r.timeArgument(from.Window)
	case len(names) == 0:
		r.f.problem(at, "declare the time of the event: ts TIMESTAMP", "windows need a TIMESTAMP column, and the stream %s has none", r.def.Name)
	default:
		r.f.problem(at, fmt.Sprintf("add WATERMARK FOR %s to CREATE STREAM %s", names[0], r.def.Name),
			"the stream %s has several TIMESTAMP columns: %s. Which one is the time of an event?", r.def.Name, strings.Join(names, ", "))
	}
}

// onlyColumns reports whether no output is or has an aggregate: that is
// another mistake, which rawRows reports.
func (r *rollupDef) onlyColumns() bool {
	for _, it := range r.q.Items {
		if hasAggregate(it.Expr) {
			return false
		}
	}
	return !hasAggregate(r.q.Having)
}

// timestamps are the names of the columns that may carry the event time.
func (r *rollupDef) timestamps() []string {
	var names []string
	for i, c := range r.def.Columns {
		if c.Type == typeNames["TIMESTAMP"] && !r.def.invalid[i] {
			names = append(names, c.Name)
		}
	}
	return names
}

func (r *rollupDef) stream(n syntax.Name) {
	low := strings.ToLower(n.Text)
	def := r.f.l.streams[low]
	switch {
	case def != nil && !def.broken:
		r.def = def
	case def != nil || r.f.l.taken[low].what == "stream": // its own mistakes are reported
	case r.f.l.taken[low].what == "rollup" || strings.EqualFold(n.Text, r.Name):
		r.f.problem(nameSpan(n), "aggregate the stream again, with a larger window", "%s is a rollup, and a rollup reads a stream", n.Text)
	default:
		var names []string
		for _, s := range r.f.l.pipeline.Streams {
			names = append(names, s.Name)
		}
		if w := window.Find(n.Text); w != nil && r.q.From.Window == nil {
			r.f.problem(nameSpan(n), w.Help, "%s needs a stream and a size", w.Name)
			return
		}
		r.f.problem(nameSpan(n), oneOf("streams are", n.Text, names), "there is no stream %s", clip(n.Text))
	}
}

// timeArgument checks the time column that a window names.
func (r *rollupDef) timeArgument(w *syntax.Window) {
	if w.Time == nil || r.def.untimed || r.def.lost && r.def.Time < 0 {
		return
	}
	i := r.def.find(w.Time.Text)
	want := r.def.Columns[max(0, r.def.Time)].Name
	switch {
	case i < 0 && !r.def.lost:
		r.f.problem(nameSpan(*w.Time), oneOf("columns are", w.Time.Text, r.def.names()), "the stream %s has no column %s", r.def.Name, clip(w.Time.Text))
	case i >= 0 && i != r.def.Time:
		r.f.problem(nameSpan(*w.Time), fmt.Sprintf("write WATERMARK FOR %s in CREATE STREAM %s", r.def.Columns[i].Name, r.def.Name),
			"the time of %s is %s, by which its events are ordered, and not %s", r.def.Name, want, r.def.Columns[i].Name)
	}
}

// laterWindows are kinds that the language has, but not this version.
var laterWindows = map[string]bool{"HOP": true, "SESSION": true, "CUMULATE": true}

func (r *rollupDef) window(w *syntax.Window) {
	kind := window.Find(w.Name.Text)
	if kind == nil {
		var names []string
		for _, k := range window.Kinds {
			names = append(names, k.Name)
		}
		if up := strings.ToUpper(w.Name.Text); laterWindows[up] {
			r.f.problem(nameSpan(w.Name), "this version has "+strings.Join(names, ", "), "the window function %s is not supported by this version", up)
			return
		}
		r.f.problem(nameSpan(w.Name), oneOf("window functions are", w.Name.Text, names), "there is no window function %s", clip(w.Name.Text))
		return
	}
	spans, ok := r.windowSpans(kind, w)
	if !ok {
		return
	}
	win, err := kind.New(spans)
	if err != nil {
		at := span{w.Pos, w.End}
		if len(w.Args) > 0 {
			at = exprSpan(w.Args[len(w.Args)-1].Expr)
		}
		r.f.problem(at, "", "%v", err)
		return
	}
	r.Window = win
}

// windowSpans puts the arguments of a window function into order.
func (r *rollupDef) windowSpans(kind *window.Kind, w *syntax.Window) ([]window.Span, bool) {
	spans, given, ok := make([]window.Span, len(kind.Params)), make([]bool, len(kind.Params)), true
	for i, a := range w.Args {
		if a.Name != nil {
			i = r.param(kind, a.Name)
		} else if i >= len(kind.Params) {
			r.f.problem(exprSpan(a.Expr), kind.Help, "%s has an argument too many", kind.Name)
			i = -1
		}
		if i >= 0 && given[i] {
			r.f.problem(exprSpan(a.Expr), kind.Help, "%s of %s is given twice", kind.Params[i], kind.Name)
			i = -1
		}
		if i < 0 {
			ok = false
			continue
		}
		given[i] = true
		var good bool
		spans[i], good = r.windowSpan(kind, a.Expr)
		ok = ok && good
	}
	for i, g := range given {
		if !g && ok {
			r.f.problem(span{w.Pos, w.End}, kind.Help, "%s needs a %s", kind.Name, kind.Params[i])
			return nil, false
		}
	}
	return spans, ok
}

func (r *rollupDef) param(kind *window.Kind, n *syntax.Name) int {
	for i, p := range kind.Params {
		if strings.EqualFold(p, n.Text) {
			return i
		}
	}
	if low := strings.ToLower(n.Text); low == "timezone" || low == "origin" {
		r.f.problem(nameSpan(*n), "windows are those of UTC", "%s => is not supported by this version", low)
		return -1
	}
	r.f.problem(nameSpan(*n), oneOf("arguments are", n.Text, kind.Params), "%s has no argument %s", kind.Name, clip(n.Text))
	return -1
}

func (r *rollupDef) windowSpan(kind *window.Kind, e *syntax.Expr) (window.Span, bool) {
	at := exprSpan(e)
	if e.Kind != syntax.IntervalExpr {
		hint := "INTERVAL '1 minute'"
		if e.Kind == syntax.StringExpr {
			if _, err := window.ParseSpan(e.Text); err == nil {
				hint = "INTERVAL '" + e.Text + "'"
			}
		}
		r.f.problem(at, hint, "%s needs an INTERVAL here", kind.Name)
		return window.Span{}, false
	}
	sp, err := window.ParseSpan(e.Text)
	if err != nil {
		r.f.problem(at, "", "%v", err)
		return window.Span{}, false
	}
	return sp, true
}

// finish derives what follows from the checked definition.
func (r *rollupDef) finish() {
	r.sortStates()
	r.nameKeys()
	r.Columns = r.usedColumns()
	for i := range r.Output {
		r.Output[i].Expr.SQL = r.items[i].sql(r)
	}
	if r.Having != nil {
		r.Having.SQL = r.items[len(r.items)-1].sql(r)
	}
	r.Identity = r.identity()
}

// sortStates brings calls and parts into an order that does not depend on
// the order of the outputs, since tables are laid out by it.
func (r *rollupDef) sortStates() {
	partAt := sorted(r.Parts, func(p Part) string { return p.Name })
	callAt := sorted(r.Calls, func(c Call) string { return c.Name })
	for _, c := range r.Calls {
		for i, p := range c.Parts {
			c.Parts[i] = partAt[p]
		}
	}
	for _, v := range r.items {
		for i := range v.refs {
			if v.refs[i].kind == refCall {
				v.refs[i].index = callAt[v.refs[i].index]
			}
		}
	}
}

// sorted sorts s by key and returns where each index went.
func sorted[T any](s []T, key func(T) string) []int {
	order := make([]int, len(s))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool { return key(s[order[a]]) < key(s[order[b]]) })
	old := append([]T(nil), s...)
	to := make([]int, len(s))
	for at, from := range order {
		s[at], to[from] = old[from], at
	}
	return to
}

// usedColumns are the columns that the rollup names, and those that they are
// computed from, ascending.
func (r *rollupDef) usedColumns() []int {
	used := map[int]bool{}
	var use func(e *Expr) bool
	use = func(e *Expr) bool {
		if e.Op == OpColumn && !used[e.Col] {
			used[e.Col] = true
			r.Stream.Columns[e.Col].Expr.Walk(use)
		}
		return true
	}
	use(&Expr{Op: OpColumn, Col: r.Stream.Time})
	r.Rollup.Where.Walk(use)
	for _, k := range r.Keys {
		k.Expr.Walk(use)
	}
	for _, p := range r.Parts {
		for _, a := range p.Args {
			a.Walk(use)
		}
		p.Filter.Walk(use)
	}
	out := make([]int, 0, len(used))
	for c := range used {
		out = append(out, c)
	}
	sort.Ints(out)
	return out
}
