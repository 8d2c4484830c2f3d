package schema

import (
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
)

// view is an expression over keys, bounds and aggregates while it is checked:
// the text of the user with references in it.
type view struct {
	from   span
	refs   []ref // in the order of the text
	having bool
	bad    bool // a mistake is reported
}

// ref is a place in the text that something else stands for.
type ref struct {
	span
	kind  refKind
	index int
	text  string // of refText
}

type refKind uint8

const (
	refKey refKind = iota
	refCall
	refStart
	refEnd
	refOutput // HAVING names an output
	refText
)

// fail reports a mistake in the view.
func (r *rollupDef) fail(v *view, at span, hint, format string, args ...any) value.Type {
	v.bad = true
	r.f.problem(at, hint, format, args...)
	return value.Any
}

// view checks an expression, notes its references, and gives its type as far
// as it is known.
func (r *rollupDef) view(v *view, e *syntax.Expr) value.Type {
	if fn := findAggregate(e); fn != nil {
		i := r.aggregate(e, fn)
		if i < 0 {
			v.bad = true
			return value.Any
		}
		v.refs = append(v.refs, ref{span: span{e.Pos, e.End}, kind: refCall, index: i})
		return r.Calls[i].Plan.Result
	}
	if i := r.keyOf(e); i >= 0 {
		v.refs = append(v.refs, ref{span: span{e.Pos, e.End}, kind: refKey, index: i})
		return r.Keys[i].Expr.Type
	}
	switch e.Kind {
	case syntax.NameExpr:
		return r.viewName(v, e)
	case syntax.BinaryExpr:
		return r.viewBinary(v, e)
	case syntax.UnaryExpr:
		return r.viewUnary(v, e)
	case syntax.CallExpr:
		return r.viewCall(v, e)
	case syntax.IsExpr, syntax.BetweenExpr, syntax.InExpr:
		return r.viewCompare(v, e)
	case syntax.LikeExpr:
		return r.viewLike(v, e)
	case syntax.CaseExpr:
		return r.viewCase(v, e)
	case syntax.CastExpr:
		return r.viewCast(v, e)
	}
	return r.viewLeaf(v, e)
}

// keyOf returns the key that an expression is, -1 if it is none.
func (r *rollupDef) keyOf(e *syntax.Expr) int {
	if len(r.Keys) == 0 || e.Kind <= syntax.IntervalExpr {
		return -1
	}
	if e.Kind == syntax.NameExpr && r.def.find(e.Text) < 0 {
		return -1
	}
	s := r.in("", "")
	s.quiet = true
	k := s.value(e)
	if k == nil {
		return -1
	}
	if i, ok := r.keys[r.Stream.canonical(k)]; ok {
		return i
	}
	return -1
}

func (r *rollupDef) viewLeaf(v *view, e *syntax.Expr) value.Type {
	at := exprSpan(e)
	switch e.Kind {
	case syntax.NumberExpr:
		if n := r.in("", "").number(e, e.Text); n != nil {
			return n.Type
		}
		v.bad = true
		return value.Any
	case syntax.StringExpr:
		return value.Text
	case syntax.TrueExpr, syntax.FalseExpr:
		return value.Boolean
	case syntax.NullExpr:
		return value.Null
	case syntax.IntervalExpr:
		return r.fail(v, at, "datetime(window_start, '+1 hour')", "after aggregation times are texts, to which no INTERVAL can be added")
	case syntax.StarExpr:
		return r.fail(v, at, "SELECT window_start, host, count(*) ...", "name the columns: a rollup has no *")
	case syntax.CollateExpr:
		switch strings.ToUpper(e.Text) {
		case "NOCASE", "BINARY", "RTRIM":
			return r.view(v, e.Args[0])
		}
		return r.fail(v, at, "collations are BINARY, NOCASE and RTRIM", "there is no collation %s", clip(e.Text))
	}
	return value.Any
}

