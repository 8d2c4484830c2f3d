package eval

import (
	"slices"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// filter appends to out the rows for which an expression is true (want) or
// false (not want); NULL is neither. Rows for which that cannot be computed
// are appended to bad, in no particular order.
type filter interface {
	filter(m *machine, rows []int32, want bool, out, bad []int32) (o, b []int32)
}

// filter compiles a condition.
func (c *compiler) filter(e *schema.Expr) filter {
	if c.plainOnly {
		return &rowFilter{c.decide(e)}
	}
	if f := c.fast(e); f != nil {
		return f
	}
	k := c.kernel(e)
	if _, slow := k.(*rowKernel); slow {
		return &rowFilter{c.decide(e)}
	}
	return &numberFilter{k, e}
}

// fast compiles a condition that has a filter of its own; else it returns nil.
func (c *compiler) fast(e *schema.Expr) filter {
	switch e.Op {
	case schema.OpAnd:
		return &andFilter{c.filter(e.Args[0]), c.filter(e.Args[1]), true}
	case schema.OpOr:
		return &andFilter{c.filter(e.Args[0]), c.filter(e.Args[1]), false}
	case schema.OpNot:
		return &notFilter{c.filter(e.Args[0])}
	case schema.OpIsTrue, schema.OpIsFalse:
		return &truthFilter{c.filter(e.Args[0]), e.Op == schema.OpIsTrue, e.Not}
	case schema.OpIs:
		return c.filterOfIs(e)
	case schema.OpBetween:
		return c.filterOfBetween(e)
	case schema.OpIn:
		return c.filterOfIn(e)
	case schema.OpLike, schema.OpGlob:
		return c.filterOfLike(e)
	}
	if o, ok := orders[e.Op]; ok {
		return c.filterOfCompare(e.Args[0], e.Args[1], o, e)
	}
	return nil
}

func sortRows(rows []int32) { slices.Sort(rows) }

// spoiled appends the rows at which the column is KindBad.
func (m *machine) spoiled(c *value.Column, rows []int32, e *schema.Expr, bad []int32) []int32 {
	for _, r := range rows {
		if c.Kind[r] == value.KindBad {
			m.bad(r, unusable, e)
			bad = append(bad, r)
		}
	}
	return bad
}

// room makes out large enough to take n more rows by index.
func room(out []int32, n int) []int32 {
	return slices.Grow(out, n)[:len(out)+n]
}

// andFilter is AND, or OR where all says false: a OR b is false where NOT a
// AND NOT b is true, and so on.
type andFilter struct {
	a, b filter
	all  bool
}

func (f *andFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	if want == f.all {
		return f.both(m, rows, want, out, bad)
	}
	yes, rest, more, failed := m.rows(), m.rows(), m.rows(), m.rows()
	yes, failed = f.a.filter(m, rows, want, yes, failed)
	rest = without(rows, yes, failed, rest)
	bad = append(bad, failed...)
	more, bad = f.b.filter(m, rest, want, more, bad)
	out = union(yes, more, out)
	m.giveBack(yes, rest, more, failed)
	return out, bad
}

// both narrows the selection.
func (f *andFilter) both(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	left := m.rows()
	left, bad = f.a.filter(m, rows, want, left, bad)
	if len(left) > 0 {
		out, bad = f.b.filter(m, left, want, out, bad)
	}
	m.giveBack(left)
	return out, bad
}

type notFilter struct{ f filter }

func (f *notFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	return f.f.filter(m, rows, !want, out, bad)
}

// truthFilter is IS TRUE and IS FALSE.
type truthFilter struct {
	f     filter
	value bool
	not   bool
}

func (f *truthFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	if want != f.not {
		return f.f.filter(m, rows, f.value, out, bad)
	}
	yes, failed := m.rows(), m.rows()
	yes, failed = f.f.filter(m, rows, f.value, yes, failed)
	out = without(rows, yes, failed, out)
	bad = append(bad, failed...)
	m.giveBack(yes, failed)
	return out, bad
}

// numberFilter is the truth of a number.
type numberFilter struct {
	k kernel
	e *schema.Expr
}

func (f *numberFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	c := f.k.eval(m, rows)
	for _, r := range rows {
		v := load(c, r)
		if v.kind == value.KindBad {
			m.bad(r, unusable, f.e)
			bad = append(bad, r)
		} else if is, known := truth(v); known && is == want {
			out = append(out, r)
		}
	}
	return out, bad
}

// nullFilter is IS NULL.
type nullFilter struct {
	k   kernel
	e   *schema.Expr
	not bool
}

func (c *compiler) filterOfIs(e *schema.Expr) filter {
	a, b := e.Args[0], e.Args[1]
	if a.Op == schema.OpLiteral && a.Lit.Kind == value.KindNull {
		a, b = b, a
	}
	if b.Op != schema.OpLiteral || b.Lit.Kind != value.KindNull {
		return nil
	}
	return &nullFilter{c.kernel(a), e, e.Not}
}

func (f *nullFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	c := f.k.eval(m, rows)
	seen := value.KindNull
	for _, r := range rows {
		k := c.Kind[r]
		seen |= k
		if k != value.KindBad && (k == value.KindNull != f.not) == want {
			out = append(out, r)
		}
	}
	if seen&value.KindBad != 0 {
		bad = m.spoiled(c, rows, f.e, bad)
	}
	return out, bad
}
