package eval

import (
	"slices"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// The scalars of what is true, false or NULL.

// compareOf compiles a comparison of two expressions.
func (c *compiler) compareOf(a, b *schema.Expr, o order) scalar {
	x, y := c.pair(a, b)
	how := comparison(a, b)
	return func(m *machine, row int32) cell {
		v, w := x(m, row), y(m, row)
		if r, ok := either(v, w); !ok {
			return r
		}
		return boolean(o.holds(m.compare(v, w, how)))
	}
}

func (c *compiler) isOf(e *schema.Expr) scalar {
	x, y := c.pair(e.Args[0], e.Args[1])
	how := comparison(e.Args[0], e.Args[1])
	return func(m *machine, row int32) cell {
		v, w := x(m, row), y(m, row)
		r, ok := either(v, w)
		switch {
		case ok:
			return boolean(m.compare(v, w, how) == 0 != e.Not)
		case r.kind == value.KindBad:
			return r
		}
		return boolean(v.kind == w.kind != e.Not)
	}
}

func (c *compiler) isTruthOf(e *schema.Expr) scalar {
	d := c.decide(e)
	return func(m *machine, row int32) cell {
		is, ok := d(m, row, true)
		if !ok {
			return cell{kind: value.KindBad}
		}
		return boolean(is)
	}
}

// truthOf compiles AND, OR and BETWEEN: what is neither true nor false is NULL.
// It decides twice so that it answers as the filters do where one side cannot
// be computed; conditions inside of conditions are decided directly.
func (c *compiler) truthOf(e *schema.Expr) scalar {
	d := c.decide(e)
	return func(m *machine, row int32) cell {
		is, ok := d(m, row, true)
		isNot := false
		if ok && !is {
			isNot, ok = d(m, row, false)
		}
		switch {
		case !ok:
			return cell{kind: value.KindBad}
		case is || isNot:
			return boolean(is)
		}
		return null
	}
}

// inOf compiles IN: the elements are looked at until one is equal.
func (c *compiler) inOf(e *schema.Expr) scalar {
	operand := c.plain
	if !slices.ContainsFunc(e.Args, func(a *schema.Expr) bool { return !isTime(a) }) {
		operand = c.scalar
	}
	x := operand(e.Args[0])
	list := make([]scalar, len(e.Args)-1)
	for i, a := range e.Args[1:] {
		list[i] = operand(a)
	}
	how := membership(e.Args[0])
	return func(m *machine, row int32) cell {
		if len(list) == 0 {
			return boolean(e.Not)
		}
		v := x(m, row)
		if v.kind == value.KindBad || v.kind == value.KindNull {
			return v
		}
		r := m.among(row, v, list, how)
		if e.Not && r.kind == value.KindInt {
			return boolean(r.i == 0)
		}
		return r
	}
}

func (m *machine) among(row int32, v cell, list []scalar, how affinity) cell {
	r := zero
	for _, a := range list {
		w := a(m, row)
		switch {
		case w.kind == value.KindBad:
			return w
		case w.kind == value.KindNull:
			r = null
		case m.compare(v, w, how) == 0:
			return one
		}
	}
	return r
}

// caseOf compiles CASE; only the branch that is taken is computed.
func (c *compiler) caseOf(e *schema.Expr) scalar {
	when, then, last := c.branches(e)
	return func(m *machine, row int32) cell {
		for i, w := range when {
			is, ok := w(m, row, true)
			if !ok {
				return cell{kind: value.KindBad}
			}
			if is {
				return then[i](m, row)
			}
		}
		if last == nil {
			return null
		}
		return last(m, row)
	}
}

// branches compiles the parts of a CASE, with a base as comparisons with it.
func (c *compiler) branches(e *schema.Expr) (when []decision, then []scalar, last scalar) {
	result := c.plain
	if e.Type == value.Timestamp {
		result = c.scalar
	}
	base, args, otherwise := splitCase(e)
	for i := 0; i < len(args); i += 2 {
		if base != nil {
			when = append(when, decideOf(c.compareOf(base, args[i], equal)))
		} else {
			when = append(when, c.decide(args[i]))
		}
		then = append(then, result(args[i+1]))
	}
	if otherwise != nil {
		last = result(otherwise)
	}
	return when, then, last
}

// splitCase gives the base or nil, the pairs of when and then, and the ELSE or
// nil.
func splitCase(e *schema.Expr) (base *schema.Expr, pairs []*schema.Expr, otherwise *schema.Expr) {
	pairs = e.Args
	if e.HasBase {
		base, pairs = pairs[0], pairs[1:]
	}
	if n := len(pairs); e.HasElse && n > 0 {
		otherwise, pairs = pairs[n-1], pairs[:n-1]
	}
	return base, pairs[:len(pairs)&^1], otherwise
}

// likeOf compiles LIKE and GLOB.
func (c *compiler) likeOf(e *schema.Expr) scalar {
	x, y := c.plain(e.Args[0]), c.plain(e.Args[1])
	escape := func(*machine, int32) cell { return text(nil) }
	if len(e.Args) > 2 {
		escape = c.plain(e.Args[2])
	}
	fixed := fixedPattern(e)
	return func(m *machine, row int32) cell {
		v, w, esc := x(m, row), y(m, row), escape(m, row)
		if r, ok := either(v, w); !ok && r.kind == value.KindBad || esc.kind == value.KindBad {
			return cell{kind: value.KindBad}
		}
		if fixed == nil && esc.kind != value.KindNull {
			if why := m.checkPattern(w, esc, len(e.Args) > 2); why != "" {
				return m.bad(row, why, e)
			}
		}
		if r, ok := either(v, w); !ok || esc.kind == value.KindNull {
			return r
		}
		p := fixed
		if p == nil {
			p = m.pattern(e.Op, w, esc)
		}
		return boolean(p.match(m.text(v)) != e.Not)
	}
}

// checkPattern says what is wrong with a pattern and its escape character.
func (m *machine) checkPattern(p, escape cell, has bool) string {
	if p.kind != value.KindNull && len(m.text(p)) > maxPattern {
		return "a pattern of more than 50000 bytes"
	}
	if _, ok := m.escapeOf(escape); has && !ok {
		return "an ESCAPE of not one character"
	}
	return ""
}

// escapeOf reads the character of ESCAPE.
func (m *machine) escapeOf(v cell) (rune, bool) {
	t := upToNUL(m.text(v))
	if len(t) == 0 || charLen(t) != len(t) {
		return 0, false
	}
	c, _ := readChar(t)
	return c, true
}

func (m *machine) pattern(op schema.Op, p, escape cell) *pattern {
	if op == schema.OpGlob {
		return newGlob(m.text(p))
	}
	esc, _ := m.escapeOf(escape)
	return newLike(m.text(p), esc)
}

// fixedPattern compiles a pattern that is a literal; else it returns nil.
func fixedPattern(e *schema.Expr) *pattern {
	var m machine
	cells := []cell{null, text(nil)}
	for i, a := range e.Args[1:] {
		if a.Op != schema.OpLiteral || a.Lit.Kind == value.KindNull || a.Type == value.Timestamp {
			return nil
		}
		cells[i] = literal(a.Lit)
	}
	if m.checkPattern(cells[0], cells[1], len(e.Args) > 2) != "" {
		return nil
	}
	return m.pattern(e.Op, cells[0], cells[1])
}
