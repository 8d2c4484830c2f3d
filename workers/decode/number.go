package decode

import (
	"bytes"
	"math"
	"strconv"
	"unsafe"
)

// decimal is a number as it is written: ±mant × 10^exp, a little more (away
// from zero) if sticky. digits is the number of digits of mant, at most 19;
// sticky only with 19.
type decimal struct {
	mant   uint64
	exp    int
	digits int
	neg    bool
	sticky bool
}

// maxExp bounds exponents; beyond it every number is zero or out of range.
const maxExp = 1 << 30

// parseDecimal reads a number as people and programs write it: a sign, digits
// with or without a point, an exponent. No spaces, no names, no hexadecimal.
func parseDecimal(b []byte) (d decimal, ok bool) {
	i := 0
	if i < len(b) && (b[i] == '-' || b[i] == '+') {
		d.neg = b[i] == '-'
		i++
	}
	from, point := i, -1
	for ; i < len(b); i++ {
		if b[i] == '.' && point < 0 {
			point = i
			continue
		}
		if b[i]-'0' > 9 {
			break
		}
		d.add(b[i]-'0', point >= 0)
	}
	if n := i - from; n == 0 || n == 1 && point >= 0 {
		return d, false
	}
	if i == len(b) {
		return d, true
	}
	e, ok := parseExponent(b[i:])
	d.exp += e
	return d, ok
}

func (d *decimal) add(digit byte, fraction bool) {
	switch {
	case d.digits < 19:
		d.mant = d.mant*10 + uint64(digit)
		if d.mant > 0 {
			d.digits++
		}
		if fraction {
			d.exp--
		}
	default:
		d.sticky = d.sticky || digit != 0
		if !fraction {
			d.exp++
		}
	}
}

// parseExponent reads e5, E+5 or e-5.
func parseExponent(b []byte) (int, bool) {
	if b[0]|0x20 != 'e' {
		return 0, false
	}
	b = b[1:]
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	e := 0
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		e = min(e*10+int(c-'0'), maxExp)
	}
	if neg {
		e = -e
	}
	return e, len(b) > 0
}

// shift returns floor(|d| × 10^by) and whether a fraction was cut off; ok is
// false if it does not fit.
func (d decimal) shift(by int) (n uint64, rest, ok bool) {
	n, rest = d.mant, d.sticky
	e := d.exp + by
	for ; e > 0 && n > 0; e-- {
		if n > math.MaxUint64/10 || rest {
			return 0, false, false
		}
		n *= 10
	}
	for ; e < 0 && n > 0; e++ {
		rest = rest || n%10 != 0
		n /= 10
	}
	return n, rest, true
}

// integer converts d without loss.
func (d decimal) integer() (int64, verdict) {
	n, rest, ok := d.shift(0)
	switch {
	case ok && rest:
		return 0, wrong
	case !ok || n > 1<<63 || n == 1<<63 && !d.neg:
		return 0, outOfRange
	case d.neg:
		return -int64(n), fine
	}
	return int64(n), fine
}

// parseInteger reads an integer, also one written as 200.0 or 2e2.
func parseInteger(b []byte) (int64, verdict) {
	d, ok := parseDecimal(b)
	if !ok {
		return 0, wrong
	}
	return d.integer()
}

// parseReal reads a number, rounded to the nearest double.
func parseReal(b []byte) (float64, verdict) {
	if _, ok := parseDecimal(b); !ok {
		return 0, wrong
	}
	// ParseFloat keeps its argument only in errors, which are dropped here.
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), 64)
	if err != nil {
		return 0, outOfRange
	}
	return f + 0, fine // -0 + 0 is 0
}

var booleans = []struct {
	text  string
	value int64
}{{"true", 1}, {"false", 0}, {"t", 1}, {"f", 0}, {"yes", 1}, {"no", 0}}

// parseBoolean reads a truth value: 0, 1, true, false, t, f, yes or no.
func parseBoolean(b []byte) (int64, verdict) {
	for _, w := range booleans {
		if bytes.EqualFold(b, []byte(w.text)) {
			return w.value, fine
		}
	}
	if n, v := parseInteger(b); v == fine && uint64(n) <= 1 {
		return n, fine
	}
	return 0, wrong
}

// validNumber reports whether b is a number in JSON's spelling.
func validNumber(b []byte) bool {
	if _, ok := parseDecimal(b); !ok || b[0] == '+' {
		return false
	}
	if b[0] == '-' {
		b = b[1:]
	}
	if b[0] == '.' || b[0] == '0' && len(b) > 1 && b[1]-'0' <= 9 {
		return false
	}
	p := bytes.IndexByte(b, '.')
	return p < 0 || p+1 < len(b) && b[p+1]-'0' <= 9
}

// integerDecimal is n as a decimal.
func integerDecimal(n int64) decimal {
	d := decimal{mant: uint64(n)}
	if n < 0 {
		d.mant, d.neg = -d.mant, true
	}
	for m := d.mant; m > 0; m /= 10 {
		d.digits++
	}
	return d
}
