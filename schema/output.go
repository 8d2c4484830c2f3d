package schema

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
)

// maxOutputs is the greatest number of columns of a rollup's view.
const maxOutputs = 500

// groupBy resolves the keys.
func (r *rollupDef) groupBy() {
	for _, e := range r.q.Group {
		if e = r.grouping(e); e == nil {
			continue
		}
		k := r.in("GROUP BY", "group by a column; an aggregate is computed for each group").value(e)
		if k == nil {
			r.keysBroken = true
			continue
		}
		name := r.Stream.canonical(k)
		if _, ok := r.keys[name]; !ok {
			r.keys[name] = len(r.Keys)
			r.Keys = append(r.Keys, Key{Expr: k, Nullable: r.Stream.nullable(k)})
		}
	}
}

// grouping returns the expression that an element of GROUP BY stands for; nil
// for a bound of the window, and after a mistake.
func (r *rollupDef) grouping(e *syntax.Expr) *syntax.Expr {
	name := e.Kind == syntax.NameExpr && e.Table == nil
	switch {
	case e.Kind == syntax.NumberExpr:
		return r.ordinal(e)
	case e.Kind == syntax.StringExpr:
		r.keysBroken = true
		r.f.problem(exprSpan(e), fmt.Sprintf("leave out the quotes: %s", clip(e.Text)), "GROUP BY a text makes one group of everything")
		return nil
	case name && isBound(e):
		return nil
	case name && r.def.find(e.Text) < 0:
		for _, it := range r.q.Items {
			if it.Alias != nil && strings.EqualFold(it.Alias.Text, e.Text) {
				return r.grouped(it.Expr, e)
			}
		}
	}
	return e
}

func (r *rollupDef) ordinal(e *syntax.Expr) *syntax.Expr {
	n, err := strconv.Atoi(e.Text)
	if err != nil || n < 1 || n > len(r.q.Items) {
		r.keysBroken = true
		r.f.problem(exprSpan(e), "", "GROUP BY %s: the outputs are numbered 1 to %d", clip(e.Text), len(r.q.Items))
		return nil
	}
	return r.grouped(r.q.Items[n-1].Expr, e)
}

// grouped is an output that GROUP BY names at by.
func (r *rollupDef) grouped(e, by *syntax.Expr) *syntax.Expr {
	switch {
	case hasAggregate(e):
		r.keysBroken = true
		r.f.problem(exprSpan(by), "group by the other outputs", "GROUP BY %s is an aggregate, which is computed for each group", r.f.Text[by.Pos:by.End])
		return nil
	case e.Kind == syntax.NameExpr && isBound(e) || e.Kind == syntax.StarExpr:
		return nil
	}
	return e
}

// isBound reports whether a name is a bound of the window.
func isBound(e *syntax.Expr) bool {
	return strings.EqualFold(e.Text, "window_start") || strings.EqualFold(e.Text, "window_end")
}

// outputs resolves the columns of the view.
func (r *rollupDef) outputs() {
	if n := len(r.q.Items); n > maxOutputs {
		r.f.problem(exprSpan(r.q.Items[maxOutputs].Expr), "make two rollups", "a rollup has at most %d columns, not %d", maxOutputs, n)
		return
	}
	taken := map[string]bool{}
	for _, it := range r.q.Items {
		v := &view{from: exprSpan(it.Expr)}
		t := r.view(v, it.Expr)
		r.items = append(r.items, v)
		name, at := r.outputName(it, v.bad)
		if low := strings.ToLower(name); taken[low] {
			r.f.problem(at, "name one of them with AS", "there are two outputs named %s", name)
		} else if name != "" {
			taken[low] = true
		}
		r.Output = append(r.Output, Output{Name: name, Type: t, Expr: ViewExpr{Pos: v.from.pos, End: v.from.end}})
	}
}

// outputName names an output. After a mistake it may be "".
func (r *rollupDef) outputName(it syntax.Item, bad bool) (string, span) {
	e := it.Expr
	at := exprSpan(e)
	if it.Alias != nil {
		return it.Alias.Text, nameSpan(*it.Alias)
	}
	switch {
	case e.Kind == syntax.NameExpr:
		return r.declared(e.Text), at
	case findAggregate(e) != nil && e.Filter == nil && (e.Star || len(e.Args) == 0):
		return strings.ToLower(e.Text), at
	case findAggregate(e) != nil && e.Filter == nil && len(e.Args) == 1 && e.Args[0].Kind == syntax.NameExpr:
		return strings.ToLower(e.Text) + "_" + r.declared(e.Args[0].Text), at
	case !bad:
		r.f.problem(at, clip(flat(r.f.Text[at.pos:at.end]))+" AS name", "this output has no name")
	}
	return "", at
}

// declared is a column's name as it was declared.
func (r *rollupDef) declared(name string) string {
	if i := r.def.find(name); i >= 0 {
		return r.def.Columns[i].Name
	}
	if strings.EqualFold(name, "window_start") || strings.EqualFold(name, "window_end") {
		return strings.ToLower(name)
	}
	return name
}

// flat brings a text onto one line.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

