package eval

import (
	"bytes"
	"math"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// inKind returns the kind of slot in which values of two types compare without
// conversion; KindNull if there is none.
func inKind(a, b value.Type) value.Kind {
	switch {
	case isInt(a) && isInt(b), a == value.Timestamp && b == value.Timestamp:
		return value.KindInt
	case a == value.Real && b == value.Real:
		return value.KindReal
	case a.Kind() == value.KindText && b.Kind() == value.KindText:
		return value.KindText
	}
	return value.KindNull
}

// exactReal turns an integer literal into a REAL one if it is exactly that.
func exactReal(e *schema.Expr) *schema.Expr {
	const limit = 1 << 53
	if e.Op != schema.OpLiteral || !isInt(e.Type) || e.Lit.Kind != value.KindInt || e.Lit.Int > limit || e.Lit.Int < -limit {
		return e
	}
	c := *e
	c.Type, c.Lit = value.Real, value.Float64(float64(e.Lit.Int))
	return &c
}

// filterOfCompare compiles a o b for two types that compare as they are.
func (c *compiler) filterOfCompare(a, b *schema.Expr, o order, e *schema.Expr) filter {
	if a.Type == value.Real {
		b = exactReal(b)
	} else if b.Type == value.Real {
		a = exactReal(a)
	}
	kind := inKind(a.Type, b.Type)
	if kind == value.KindNull {
		return nil
	}
	if a.Op == schema.OpLiteral {
		a, b, o = b, a, o.mirrored()
	}
	if b.Op == schema.OpLiteral && b.Lit.Kind == kind {
		switch kind {
		case value.KindInt:
			return intRange(c.kernel(a), b.Lit.Int, o, e)
		case value.KindReal:
			return realRange(c.kernel(a), b.Lit.Real, o, e)
		default:
			return &textFilter{c.kernel(a), []byte(b.Lit.Text), o, e}
		}
	}
	return &pairFilter{c.kernel(a), c.kernel(b), o, kind, e}
}

// mirrored is the order of b and a where o is that of a and b.
func (o order) mirrored() order { return o&equal | o>>2 | o<<2&greater }

// intFilter is true for integers from low to low + span, or for all others.
type intFilter struct {
	k      kernel
	low    int64
	span   uint64
	invert bool
	empty  bool // there is no such integer
	e      *schema.Expr
}

// intRange makes a range of the comparison with a literal.
func intRange(k kernel, v int64, o order, e *schema.Expr) filter {
	switch o {
	case equal:
		return newIntFilter(k, v, v, false, e)
	case less | greater:
		return newIntFilter(k, v, v, true, e)
	case less:
		return newIntFilter(k, v, math.MaxInt64, true, e)
	case less | equal:
		return newIntFilter(k, math.MinInt64, v, false, e)
	case greater:
		return newIntFilter(k, math.MinInt64, v, true, e)
	}
	return newIntFilter(k, v, math.MaxInt64, false, e)
}

func newIntFilter(k kernel, low, high int64, invert bool, e *schema.Expr) *intFilter {
	return &intFilter{k: k, low: low, span: uint64(high) - uint64(low), invert: invert, empty: low > high, e: e}
}

func (f *intFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	c := f.k.eval(m, rows)
	inside := want != f.invert
	if f.empty {
		return m.allOrNone(c, rows, !inside, f.e, out, bad)
	}
	kinds, ints, low, span := c.Kind, c.Int[:len(c.Kind)], f.low, f.span
	seen := value.KindNull
	j := len(out)
	out = room(out, len(rows))
	for _, r := range rows {
		k := kinds[r]
		seen |= k
		out[j] = r
		hit := 0
		if (uint64(ints[r]-low) <= span) == inside {
			hit = 1
		}
		if k != value.KindInt {
			hit = 0
		}
		j += hit
	}
	if seen&value.KindBad != 0 {
		bad = m.spoiled(c, rows, f.e, bad)
	}
	return out[:j], bad
}

// allOrNone appends the rows with a value if all is set.
func (m *machine) allOrNone(c *value.Column, rows []int32, all bool, e *schema.Expr, out, bad []int32) ([]int32, []int32) {
	for _, r := range rows {
		if k := c.Kind[r]; all && k != value.KindNull && k != value.KindBad {
			out = append(out, r)
		}
	}
	return out, m.spoiled(c, rows, e, bad)
}

// realFilter is true for numbers from low to high, or for all others.
type realFilter struct {
	k         kernel
	low, high float64
	invert    bool
	e         *schema.Expr
}

func realRange(k kernel, v float64, o order, e *schema.Expr) filter {
	lowest, highest := math.Inf(-1), math.Inf(1)
	switch o {
	case equal:
		return &realFilter{k, v, v, false, e}
	case less | greater:
		return &realFilter{k, v, v, true, e}
	case less:
		return &realFilter{k, v, highest, true, e}
	case less | equal:
		return &realFilter{k, lowest, v, false, e}
	case greater:
		return &realFilter{k, lowest, v, true, e}
	}
	return &realFilter{k, v, highest, false, e}
}

func (f *realFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	c := f.k.eval(m, rows)
	inside := want != f.invert
	kinds, reals, low, high := c.Kind, c.Real[:len(c.Kind)], f.low, f.high
	seen := value.KindNull
	j := len(out)
	out = room(out, len(rows))
	for _, r := range rows {
		k, v := kinds[r], reals[r]
		seen |= k
		out[j] = r
		if k == value.KindReal && (v >= low && v <= high) == inside {
			j++
		}
	}
	if seen&value.KindBad != 0 {
		bad = m.spoiled(c, rows, f.e, bad)
	}
	return out[:j], bad
}

// textFilter compares with a literal.
type textFilter struct {
	k   kernel
	lit []byte
	o   order
	e   *schema.Expr
}

func (f *textFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	c := f.k.eval(m, rows)
	o := f.o
	if !want {
		o = o.not()
	}
	seen := value.KindNull
	for _, r := range rows {
		k := c.Kind[r]
		seen |= k
		if k != value.KindText {
			continue
		}
		if o == equal || o == less|greater {
			if (string(c.Text[r]) == string(f.lit)) == (o == equal) {
				out = append(out, r)
			}
		} else if o.holds(bytes.Compare(c.Text[r], f.lit)) {
			out = append(out, r)
		}
	}
	if seen&value.KindBad != 0 {
		bad = m.spoiled(c, rows, f.e, bad)
	}
	return out, bad
}

// pairFilter compares two columns of one kind.
type pairFilter struct {
	a, b kernel
	o    order
	kind value.Kind
	e    *schema.Expr
}

func (f *pairFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	a, b := f.a.eval(m, rows), f.b.eval(m, rows)
	o := f.o
	if !want {
		o = o.not()
	}
	had := len(out)
	switch f.kind {
	case value.KindInt:
		out = pairs(a, b, a.Int, b.Int, rows, o, out)
	case value.KindReal:
		out = pairs(a, b, a.Real, b.Real, rows, o, out)
	default:
		out = textPairs(a, b, rows, o, out)
	}
	if len(out)-had < len(rows) {
		bad = f.spoiled(m, a, b, rows, bad)
	}
	return out, bad
}

func (f *pairFilter) spoiled(m *machine, a, b *value.Column, rows, bad []int32) []int32 {
	for _, r := range rows {
		if (a.Kind[r]|b.Kind[r])&value.KindBad != 0 {
			m.bad(r, unusable, f.e)
			bad = append(bad, r)
		}
	}
	return bad
}

func pairs[T number](a, b *value.Column, x, y []T, rows []int32, o order, out []int32) []int32 {
	kind := kindOf[T]()
	j := len(out)
	out = room(out, len(rows))
	for _, r := range rows {
		v, w := x[r], y[r]
		c := 1
		if v > w {
			c = 2
		}
		if v < w {
			c = 0
		}
		out[j] = r
		if a.Kind[r] == kind && b.Kind[r] == kind {
			j += int(o>>c) & 1
		}
	}
	return out[:j]
}

func textPairs(a, b *value.Column, rows []int32, o order, out []int32) []int32 {
	for _, r := range rows {
		if a.Kind[r] == value.KindText && b.Kind[r] == value.KindText && o.holds(bytes.Compare(a.Text[r], b.Text[r])) {
			out = append(out, r)
		}
	}
	return out
}

// filterOfBetween compiles BETWEEN as the AND of two comparisons, or as one
// range where both ends are integer literals.
func (c *compiler) filterOfBetween(e *schema.Expr) filter {
	x, low, high := e.Args[0], e.Args[1], e.Args[2]
	if isIntLiteral(x, low) && isIntLiteral(x, high) {
		return newIntFilter(c.kernel(x), low.Lit.Int, high.Lit.Int, e.Not, e)
	}
	if x.Op != schema.OpColumn {
		return nil
	}
	f := filter(&andFilter{
		c.filter(&schema.Expr{Op: schema.OpGe, Type: value.Boolean, Args: []*schema.Expr{x, low}, Pos: e.Pos, End: e.End}),
		c.filter(&schema.Expr{Op: schema.OpLe, Type: value.Boolean, Args: []*schema.Expr{x, high}, Pos: e.Pos, End: e.End}),
		true,
	})
	if e.Not {
		f = &notFilter{f}
	}
	return f
}

// isIntLiteral reports whether e is a literal that compares with x as integers.
func isIntLiteral(x, e *schema.Expr) bool {
	return e.Op == schema.OpLiteral && e.Lit.Kind == value.KindInt && inKind(x.Type, e.Type) == value.KindInt
}
