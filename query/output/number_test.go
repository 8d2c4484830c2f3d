package output

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// realText is what appendReal must give, by strconv alone.
func realText(f float64) string {
	a := math.Abs(f)
	switch {
	case math.IsInf(f, 0):
		return strings.TrimPrefix(strconv.FormatFloat(f, 'f', -1, 64), "+")
	case a != 0 && (a < 1e-5 || a >= 1e16):
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") && !math.IsNaN(f) {
		s += ".0"
	}
	return s
}

var reals = []float64{
	0, math.Copysign(0, -1), 1, -1, 10, 0.1, 0.5, 1.5, 100, 0.3, 0.1 + 0.2, 1.0 / 3, 2.0 / 3, 12.345, 12.3456, 12.34567, 12.345678, 12.3456789,
	1e-5, 1.5e-5, 9.9e-6, 0.000001, 1e-4, 999999999, 999999999.999999, 999999999.9999999, 1e9, 1e9 + 0.5, 123456789.123456, 1e15, 1e16, 1e22, 1e300,
	math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64, math.Pi, 4503599627.370496, 0.0000105, 0.00001049999,
}

// FuzzReal holds appendReal against strconv: for the number, its neighbours,
// and decimals that are made of its bits.
func FuzzReal(f *testing.F) {
	for _, v := range reals {
		f.Add(math.Float64bits(v))
	}
	f.Fuzz(func(t *testing.T, bits uint64) {
		v := math.Float64frombits(bits)
		for _, v := range []float64{
			v, math.Nextafter(v, 0), math.Nextafter(v, math.Inf(1)), float64(bits%1e9) / 1e3, float64(bits%1e15) / 1e6, float64(bits%1e15) * 1e-6,
			float64(bits%1e16) / 1e7, float64(int64(bits)%1e12) / 1e4, float64(bits % 1e10), float64(bits%1000) / float64(1+bits>>10%100),
		} {
			if math.IsNaN(v) {
				continue
			}
			if got, want := string(appendReal(nil, v)), realText(v); got != want {
				t.Fatalf("%x: %s, want %s", math.Float64bits(v), got, want)
			}
		}
	})
}