func (r *rollupDef) having() {
	if r.q.Having == nil {
		return
	}
	v := &view{from: exprSpan(r.q.Having), having: true}
	t := r.view(v, r.q.Having)
	if !v.bad && !boolean(t) {
		r.f.problem(v.from, "compare it with something", "HAVING needs a condition, and this is %s", t)
	}
	r.items = append(r.items, v)
	r.Having = &ViewExpr{Pos: v.from.pos, End: v.from.end}
}

// aggregate resolves an aggregate call and returns its index, -1 after a mistake.
func (r *rollupDef) aggregate(e *syntax.Expr, fn *aggregate.Func) int {
	at := exprSpan(e)
	star := e.Star || len(e.Args) == 0 && fn.Star
	switch {
	case e.Distinct:
		r.f.problem(at, "group by the column too, and count its groups when you query", "DISTINCT in %s is not supported by this version", fn.Name)
		return -1
	case star && !fn.Star, !star && (len(e.Args) < fn.MinArgs || fn.MaxArgs >= 0 && len(e.Args) > fn.MaxArgs):
		r.f.problem(at, fn.Help, "%s takes %s", fn.Name, arguments(fn.MinArgs, fn.MaxArgs))
		return -1
	}
	plan, arguments := fn.Plan, e.Args
	if fn.Of != nil {
		last := len(e.Args) - 1
		plan, arguments = r.planOf(fn, e.Args[last]), e.Args[:last]
	}
	args := []*Expr{}
	if !star {
		s := r.in("an argument of "+fn.Name, "aggregates are not nested")
		args = s.all(arguments)
	}
	if args == nil || plan == nil {
		return -1
	}
	var filter *Expr
	if e.Filter != nil {
		if filter = r.in("FILTER (WHERE ...)", "use HAVING, which filters groups").condition(e.Filter); filter == nil {
			return -1
		}
	}
	return r.addCall(fn, plan, e, args, filter)
}

type planFunc = func([]value.Type, []string) (aggregate.Plan, error)

// planOf returns the Plan of an aggregate for the constant e, nil after a
// mistake.
func (r *rollupDef) planOf(fn *aggregate.Func, e *syntax.Expr) planFunc {
	var constant value.Value
	number := e
	if e.Kind == syntax.UnaryExpr {
		number = e.Args[0]
	}
	if number.Kind == syntax.NumberExpr || e.Kind == syntax.StringExpr {
		s := r.in("a constant", "")
		s.quiet = true
		if x := s.value(e); x != nil {
			constant = x.Lit
		}
	}
	plan, err := fn.Of(constant, r.text(e))
	if err != nil {
		message, hint, _ := strings.Cut(err.Error(), ": ")
		r.f.problem(exprSpan(e), hint, "%s", message)
	}
	return plan
}

// text is an expression as it is written, for messages.
func (r *rollupDef) text(e *syntax.Expr) string { return clip(flat(r.f.Text[e.Pos:e.End])) }

// addCall adds a call and its parts, unless there is an equal one.
func (r *rollupDef) addCall(fn *aggregate.Func, planFor planFunc, e *syntax.Expr, args []*Expr, filter *Expr) int {
	types, texts := []value.Type{}, []string{}
	for i, a := range args {
		types, texts = append(types, a.Type), append(texts, r.text(e.Args[i]))
	}
	plan, err := planFor(types, texts)
	if err != nil {
		message, hint, _ := strings.Cut(err.Error(), ": ")
		r.f.problem(exprSpan(e), hint, "%s", message)
		return -1
	}
	suffix := r.callSuffix(args, "", filter)
	name := fn.Name + suffix
	if plan.Name != "" {
		name = plan.Name + r.callSuffix(args, plan.Constant, filter)
	}
	if i, ok := r.calls[name]; ok {
		return i
	}
	c := Call{Func: fn, Plan: plan, Name: name}
	for _, p := range plan.Parts {
		c.Parts = append(c.Parts, r.addPart(Part{Part: p, Args: args, Filter: filter, Name: p.Name + suffix}))
	}
	r.calls[name] = len(r.Calls)
	r.Calls = append(r.Calls, c)
	return len(r.Calls) - 1
}

// callSuffix is the canonical text of a call after the function's name. The
// constant, if it is not "", follows the arguments.
func (r *rollupDef) callSuffix(args []*Expr, constant string, filter *Expr) string {
	texts := []string{}
	for _, a := range args {
		texts = append(texts, r.Stream.canonical(a))
	}
	if constant != "" {
		texts = append(texts, constant)
	}
	s := "(" + strings.Join(texts, ", ") + ")"
	if len(args) == 0 {
		s = "(*)"
	}
	if filter != nil {
		s += " FILTER (WHERE " + r.Stream.canonical(filter) + ")"
	}
	return s
}

func (r *rollupDef) addPart(p Part) int {
	if i, ok := r.parts[p.Name]; ok {
		return i
	}
	r.parts[p.Name] = len(r.Parts)
	r.Parts = append(r.Parts, p)
	return len(r.Parts) - 1
}

// nameKeys names each key like the output that shows it.
func (r *rollupDef) nameKeys() {
	names := r.keyColumns()
	for i := range r.Keys {
		r.Keys[i].Name = names[i]
	}
	for i, o := range r.Output {
		v := r.items[i]
		if len(v.refs) == 1 && v.refs[0].kind == refKey && v.refs[0].span == v.from {
			r.Keys[v.refs[0].index].Name = o.Name
		}
	}
}
