package decode

import (
	"encoding/binary"
	"math/bits"
)

// The functions of this file read the usual spellings straight out of the
// input. Where one returns end 0, or the byte at end does not end the value,
// the general functions decide; both give the same result.

// digits8 returns how many decimal digits w, eight characters, begins with.
func digits8(w uint64) int {
	t := w ^ zeros
	return bits.TrailingZeros64(((t+overNine)|t)&highs) >> 3
}

// number8 returns the number that the first n characters of w spell, n of them
// being digits, 1 to 8. It adds pairs, then fours, then all (a method of
// Johnny Lee's, described by Daniel Lemire).
func number8(w uint64, n int) uint64 {
	w = (w ^ zeros) << (-(8 * uint(n)) & 63) // zeros come first
	w = w*10 + w>>8
	return (w&0x000000ff000000ff*(100+1000000<<32) + w>>16&0x000000ff000000ff*(1+10000<<32)) >> 32
}

const (
	zeros    = '0' * ones
	overNine = (0x80 - 10) * ones // carries into the highest bit of what is above 9
)

// fastInteger reads the digits at b[i:], at most 18 of them, in JSON's spelling.
func fastInteger(b []byte, i int) (n int64, end int) {
	if i+8 <= len(b) {
		w := load(b, i)
		if d := digits8(w); d > 0 && d < 8 && (d == 1 || byte(w) != '0') {
			return int64(number8(w, d)), i + d
		}
	}
	return fastLongInteger(b, i)
}

// fastLongInteger is fastInteger for numbers with a sign or more than seven digits.
func fastLongInteger(b []byte, i int) (n int64, end int) {
	s := b[i:]
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
		i++
	}
	d := 0
	for d < len(s) && s[d]-'0' <= 9 {
		n = n*10 + int64(s[d]-'0')
		d++
	}
	if d == 0 || d > 18 || d > 1 && s[0] == '0' {
		return 0, 0
	}
	if neg {
		n = -n
	}
	return n, i + d
}

// Powers of ten that are doubles exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// fastReal reads a number without exponent at b[i:]. Its digits, as an integer
// below 2^53, and the power of ten are doubles exactly, so that one division
// gives the nearest double.
func fastReal(b []byte, i int) (f float64, end int) {
	if i+9 <= len(b) {
		w := load(b, i)
		if d := digits8(w); d > 0 && d < 7 && byte(w>>(8*uint(d))) == '.' && (d == 1 || byte(w) != '0') {
			low := uint64(1)<<(8*uint(d)) - 1
			v := w&low | w>>8&^low // without the point; the last byte is 0, no digit
			if n := digits8(v); n > d && (n < 7 || b[i+8]-'0' > 9) {
				return float64(number8(v, n)) / powers[n-d], i + n + 1
			}
		}
	}
	return fastLongReal(b, i)
}

// fastLongReal is fastReal for numbers with a sign, without a fraction, or
// with more than seven digits.
func fastLongReal(b []byte, i int) (f float64, end int) {
	s := b[i:]
	neg := len(s) > 0 && s[0] == '-'
	if neg {
		s = s[1:]
		i++
	}
	var m uint64
	n := 0
	for n < len(s) && s[n]-'0' <= 9 {
		m = m*10 + uint64(s[n]-'0')
		n++
	}
	if n == 0 || n > 1 && s[0] == '0' {
		return 0, 0
	}
	frac := 0
	if n < len(s) && s[n] == '.' {
		n++
		point := n
		for n < len(s) && s[n]-'0' <= 9 {
			m = m*10 + uint64(s[n]-'0')
			n++
		}
		if frac = n - point; frac == 0 {
			return 0, 0
		}
	}
	if n > 19 || m >= 1<<53 { // 18 digits and a point
		return 0, 0
	}
	f = float64(m)
	if frac > 0 {
		f /= powers[frac]
	}
	if neg {
		f = 0 - f // never -0
	}
	return f, i + n
}

func load(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }
