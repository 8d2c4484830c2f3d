package report

import (
	"math"
	"strconv"
	"strings"
)

// scale maps values to the height of a chart.
type scale struct {
	lo, hi float64
	ticks  []float64 // ascending, lo and hi among them
	labels []string
}

const (
	steps      = 4    // about how many steps a scale has
	scientific = 1e15 // labels of what reaches it have an exponent
	tiny       = 1e-4 // and so have those of what stays below
)

// newScale makes a scale of round numbers around [lo, hi], of integers if
// whole is set. Zero is on it but where all values lie within a tenth of the
// greatest: there only the changes are worth seeing, and broken says so.
func newScale(lo, hi float64, whole bool) scale {
	if hi/2-lo/2 > max(math.Abs(lo), math.Abs(hi))/20 || lo == hi {
		lo, hi = min(lo, 0), max(hi, 0)
	}
	if hi/2-lo/2 < 1e-290 {
		lo, hi = 0, 1
	}
	most := max(math.Abs(lo), math.Abs(hi))
	step := max(roundStep(hi/steps-lo/steps), most*1e-9)
	if whole {
		step = max(step, 1)
	}
	var s scale
	for i := math.Floor(lo/step + 1e-9); ; i++ {
		v := i * step
		if math.IsInf(v, 0) {
			v = math.Copysign(math.MaxFloat64, v)
		}
		s.ticks = append(s.ticks, v)
		if v >= hi || len(s.ticks) > 2*steps+2 || i >= hi/step-1e-9 {
			break
		}
	}
	s.lo, s.hi = s.ticks[0], s.ticks[len(s.ticks)-1]
	s.labels = tickLabels(s.ticks, step)
	return s
}

// broken says where the axis begins if zero is not on it, "" if it is.
func (s scale) broken() string {
	switch {
	case s.lo > 0:
		return "axis begins at " + s.labels[0]
	case s.hi < 0:
		return "axis ends at " + s.labels[len(s.labels)-1]
	}
	return ""
}

// roundStep returns 1, 2 or 5 times a power of ten, at least about s.
func roundStep(s float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(s)))
	switch f := s / power; {
	case f <= 1.0001:
		return power
	case f <= 2.0001:
		return 2 * power
	case f <= 5.0001:
		return 5 * power
	}
	return 10 * power
}

// at returns where a value lies between lo (0) and hi (1).
func (s scale) at(v float64) float64 { return (v/2 - s.lo/2) / (s.hi/2 - s.lo/2) }

var units = []struct {
	size float64
	name string
}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}}

// tickLabels writes ticks that are a step apart, from 10,000 on as 10k.
func tickLabels(ticks []float64, step float64) []string {
	most := max(math.Abs(ticks[0]), math.Abs(ticks[len(ticks)-1]))
	size, unit := 1.0, ""
	for _, u := range units {
		if most >= max(10_000, u.size) && (most < 10_000*u.size || u == units[0]) && decimalsOf(step/u.size) <= 3 {
			size, unit = u.size, u.name
			break
		}
	}
	labels := make([]string, len(ticks))
	for i, v := range ticks {
		switch {
		case math.Abs(v) < step/2:
			labels[i] = "0"
		case most >= scientific || most < tiny:
			labels[i] = shortExponent(strconv.FormatFloat(v, 'e', max(0, exponent(most)-exponent(step)), 64))
		default:
			labels[i] = strconv.FormatFloat(v/size, 'f', decimalsOf(step/size), 64) + unit
		}
	}
	return labels
}

// decimalsOf is how many decimals multiples of a round step have.
func decimalsOf(step float64) int {
	return max(0, -int(math.Floor(math.Log10(step)+1e-9)))
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
