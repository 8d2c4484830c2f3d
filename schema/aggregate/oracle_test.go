package aggregate_test

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/windrow/windrow/schema/aggregate/aggregatetest"
	"github.com/windrow/windrow/schema/value"
)

// oracle computes aggregates of the events of one group in the plainest way,
// with numbers wide enough for everything to be exact.
type oracle struct {
	typ    value.Type
	events []aggregatetest.Event // those whose argument is not NULL
	all    int
}

func newOracle(typ value.Type, events []aggregatetest.Event, group int) oracle {
	o := oracle{typ: typ}
	for _, e := range events {
		if e.Group != group {
			continue
		}
		o.all++
		if e.Args[0].Kind != value.KindNull {
			o.events = append(o.events, e)
		}
	}
	return o
}

// result returns what the function must give, as the store holds it.
func (o oracle) result(name string) any {
	n := len(o.events)
	switch {
	case name == "count(*)":
		return int64(o.all)
	case name == "count":
		return int64(n)
	case n == 0, n == 1 && strings.HasSuffix(name, "_samp"):
		return nil
	}
	switch name {
	case "sum":
		return o.sum()
	case "avg":
		if i, ok := o.sum().(int64); ok {
			return float64(i) / float64(n)
		}
		return o.sum().(float64) / float64(n)
	case "min", "max":
		return o.stored(o.best(func(a, b aggregatetest.Event) int { return o.compare(a.Args[0], b.Args[0]) }, name == "max"))
	case "first", "last":
		return o.stored(o.best(func(a, b aggregatetest.Event) int {
			return cmp.Or(cmp.Compare(a.Time, b.Time), cmp.Compare(a.Split, b.Split), cmp.Compare(a.Offset, b.Offset))
		}, name == "last"))
	case "median":
		return o.quantile(0.5)
	}
	if q, ok := strings.CutPrefix(name, "quantile "); ok {
		x, _ := strconv.ParseFloat(q, 64)
		return o.quantile(x)
	}
	return o.spread(strings.HasSuffix(name, "_samp"), strings.HasPrefix(name, "stddev"))
}

func (o oracle) best(compare func(a, b aggregatetest.Event) int, greatest bool) value.Value {
	best := o.events[0]
	for _, e := range o.events[1:] {
		if c := compare(e, best); c != 0 && c > 0 == greatest {
			best = e
		}
	}
	return best.Args[0]
}

func (o oracle) compare(a, b value.Value) int {
	return cmp.Or(cmp.Compare(a.Int, b.Int), cmp.Compare(a.Real, b.Real), strings.Compare(a.Text, b.Text))
}

func (o oracle) stored(v value.Value) any {
	switch {
	case o.typ == value.Timestamp:
		return value.Time(v.Int).Format(-1)
	case v.Kind == value.KindInt:
		return v.Int
	case v.Kind == value.KindReal:
		return v.Real + 0
	}
	return v.Text
}

// exact returns the arguments as rational numbers.
func (o oracle) exact() (xs []*big.Rat) {
	for _, e := range o.events {
		x := new(big.Rat)
		if o.typ == value.Real {
			x.SetFloat64(e.Args[0].Real)
		} else {
			x.SetInt64(e.Args[0].Int)
		}
		xs = append(xs, x)
	}
	return xs
}

func total(xs []*big.Rat) *big.Rat {
	t := new(big.Rat)
	for _, x := range xs {
		t.Add(t, x)
	}
	return t
}

func (o oracle) sum() any {
	t := total(o.exact())
	if o.typ != value.Real && t.Num().IsInt64() {
		return t.Num().Int64()
	}
	x, _ := t.Float64()
	return x + 0
}

// quantile is percentile_cont by its definition, of the values as doubles.
func (o oracle) quantile(q float64) float64 {
	var xs []float64
	for _, x := range o.exact() {
		f, _ := x.Float64()
		xs = append(xs, f)
	}
	slices.Sort(xs)
	at := float64(len(xs)-1) * q
	k := int(at)
	x, y := new(big.Rat).SetFloat64(xs[k]), new(big.Rat).SetFloat64(xs[min(k+1, len(xs)-1)])
	part := new(big.Rat).SetFloat64(at - float64(k))
	f, _ := x.Add(x, part.Mul(part, y.Sub(y, x))).Float64()
	return f + 0
}

// spread is the variance by its definition, from the squares of the distances
// to the mean.
func (o oracle) spread(sample, root bool) float64 {
	xs := o.exact()
	n := new(big.Rat).SetInt64(int64(len(xs)))
	mean := total(xs)
	mean.Quo(mean, n)
	for _, x := range xs {
		x.Sub(x, mean)
		x.Mul(x, x)
	}
	if sample {
		n.SetInt64(int64(len(xs) - 1))
	}
	v := total(xs)
	v.Quo(v, n)
	f := new(big.Float).SetPrec(5000).SetRat(v)
	if root {
		f.SetPrec(500).Sqrt(f)
	}
	x, _ := f.Float64()
	return x
}

// largest is the greatest magnitude of the arguments.
func (o oracle) largest() float64 {
	m := 0.0
	for _, x := range o.exact() {
		f, _ := x.Float64()
		m = max(m, math.Abs(f))
	}
	return m
}

// near reports whether got is want, but for the last digits where a function
// may round more than once.
func (o oracle) near(name string, got, want any) bool {
	g, ok1 := got.(float64)
	w, ok2 := want.(float64)
	if !ok1 || !ok2 {
		return got == want
	}
	if math.Float64bits(g) == math.Float64bits(w) {
		return true
	}
	tolerance := 0.0
	switch {
	case strings.HasPrefix(name, "var"), strings.HasPrefix(name, "stddev"):
		tolerance = 1e-15
	case strings.HasPrefix(name, "quantile"), name == "median":
		return math.Abs(g-w) <= 1e-15*o.largest()+math.SmallestNonzeroFloat64 // neighbours may cancel
	case math.Abs(w) >= 1<<53: // INTEGER past int64
		tolerance = 3e-16
	}
	return math.Abs(g-w) <= tolerance*math.Abs(w)+math.SmallestNonzeroFloat64 && tolerance > 0
}
