package sketch

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/windrow/windrow/schema/value"
)

var fractions = []float64{0, 0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1}

// kinds of data. Each function gives the i-th value.
var data = map[string]func(r *rand.Rand, i int) float64{
	"uniform":       func(r *rand.Rand, _ int) float64 { return r.Float64() },
	"lognormal":     func(r *rand.Rand, _ int) float64 { return math.Exp(3 + 0.7*r.NormFloat64()) },
	"milliseconds":  func(r *rand.Rand, _ int) float64 { return math.Round(1000*math.Exp(3+0.7*r.NormFloat64())) / 1000 },
	"constant":      func(*rand.Rand, int) float64 { return 0.1 },
	"integers":      func(r *rand.Rand, _ int) float64 { return float64(r.IntN(1000)) },
	"negative":      func(r *rand.Rand, _ int) float64 { return -math.Exp(5 * r.Float64()) },
	"mixed":         func(r *rand.Rand, _ int) float64 { return 20 * r.NormFloat64() },
	"mostly zero":   func(r *rand.Rand, _ int) float64 { return float64(max(0, r.IntN(50)-40)) },
	"two far apart": func(r *rand.Rand, _ int) float64 { return float64(1 + 999*r.IntN(2)) },
	"rising":        func(_ *rand.Rand, i int) float64 { return math.Pow(1.01, float64(i%2000)) },
	"falling":       func(_ *rand.Rand, i int) float64 { return -math.Pow(0.99, float64(i%2000)) },
	"from the inside": func(_ *rand.Rand, i int) float64 {
		return math.Pow(1.01, float64(i%1000)*float64(1-i%2*2))
	},
	"all magnitudes": func(r *rand.Rand, _ int) float64 { return math.Ldexp(1+r.Float64(), r.IntN(2000)-1000) },
	"largest":        func(r *rand.Rand, _ int) float64 { return math.Copysign(1e308*(1+0.7*r.Float64()), r.Float64()-0.5) },
	"subnormal":      func(r *rand.Rand, _ int) float64 { return math.Float64frombits(r.Uint64() >> 12) },
	"tiny":           func(r *rand.Rand, _ int) float64 { return float64(r.IntN(9)-4) * math.SmallestNonzeroFloat64 },
}

func values(name string, n int) []float64 {
	r := rand.New(rand.NewPCG(uint64(n), uint64(len(name))))
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = data[name](r, i) + 0
	}
	return xs
}

// groupOf returns groups of which the first has xs.
func groupOf(xs []float64) *Groups {
	s := new(Groups)
	s.Grow(1)
	kinds, groups, rows := make([]value.Kind, len(xs)), make([]int32, len(xs)), make([]int32, len(xs))
	for i := range xs {
		kinds[i], rows[i] = value.KindReal, int32(i)
	}
	s.AddReals(groups, rows, kinds, xs)
	return s
}

// definition gives the two values between which the quantile lies, and the
// exact place, rounded once.
func definition(sorted []float64, q float64) (x, y, want float64) {
	at := float64(len(sorted)-1) * q
	k := int(at)
	part := new(big.Rat).SetFloat64(at - float64(k))
	x, y = sorted[k], sorted[min(k+1, len(sorted)-1)]
	a, b := new(big.Rat).SetFloat64(x), new(big.Rat).SetFloat64(y)
	b.Sub(b, a).Mul(b, part)
	want, _ = a.Add(a, b).Float64()
	return x, y, want
}

func TestQuantile(t *testing.T) {
	for name := range data {
		for _, n := range []int{1, 2, 3, 20, 127, 128, 129, 130, 1000, 30_000} {
			t.Run(fmt.Sprint(name, "/", n), func(t *testing.T) {
				xs := values(name, n)
				s := groupOf(xs)
				slices.Sort(xs)
				for _, q := range fractions {
					x, y, want := definition(xs, q)
					got, ok := s.Quantile(0, q)
					larger := max(math.Abs(x), math.Abs(y))
					switch {
					case !ok:
						t.Fatal("there is none")
					case math.Float64bits(got) == 1<<63:
						t.Errorf("%g is -0", q)
					case n <= Exact && math.Abs(got-want) > larger*0x1p-52+math.SmallestNonzeroFloat64:
						t.Errorf("%g is %v, want %v", q, got, want)
					case n > Exact && x*y > 0 && !within1(got, want):
						t.Errorf("%g is %v, want %v", q, got, want)
					case n > Exact && math.Abs(got/2-want/2) > larger/200+math.SmallestNonzeroFloat64:
						t.Errorf("%g is %v, want %v, between %v and %v", q, got, want, x, y)
					case (q == 0 || q == 1) && got != want:
						t.Errorf("%g is %v, want %v", q, got, want)
					}
				}
			})
		}
	}
}

func TestQuantileOfNothing(t *testing.T) {
	s := groupOf(nil)
	if x, ok := s.Quantile(0, 0.5); ok {
		t.Errorf("%v", x)
	}
	if b := s.Encode(0); b != nil {
		t.Errorf("encoded %x", b)
	}
}

// What quantiles are known to be.
func TestQuantileIs(t *testing.T) {
	for _, c := range []struct {
		xs   []float64
		q    float64
		want float64
	}{
		{[]float64{3, 1, 2}, 0.5, 2},
		{[]float64{4, 1, 2, 3}, 0.5, 2.5},
		{[]float64{4, 1, 2, 3}, 0.25, 1.75},
		{[]float64{1e308, -1e308}, 0.5, 0},
		{[]float64{math.MaxFloat64, math.MaxFloat64}, 0.3, math.MaxFloat64},
		{[]float64{0.1, 0.1, 0.1}, 0.99, 0.1},
		{[]float64{7}, 0.99, 7},
	} {
		if got, _ := groupOf(c.xs).Quantile(0, c.q); got != c.want {
			t.Errorf("%v of %v is %v, want %v", c.q, c.xs, got, c.want)
		}
	}
}
