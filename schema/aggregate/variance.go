package aggregate

import (
	"math"
	"math/big"

	"github.com/windrow/windrow/schema/exact"
	"github.com/windrow/windrow/schema/value"
)

// spread is one way to make a number of the moments.
type spread struct {
	name   string
	sample bool // divide by n-1
	root   bool
}

var (
	varSamp    = spread{"var_samp", true, false}
	varPop     = spread{"var_pop", false, false}
	stddevSamp = spread{"stddev_samp", true, true}
	stddevPop  = spread{"stddev_pop", false, true}
)

func planVariance(v spread) func([]value.Type, []string) (Plan, error) {
	return func(types []value.Type, args []string) (Plan, error) {
		if err := needNumber(v.name, types[0], args[0]); err != nil {
			return Plan{}, err
		}
		return Plan{
			Result: value.Real,
			Parts:  []Part{momentsPart(types[0])},
			Finish: &Finish{Name: v.name, Type: "REAL", Value: v.value},
		}, nil
	}
}

// value computes (n*sum(x²) - sum(x)²) / n(n-1), or / n², from the exact sums.
// Only the numerator's rounding, the divisor's and the division's remain.
func (v spread) value(parts []State, group int) any {
	s := parts[0].(*moments)
	n := float64(s.sum[group].n)
	by := n
	if v.sample {
		by = n - 1
	}
	if by < 1 {
		return nil
	}
	f, exp := s.numerator(group)
	f /= n * by
	if !v.root {
		return math.Ldexp(f, exp)
	}
	if exp&1 != 0 {
		f, exp = 2*f, exp-1
	}
	return math.Ldexp(math.Sqrt(f), exp/2)
}

// numerator returns f * 2^exp = n*sum(x²) - sum(x)², rounded once; f >= 0.
func (s *moments) numerator(group int) (f float64, exp int) {
	m := &s.sum[group]
	if m.n == 1 {
		return 0, 0
	}
	if m.slot != 0 || m.squares != 0 || m.n > 1<<53 {
		f, exp = s.wideNumerator(m)
		return max(f, 0), exp
	}
	var a exact.Accumulator
	for _, q := range m.xx {
		if q != 0 {
			a.AddProduct(float64(m.n), q)
		}
	}
	for _, p := range m.x {
		for _, q := range m.x {
			if p != 0 && q != 0 {
				a.SubProduct(p, q)
			}
		}
	}
	f, exp = a.Frexp()
	return max(f, 0), exp
}

// wideNumerator is numerator for sums of any size.
func (s *moments) wideNumerator(m *moment) (f float64, exp int) {
	total := func(t *exact.Terms, more *exact.Accumulator) *big.Int {
		var a exact.Accumulator
		if more != nil {
			a = *more
		}
		a.AddTerms(t)
		return a.Int()
	}
	x, xx := total(&m.x, s.spilled.get(m.slot)), total(&m.xx, s.spilled.get(m.squares))
	d := xx.Mul(xx, big.NewInt(m.n))
	d.Sub(d.Lsh(d, -exact.Unit), x.Mul(x, x)) // in units of 2^(2*Unit)
	r := new(big.Float).SetPrec(53).SetInt(d)
	mant := new(big.Float)
	exp = r.MantExp(mant)
	f, _ = mant.Float64()
	return f, exp + 2*exact.Unit
}
