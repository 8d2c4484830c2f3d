package eval

import (
	"math"
	"math/bits"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

const overflow = "integer overflow"

// arithmetic computes + - * / % of two numbers. ok is false on overflow.
func arithmetic(op schema.Op, a, b cell) (c cell, ok bool) {
	x, y := arithmeticOf(a), arithmeticOf(b)
	if x.kind == value.KindInt && y.kind == value.KindInt {
		i, k := integerArithmetic(op, x.i, y.i)
		return cell{kind: k, i: i}, k != value.KindBad
	}
	if op == schema.OpMod {
		i, k := integerArithmetic(op, asInt(a), asInt(b))
		if k != value.KindInt {
			return null, true
		}
		return real(float64(i)), true
	}
	return realArithmetic(op, asReal(x), asReal(y)), true
}

// integerArithmetic gives the result and its kind: KindBad on overflow, NULL
// where the divisor is 0.
func integerArithmetic(op schema.Op, a, b int64) (int64, value.Kind) {
	var c int64
	ok := true
	switch op {
	case schema.OpAdd:
		c, ok = add(a, b)
	case schema.OpSub:
		c, ok = subtract(a, b)
	case schema.OpMul:
		c, ok = multiply(a, b)
	case schema.OpDiv, schema.OpMod:
		return divide(op, a, b)
	}
	if !ok {
		return 0, value.KindBad
	}
	return c, value.KindInt
}

func divide(op schema.Op, a, b int64) (int64, value.Kind) {
	switch {
	case b == 0:
		return 0, value.KindNull
	case b == -1 && op == schema.OpMod:
		return 0, value.KindInt
	case b == -1 && a == math.MinInt64:
		return 0, value.KindBad
	case op == schema.OpMod:
		return a % b, value.KindInt
	}
	return a / b, value.KindInt
}

func add(a, b int64) (int64, bool) {
	c := a + b
	return c, (a^c)&(b^c) >= 0
}

func subtract(a, b int64) (int64, bool) {
	c := a - b
	return c, (a^b)&(a^c) >= 0
}

func multiply(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// the high half of the signed product
	h := int64(hi) - a>>63&b - b>>63&a
	return int64(lo), h == int64(lo)>>63
}

func realArithmetic(op schema.Op, a, b float64) cell {
	switch op {
	case schema.OpAdd:
		return real(a + b)
	case schema.OpSub:
		return real(a - b)
	case schema.OpMul:
		return real(a * b)
	}
	if b == 0 {
		return null
	}
	return real(a / b)
}

// bitwise computes & | << >> of integers.
func bitwise(op schema.Op, a, b int64) int64 {
	switch op {
	case schema.OpBitAnd:
		return a & b
	case schema.OpBitOr:
		return a | b
	case schema.OpShiftRight:
		return shiftRight(a, b)
	}
	return shiftLeft(a, b)
}

// Shifts by a negative count go the other way, and any count is allowed.

func shiftLeft(a, b int64) int64 {
	if b < 0 {
		return a >> -uint64(b)
	}
	return a << uint64(b)
}

func shiftRight(a, b int64) int64 {
	if b < 0 {
		return a << -uint64(b)
	}
	return a >> uint64(b)
}

// addTime adds microseconds to a time; ok is false outside of the years 1 to
// 9999.
func addTime(t, d int64) (int64, bool) {
	c, ok := add(t, d)
	return c, ok && value.Time(c).Valid()
}
