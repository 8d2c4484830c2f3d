package aggregate

import (
	"math"
	"testing"

	"github.com/windrow/windrow/schema/value"
)

func momentsOf(xs ...float64) *moments {
	s := momentsPart(value.Real).New().(*moments)
	s.Grow(1)
	for _, x := range xs {
		s.addReal(&s.sum[0], x)
	}
	return s
}

func TestVariance(t *testing.T) {
	for _, c := range []struct {
		name string
		of   spread
		xs   []float64
		want any
	}{
		{"nothing", varPop, nil, nil},
		{"one, of a sample", varSamp, []float64{5}, nil},
		{"one", varPop, []float64{1e300}, 0.0},
		{"far from zero", varSamp, []float64{1e9, 1e9 + 1, 1e9 + 2}, 1.0},
		{"all the same", varSamp, []float64{0.1, 0.1, 0.1}, 0.0},
		{"neighbours", varPop, []float64{1, 1 + 0x1p-52}, 0x1p-106},
		{"squares too large", stddevPop, []float64{1e308, -1e308}, 1e308},
		{"variance too large", varPop, []float64{1e308, -1e308}, math.Inf(1)},
		{"squares too small", stddevPop, []float64{0x1p-1074, 0x3p-1074}, 0x1p-1074},
		{"sum too large", stddevSamp, []float64{1e308, 1e308, 1e308}, 0.0},
		{"large among small", stddevPop, []float64{0x1p600, 0x1p-600, -0x1p600, -0x1p-600}, 0x1.6a09e667f3bcdp599},
	} {
		if got := c.of.value([]State{momentsOf(c.xs...)}, 0); got != c.want {
			t.Errorf("%s: %s of %v is %v, want %v", c.name, c.of.name, c.xs, got, c.want)
		}
	}
}

// Cells can be a state by their form and still belong to no values; the
// variance of such is 0, not negative or NaN.
func TestVarianceOfNothingReal(t *testing.T) {
	for _, n := range []int64{2, 1<<53 + 1} {
		s := momentsOf()
		if err := s.Merge(0, []any{n, 1e10, 0.0, 1.0, 0.0, 0.0, nil, nil}); err != nil {
			t.Fatal(err)
		}
		if got := stddevPop.value([]State{s}, 0); got != 0.0 {
			t.Errorf("n = %d: %v", n, got)
		}
	}
}

func TestVarianceOfIntegers(t *testing.T) {
	for _, xs := range [][]int64{
		{1, 2, 3}, {1 << 60, 1<<60 + 1, 1<<60 + 2}, {math.MaxInt64 - 2, math.MaxInt64 - 1, math.MaxInt64},
		{math.MinInt64, math.MinInt64 + 1, math.MinInt64 + 2}, {1<<53 + 1, 1<<53 + 2, 1<<53 + 3},
	} {
		s := momentsPart(value.Integer).New().(*moments)
		s.Grow(1)
		for _, x := range xs {
			s.addInt(&s.sum[0], x)
		}
		if got := varSamp.value([]State{s}, 0); got != 1.0 {
			t.Errorf("variance of %d is %v", xs, got)
		}
	}
}

func BenchmarkVariance(b *testing.B) {
	for _, c := range []struct {
		name string
		xs   []float64
	}{
		{"integers", []float64{1, 2, 3, 4, 5}},
		{"decimals", []float64{1.1, 22.22, 333.333, 0.4, 5.5}},
		{"wide", []float64{1e300, 1e-300, 1}},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := []State{momentsOf(c.xs...)}
			for range b.N {
				stddevSamp.value(s, 0)
			}
		})
	}
}

// Sums that three terms cannot hold cost more, but not much.
func BenchmarkWideSum(b *testing.B) {
	const n = 1024
	col := &value.Column{Type: value.Real}
	col.Resize(n)
	groups, rows := make([]int32, n), make([]int32, n)
	for i := range n {
		col.Set(i, value.Float64(math.Ldexp(1.1, i*37%2000-1000)))
		groups[i], rows[i] = int32(i%100), int32(i)
	}
	s := sumRealPart.New()
	s.Grow(100)
	b.ReportAllocs()
	for range b.N {
		s.Add(groups, rows, []*value.Column{col}, nil)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/value")
}
