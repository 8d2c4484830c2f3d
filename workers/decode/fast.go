package decode

import "encoding/binary"

// The functions of this file read the usual spellings straight out of the
// input. Where one returns end 0, or the byte at end does not end the value,
// the general functions decide; both give the same result.

// fastInteger reads the digits at b[i:], at most 18 of them, in JSON's spelling.
func fastInteger(b []byte, i int) (n int64, end int) {
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
