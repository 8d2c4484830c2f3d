// Package exact adds doubles without losing a bit.
//
// A sum is kept in Terms, three doubles that together are its exact value, as
// long as they suffice; beyond that in an Accumulator, a fixed-point number
// wide enough for every double and every product of two. Neither depends on
// the order of additions. Infinities and NaN have no place here: Terms refuse
// them and an Accumulator ignores them.
package exact

import "math"

// TwoSum returns the rounded sum of a and b and its error: s+e is exactly a+b.
// Where the sum overflows, or a or b is not finite, e is NaN.
func TwoSum(a, b float64) (s, e float64) {
	s = a + b
	t := s - a
	return s, (a - (s - t)) + (b - t)
}

// TwoProduct returns the rounded product of a and b and its error: p+e is
// exactly a*b, if both and their product lie well inside the range of doubles
// (see Squarable).
func TwoProduct(a, b float64) (p, e float64) {
	p = float64(a * b)
	return p, math.FMA(a, b, -p)
}

// Squarable reports whether TwoProduct(x, x) is exact and finite.
func Squarable(x float64) bool {
	const lo, hi = 1023 - 480, 1023 + 500
	return math.Float64bits(x)>>52&0x7ff-lo < hi-lo
}

// Finite reports whether x is neither infinite nor NaN.
func Finite(x float64) bool { return x-x == 0 }

// decompose returns the integer m, the exponent e and the sign with which x is
// m * 2^e; e is at least -1074. x is finite.
func decompose(x float64) (m uint64, e int, neg bool) {
	b := math.Float64bits(x)
	m, e = b&(1<<52-1), int(b>>52&0x7ff)
	if e == 0 {
		e = 1
	} else {
		m |= 1 << 52
	}
	return m, e - 1075, b>>63 != 0
}
