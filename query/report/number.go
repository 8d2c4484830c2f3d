package report

import (
	"math"
	"strconv"
	"strings"
)

const (
	digits     = 6    // significant ones of a real by itself
	enough     = 4    // significant ones that each real of a column has
	cents      = 2    // decimals that are always shown
	scientific = 1e15 // reals from here on have an exponent
	tiny       = 1e-4 // and so do those below
)

// round returns f with 6 significant digits. Digits before the point are never
// rounded away.
func round(f float64) float64 {
	if a := math.Abs(f); a == 0 || a >= scientific || math.IsNaN(a) {
		return f
	}
	d := max(0, digits-1-exponent(f))
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', d, 64), 64)
	if err != nil {
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

// shortReal writes a real by itself: at most 6 significant digits, "1.5e300" where
// it is huge or tiny.
func shortReal(f float64) string {
	a := math.Abs(f)
	switch {
	case math.IsInf(f, 0):
		return strings.Replace(strconv.FormatFloat(f, 'f', -1, 64), "+", "", 1)
	case a == 0:
		return "0"
	case a >= scientific || a < tiny:
		s := strconv.FormatFloat(f, 'e', -1, 64)
		if short := strconv.FormatFloat(f, 'e', digits-1, 64); len(short) < len(s) {
			s = short
		}
		return shortExponent(s)
	}
	return strconv.FormatFloat(round(f), 'f', -1, 64)
}

// shortExponent turns 1.50000e+09 into 1.5e9.
func shortExponent(s string) string {
	m, e, _ := strings.Cut(s, "e")
	if strings.Contains(m, ".") {
		m = strings.TrimRight(strings.TrimRight(m, "0"), ".")
	}
	n, _ := strconv.Atoi(e)
	return m + "e" + strconv.Itoa(n)
}

// exact is f in full, as the other formats write it.
func exact(f float64) string {
	if a := math.Abs(f); a != 0 && (a < 1e-5 || a >= 1e16) {
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// decimals finds how many decimals the reals of a column share: all that there
// are up to 2, else as many as give each at least 4 significant digits, but no
// more than 2 where the greatest has 6 with them.
type decimals struct {
	most   int  // decimals needed so far
	all    int  // decimals that there are
	before int  // digits before the point
	behind int  // zeros right behind the point
	apart  bool // there is one that needs an exponent
}

func (d *decimals) see(f float64) {
	a := math.Abs(f)
	if a == 0 || math.IsInf(f, 0) {
		return
	}
	if a >= scientific || a < tiny {
		d.apart = true
		return
	}
	e := exponent(f)
	_, frac, _ := strings.Cut(strconv.FormatFloat(a, 'f', -1, 64), ".")
	d.all = max(d.all, len(frac))
	d.most = max(d.most, min(len(frac), max(0, enough-1-e)))
	d.before, d.behind = max(d.before, e+1), max(d.behind, -e-1)
}

// shared is -1 if the reals are too different: then each is written by itself.
func (d *decimals) shared() int {
	if d.apart {
		return -1
	}
	if d.all <= cents {
		return d.all
	}
	n := min(d.most, max(cents, digits-d.before))
	if d.behind > 0 && n < d.behind+2 {
		return -1
	}
	return n
}

// realWith writes a real with n decimals, or by itself if n is -1.
func realWith(f float64, n int) string {
	if n < 0 || math.IsInf(f, 0) {
		return shortReal(f)
	}
	s := strconv.FormatFloat(f, 'f', n, 64)
	if strings.Trim(s, "-0.") == "" {
		s = strings.TrimPrefix(s, "-")
	}
	return s
}

// number writes a value of a chart by itself.
func number(f float64, whole bool) string {
	if whole && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	return shortReal(f)
}
