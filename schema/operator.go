package schema

import (
	"strings"
	"unicode/utf8"

	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
)

var binaryOps = map[string]Op{
	"OR": OpOr, "AND": OpAnd, "=": OpEq, "==": OpEq, "<>": OpNe, "!=": OpNe, "<": OpLt, "<=": OpLe, ">": OpGt, ">=": OpGe,
	"&": OpBitAnd, "|": OpBitOr, "<<": OpShiftLeft, ">>": OpShiftRight, "+": OpAdd, "-": OpSub, "*": OpMul, "/": OpDiv, "%": OpMod,
	"||": OpConcat, "->": OpArrow, "->>": OpArrow2,
}

func (s *scope) unary(e *syntax.Expr) *Expr {
	a := e.Args[0]
	if e.Text == "-" && a.Kind == syntax.NumberExpr && !strings.HasPrefix(strings.ToLower(a.Text), "0x") {
		return s.number(e, "-"+a.Text)
	}
	if e.Text == "NOT" {
		r := s.condition(a)
		if r == nil {
			return nil
		}
		return &Expr{Op: OpNot, Type: value.Boolean, Args: []*Expr{r}}
	}
	r := s.value(a)
	if r == nil || e.Text == "+" {
		return r
	}
	if !s.number1(r, a, e.Text) {
		return nil
	}
	op, t := OpNeg, arithmetic(r.Type, value.Integer)
	if e.Text == "~" {
		op, t = OpBitNot, value.Integer
	}
	return &Expr{Op: op, Type: t, Args: []*Expr{r}}
}

// number1 checks that arithmetic can be done with an operand.
func (s *scope) number1(r *Expr, e *syntax.Expr, op string) bool {
	switch t := r.Type; {
	case boolean(t):
		return true
	case t == value.Timestamp:
		s.problem(exprSpan(e), "only ts - ts, ts + INTERVAL '1 hour' and ts - INTERVAL '1 hour' have a meaning", "%s cannot be done with a TIMESTAMP", op)
	case t == value.Interval:
		s.problem(exprSpan(e), "ts + INTERVAL '1 hour'", "an INTERVAL can only be added to a TIMESTAMP or subtracted from one")
	case op == "+":
		s.problem(exprSpan(e), "texts are joined with ||; a number is made with CAST(... AS REAL)", "+ needs numbers, and this is %s", t)
	default:
		s.problem(exprSpan(e), "convert it: CAST(... AS REAL)", "%s needs numbers, and this is %s", op, t)
	}
	return false
}

// arithmetic gives the type of + - * / of two types that are numbers, NULL or Any.
func arithmetic(a, b value.Type) value.Type {
	switch {
	case a == value.Null || b == value.Null:
		return value.Null
	case a == value.Real && b != value.Any || b == value.Real && a != value.Any:
		return value.Real
	case a == value.Any || b == value.Any:
		return value.Any
	}
	return value.Integer
}

func (s *scope) binary(e *syntax.Expr) *Expr {
	op := binaryOps[e.Text]
	switch op {
	case OpAnd, OpOr:
		return s.both(op, s.condition(e.Args[0]), s.condition(e.Args[1]))
	case OpEq, OpNe, OpLt, OpLe, OpGt, OpGe:
		return s.compare(op, e)
	case OpConcat, OpArrow, OpArrow2:
		return s.texts(op, e)
	}
	return s.arithmetic(op, e)
}

func (s *scope) both(op Op, a, b *Expr) *Expr {
	if a == nil || b == nil {
		return nil
	}
	return &Expr{Op: op, Type: value.Boolean, Args: []*Expr{a, b}}
}

func (s *scope) compare(op Op, e *syntax.Expr) *Expr {
	a, b := s.value(e.Args[0]), s.value(e.Args[1])
	if a == nil || b == nil {
		return nil
	}
	a, b, ok := s.comparable(a, b, exprSpan(e))
	if !ok {
		return nil
	}
	return s.both(op, a, b)
}

// texts resolves ||, -> and ->>.
func (s *scope) texts(op Op, e *syntax.Expr) *Expr {
	args := s.all(e.Args)
	if args == nil {
		return nil
	}
	for i, a := range args {
		if a.Type == value.Timestamp {
			s.problem(exprSpan(e.Args[i]), "its text is CAST(... AS TEXT)", "%s cannot be done with a TIMESTAMP", e.Text)
			return nil
		}
	}
	if op == OpConcat {
		return &Expr{Op: op, Type: value.Text, Args: args}
	}
	if args[0].Type.Numeric() {
		s.problem(exprSpan(e.Args[0]), "declare the column as JSON", "%s takes a value out of a JSON text, and this is %s", e.Text, args[0].Type)
		return nil
	}
	t := value.JSON
	if op == OpArrow2 {
		t = value.Any
	}
	return &Expr{Op: op, Type: t, Args: args}
}

