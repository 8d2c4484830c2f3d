package eval

import (
	"fmt"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// scalar computes an expression for one row, with all of SQLite's dynamic
// typing. It is the reference for the kernels and serves what they do not.
type scalar func(m *machine, row int32) cell

// compiler turns expressions into scalars, kernels and filters.
type compiler struct {
	err error
	// plainOnly keeps everything in scalars, so that tests can compare.
	plainOnly bool
}

// check refuses what could never be computed.
func check(e *schema.Expr) (err error) {
	e.Walk(func(e *schema.Expr) bool {
		if err == nil {
			err = checkOne(e)
		}
		return err == nil
	})
	return err
}

func checkOne(e *schema.Expr) error {
	switch e.Op {
	case schema.OpCall:
		if e.Func == nil {
			return fmt.Errorf("cannot compile a call without a function")
		}
		_, ok := implementations()[e.Func.Name]
		if !ok {
			return fmt.Errorf("cannot compile %s(): no such function", e.Func.Name)
		}
		if n := len(e.Args); n < e.Func.MinArgs || e.Func.MaxArgs >= 0 && n > e.Func.MaxArgs {
			return fmt.Errorf("cannot compile %s() with %d arguments", e.Func.Name, n)
		}
		if e.Func.Name == "json_extract" {
			return checkPath(e)
		}
		return nil
	case schema.OpArrow, schema.OpArrow2:
		return checkPath(e)
	case schema.OpLike:
		return checkEscape(e)
	}
	if e.Op > schema.OpCall {
		return fmt.Errorf("cannot compile operation %d: not known", e.Op)
	}
	return nil
}

func checkPath(e *schema.Expr) error {
	if _, _, err := literalPath(e); err != nil {
		return fmt.Errorf("%w %q: write it like '$.a.b[0]'", err, e.Args[1].Lit.Text)
	}
	return nil
}

func checkEscape(e *schema.Expr) error {
	if len(e.Args) < 3 || e.Args[2].Op != schema.OpLiteral || e.Args[2].Lit.Kind == value.KindNull {
		return nil
	}
	if _, ok := (&machine{}).escapeOf(literal(e.Args[2].Lit)); !ok {
		return fmt.Errorf("ESCAPE must be one character, not %q", e.Args[2].Lit.Text)
	}
	return nil
}

// scalar compiles an expression; a Timestamp is its microseconds.
func (c *compiler) scalar(e *schema.Expr) scalar {
	switch e.Op {
	case schema.OpLiteral:
		v := literal(e.Lit)
		return func(*machine, int32) cell { return v }
	case schema.OpColumn:
		return columnOf(e)
	case schema.OpNeg, schema.OpBitNot:
		return c.unaryOf(e)
	case schema.OpAdd, schema.OpSub, schema.OpMul, schema.OpDiv, schema.OpMod:
		return c.arithmeticOf(e)
	case schema.OpConcat:
		return c.concatOf(e)
	case schema.OpBitAnd, schema.OpBitOr, schema.OpShiftLeft, schema.OpShiftRight:
		return c.bitwiseOf(e)
	case schema.OpEq, schema.OpNe, schema.OpLt, schema.OpLe, schema.OpGt, schema.OpGe:
		return c.compareOf(e.Args[0], e.Args[1], orders[e.Op])
	case schema.OpIs:
		return c.isOf(e)
	case schema.OpIsTrue, schema.OpIsFalse:
		return c.isTruthOf(e)
	case schema.OpAnd, schema.OpOr, schema.OpBetween, schema.OpNot:
		return c.truthOf(e)
	case schema.OpIn:
		return c.inOf(e)
	case schema.OpLike, schema.OpGlob:
		return c.likeOf(e)
	case schema.OpCase:
		return c.caseOf(e)
	case schema.OpCast:
		return c.castOf(e)
	case schema.OpArrow, schema.OpArrow2:
		return c.extract(e)
	default:
		return c.callOf(e)
	}
}

// plain compiles an expression with a Timestamp as text.
func (c *compiler) plain(e *schema.Expr) scalar {
	x := c.scalar(e)
	if e.Type != value.Timestamp {
		return x
	}
	return func(m *machine, row int32) cell {
		v := x(m, row)
		if v.kind != value.KindInt {
			return v
		}
		return text(value.Time(v.i).Append(m.arena.take(32), -1))
	}
}

// pair compiles two expressions that meet: both as times, or both plain.
func (c *compiler) pair(a, b *schema.Expr) (x, y scalar) {
	if isTime(a) && isTime(b) {
		return c.scalar(a), c.scalar(b)
	}
	return c.plain(a), c.plain(b)
}

// isTime reports whether an expression is a Timestamp, or always NULL.
func isTime(e *schema.Expr) bool { return e.Type == value.Timestamp || e.Type == value.Null }

// columnOf reads a column. A cell that did not convert makes the row
// unusable, with the expression as the place.
func columnOf(e *schema.Expr) scalar {
	col := e.Col
	return func(m *machine, row int32) cell {
		v := load(&m.cols[col], row)
		if v.kind == value.KindBad {
			return m.bad(row, unusable, e)
		}
		return v
	}
}

const unusable = "a value that does not convert"

func (c *compiler) unaryOf(e *schema.Expr) scalar {
	x := c.plain(e.Args[0])
	f := negate
	if e.Op == schema.OpBitNot {
		f = func(v cell) (cell, bool) { return integer(^asInt(v)), true }
	}
	return func(m *machine, row int32) cell {
		v := x(m, row)
		if v.kind == value.KindNull || v.kind == value.KindBad {
			return v
		}
		r, ok := f(v)
		if !ok {
			return m.bad(row, overflow, e)
		}
		return r
	}
}

// negate is 0 - v, as SQLite computes it.
func negate(v cell) (cell, bool) { return arithmetic(schema.OpSub, zero, v) }

func (c *compiler) arithmeticOf(e *schema.Expr) scalar {
	a, b := e.Args[0], e.Args[1]
	switch {
	case e.Type == value.Timestamp:
		return c.timeArithmeticOf(e)
	case a.Type == value.Timestamp && b.Type == value.Timestamp && e.Op == schema.OpSub:
		return c.durationOf(a, b)
	}
	x, y := c.plain(a), c.plain(b)
	return func(m *machine, row int32) cell {
		v, w := x(m, row), y(m, row)
		if r, ok := either(v, w); !ok {
			return r
		}
		r, ok := arithmetic(e.Op, v, w)
		if !ok {
			return m.bad(row, overflow, e)
		}
		return r
	}
}

const outside = "a time outside of the years 1 to 9999"

// timeArithmeticOf compiles a time plus or minus an interval.
func (c *compiler) timeArithmeticOf(e *schema.Expr) scalar {
	x, y := c.scalar(e.Args[0]), c.scalar(e.Args[1])
	minus := e.Op == schema.OpSub
	return func(m *machine, row int32) cell {
		v, w := x(m, row), y(m, row)
		if r, ok := either(v, w); !ok {
			return r
		}
		d := w.i
		if minus {
			d = -d
		}
		t, ok := addTime(v.i, d)
		if !ok {
			return m.bad(row, outside, e)
		}
		return integer(t)
	}
}

// durationOf compiles the seconds between two times.
func (c *compiler) durationOf(a, b *schema.Expr) scalar {
	x, y := c.scalar(a), c.scalar(b)
	return func(m *machine, row int32) cell {
		v, w := x(m, row), y(m, row)
		if r, ok := either(v, w); !ok {
			return r
		}
		return cell{kind: value.KindReal, r: seconds(v.i, w.i)}
	}
}

func seconds(a, b int64) float64 { return float64(a-b) / float64(value.Second) }

func (c *compiler) bitwiseOf(e *schema.Expr) scalar {
	x, y := c.plain(e.Args[0]), c.plain(e.Args[1])
	return func(m *machine, row int32) cell {
		v, w := x(m, row), y(m, row)
		if r, ok := either(v, w); !ok {
			return r
		}
		return integer(bitwise(e.Op, asInt(v), asInt(w)))
	}
}

func (c *compiler) concatOf(e *schema.Expr) scalar {
	x, y := c.plain(e.Args[0]), c.plain(e.Args[1])
	return func(m *machine, row int32) cell {
		v, w := x(m, row), y(m, row)
		if r, ok := either(v, w); !ok {
			return r
		}
		a, b := m.text(v), m.text(w)
		if len(a)+len(b) > maxText {
			return m.bad(row, tooLong, e)
		}
		return text(append(append(m.arena.take(len(a)+len(b)), a...), b...))
	}
}
