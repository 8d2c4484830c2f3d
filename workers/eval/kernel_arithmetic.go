package eval

import (
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// number is what the slots of numeric columns hold.
type number interface{ int64 | float64 }

func isInt(t value.Type) bool { return t == value.Integer || t == value.Boolean }

// kernelOfNeg computes -x as 0 - x.
func (c *compiler) kernelOfNeg(e *schema.Expr) kernel {
	if !e.Args[0].Type.Numeric() {
		return c.rowByRow(e)
	}
	z := &schema.Expr{Op: schema.OpLiteral, Type: value.Integer, Lit: value.Int64(0)}
	return c.kernelOfArithmetic(&schema.Expr{Op: schema.OpSub, Type: e.Type, Args: []*schema.Expr{z, e.Args[0]}, Pos: e.Pos, End: e.End})
}

func (c *compiler) kernelOfArithmetic(e *schema.Expr) kernel {
	a, b := e.Args[0], e.Args[1]
	binary := func() binaryKernel {
		return binaryKernel{op: e.Op, a: c.kernel(a), b: c.kernel(b), e: e, out: value.Column{Type: e.Type}}
	}
	switch {
	case isInt(a.Type) && isInt(b.Type) && e.Type == value.Integer:
		return &integerKernel{binary()}
	case a.Type.Numeric() && b.Type.Numeric() && e.Type == value.Real && e.Op != schema.OpMod:
		return &realKernel{binary(), isInt(a.Type), isInt(b.Type)}
	case e.Type == value.Timestamp:
		return &timeKernel{binary()}
	case a.Type == value.Timestamp && b.Type == value.Timestamp && e.Op == schema.OpSub:
		return &durationKernel{binary()}
	}
	return c.rowByRow(e)
}

type binaryKernel struct {
	op   schema.Op
	a, b kernel
	e    *schema.Expr
	out  value.Column
}

// operands computes both sides and makes room for the result.
func (k *binaryKernel) operands(m *machine, rows []int32) (a, b *value.Column) {
	a, b = k.a.eval(m, rows), k.b.eval(m, rows)
	k.out.Resize(m.n)
	return a, b
}

// strict is the kind of a result whose operands are not both values.
func strict(a, b value.Kind) value.Kind {
	if a == value.KindBad || b == value.KindBad {
		return value.KindBad
	}
	return value.KindNull
}

// spoil records the rows whose operands are KindBad.
func (k *binaryKernel) spoil(m *machine, rows []int32) {
	for _, r := range rows {
		if k.out.Kind[r] == value.KindBad {
			m.bad(r, unusable, k.e)
		}
	}
}

// integerKernel computes + - * / % of integers.
type integerKernel struct{ binaryKernel }

func (k *integerKernel) eval(m *machine, rows []int32) *value.Column {
	a, b := k.operands(m, rows)
	kinds, out := k.out.Kind, k.out.Int
	seen := value.KindNull
	for _, r := range rows {
		ka, kb := a.Kind[r], b.Kind[r]
		if ka != value.KindInt || kb != value.KindInt {
			kinds[r] = strict(ka, kb)
			seen |= kinds[r]
			continue
		}
		var ok bool
		switch k.op {
		case schema.OpAdd:
			out[r], ok = add(a.Int[r], b.Int[r])
		case schema.OpSub:
			out[r], ok = subtract(a.Int[r], b.Int[r])
		case schema.OpMul:
			out[r], ok = multiply(a.Int[r], b.Int[r])
		default:
			out[r], kinds[r] = divide(k.op, a.Int[r], b.Int[r])
			if kinds[r] == value.KindBad {
				m.bad(r, overflow, k.e)
			}
			continue
		}
		kinds[r] = value.KindInt
		if !ok {
			kinds[r] = value.KindBad
			m.bad(r, overflow, k.e)
		}
	}
	if seen == value.KindBad {
		k.spoil(m, rows)
	}
	return &k.out
}

// realKernel computes + - * / where at least one side is REAL.
type realKernel struct {
	binaryKernel
	aInt, bInt bool
}

func (k *realKernel) eval(m *machine, rows []int32) *value.Column {
	a, b := k.operands(m, rows)
	var seen value.Kind
	switch {
	case k.aInt && k.bInt:
		seen = reals(k, rows, a, b, a.Int, b.Int)
	case k.aInt:
		seen = reals(k, rows, a, b, a.Int, b.Real)
	case k.bInt:
		seen = reals(k, rows, a, b, a.Real, b.Int)
	default:
		seen = reals(k, rows, a, b, a.Real, b.Real)
	}
	if seen == value.KindBad {
		k.spoil(m, rows)
	}
	return &k.out
}

// reals computes the rows and returns KindBad if one of them is.
func reals[A, B number](k *realKernel, rows []int32, ca, cb *value.Column, a []A, b []B) value.Kind {
	kinds, out, seen := k.out.Kind, k.out.Real, value.KindNull
	ka, kb := kindOf[A](), kindOf[B]()
	for _, r := range rows {
		if ca.Kind[r] != ka || cb.Kind[r] != kb {
			kinds[r] = strict(ca.Kind[r], cb.Kind[r])
			seen |= kinds[r]
			continue
		}
		x, y := float64(a[r]), float64(b[r])
		switch k.op {
		case schema.OpAdd:
			x += y
		case schema.OpSub:
			x -= y
		case schema.OpMul:
			x *= y
		default:
			if y == 0 {
				kinds[r] = value.KindNull
				continue
			}
			x /= y
		}
		out[r], kinds[r] = x, value.KindReal
		if x != x {
			kinds[r] = value.KindNull
		}
	}
	return seen
}

func kindOf[T number]() value.Kind {
	var z T
	if _, ok := any(z).(int64); ok {
		return value.KindInt
	}
	return value.KindReal
}

// timeKernel computes a time plus or minus an interval.
type timeKernel struct{ binaryKernel }

func (k *timeKernel) eval(m *machine, rows []int32) *value.Column {
	a, b := k.operands(m, rows)
	minus := k.op == schema.OpSub
	for _, r := range rows {
		k.out.Kind[r] = value.KindInt
		if a.Kind[r] != value.KindInt || b.Kind[r] != value.KindInt {
			if k.out.Kind[r] = strict(a.Kind[r], b.Kind[r]); k.out.Kind[r] == value.KindBad {
				m.bad(r, unusable, k.e)
			}
			continue
		}
		d := b.Int[r]
		if minus {
			d = -d
		}
		t, ok := addTime(a.Int[r], d)
		k.out.Int[r] = t
		if !ok {
			k.out.Kind[r] = m.bad(r, outside, k.e).kind
		}
	}
	return &k.out
}

// durationKernel computes the seconds between two times.
type durationKernel struct{ binaryKernel }

func (k *durationKernel) eval(m *machine, rows []int32) *value.Column {
	a, b := k.operands(m, rows)
	for _, r := range rows {
		if a.Kind[r] == value.KindInt && b.Kind[r] == value.KindInt {
			k.out.Kind[r], k.out.Real[r] = value.KindReal, seconds(a.Int[r], b.Int[r])
			continue
		}
		if k.out.Kind[r] = strict(a.Kind[r], b.Kind[r]); k.out.Kind[r] == value.KindBad {
			m.bad(r, unusable, k.e)
		}
	}
	return &k.out
}
