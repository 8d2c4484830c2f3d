package schema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
)

// scope resolves expressions over the columns of one stream. Its methods
// return nil after a mistake, which they have reported; an expression with a
// part that is nil is nil without another report.
type scope struct {
	f        *file
	def      *streamDef
	tables   []string // names that may stand before a column's
	where    string   // "WHERE", for messages
	hint     string   // the way out where an aggregate cannot stand
	aliases  []string // names of outputs, which cannot be used here
	computed bool     // of the column at: later computed ones are not known yet
	at       int
	quiet    bool   // report nothing
	place    string // the statement, for mistakes that count once in it
}

func (s *scope) problem(at span, hint, format string, args ...any) {
	if !s.quiet {
		s.f.problem(at, hint, format, args...)
	}
}

// onceProblem reports a mistake that counts once in a statement however often
// it is repeated.
func (s *scope) onceProblem(key string, at span, hint, format string, args ...any) {
	if s.quiet {
		return
	}
	s.f.problem(at, hint, format, args...)
	s.f.l.problems[len(s.f.l.problems)-1].once = s.place + "\x00" + key
}

// value resolves an expression that has a value of its own: anything but an
// INTERVAL.
func (s *scope) value(e *syntax.Expr) *Expr {
	r := s.resolve(e)
	if r != nil && r.Type == value.Interval {
		s.problem(exprSpan(e), "ts + INTERVAL '1 hour'", "an INTERVAL can only be added to a TIMESTAMP or subtracted from one")
		return nil
	}
	return r
}

// condition resolves an expression that is true or false.
func (s *scope) condition(e *syntax.Expr) *Expr {
	r := s.value(e)
	if r == nil || boolean(r.Type) {
		return r
	}
	s.problem(exprSpan(e), "compare it with something", "%s needs a condition, and this is %s", s.conditionOf(), r.Type)
	return nil
}

func (s *scope) conditionOf() string {
	if s.where == "WHERE" || strings.HasPrefix(s.where, "FILTER") {
		return s.where
	}
	return "this place"
}

// all resolves arguments; it is nil if one of them is.
func (s *scope) all(args []*syntax.Expr) []*Expr {
	out := make([]*Expr, 0, len(args))
	ok := true
	for _, a := range args {
		r := s.value(a)
		ok = ok && r != nil
		out = append(out, r)
	}
	if !ok {
		return nil
	}
	return out
}

func (s *scope) resolve(e *syntax.Expr) *Expr {
	r := s.kind(e)
	if r != nil {
		r.Pos, r.End = e.Outer, e.OuterEnd
	}
	return r
}

func (s *scope) kind(e *syntax.Expr) *Expr {
	switch e.Kind {
	case syntax.NameExpr:
		return s.column(e)
	case syntax.UnaryExpr:
		return s.unary(e)
	case syntax.BinaryExpr:
		return s.binary(e)
	case syntax.IsExpr:
		return s.is(e)
	case syntax.BetweenExpr, syntax.InExpr:
		return s.among(e)
	case syntax.LikeExpr:
		return s.like(e)
	case syntax.CaseExpr:
		return s.caseExpr(e)
	case syntax.CastExpr:
		return s.cast(e)
	case syntax.CallExpr:
		return s.call(e)
	case syntax.CollateExpr:
		s.problem(exprSpan(e), "compare lower(x) with lower(y)", "COLLATE is not supported here")
		return nil
	case syntax.StarExpr:
		s.problem(exprSpan(e), "name the columns", "* cannot stand here")
		return nil
	}
	return s.literal(e)
}

// column resolves a name.
func (s *scope) column(e *syntax.Expr) *Expr {
	if e.Table != nil && !s.isTable(e.Table.Text) {
		s.problem(nameSpan(*e.Table), oneOf("the stream is", e.Table.Text, s.tables), "there is nothing named %s in FROM", e.Table.Text)
		return nil
	}
	i := s.def.find(e.Text)
	switch {
	case i < 0:
		s.unknown(e)
		return nil
	case s.def.invalid[i]:
		return nil
	case s.computed && i == s.at:
		s.problem(exprSpan(e), "", "the column %s is computed from itself", e.Text)
		return nil
	case s.computed && i > s.at && s.def.Columns[i].Path == nil:
		s.problem(exprSpan(e), fmt.Sprintf("move %s before this column", s.def.Columns[i].Name), "the column %s is computed further down", e.Text)
		return nil
	}
	return &Expr{Op: OpColumn, Col: i, Type: s.def.Columns[i].Type}
}

func (s *scope) isTable(name string) bool {
	for _, t := range s.tables {
		if strings.EqualFold(t, name) {
			return true
		}
	}
	return false
}

