package decode

import "encoding/binary"

// The functions of this file read the usual spellings straight out of the
// input. Where one returns end 0, or the byte at end does not end the value,
// the general functions decide; both give the same result.

// fastInteger reads the digits at b[i:], at most 18 of them, in JSON's spelling.
func fastInteger(b []byte, i int) (n int64, end int) {
	neg := i < len(b) && b[i] == '-'
	if neg {
		i++
	}
	from := i
	for i < len(b) && b[i]-'0' <= 9 {
		n = n*10 + int64(b[i]-'0')
		i++
	}
	if d := i - from; d == 0 || d > 18 || d > 1 && b[from] == '0' {
		return 0, 0
	}
	if neg {
		n = -n
	}
	return n, i
}

// Powers of ten that are doubles exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18}

// fastReal reads a number without exponent at b[i:]. Its digits, as an integer
// below 2^53, and the power of ten are doubles exactly, so that one division
// gives the nearest double.
func fastReal(b []byte, i int) (f float64, end int) {
	neg := i < len(b) && b[i] == '-'
	if neg {
		i++
	}
	from := i
	var m uint64
	for i < len(b) && b[i]-'0' <= 9 {
		m = m*10 + uint64(b[i]-'0')
		i++
	}
	digits := i - from
	if digits == 0 || digits > 1 && b[from] == '0' {
		return 0, 0
	}
	frac := 0
	if i < len(b) && b[i] == '.' {
		i++
		point := i
		for i < len(b) && b[i]-'0' <= 9 {
			m = m*10 + uint64(b[i]-'0')
			i++
		}
		if frac = i - point; frac == 0 {
			return 0, 0
		}
	}
	if digits+frac > 18 || m >= 1<<53 {
		return 0, 0
	}
	f = float64(m) / powers[frac]
	if neg {
		f = 0 - f // never -0
	}
	return f, i
}

func load(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }
