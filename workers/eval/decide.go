package eval

import (
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// decision says for one row whether a condition is true (want) or false (not
// want); ok is false if that cannot be computed. It is the twin of filter.
type decision func(m *machine, row int32, want bool) (is, ok bool)

// rowFilter decides row by row.
type rowFilter struct{ d decision }

func (f *rowFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	for _, r := range rows {
		is, ok := f.d(m, r, want)
		if !ok {
			bad = append(bad, r)
		} else if is {
			out = append(out, r)
		}
	}
	return out, bad
}

func (c *compiler) decide(e *schema.Expr) decision {
	switch e.Op {
	case schema.OpAnd:
		return both(c.decide(e.Args[0]), c.decide(e.Args[1]), true)
	case schema.OpOr:
		return both(c.decide(e.Args[0]), c.decide(e.Args[1]), false)
	case schema.OpNot:
		return opposite(c.decide(e.Args[0]))
	case schema.OpIsTrue, schema.OpIsFalse:
		return settled(c.decide(e.Args[0]), e.Op == schema.OpIsTrue, e.Not)
	case schema.OpBetween:
		d := both(decideOf(c.compareOf(e.Args[0], e.Args[1], greater|equal)), decideOf(c.compareOf(e.Args[0], e.Args[2], less|equal)), true)
		if e.Not {
			return opposite(d)
		}
		return d
	}
	return decideOf(c.plain(e))
}

func decideOf(x scalar) decision {
	return func(m *machine, row int32, want bool) (bool, bool) {
		v := x(m, row)
		is, known := truth(v)
		return known && is == want, v.kind != value.KindBad
	}
}

// both is AND if all is true, else OR.
func both(a, b decision, all bool) decision {
	return func(m *machine, row int32, want bool) (bool, bool) {
		is, ok := a(m, row, want)
		if !ok || is != (want == all) {
			return is, ok
		}
		return b(m, row, want)
	}
}

func opposite(d decision) decision {
	return func(m *machine, row int32, want bool) (bool, bool) { return d(m, row, !want) }
}

// settled is IS TRUE and IS FALSE, which are never NULL.
func settled(d decision, which, not bool) decision {
	return func(m *machine, row int32, want bool) (bool, bool) {
		is, ok := d(m, row, which)
		return is == (want != not), ok
	}
}