// viewName resolves a name that is no key.
func (r *rollupDef) viewName(v *view, e *syntax.Expr) value.Type {
	low := strings.ToLower(e.Text)
	at := span{e.Pos, e.End}
	if e.Table == nil || r.scope.isTable(e.Table.Text) {
		switch low {
		case "window_start":
			v.refs = append(v.refs, ref{span: at, kind: refStart})
			return value.Timestamp
		case "window_end":
			v.refs = append(v.refs, ref{span: at, kind: refEnd})
			r.StoreEnd = true
			return value.Timestamp
		}
	}
	if e.Table == nil && v.having {
		for i, o := range r.Output {
			if strings.EqualFold(o.Name, e.Text) && o.Name != "" {
				v.refs = append(v.refs, ref{span: at, kind: refOutput, index: i})
				v.bad = v.bad || r.items[i].bad
				return o.Type
			}
		}
	}
	before := len(r.f.l.problems)
	v.bad = true
	s := r.in("SELECT", "")
	if v.having {
		s.where = "HAVING"
	}
	if s.column(e) == nil || len(r.f.l.problems) > before || r.keysBroken {
		return value.Any
	}
	name := r.declared(e.Text)
	s.onceProblem("ungrouped "+low, at, fmt.Sprintf("add GROUP BY %s, or aggregate it: max(%s)", plainName(name), plainName(name)), "%s is neither grouped nor aggregated", name)
	return value.Any
}

func (r *rollupDef) viewUnary(v *view, e *syntax.Expr) value.Type {
	t := r.view(v, e.Args[0])
	switch {
	case e.Text == "NOT":
		return value.Boolean
	case t == value.Timestamp:
		return r.noTimeArithmetic(v, e)
	case t == value.Integer || t == value.Real:
		return t
	}
	return value.Any
}

func (r *rollupDef) viewBinary(v *view, e *syntax.Expr) value.Type {
	switch e.Text {
	case "AND", "OR":
		r.view(v, e.Args[0])
		r.view(v, e.Args[1])
		return value.Boolean
	case "=", "==", "<>", "!=", "<", "<=", ">", ">=":
		return r.viewCompare(v, e)
	}
	a, b := r.view(v, e.Args[0]), r.view(v, e.Args[1])
	switch e.Text {
	case "||":
		return value.Text
	case "->", "->>":
		return value.Any
	}
	if a == value.Timestamp || b == value.Timestamp {
		return r.noTimeArithmetic(v, e)
	}
	r.warnArithmetic(e, a, b)
	if a == value.Boolean {
		a = value.Integer
	}
	if b == value.Boolean {
		b = value.Integer
	}
	switch {
	case a == value.Integer && b == value.Integer:
		return value.Integer
	case (a == value.Real || b == value.Real) && a.Numeric() && b.Numeric():
		return value.Real
	}
	return value.Any
}

func (r *rollupDef) noTimeArithmetic(v *view, e *syntax.Expr) value.Type {
	hint := "datetime(t, '+1 hour'), or unixepoch(t) for seconds"
	if e.Text == "-" && len(e.Args) == 2 {
		a, b := r.written(e.Args[0]), r.written(e.Args[1])
		hint = fmt.Sprintf("for seconds write unixepoch(%s, 'subsec') - unixepoch(%s, 'subsec')", a, b)
		if e.Args[1].Kind == syntax.IntervalExpr {
			hint = fmt.Sprintf("datetime(%s, '-%s')", a, e.Args[1].Text)
		}
	}
	if v.bad { // an INTERVAL is reported already
		return value.Any
	}
	return r.fail(v, exprSpan(e), hint, "after aggregation times are texts: %s cannot be done with them", e.Text)
}

func (r *rollupDef) written(e *syntax.Expr) string { return clip(flat(r.f.Text[e.Pos:e.End])) }

// warnArithmetic warns where aggregates are divided as integers, and where ||
// binds tighter than a neighbour.
func (r *rollupDef) warnArithmetic(e *syntax.Expr, a, b value.Type) {
	at := exprSpan(e)
	if e.Text == "/" && a == value.Integer && b == value.Integer && (hasAggregate(e.Args[0]) || hasAggregate(e.Args[1])) {
		r.f.warn(at, fmt.Sprintf("for a fraction write 1.0 * %s / %s", r.written(e.Args[0]), r.written(e.Args[1])), "both sides of / are INTEGER, so the result is cut to a whole number")
	}
	for _, side := range e.Args {
		if side.Kind == syntax.BinaryExpr && side.Text == "||" && !side.Parens {
			r.f.warn(at, "put the other operation in parentheses: 'n' || (a + b)", "|| binds tighter than %s, so the texts are joined first", e.Text)
		}
	}
}

// viewCompare checks a comparison. Text literals beside a time become the
// text that the store has for it.
func (r *rollupDef) viewCompare(v *view, e *syntax.Expr) value.Type {
	var timed *syntax.Expr
	types := make([]value.Type, len(e.Args))
	first := len(v.refs)
	for i, a := range e.Args {
		types[i] = r.view(v, a)
		if types[i] == value.Timestamp && timed == nil {
			timed = a
		}
	}
	if timed == nil {
		return value.Boolean
	}
	frac := -1
	if timed.Kind == syntax.NameExpr && isBound(timed) && r.Window != nil {
		frac = r.Window.Frac()
	}
	for i, a := range e.Args {
		if a.Kind == syntax.StringExpr {
			r.viewTime(v, a, frac)
		} else if types[i] == value.Integer || types[i] == value.Real {
			r.fail(v, exprSpan(a), "write the time as a text: '2026-03-01 12:30:00'", "a time cannot be compared with %s", types[i])
		}
	}
	orderRefs(v.refs[first:])
	return value.Boolean
}

