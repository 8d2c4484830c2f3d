package report

import (
	"math"
	"strconv"
	"strings"
)

const (
	digits   = 6    // significant ones of a real
	cents    = 2    // decimals that are never rounded away
	sharing  = 6    // decimals that the reals of a column of a page share at most
	noise    = 12   // significant digits behind which a difference from a whole number is one of arithmetic
	seen     = 3    // significant digits that a real of a column has at least
	powers   = 1e16 // reals from here on have an exponent
	fraction = 1e-5 // and so do those below
)

// round returns f as people read it: with 6 significant digits, but never
// fewer than 2 decimals, so that digits before the point stay. Where that would
// reach the next whole number, as from 0.9999996, there are as many digits as
// it takes not to, but for the noise of arithmetic, 2.9999999999999996.
func round(f float64) float64 {
	a := math.Abs(f)
	switch {
	case a == 0:
		return 0
	case math.IsInf(f, 0) || math.IsNaN(f) || f == math.Trunc(f) && a < powers:
		return f
	case a >= powers || a < fraction:
		return reread(f, 'e', digits-1)
	}
	d := max(cents, digits-1-exponent(f))
	r := reread(f, 'f', d)
	if !reaches(r, f) || reread(f, 'g', noise) == r {
		return r
	}
	for reaches(r, f) {
		d++
		r = reread(f, 'f', d)
	}
	return r
}

// reaches reports whether r, which is f rounded, is the whole number next to f
// and further from zero.
func reaches(r, f float64) bool { return r == math.Trunc(r) && r != math.Trunc(f) }

// reread returns f as strconv formats it.
func reread(f float64, format byte, precision int) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, format, precision, 64), 64)
	if err != nil { // one of the greatest, rounded up
		return f
	}
	return r
}

// exponent is that of the first significant decimal digit: 0 for 1.5, 2 for
// 300, -3 for 0.001.
func exponent(f float64) int {
	s := strconv.FormatFloat(math.Abs(f), 'e', -1, 64)
	e, err := strconv.Atoi(s[strings.IndexByte(s, 'e')+1:])
	if err != nil { // infinite
		return 0
	}
	return e
}

// exact writes f in full, as a query's formats do: 12.0, 0.25, 1e-07, Inf.
func exact(f float64) string {
	if math.IsInf(f, 0) {
		return strings.TrimPrefix(strconv.FormatFloat(f, 'f', -1, 64), "+")
	}
	if powered(f) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// powered reports whether f is written with an exponent.
func powered(f float64) bool {
	a := math.Abs(f)
	return a != 0 && a < fraction || a >= powers
}

// shortReal writes a real by itself.
func shortReal(f float64) string { return exact(round(f)) }

// decimals is how many decimals the reals of a column share: as many as the
// one that needs most, but no more than 6.
type decimals int

func (d *decimals) see(f float64) { *d = max(*d, min(decimalsIn(shortReal(f)), sharing)) }

// decimalsIn counts the decimals of a number that is written without an
// exponent; 0 for others.
func decimalsIn(s string) decimals {
	if strings.Contains(s, "e") {
		return 0
	}
	_, frac, _ := strings.Cut(s, ".")
	return decimals(len(frac))
}

// write writes a real of the column. One that needs an exponent, or that these
// decimals would turn into the next whole number or leave with less than 3
// digits, stands by itself.
func (d decimals) write(f float64) string {
	s := shortReal(f)
	need := decimalsIn(s)
	if need == 0 {
		return s
	}
	if need > d && (reaches(reread(f, 'f', int(d)), f) || exponent(f)+int(d)+1 < seen) {
		return s
	}
	if f == 0 {
		f = 0 // without a sign
	}
	if all := exact(f); decimalsIn(all) <= d { // further digits would be noise
		return all + strings.Repeat("0", int(d-decimalsIn(all)))
	}
	return strconv.FormatFloat(f, 'f', int(d), 64)
}

// number writes a value of a chart by itself.
func number(f float64, whole bool) string {
	if whole && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	return shortReal(f)
}
