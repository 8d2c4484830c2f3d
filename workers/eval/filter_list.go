package eval

import (
	"slices"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// smallList is up to how many elements a list is searched from front to back.
const smallList = 8

// listFilter is IN over literals, for integers or texts.
type listFilter struct {
	k        kernel
	ints     []int64
	texts    []string
	intSet   map[int64]struct{} // nil for small lists
	textSet  map[string]struct{}
	kind     value.Kind
	hasNull  bool
	contains bool // IN, not NOT IN
	e        *schema.Expr
}

// filterOfIn compiles IN for an integer, time or text among literals.
func (c *compiler) filterOfIn(e *schema.Expr) filter {
	x := e.Args[0]
	f := &listFilter{kind: x.Type.Kind(), contains: !e.Not, e: e}
	if f.kind != value.KindInt && f.kind != value.KindText || len(e.Args) == 1 {
		return nil
	}
	for _, a := range e.Args[1:] {
		isNull := a.Lit.Kind == value.KindNull
		if a.Op != schema.OpLiteral || !isNull && isTime(x) != isTime(a) {
			return nil
		}
		f.take(literal(a.Lit), membership(x))
	}
	f.k = c.kernel(x)
	if len(f.ints) > smallList {
		f.intSet = setOf(f.ints)
	}
	if len(f.texts) > smallList {
		f.textSet = setOf(f.texts)
	}
	return f
}

func setOf[T comparable](list []T) map[T]struct{} {
	s := make(map[T]struct{}, len(list))
	for _, v := range list {
		s[v] = struct{}{}
	}
	return s
}

// take adds an element as it compares with values of the filter's kind; what
// can never be equal is left out.
func (f *listFilter) take(v cell, how affinity) {
	var m machine
	switch {
	case v.kind == value.KindNull:
		f.hasNull = true
		return
	case how == numbers:
		v = withNumericAffinity(v)
	case how == texts:
		v = m.asText(v)
	}
	if i := realToInt(v.r); v.kind == value.KindReal && compareIntReal(i, v.r) == 0 {
		v = integer(i)
	}
	switch {
	case v.kind == f.kind && v.kind == value.KindInt:
		f.ints = append(f.ints, v.i)
	case v.kind == f.kind:
		f.texts = append(f.texts, string(v.t))
	}
}

func (f *listFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	c := f.k.eval(m, rows)
	found := want == f.contains
	if !found && f.hasNull { // NULL, as it might be the one
		return out, m.spoiled(c, rows, f.e, bad)
	}
	seen := value.KindNull
	for _, r := range rows {
		k := c.Kind[r]
		seen |= k
		if k == f.kind && f.has(c, r) == found {
			out = append(out, r)
		}
	}
	if seen&value.KindBad != 0 {
		bad = m.spoiled(c, rows, f.e, bad)
	}
	return out, bad
}

func (f *listFilter) has(c *value.Column, r int32) bool {
	switch {
	case f.intSet != nil:
		_, ok := f.intSet[c.Int[r]]
		return ok
	case f.textSet != nil:
		_, ok := f.textSet[string(c.Text[r])]
		return ok
	case f.kind == value.KindInt:
		return slices.Contains(f.ints, c.Int[r])
	}
	for _, t := range f.texts {
		if t == string(c.Text[r]) {
			return true
		}
	}
	return false
}

// likeFilter is LIKE and GLOB of a text with a literal.
type likeFilter struct {
	k   kernel
	p   *pattern
	not bool
	e   *schema.Expr
}

func (c *compiler) filterOfLike(e *schema.Expr) filter {
	p := fixedPattern(e)
	if p == nil || e.Args[0].Type.Kind() != value.KindText {
		return nil
	}
	return &likeFilter{c.kernel(e.Args[0]), p, e.Not, e}
}

func (f *likeFilter) filter(m *machine, rows []int32, want bool, out, bad []int32) ([]int32, []int32) {
	c := f.k.eval(m, rows)
	hit := want != f.not
	seen := value.KindNull
	for _, r := range rows {
		k := c.Kind[r]
		seen |= k
		if k == value.KindText && f.p.match(c.Text[r]) == hit {
			out = append(out, r)
		}
	}
	if seen&value.KindBad != 0 {
		bad = m.spoiled(c, rows, f.e, bad)
	}
	return out, bad
}
