package eval

import (
	"math"

	"github.com/windrow/windrow/schema/value"
)

// abs is an integer of an integer and else a REAL. It is not ok for the one
// integer that has no positive twin.
func abs(_ *machine, a []cell) (cell, bool) {
	v := a[0]
	if v.kind == value.KindInt {
		if v.i == math.MinInt64 {
			return null, false
		}
		return integer(max(v.i, -v.i)), true
	}
	r := asReal(v)
	if r < 0 {
		r = -r
	}
	return real(r), true
}

// sign is NULL for text that is no number.
func sign(_ *machine, a []cell) (cell, bool) {
	v := withNumericAffinity(a[0])
	if v.kind == value.KindText {
		return null, true
	}
	r := asReal(v)
	return integer(int64(b2i(r > 0) - b2i(r < 0))), true
}

func ceil(_ *machine, a []cell) (cell, bool)  { return toWhole(a[0], math.Ceil) }
func floor(_ *machine, a []cell) (cell, bool) { return toWhole(a[0], math.Floor) }

func toWhole(v cell, f func(float64) float64) (cell, bool) {
	v = withNumericAffinity(v)
	switch v.kind {
	case value.KindText:
		return null, true
	case value.KindReal:
		return real(f(v.r)), true
	}
	return v, true
}

// round rounds half away from zero to a[1] digits after the point, 0 without
// it; it goes by the decimal digits that SQLite sees in the number.
func round(_ *machine, a []cell) (cell, bool) {
	places := int64(0)
	if len(a) > 1 {
		places = min(max(asInt(a[1]), 0), 30)
	}
	r := asReal(a[0])
	switch {
	case r < -4503599627370496.0 || r > 4503599627370496.0:
	case places == 0 && r < 0:
		r = float64(int64(r - 0.5))
	case places == 0:
		r = float64(int64(r + 0.5))
	default:
		var d digits
		var buf [64]byte
		d.decode(r, int(-places), 20)
		r = parseReal(d.appendFixed(buf[:0], int(places))).real
	}
	return real(r), true
}

// least and greatest are min and max of several; the arguments are not NULL.
func least(_ *machine, a []cell) (cell, bool)    { return best(a, -1), true }
func greatest(_ *machine, a []cell) (cell, bool) { return best(a, 1), true }

// best is the first of the greatest (dir 1), the last of the smallest (dir -1).
func best(a []cell, dir int) cell {
	b := a[0]
	for _, v := range a[1:] {
		c := compareCells(v, b)
		if c*dir > 0 || c == 0 && dir < 0 {
			b = v
		}
	}
	return b
}

// nullIf is a[0] unless both are equal; either may be NULL.
func nullIf(_ *machine, a []cell) (cell, bool) {
	if compareCells(a[0], a[1]) == 0 {
		return null, true
	}
	return a[0], true
}
