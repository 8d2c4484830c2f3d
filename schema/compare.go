package schema

import (
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema/value"
)

// comparable checks that two values can be compared, and converts literals to
// the other side's type where SQLite's affinity would do that at run time, or
// where a TIMESTAMP needs it. It reports what would never be equal.
func (s *scope) comparable(a, b *Expr, at span) (*Expr, *Expr, bool) {
	switch {
	case a.Type == value.Null || b.Type == value.Null:
		return a, b, true
	case a.Type == value.Timestamp || b.Type == value.Timestamp:
		return s.comparableTimes(a, b, at)
	case a.Type == value.Any || b.Type == value.Any, a.Type.Numeric() == b.Type.Numeric():
		return a, b, true
	case a.Type.Numeric() && textLiteral(b) && a.Affinity() == AffinityNumeric:
		b, ok := s.asNumber(b, a)
		return a, b, ok
	case b.Type.Numeric() && textLiteral(a) && b.Affinity() == AffinityNumeric:
		a, ok := s.asNumber(a, b)
		return a, b, ok
	}
	s.mixed(a, b, at)
	return nil, nil, false
}

func (s *scope) comparableTimes(a, b *Expr, at span) (*Expr, *Expr, bool) {
	if a.Type == b.Type {
		return a, b, true
	}
	lit, other := a, b
	if a.Type == value.Timestamp {
		lit, other = b, a
	}
	if !textLiteral(lit) {
		hint := "write the time as a text: '2026-03-01 12:30:00'"
		if lit.Type == value.Any {
			hint = "declare a computed column: t TIMESTAMP AS (...)"
		}
		s.problem(at, hint, "a TIMESTAMP cannot be compared with %s", lit.Type)
		return nil, nil, false
	}
	t, err := s.time(lit)
	if err != nil {
		s.problem(span{lit.Pos, lit.End}, hintOf(err), "%v", err)
		return nil, nil, false
	}
	if other == a {
		return a, t, true
	}
	return t, b, true
}

// asNumber converts a text literal that is compared with the number n.
func (s *scope) asNumber(lit, n *Expr) (*Expr, bool) {
	r, ok := numberIn(lit)
	if ok {
		return r, true
	}
	hint := "compare it with a number"
	if n.Type == value.Boolean && (strings.EqualFold(lit.Lit.Text, "true") || strings.EqualFold(lit.Lit.Text, "false")) {
		hint = "leave out the quotes: " + strings.ToUpper(lit.Lit.Text)
	}
	s.problem(span{lit.Pos, lit.End}, hint, "wrong type in %s: %s is %s, and '%s' is not a number", s.where, s.text(n), n.Type, clip(lit.Lit.Text))
	return nil, false
}

// mixed reports the comparison of a number with a text.
func (s *scope) mixed(a, b *Expr, at span) {
	n, t := a, b
	if b.Type.Numeric() {
		n, t = b, a
	}
	hint := fmt.Sprintf("convert one of them: CAST(%s AS %s)", s.text(t), n.Type)
	switch {
	case numberLiteral(n):
		hint = fmt.Sprintf("put it in quotes: '%s'; or convert: CAST(%s AS %s)", s.text(n), s.text(t), n.Type)
	case textLiteral(t):
		hint = "leave out the quotes"
	case n.Type == value.Boolean:
		hint = ""
	}
	s.problem(at, hint, "wrong type in %s: %s is %s, and %s is %s", s.where, s.text(n), n.Type, s.text(t), t.Type)
}

// text is an expression as the user wrote it.
func (s *scope) text(e *Expr) string {
	return clip(strings.Join(strings.Fields(s.f.Text[e.Pos:e.End]), " "))
}