func (s *scope) unknown(e *syntax.Expr) {
	if s.def.lost {
		return
	}
	low := strings.ToLower(e.Text)
	at := exprSpan(e)
	if low == "window_start" || low == "window_end" {
		hint := "the time of the event is in " + s.def.Name
		if s.def.Time >= 0 {
			hint = "use " + s.def.Columns[s.def.Time].Name + ", the time of the event"
		}
		s.problem(at, hint, "%s is not known yet in %s", low, s.where)
		return
	}
	for _, a := range s.aliases {
		if strings.EqualFold(a, e.Text) {
			s.onceProblem("alias "+low, at, "write its expression here", "%s is the name of an output, which %s cannot see", e.Text, s.where)
			return
		}
	}
	hint := didYouMean(e.Text, s.def.names())
	switch {
	case hint != "":
	case e.Quoted:
		hint = fmt.Sprintf("text stands in single quotes: '%s'", clip(e.Text))
	case len(s.def.Columns) <= 12:
		hint = oneOf("columns are", e.Text, s.def.names())
	}
	s.onceProblem("column "+low, at, hint, "the stream %s has no column %s", s.def.Name, clip(e.Text))
}

func (s *scope) caseExpr(e *syntax.Expr) *Expr {
	r := &Expr{Op: OpCase, HasBase: e.HasBase, HasElse: e.HasElse}
	args, ok := e.Args, true
	add := func(x *Expr) {
		ok = ok && x != nil
		r.Args = append(r.Args, x)
	}
	var base *Expr
	if e.HasBase {
		base = s.value(args[0])
		add(base)
		args = args[1:]
	}
	var results []int // indexes into r.Args
	for len(args) >= 2 {
		when, then := args[0], args[1]
		args = args[2:]
		if e.HasBase {
			add(s.matching(base, s.value(when), when, exprSpan(when)))
		} else {
			add(s.condition(when))
		}
		results = append(results, len(r.Args))
		add(s.value(then))
	}
	if e.HasElse {
		results = append(results, len(r.Args))
		add(s.value(args[0]))
	}
	if !ok {
		return nil
	}
	t, err := s.common(r.Args, results)
	if err == nil {
		r.Type = t
		return r
	}
	if err != errReported {
		s.problem(exprSpan(e), "", "%v", err)
	}
	return nil
}

// errReported stands for a mistake that is reported already.
var errReported = errors.New("reported")

// common gives the type of what is one of several arguments. Beside a
// TIMESTAMP, text literals are read as ones.
func (s *scope) common(args []*Expr, which []int) (value.Type, error) {
	times := false
	for _, i := range which {
		times = times || args[i].Type == value.Timestamp
	}
	types := make([]value.Type, 0, len(which))
	for _, i := range which {
		if times && args[i].Op == OpLiteral && args[i].Type == value.Text {
			t, err := s.time(args[i])
			if err != nil {
				s.problem(span{args[i].Pos, args[i].End}, hintOf(err), "%v", err)
				return 0, errReported
			}
			args[i] = t
		}
		types = append(types, args[i].Type)
	}
	return common(types)
}

// matching resolves the comparison of a CASE's base with one of its values,
// and returns the value.
func (s *scope) matching(base, when *Expr, e *syntax.Expr, at span) *Expr {
	if base == nil || when == nil {
		return nil
	}
	_, r, ok := s.comparable(base, when, at)
	if !ok {
		return nil
	}
	return r
}

func (s *scope) cast(e *syntax.Expr) *Expr {
	a := s.value(e.Args[0])
	up := strings.ToUpper(e.Type.Text)
	at := span{e.Type.Pos, e.Type.End}
	t, known := typeNames[up]
	switch {
	case known && (t == value.Integer || t == value.Real || t == value.Text):
	case t == value.Timestamp && known && a != nil && a.Op == OpLiteral && a.Type == value.Text:
		r, err := s.time(a)
		if err != nil {
			s.problem(exprSpan(e.Args[0]), "", "%v", err)
			return nil
		}
		return r
	case t == value.Timestamp && known:
		s.problem(at, "declare a computed column: t TIMESTAMP AS (...)", "a value cannot be CAST to TIMESTAMP")
		return nil
	case t == value.Boolean && known:
		s.problem(at, "write a condition, such as x <> 0", "a value cannot be CAST to BOOLEAN")
		return nil
	default:
		s.problem(at, "CAST AS INTEGER, REAL or TEXT", "a value cannot be CAST to %s", clip(up))
		return nil
	}
	if a == nil {
		return nil
	}
	if a.Type == value.Timestamp && t != value.Text {
		s.problem(exprSpan(e), "seconds since 1970: ts - '1970-01-01'", "a TIMESTAMP cannot be CAST to %s", t)
		return nil
	}
	return &Expr{Op: OpCast, Type: t, Args: []*Expr{a}}
}

// refused are functions whose results would change with each reading, so that
// a rollup would not be a function of its events.
var refused = map[string]bool{
	"now": true, "random": true, "randomblob": true, "current_timestamp": true, "current_date": true, "current_time": true,
	"rand": true, "getdate": true, "sysdate": true, "gen_random_uuid": true, "uuid": true, "localtimestamp": true,
}

const (
	refusedText = "%s is refused: a rollup is a function of its events, whenever it is computed"
	refusedHint = "use it when you query the rollup"
)

// elsewhere are functions that users reach for, and what to write instead.
var elsewhere = map[string]string{
	"date": "for days use TUMBLE(stream, INTERVAL '1 day'); the text of a time is CAST(ts AS TEXT)",
	"time": "the text of a time is CAST(ts AS TEXT)", "datetime": "the text of a time is CAST(ts AS TEXT)",
	"strftime":   "the text of a time is CAST(ts AS TEXT), of which substr takes a part",
	"unixepoch":  "seconds since 1970: ts - '1970-01-01'",
	"julianday":  "seconds since 1970: ts - '1970-01-01'",
	"date_trunc": "windows stand in FROM: TUMBLE(stream, INTERVAL '1 minute')",
	"date_part":  "the text of a time is CAST(ts AS TEXT), of which substr takes a part",
	"extract":    "the text of a time is CAST(ts AS TEXT), of which substr takes a part",
	"tumble":     "windows stand in FROM: FROM TUMBLE(stream, INTERVAL '1 minute')",
	"hop":        "windows stand in FROM", "session": "windows stand in FROM", "time_bucket": "windows stand in FROM: FROM TUMBLE(stream, INTERVAL '1 minute')",
	"strlen": "length(x)", "len": "length(x)", "to_timestamp": "declare a TIMESTAMP column and timestamp_format", "nvl": "ifnull(a, b)", "isnull": "ifnull(a, b), or a IS NULL",
	"left": "substr(x, 1, n)", "right": "substr(x, -n)", "like": "x LIKE y", "glob": "x GLOB y", "regexp_like": "LIKE and GLOB are the patterns here",
	"position": "instr(x, y)", "strpos": "instr(x, y)", "greatest": "max(a, b)", "least": "min(a, b)", "mod": "a % b", "ceil_div": "",
}

func functionNames() []string {
	var names []string
	for _, f := range Functions {
		names = append(names, f.Name)
	}
	return names
}

// call resolves a scalar function.
func (s *scope) call(e *syntax.Expr) *Expr {
	name := strings.ToLower(e.Text)
	nameAt := span{e.Pos, e.Pos + len(e.Text)}
	if refused[name] {
		s.problem(exprSpan(e), refusedHint, refusedText, name)
		return nil
	}
	fn := FindFunction(name)
	if agg := aggregate.Find(name); agg != nil && (fn == nil || len(e.Args) < fn.MinArgs) {
		s.problem(exprSpan(e), s.hint, "the aggregate %s cannot stand in %s", name, s.where)
		return nil
	}
	if fn == nil {
		hint := elsewhere[name]
		if hint == "" {
			hint = didYouMean(name, append(functionNames(), aggregateNames()...))
		}
		s.problem(nameAt, hint, "there is no function %s", clip(e.Text))
		return nil
	}
	if !s.callForm(e, fn, nameAt) {
		return nil
	}
	args := s.all(e.Args)
	if args == nil {
		return nil
	}
	t, err := s.callType(e, fn, args)
	if err != nil {
		if err != errReported {
			s.problem(exprSpan(e), hintOf(err), "%s %v", name, err)
		}
		return nil
	}
	return &Expr{Op: OpCall, Func: fn, Type: t, Args: args}
}

func (s *scope) callForm(e *syntax.Expr, fn *Function, at span) bool {
	n := len(e.Args)
	switch {
	case e.Star || n < fn.MinArgs || fn.MaxArgs >= 0 && n > fn.MaxArgs:
		s.problem(exprSpan(e), fn.Help, "%s takes %s", fn.Name, arguments(fn.MinArgs, fn.MaxArgs))
	case e.Filter != nil || e.Distinct:
		s.problem(exprSpan(e), "", "%s is no aggregate: DISTINCT and FILTER are not for it", fn.Name)
	default:
		return true
	}
	return false
}

// arguments says how many there may be.
func arguments(least, most int) string {
	word := "arguments"
	switch {
	case least == most && least == 1:
		return "1 argument"
	case least == most && least == 0:
		return "no arguments"
	case least == most:
		return fmt.Sprintf("%d %s", least, word)
	case most < 0:
		return fmt.Sprintf("%d or more %s", least, word)
	}
	return fmt.Sprintf("%d to %d %s", least, most, word)
}

func (s *scope) callType(e *syntax.Expr, fn *Function, args []*Expr) (value.Type, error) {
	if fn.Name == "nullif" {
		a, b, ok := s.comparable(args[0], args[1], exprSpan(e.Args[1]))
		if !ok {
			return 0, errReported
		}
		args[0], args[1] = a, b
	} else if fn.Same {
		var which []int
		for i := fn.From; i < len(args); i++ {
			which = append(which, i)
		}
		if _, err := s.common(args, which); err != nil {
			return 0, err
		}
	}
	if fn.Name == "json_extract" && args[1].Op == OpLiteral && !strings.HasPrefix(args[1].Lit.Text, "$") {
		return 0, withHint("json_extract(j, '$.a.b'), or j ->> 'a'", "needs a path that begins with $")
	}
	types := make([]value.Type, len(args))
	for i, a := range args {
		types[i] = a.Type
	}
	t, err := fn.Result(types)
	if err != nil && hintOf(err) == "" && strings.Contains(err.Error(), "a number") {
		err = withHint("convert it: CAST(... AS REAL)", "%v", err)
	}
	return t, err
}
