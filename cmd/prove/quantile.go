package main

import (
	"database/sql/driver"
	"fmt"
	"math"
	"math/big"
	"slices"
)

// exactValues is how many values of a group make an exact quantile; those of
// more are within 1 %.
const exactValues = 128

// quantile is the second argument's quantile of the group.
func (g *group) quantile() driver.Value {
	q := 0.0
	switch v := g.rows[0][1].(type) {
	case int64:
		q = float64(v)
	case float64:
		q = v
	}
	return g.percentile(q)
}

func (g *group) median() driver.Value { return g.percentile(0.5) }

func (g *group) percentile(q float64) driver.Value {
	var xs []float64
	for _, row := range g.rows {
		f, _ := number(row[0]).Float64()
		xs = append(xs, f)
	}
	return quantileOf(xs, q)
}

// quantileOf is what q of the values must give: a double, or the text of a
// range. It sorts the values.
func quantileOf(xs []float64, q float64) driver.Value {
	slices.Sort(xs)
	at := float64(len(xs)-1) * q
	k := int(at)
	x, y, part := xs[k], xs[min(k+1, len(xs)-1)], at-float64(k)
	slack := 0x1p-51 // of a few roundings
	switch {
	case len(xs) > exactValues && q > 0 && q < 1 && xs[0] < xs[len(xs)-1]:
		slack = 0.01
	case x == y || part == 0:
		return x + 0
	}
	lo, hi := between(x, -slack, y, part), between(x, slack, y, part)
	return fmt.Sprintf("from %x to %x", lo, hi)
}

// between is what is at part of the way from x to y, after slack times their
// magnitudes are added to both, and two doubles further.
func between(x, slack, y, part float64) float64 {
	term := func(x, weight float64) *big.Float {
		f := new(big.Float).SetPrec(precision).SetFloat64(x)
		m := new(big.Float).SetPrec(precision).SetFloat64(math.Abs(x))
		f.Add(f, m.Mul(m, big.NewFloat(slack)))
		return f.Mul(f, big.NewFloat(weight))
	}
	z, _ := new(big.Float).SetPrec(precision).Add(term(x, 1-part), term(y, part)).Float64()
	to := math.Inf(int(math.Copysign(1, slack)))
	return math.Nextafter(math.Nextafter(z, to), to)
}

// inRange reports whether x is in a range that quantileOf gave.
func inRange(x float64, text string) bool {
	var lo, hi float64
	n, _ := fmt.Sscanf(text, "from %g to %g", &lo, &hi)
	return n == 2 && lo <= x && x <= hi
}