func (s *scope) arithmetic(op Op, e *syntax.Expr) *Expr {
	a, b := s.resolve(e.Args[0]), s.resolve(e.Args[1])
	if a == nil || b == nil {
		return nil
	}
	if op == OpAdd || op == OpSub {
		if r, done := s.times(op, e, a, b); done {
			return r
		}
	}
	if !s.number1(a, e.Args[0], e.Text) || !s.number1(b, e.Args[1], e.Text) {
		return nil
	}
	t := arithmetic(a.Type, b.Type)
	switch op {
	case OpBitAnd, OpBitOr, OpShiftLeft, OpShiftRight:
		if t != value.Null {
			t = value.Integer
		}
	}
	return &Expr{Op: op, Type: t, Args: []*Expr{a, b}}
}

// times resolves ts - ts, ts + INTERVAL, INTERVAL + ts and ts - INTERVAL.
func (s *scope) times(op Op, e *syntax.Expr, a, b *Expr) (r *Expr, done bool) {
	if op == OpSub && a.Type == value.Timestamp && textLiteral(b) {
		b, done = s.timeOr(b, e.Args[1])
	} else if op == OpSub && b.Type == value.Timestamp && textLiteral(a) {
		a, done = s.timeOr(a, e.Args[0])
	}
	if done {
		return nil, true
	}
	at, bt := a.Type, b.Type
	switch {
	case at == value.Timestamp && bt == value.Timestamp && op == OpSub:
		return &Expr{Op: op, Type: value.Real, Args: []*Expr{a, b}}, true
	case at == value.Timestamp && bt == value.Interval, at == value.Interval && bt == value.Timestamp && op == OpAdd:
		return &Expr{Op: op, Type: value.Timestamp, Args: []*Expr{a, b}}, true
	case at == value.Timestamp && bt.Numeric():
		s.problem(exprSpan(e), "say what it counts: INTERVAL '5 seconds'", "a number cannot be added to a TIMESTAMP or subtracted from one")
		return nil, true
	}
	return nil, false
}

func textLiteral(e *Expr) bool { return e.Op == OpLiteral && e.Type == value.Text }

func numberLiteral(e *Expr) bool {
	return e.Op == OpLiteral && (e.Type == value.Integer || e.Type == value.Real)
}

// timeOr reads a literal as a time; done is true if that was a mistake.
func (s *scope) timeOr(lit *Expr, e *syntax.Expr) (r *Expr, done bool) {
	r, err := s.time(lit)
	if err != nil {
		s.problem(exprSpan(e), hintOf(err), "%v", err)
		return nil, true
	}
	return r, false
}

func (s *scope) is(e *syntax.Expr) *Expr {
	a := s.value(e.Args[0])
	if k := e.Args[1].Kind; (k == syntax.TrueExpr || k == syntax.FalseExpr) && !e.Args[1].Parens {
		return s.isTruth(e, a)
	}
	b := s.value(e.Args[1])
	if a == nil || b == nil {
		return nil
	}
	a, b, ok := s.comparable(a, b, exprSpan(e))
	if !ok {
		return nil
	}
	return &Expr{Op: OpIs, Type: value.Boolean, Not: e.Not, Args: []*Expr{a, b}}
}

func (s *scope) isTruth(e *syntax.Expr, a *Expr) *Expr {
	if a == nil {
		return nil
	}
	op := OpIsTrue
	if e.Args[1].Kind == syntax.FalseExpr {
		op = OpIsFalse
	}
	if !boolean(a.Type) {
		s.problem(exprSpan(e.Args[0]), "", "%s cannot be true or false", a.Type)
		return nil
	}
	return &Expr{Op: op, Type: value.Boolean, Not: e.Not, Args: []*Expr{a}}
}

// among resolves BETWEEN and IN.
func (s *scope) among(e *syntax.Expr) *Expr {
	args := s.all(e.Args)
	if args == nil {
		return nil
	}
	for i := 1; i < len(args); i++ {
		a, b, ok := s.comparable(args[0], args[i], exprSpan(e.Args[i]))
		if !ok {
			return nil
		}
		args[i] = b
		if i == 1 || e.Kind == syntax.BetweenExpr {
			args[0] = a
		}
	}
	op := OpIn
	if e.Kind == syntax.BetweenExpr {
		op = OpBetween
	}
	return &Expr{Op: op, Type: value.Boolean, Not: e.Not, Args: args}
}

func (s *scope) like(e *syntax.Expr) *Expr {
	op := map[string]Op{"LIKE": OpLike, "GLOB": OpGlob}[e.Text]
	if op == 0 {
		s.problem(span{e.OpPos, e.OpPos + len(e.Text)}, "LIKE and GLOB are the patterns here", "%s is not supported", e.Text)
		return nil
	}
	args := s.all(e.Args)
	if args == nil {
		return nil
	}
	for i, a := range args {
		if a.Type == value.Timestamp {
			s.problem(exprSpan(e.Args[i]), "compare it with > and <, or take its text: CAST(... AS TEXT)", "%s needs texts, and this is a TIMESTAMP", e.Text)
			return nil
		}
	}
	if len(args) == 3 && (op == OpGlob || !textLiteral(args[2]) || utf8.RuneCountInString(args[2].Lit.Text) != 1) {
		s.problem(exprSpan(e.Args[2]), `x LIKE '50\%' ESCAPE '\'`, "ESCAPE is for LIKE, and takes a text of one character")
		return nil
	}
	return &Expr{Op: op, Type: value.Boolean, Not: e.Not, Args: args}
}
