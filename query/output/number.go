package output

import (
	"bytes"
	"math"
	"strconv"
)

// appendReal appends the shortest decimals that read back to exactly f. There
// is always a point, an exponent or "Inf", so that it is seen to be a REAL.
func appendReal(b []byte, f float64) []byte {
	if b, ok := appendDecimal(b, f); ok {
		return b
	}
	switch {
	case math.IsInf(f, 1):
		return append(b, "Inf"...)
	case math.IsInf(f, -1):
		return append(b, "-Inf"...)
	}
	if a := math.Abs(f); a != 0 && (a < 1e-5 || a >= 1e16) {
		return strconv.AppendFloat(b, f, 'e', -1, 64)
	}
	n := len(b)
	b = strconv.AppendFloat(b, f, 'f', -1, 64)
	if bytes.IndexByte(b[n:], '.') < 0 {
		b = append(b, ".0"...)
	}
	return b
}

const million = 1_000_000

// appendDecimal is appendReal for what has at most six digits behind the point
// and nine before it; ok is false for what has not.
//
// Of decimals of up to 15 digits no two read as the same float64 (DBL_DIG of
// C's float.h). So one that reads back to f is the shortest that does, and the
// only one of its length. It reads back to f if dividing gives f: both numbers
// are exact, so that the quotient is rounded once, as a reader of the decimals
// rounds.
func appendDecimal(b []byte, f float64) (_ []byte, ok bool) {
	a := math.Abs(f)
	if !(a >= 1e-5 && a < 1e9) {
		return b, false
	}
	scaled := uint64(a*million + 0.5)
	if float64(scaled)/million != a {
		return b, false
	}
	if f < 0 {
		b = append(b, '-')
	}
	b = strconv.AppendUint(b, scaled/million, 10)
	return appendFraction(b, uint32(scaled%million)), true
}

// appendFraction appends a point and n of a million, without zeros at the end
// but for the first.
func appendFraction(b []byte, n uint32) []byte {
	hi, lo := n/1000, n%1000
	b = append(b, '.', byte('0'+hi/100), byte('0'+hi/10%10), byte('0'+hi%10), byte('0'+lo/100), byte('0'+lo/10%10), byte('0'+lo%10))
	end := len(b)
	for end > len(b)-5 && b[end-1] == '0' {
		end--
	}
	return b[:end]
}

const hexDigits = "0123456789abcdef"

func appendHex(b, blob []byte) []byte {
	for _, c := range blob {
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}