func (r *rollupDef) viewTime(v *view, e *syntax.Expr, frac int) {
	s := r.in("", "")
	t, err := s.time(&Expr{Op: OpLiteral, Type: value.Text, Lit: value.String(e.Text)})
	if err != nil {
		r.fail(v, exprSpan(e), hintOf(err), "%v", err)
		return
	}
	v.refs = append(v.refs, ref{span: span{e.Pos, e.End}, kind: refText, text: quoteText(value.Time(t.Lit.Int).Format(frac))})
}

func orderRefs(refs []ref) {
	for i := 1; i < len(refs); i++ {
		for j := i; j > 0 && refs[j].pos < refs[j-1].pos; j-- {
			refs[j], refs[j-1] = refs[j-1], refs[j]
		}
	}
}

func (r *rollupDef) viewLike(v *view, e *syntax.Expr) value.Type {
	for _, a := range e.Args {
		r.view(v, a)
	}
	if e.Text != "LIKE" && e.Text != "GLOB" {
		return r.fail(v, span{e.OpPos, e.OpPos + len(e.Text)}, "LIKE and GLOB are the patterns here", "%s is not supported", e.Text)
	}
	if len(e.Args) == 3 && (e.Text == "GLOB" || e.Args[2].Kind != syntax.StringExpr || len([]rune(e.Args[2].Text)) != 1) {
		return r.fail(v, exprSpan(e.Args[2]), `x LIKE '50\%' ESCAPE '\'`, "ESCAPE is for LIKE, and takes a text of one character")
	}
	return value.Boolean
}

func (r *rollupDef) viewCase(v *view, e *syntax.Expr) value.Type {
	types := []value.Type{}
	for i, a := range e.Args {
		t := r.view(v, a)
		n := i
		if e.HasBase {
			n--
		}
		if n >= 0 && (n%2 == 1 || e.HasElse && i == len(e.Args)-1) {
			types = append(types, t)
		}
	}
	t, err := common(types)
	if err != nil {
		return value.Any
	}
	return t
}

func (r *rollupDef) viewCast(v *view, e *syntax.Expr) value.Type {
	t, ok := typeNames[strings.ToUpper(e.Type.Text)]
	a := r.view(v, e.Args[0])
	if !ok || t != value.Integer && t != value.Real && t != value.Text {
		return r.fail(v, span{e.Type.Pos, e.Type.End}, "CAST AS INTEGER, REAL or TEXT", "a value cannot be CAST to %s", clip(strings.ToUpper(e.Type.Text)))
	}
	if a == value.Timestamp && t != value.Text {
		return r.fail(v, exprSpan(e), "unixepoch(t) gives seconds since 1970", "a TIMESTAMP cannot be CAST to %s", t)
	}
	return t
}

// sql returns the SQL of a checked view expression.
func (v *view) sql(r *rollupDef) string {
	text := r.f.Text[v.from.pos:v.from.end]
	tokens, _ := syntax.Lex(text)
	var b strings.Builder
	refs, last := v.refs, 0
	for _, t := range tokens {
		pos := t.Pos + v.from.pos
		if t.Kind == syntax.EOF || t.Kind == syntax.Comment || pos < last {
			continue
		}
		if b.Len() > 0 && last < pos {
			b.WriteByte(' ')
		}
		if len(refs) > 0 && refs[0].pos == pos {
			b.WriteString(r.refSQL(refs[0]))
			last, refs = refs[0].end, refs[1:]
			continue
		}
		b.WriteString(text[t.Pos:t.End])
		last = t.End + v.from.pos
	}
	return b.String()
}

func (r *rollupDef) refSQL(f ref) string {
	layout := r.Rollup.Layout()
	switch f.kind {
	case refKey:
		return keySQL(r.Keys[f.index], layout, f.index)
	case refCall:
		return r.Rollup.callSQL(f.index, layout)
	case refOutput:
		return "(" + r.items[f.index].sql(r) + ")"
	case refEnd:
		return quoteName("window_end")
	case refText:
		return f.text
	}
	return quoteName("window_start")
}
