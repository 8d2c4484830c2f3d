package aggregate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/windrow/windrow/schema/sketch"
	"github.com/windrow/windrow/schema/value"
)

var quantilesPart = Part{
	Name:    "quantiles",
	Columns: []Column{{"", "BLOB"}},
	New:     func() State { return new(quantiles) },
}

// quantiles are the values, rounded to doubles, for quantiles of any fraction:
// all of them up to sketch.Exact, buckets of 1 % beyond. The cell is NULL if
// there are none.
type quantiles struct {
	sketch.Groups
}

func planMedian(types []value.Type, args []string) (Plan, error) {
	if err := needNumber("median", types[0], args[0]); err != nil {
		return Plan{}, err
	}
	return planQuantile(0.5), nil
}

// planQuantile is how quantile(x, q) is kept, and what stands for it.
func planQuantile(q float64) Plan {
	result := func(parts []State, group int) any {
		if x, ok := parts[0].(*quantiles).Quantile(group, q); ok {
			return x
		}
		return nil
	}
	return Plan{
		Name: "quantile", Constant: fraction(q),
		Result: value.Real,
		Parts:  []Part{quantilesPart},
		Finish: &Finish{Name: "quantile", Type: "REAL", Value: result},
	}
}

func fraction(q float64) string { return strconv.FormatFloat(q, 'g', -1, 64) }

// quantileOf makes the Plan of quantile(x, q) for one q.
func quantileOf(constant value.Value, text string) (func([]value.Type, []string) (Plan, error), error) {
	q := constant.Real
	switch constant.Kind {
	case value.KindInt:
		q = float64(constant.Int)
	case value.KindReal:
	case value.KindText:
		return nil, notFraction(text, strings.TrimSpace(constant.Text))
	default:
		return nil, notFraction(text, "")
	}
	switch {
	case q > 1 && q <= 100:
		return nil, notFraction(text, strconv.FormatFloat(q/100, 'g', 12, 64))
	case !(q >= 0 && q <= 1):
		return nil, notFraction(text, "")
	}
	return func(types []value.Type, args []string) (Plan, error) {
		if err := needNumber("quantile", types[0], args[0], ", ", text); err != nil {
			return Plan{}, err
		}
		return planQuantile(q), nil
	}, nil
}

// notFraction is the error of a q that is text; hint is what may have been
// meant.
func notFraction(text, hint string) error {
	if x, err := strconv.ParseFloat(hint, 64); err != nil || !(x >= 0 && x <= 1) {
		hint = "0.99"
	}
	return fmt.Errorf("the fraction of quantile is a number from 0 to 1, not %s: write %s", text, hint)
}

func (s *quantiles) Add(groups, rows []int32, args []*value.Column, _ *Positions) {
	if c := args[0]; c.Type == value.Real {
		s.AddReals(groups, rows, c.Kind, c.Real)
	} else {
		s.AddInts(groups, rows, c.Kind, c.Int)
	}
}

func (s *quantiles) Cell(group, _ int) any {
	if b := s.Encode(group); b != nil {
		return b
	}
	return nil
}

func (s *quantiles) Merge(group int, cells []any) error {
	if allNull(cells, 1) {
		return nil
	}
	if len(cells) == 1 {
		if b, ok := cells[0].([]byte); ok && s.Groups.Merge(group, b) == nil {
			return nil
		}
	}
	return notState(quantilesPart.Name, cells)
}
