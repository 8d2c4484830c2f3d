package main

import (
	"database/sql/driver"
	"math"
	"math/big"
	"regexp"
	"strings"
	"sync"

	"modernc.org/sqlite"
)

// The judge's own aggregates are computed with math/big, in one go over all
// values of a group, so they share nothing with states that are merged.

// precision holds the sum of any doubles, and of their squares, exactly.
const precision = 4400

// registerAggregates makes the aggregates known to SQLite as j_NAME.
var registerAggregates = sync.OnceValue(func() error {
	for name, finish := range map[string]func(*group) driver.Value{
		"sum": (*group).sum, "avg": (*group).avg,
		"var_samp":    func(g *group) driver.Value { return g.variance(1) },
		"var_pop":     func(g *group) driver.Value { return g.variance(0) },
		"stddev_samp": func(g *group) driver.Value { return root(g.variance(1)) },
		"stddev_pop":  func(g *group) driver.Value { return root(g.variance(0)) },
		"median":      (*group).median,
		"quantile":    (*group).quantile,
		"first":       func(g *group) driver.Value { return g.edge(-1) },
		"last":        func(g *group) driver.Value { return g.edge(1) },
	} {
		args := int32(1)
		if name == "first" || name == "last" || name == "quantile" {
			args = 2
		}
		err := sqlite.RegisterFunction("j_"+name, &sqlite.FunctionImpl{NArgs: args, Deterministic: true,
			MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &group{finish: finish}, nil }})
		if err != nil {
			return err
		}
	}
	return nil
})

var ownAggregate = regexp.MustCompile(`\b(sum|avg|var_samp|var_pop|stddev_samp|stddev_pop|median|quantile)\(`)
var edgeAggregate = regexp.MustCompile(`\b(first|last)\(`)

// translate spells an expression of the language for the judge's SQLite.
// event_order is the place of an event among all.
func translate(s string) string {
	s = ownAggregate.ReplaceAllString(s, "j_$1(")
	for {
		at := edgeAggregate.FindStringIndex(s)
		if at == nil || strings.HasPrefix(s[max(0, at[0]-2):], "j_") {
			return s
		}
		end := at[1]
		for depth := 1; depth > 0; end++ {
			switch s[end] {
			case '(':
				depth++
			case ')':
				depth--
			}
		}
		s = s[:at[0]] + "j_" + s[at[0]:end-1] + ", event_order" + s[end-1:]
	}
}

// group is one aggregate over one group.
type group struct {
	finish func(*group) driver.Value
	rows   [][2]driver.Value
}

var _ sqlite.AggregateFunction = (*group)(nil)

// Step takes one row; NULLs are left out.
func (g *group) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	if args[0] == nil {
		return nil
	}
	row := [2]driver.Value{args[0]}
	if len(args) > 1 {
		row[1] = args[1]
	}
	g.rows = append(g.rows, row)
	return nil
}

func (g *group) WindowInverse(*sqlite.FunctionContext, []driver.Value) error { return nil }

func (g *group) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	if len(g.rows) == 0 {
		return nil, nil
	}
	return g.finish(g), nil
}

func (g *group) Final(*sqlite.FunctionContext) {}

func number(v driver.Value) *big.Float {
	x := new(big.Float).SetPrec(precision)
	if n, ok := v.(int64); ok {
		return x.SetInt64(n)
	}
	return x.SetFloat64(v.(float64))
}

func (g *group) total() *big.Float {
	t := new(big.Float).SetPrec(precision)
	for _, row := range g.rows {
		t.Add(t, number(row[0]))
	}
	return t
}

// sum is the exact sum, rounded once; an integer if it is one.
func (g *group) sum() driver.Value {
	t := g.total()
	if _, ok := g.rows[0][0].(int64); ok {
		if n, acc := t.Int64(); acc == big.Exact {
			return n
		}
	}
	f, _ := t.Float64()
	return f + 0
}

// avg is the sum as a double, divided by the count.
func (g *group) avg() driver.Value {
	f, _ := g.total().Float64()
	return (f + 0) / float64(len(g.rows))
}

// variance is (sum of squares - square of sum / n) / (n - less), rounded once.
func (g *group) variance(less int) driver.Value {
	n := len(g.rows)
	if n <= less {
		return nil
	}
	squares := new(big.Rat)
	total := new(big.Rat)
	for _, row := range g.rows {
		x, _ := number(row[0]).Rat(nil)
		if x == nil {
			x = new(big.Rat)
		}
		total.Add(total, x)
		squares.Add(squares, new(big.Rat).Mul(x, x))
	}
	total.Mul(total, total)
	squares.Sub(squares, total.Quo(total, big.NewRat(int64(n), 1)))
	f, _ := squares.Quo(squares, big.NewRat(int64(n-less), 1)).Float64()
	return f
}

func root(v driver.Value) driver.Value {
	if f, ok := v.(float64); ok {
		return math.Sqrt(f)
	}
	return v
}

// edge is the value of the event that is the first (-1) or last (1) in order.
func (g *group) edge(sign int64) driver.Value {
	best := g.rows[0]
	for _, row := range g.rows[1:] {
		if (row[1].(int64)-best[1].(int64))*sign > 0 {
			best = row
		}
	}
	return best[0]
}
