package eval

import (
	"math"

	"github.com/windrow/windrow/schema/value"
)

// maxMantissa is the greatest number that another digit can be put behind in
// 64 bits; SQLite stops reading digits there.
const maxMantissa = (math.MaxUint64 - 9) / 10

// numeral is what could be read of a text as a number.
type numeral struct {
	real  float64
	valid bool // all of the text is a number, spaces around it allowed
	some  bool // at least the front of it is one
	float bool // with a point or an exponent
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }
func isDigit(c byte) bool { return c-'0' <= 9 }

// upToNUL is what SQLite's functions see of a text.
func upToNUL(t []byte) []byte {
	for i, c := range t {
		if c == 0 {
			return t[:i]
		}
	}
	return t
}

// scanner walks over the bytes of a numeral.
type scanner struct {
	t []byte
	i int
}

// peek is the byte at the scanner, 0 at the end.
func (s *scanner) peek() byte {
	if s.i < len(s.t) {
		return s.t[s.i]
	}
	return 0
}

func (s *scanner) digit() bool { return isDigit(s.peek()) }

// sign skips a sign and reports whether it was a minus.
func (s *scanner) sign() bool {
	c := s.peek()
	if c == '-' || c == '+' {
		s.i++
	}
	return c == '-'
}

func (s *scanner) spaces() {
	for s.i < len(s.t) && isSpace(s.t[s.i]) {
		s.i++
	}
}

// parseReal reads a text as a REAL, or as much of its front as can be read.
func parseReal(t []byte) numeral {
	s := scanner{t: t}
	s.spaces()
	negative := s.sign()
	var n numeral
	mant, exp := s.mantissa(&n)
	if !n.some {
		return n
	}
	exp += s.exponent(&n)
	if mant != 0 {
		n.real = fromDecimal(mant, exp)
	}
	if negative {
		n.real = -n.real
	}
	s.spaces()
	n.valid = s.peek() == 0
	return n
}

// mantissa reads digits with or without a point: mant * 10^exp.
func (s *scanner) mantissa(n *numeral) (mant uint64, exp int) {
	for ; s.digit(); s.i++ {
		n.some = true
		if mant < maxMantissa {
			mant = mant*10 + uint64(s.peek()-'0')
		} else {
			exp++
		}
	}
	if s.peek() != '.' {
		return mant, exp
	}
	s.i++
	for ; s.digit(); s.i++ {
		n.some = true
		if mant < maxMantissa {
			mant, exp = mant*10+uint64(s.peek()-'0'), exp-1
		}
	}
	n.float = n.some
	return mant, exp
}

// exponent reads e, a sign and digits; without digits it reads nothing.
func (s *scanner) exponent(n *numeral) int {
	if c := s.peek(); c != 'e' && c != 'E' {
		return 0
	}
	start := s.i
	s.i++
	negative := s.sign()
	if !s.digit() {
		s.i = start
		return 0
	}
	n.float = true
	exp := 0
	for ; s.digit(); s.i++ {
		exp = min(exp*10+int(s.peek()-'0'), 10000)
	}
	if negative {
		return -exp
	}
	return exp
}

// how a text reads as an integer
type fit uint8

const (
	fits  fit = iota // all of it, spaces around it allowed
	front            // the front of it, or nothing of it
	over             // more than 64 bits: cut to the nearest integer
)

// parseInt reads a text as an integer, or as much of its front as can be read.
func parseInt(t []byte) (int64, fit) {
	s := scanner{t: t}
	s.spaces()
	negative := s.sign()
	start := s.i
	u, big := uint64(0), false
	for ; s.digit(); s.i++ {
		d := uint64(s.peek() - '0')
		big = big || u > (math.MaxUint64-d)/10
		u = u*10 + d
	}
	read := s.i > start
	s.spaces()
	f := fits
	if !read || s.i < len(s.t) {
		f = front
	}
	switch {
	case negative && (big || u > 1<<63):
		return math.MinInt64, over
	case negative:
		return -int64(u), f
	case big || u > math.MaxInt64:
		return math.MaxInt64, over
	}
	return int64(u), f
}

// realToInt cuts a REAL to an integer, at the ends of the range for what lies
// outside.
func realToInt(r float64) int64 {
	if r < -9223372036854774784.0 {
		return math.MinInt64
	}
	if r > 9223372036854774784.0 {
		return math.MaxInt64
	}
	return int64(r)
}

// asInt is the integer that SQLite takes a value for; NULL is 0.
func asInt(v cell) int64 {
	switch v.kind {
	case value.KindInt:
		return v.i
	case value.KindReal:
		return realToInt(v.r)
	case value.KindText:
		i, _ := parseInt(v.t)
		return i
	}
	return 0
}

// asReal is the REAL that SQLite takes a value for; NULL is 0.
func asReal(v cell) float64 {
	switch v.kind {
	case value.KindInt:
		return float64(v.i)
	case value.KindReal:
		return v.r
	case value.KindText:
		return parseReal(v.t).real
	}
	return 0
}

// arithmeticOf is the number that + sees in a value: text is read as far as it
// goes and becomes an integer if what was read looks like one.
func arithmeticOf(v cell) cell {
	if v.kind != value.KindText {
		return v
	}
	n := parseReal(v.t)
	if !n.float {
		i, f := parseInt(v.t)
		if f == fits || f == front && !n.valid {
			return integer(i)
		}
	}
	return cell{kind: value.KindReal, r: n.real}
}

// withNumericAffinity turns text that is a number into one and leaves the rest.
func withNumericAffinity(v cell) cell {
	if v.kind != value.KindText {
		return v
	}
	n := parseReal(v.t)
	if !n.valid {
		return v
	}
	if !n.float {
		if i, f := parseInt(upToNUL(v.t)); f == fits {
			return integer(i)
		}
	}
	return cell{kind: value.KindReal, r: n.real}
}

// truth says whether a value is true; known is false for NULL.
func truth(v cell) (is, known bool) {
	switch v.kind {
	case value.KindNull:
		return false, false
	case value.KindInt:
		return v.i != 0, true
	}
	return asReal(v) != 0, true
}
