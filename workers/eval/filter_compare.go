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
			return &intFilter{c.kernel(a), rangeOf(o, b.Lit.Int), e}
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

// intFilter is true for the integers of a range.
type intFilter struct {
	k kernel
	r intRange
	e *schema.Expr
}

// intRange is the integers from low to low + span, which may go on from the
// greatest to the smallest; so what is not in a range is one as well.
type intRange struct {
	low   int64
	span  uint64
	empty bool
}

func between(low, high int64) intRange {
	return intRange{low, uint64(high) - uint64(low), low > high}
}

// not is the integers outside of the range.
func (r intRange) not() intRange {
	switch {
	case r.empty:
		return intRange{span: math.MaxUint64}
	case r.span == math.MaxUint64:
		return intRange{empty: true}
	}
	return intRange{low: r.low + int64(r.span) + 1, span: ^r.span - 1}
}

// rangeOf is the integers that compare with v like that.
func rangeOf(o order, v int64) intRange {
	switch o {
	case equal:
		return between(v, v)
	case less | greater:
		return between(v, v).not()
	case less:
		return between(v, math.MaxInt64).not()
	case less | equal:
		return between(math.MinInt64, v)
	case greater:
		return between(math.MinInt64, v).not()
	}
	return between(v, math.MaxInt64)
}

func (f *intFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	c, r := f.k.eval(m, rows), f.r
	if !want {
		r = r.not()
	}
	if r.empty || len(rows) == 0 {
		return out, m.spoiled(c, rows, f.e, bad)
	}
	had := len(out)
	out = room(out, len(rows))
	n, seen := selectInts(c.Kind, c.Int, r.low, r.span, rows, out[had:])
	if seen&value.KindBad != 0 {
		bad = m.spoiled(c, rows, f.e, bad)
	}
	return out[:had+n], bad
}

// selectInts writes the rows with an integer of the range to the front of out,
// which is as long as rows, and returns how many they are and all kinds seen.
// It decides without branches.
func selectInts(kinds []value.Kind, ints []int64, low int64, span uint64, rows, out []int32) (n int, seen value.Kind) {
	ints, out = ints[:len(kinds)], out[:len(rows)]
	if first, ok := dense(rows); ok {
		return selectAllInts(kinds[first:first+len(rows)], ints[first:first+len(rows)], low, span, int32(first), out)
	}
	for _, row := range rows {
		r := uint32(row)
		k := kinds[r]
		seen |= k
		hit := 0
		if uint64(ints[r]-low) <= span {
			hit = 1
		}
		if k != value.KindInt {
			hit = 0
		}
		out[n] = row
		n += hit
	}
	return n, seen
}

// dense reports whether rows are all from first on.
func dense(rows []int32) (first int, ok bool) {
	n := len(rows)
	return int(rows[0]), int(rows[n-1])-int(rows[0]) == n-1
}

// selectAllInts is selectInts for all rows of the slices, numbered from first.
func selectAllInts(kinds []value.Kind, ints []int64, low int64, span uint64, first int32, out []int32) (n int, seen value.Kind) {
	ints, out = ints[:len(kinds)], out[:len(kinds)]
	for i, k := range kinds {
		seen |= k
		hit := 0
		if uint64(ints[i]-low) <= span {
			hit = 1
		}
		if k != value.KindInt {
			hit = 0
		}
		out[n] = first + int32(i)
		n += hit
	}
	return n, seen
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
	had := len(out)
	out = room(out, len(rows))
	n, seen := selectReals(c.Kind, c.Real, f.low, f.high, want == f.invert, rows, out[had:])
	if seen&value.KindBad != 0 {
		bad = m.spoiled(c, rows, f.e, bad)
	}
	return out[:had+n], bad
}

// selectReals is selectInts for the numbers from low to high, or those outside.
func selectReals(kinds []value.Kind, reals []float64, low, high float64, outside bool, rows, out []int32) (n int, seen value.Kind) {
	reals, out = reals[:len(kinds)], out[:len(rows)]
	flip := b2i(outside)
	for _, row := range rows {
		r := uint32(row)
		k, v := kinds[r], reals[r]
		seen |= k
		hit := 0
		if v >= low {
			hit = 1
		}
		if v > high {
			hit = 0
		}
		hit ^= flip
		if k != value.KindReal {
			hit = 0
		}
		out[n] = row
		n += hit
	}
	return n, seen
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

// pairs appends the rows at which x and y compare as wanted.
func pairs[T number](a, b *value.Column, x, y []T, rows []int32, o order, out []int32) []int32 {
	kind := kindOf[T]()
	n := len(out)
	out = room(out, len(rows))
	ka, kb := a.Kind, b.Kind
	for _, row := range rows {
		r := uint32(row)
		v, w := x[r], y[r]
		c := 1
		if v > w {
			c = 2
		}
		if v < w {
			c = 0
		}
		hit := int(o>>c) & 1
		if ka[r] != kind || kb[r] != kind {
			hit = 0
		}
		out[n] = row
		n += hit
	}
	return out[:n]
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
		r := between(low.Lit.Int, high.Lit.Int)
		if e.Not {
			r = r.not()
		}
		return &intFilter{c.kernel(x), r, e}
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
