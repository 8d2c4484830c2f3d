package eval

import (
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// kernel computes an expression for the rows of a batch. The column it returns
// is its own, or one of the batch, and meaningful at rows.
type kernel interface {
	eval(m *machine, rows []int32) *value.Column
}

// kernel compiles an expression to loops over columns as far as its types
// allow.
func (c *compiler) kernel(e *schema.Expr) kernel {
	if e.Op == schema.OpColumn {
		return columnKernel(e.Col)
	}
	if c.plainOnly {
		return c.rowByRow(e)
	}
	switch e.Op {
	case schema.OpLiteral:
		if e.Type != value.Null {
			return &constantKernel{v: literal(e.Lit), out: value.Column{Type: e.Type}}
		}
	case schema.OpNeg:
		return c.kernelOfNeg(e)
	case schema.OpAdd, schema.OpSub, schema.OpMul, schema.OpDiv, schema.OpMod:
		return c.kernelOfArithmetic(e)
	case schema.OpCase:
		return c.kernelOfCase(e)
	}
	if f := c.fast(e); f != nil {
		return &truthKernel{f: f, out: value.Column{Type: value.Boolean}}
	}
	return c.rowByRow(e)
}

// columnKernel is the index of a column.
type columnKernel int

func (k columnKernel) eval(m *machine, _ []int32) *value.Column { return &m.cols[k] }

// constantKernel fills a column with a literal; the next batches find it there.
type constantKernel struct {
	v   cell
	out value.Column
}

func (k *constantKernel) eval(m *machine, _ []int32) *value.Column {
	if have := len(k.out.Kind); have < m.n {
		k.out.Resize(m.n)
		for i := range m.n {
			store(&k.out, int32(i), k.v, m.n)
		}
	}
	return &k.out
}

// rowKernel computes row by row.
type rowKernel struct {
	x   scalar
	e   *schema.Expr
	out value.Column
}

func (c *compiler) rowByRow(e *schema.Expr) kernel {
	return &rowKernel{x: c.scalar(e), e: e, out: value.Column{Type: e.Type}}
}

func (k *rowKernel) eval(m *machine, rows []int32) *value.Column {
	k.out.Resize(m.n)
	want := k.out.Type.Kind()
	for _, r := range rows {
		v := k.x(m, r)
		if v.kind == value.KindInt && want == value.KindReal {
			v = cell{kind: want, r: float64(v.i)}
		}
		if v.kind != want && want != value.KindNull && v.kind != value.KindNull && v.kind != value.KindBad {
			v = m.bad(r, "a value that is no "+k.out.Type.String(), k.e)
		}
		store(&k.out, r, v, m.n)
	}
	return &k.out
}

// truthKernel makes 1, 0 or NULL of a filter.
type truthKernel struct {
	f   filter
	out value.Column
}

func (k *truthKernel) eval(m *machine, rows []int32) *value.Column {
	k.out.Resize(m.n)
	yes, rest, no, bad := m.rows(), m.rows(), m.rows(), m.rows()
	yes, bad = k.f.filter(m, rows, true, yes, bad)
	rest = without(rows, yes, bad, rest)
	no, bad = k.f.filter(m, rest, false, no, bad)
	for _, r := range rest {
		k.out.Kind[r] = value.KindNull
	}
	k.set(yes, 1)
	k.set(no, 0)
	for _, r := range bad {
		k.out.Kind[r] = value.KindBad
	}
	m.giveBack(yes, rest, no, bad)
	return &k.out
}

func (k *truthKernel) set(rows []int32, v int64) {
	for _, r := range rows {
		k.out.Kind[r], k.out.Int[r] = value.KindInt, v
	}
}

// without appends to out the rows that are neither in a nor in bad. rows and a
// are ascending; bad is sorted here.
func without(rows, a, bad, out []int32) []int32 {
	if len(bad) > 0 {
		sortRows(bad)
	}
	for _, r := range rows {
		switch {
		case len(a) > 0 && a[0] == r:
			a = a[1:]
		case len(bad) > 0 && bad[0] == r:
			bad = bad[1:]
		default:
			out = append(out, r)
		}
	}
	return out
}

// union appends the rows of a and b, which have none in common, in order.
func union(a, b, out []int32) []int32 {
	for len(a) > 0 && len(b) > 0 {
		if a[0] < b[0] {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
