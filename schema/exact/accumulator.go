package exact

import (
	"math"
	"math/big"
	"math/bits"
)

const (
	words = 70
	// Unit is the exponent of an Accumulator's lowest bit: 2^-2148 is the
	// square of the smallest double.
	Unit = -2148
	// limit is the number of bits that a decoded value may have: as many as the
	// sum of 2^63 squares of the largest double, with room for adding such sums.
	limit = (words - 2) * 64
)

// Accumulator is an exact sum of doubles and of products of two: a fixed-point
// number in two's complement that holds 2^63 of the largest of them. The zero
// Accumulator is 0. It is a plain value; copying it copies the sum.
type Accumulator struct {
	w [words]uint64 // lowest first
}

// AccumulatorSize is the memory of an Accumulator in bytes.
const AccumulatorSize = words * 8

// Add adds x. It ignores x if it is not finite.
func (a *Accumulator) Add(x float64) {
	if !Finite(x) {
		return
	}
	m, e, neg := decompose(x)
	a.add(0, m, e-Unit, neg)
}

// AddTerms adds the exact value of t.
func (a *Accumulator) AddTerms(t *Terms) {
	for _, x := range t {
		if x != 0 {
			a.Add(x)
		}
	}
}

// AddProduct adds the exact product of x and y, whatever their size. It
// ignores it if x or y is not finite.
func (a *Accumulator) AddProduct(x, y float64) { a.addProduct(x, y, false) }

// SubProduct subtracts the exact product of x and y, as AddProduct adds it.
func (a *Accumulator) SubProduct(x, y float64) { a.addProduct(x, y, true) }

func (a *Accumulator) addProduct(x, y float64, sub bool) {
	if !Finite(x) || !Finite(y) {
		return
	}
	m, e, neg := decompose(x)
	n, f, neg2 := decompose(y)
	hi, lo := bits.Mul64(m, n)
	a.add(hi, lo, e+f-Unit, neg != neg2 != sub)
}

// AddAccumulator adds b.
func (a *Accumulator) AddAccumulator(b *Accumulator) {
	var c uint64
	for i := range a.w {
		a.w[i], c = bits.Add64(a.w[i], b.w[i], c)
	}
}

// add adds or subtracts the 128-bit integer hi, lo times 2^pos units.
func (a *Accumulator) add(hi, lo uint64, pos int, neg bool) {
	i, sh := pos>>6, uint(pos&63)
	w0, w1, w2 := lo<<sh, hi<<sh|lo>>(64-sh), hi>>(64-sh)
	if sh == 0 {
		w1, w2 = hi, 0
	}
	w := a.w[i:]
	var c uint64
	if neg {
		w[0], c = bits.Sub64(w[0], w0, 0)
		w[1], c = bits.Sub64(w[1], w1, c)
		w[2], c = bits.Sub64(w[2], w2, c)
		for j := 3; c != 0 && j < len(w); j++ {
			w[j], c = bits.Sub64(w[j], 0, c)
		}
		return
	}
	w[0], c = bits.Add64(w[0], w0, 0)
	w[1], c = bits.Add64(w[1], w1, c)
	w[2], c = bits.Add64(w[2], w2, c)
	for j := 3; c != 0 && j < len(w); j++ {
		w[j], c = bits.Add64(w[j], 0, c)
	}
}

// Sign returns -1, 0 or 1.
func (a *Accumulator) Sign() int {
	if a.w[words-1]>>63 != 0 {
		return -1
	}
	for _, w := range a.w {
		if w != 0 {
			return 1
		}
	}
	return 0
}

// abs returns the magnitude and whether a is negative.
func (a *Accumulator) abs() (m Accumulator, neg bool) {
	if a.w[words-1]>>63 == 0 {
		return *a, false
	}
	var c uint64
	for i, w := range a.w {
		m.w[i], c = bits.Sub64(0, w, c)
	}
	return m, true
}

// length returns the number of significant bits of a magnitude.
func (a *Accumulator) length() int {
	for i := words - 1; i >= 0; i-- {
		if a.w[i] != 0 {
			return i*64 + bits.Len64(a.w[i])
		}
	}
	return 0
}

// take returns the n <= 64 bits of a magnitude from position lo up.
func (a *Accumulator) take(lo, n int) uint64 {
	i, sh := lo>>6, uint(lo&63)
	v := a.w[i] >> sh
	if sh != 0 && i+1 < words {
		v |= a.w[i+1] << (64 - sh)
	}
	return v & (1<<uint(n) - 1)
}

// anyBelow reports whether a bit below position n is set.
func (a *Accumulator) anyBelow(n int) bool {
	for i := 0; i < n>>6; i++ {
		if a.w[i] != 0 {
			return true
		}
	}
	return n&63 != 0 && a.take(n&^63, n&63) != 0
}

// round returns the integer q of at most 53 bits (or 2^53) for which q times
// 2^lo units is nearest to a magnitude of n bits, ties to even.
func (a *Accumulator) round(n, lo int) (q uint64) {
	if n > lo {
		q = a.take(lo, n-lo)
	}
	if lo > 0 && n >= lo && a.take(lo-1, 1) == 1 && (q&1 == 1 || a.anyBelow(lo-1)) {
		q++
	}
	return q
}

// Float64 returns the double nearest to the value, ties to even, and an
// infinity if it is too large.
func (a *Accumulator) Float64() float64 {
	const subnormal = -1074 - Unit // the position of the lowest bit of a double
	m, neg := a.abs()
	n := m.length()
	lo := max(n-53, subnormal)
	x := math.Ldexp(float64(m.round(n, lo)), lo+Unit)
	if neg {
		return -x
	}
	return x
}

// Frexp returns f and exp so that f * 2^exp is the value rounded to 53 bits,
// whatever its size; |f| is in [1, 2], or 0.
func (a *Accumulator) Frexp() (f float64, exp int) {
	m, neg := a.abs()
	n := m.length()
	if n == 0 {
		return 0, 0
	}
	lo := max(n-53, 0)
	f = math.Ldexp(float64(m.round(n, lo)), lo-n+1)
	if neg {
		f = -f
	}
	return f, n - 1 + Unit
}

// Int returns the value as a number of units of 2^Unit.
func (a *Accumulator) Int() *big.Int {
	m, neg := a.abs()
	var b [words * 8]byte
	for i, w := range m.w {
		for j := range 8 {
			b[len(b)-1-i*8-j] = byte(w >> (8 * j))
		}
	}
	v := new(big.Int).SetBytes(b[:])
	if neg {
		v.Neg(v)
	}
	return v
}
