package output

import (
	"bytes"
	"math"
	"strconv"
)

// appendReal appends the shortest decimals that read back to exactly f. There
// is always a point, an exponent or "Inf", so that it is seen to be a REAL.
func appendReal(b []byte, f float64) []byte {
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

const hexDigits = "0123456789abcdef"

func appendHex(b, blob []byte) []byte {
	for _, c := range blob {
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}
