package aggregate

import (
	"fmt"

	"github.com/windrow/windrow/schema/value"
)

func planSum(types []value.Type, args []string) (Plan, error) {
	switch t := types[0]; {
	case needNumber("sum", t, args[0]) != nil:
		return Plan{}, needNumber("sum", t, args[0])
	case t == value.Real:
		return Plan{Result: value.Real, Parts: []Part{sumRealPart}, View: viewFirst}, nil
	}
	return Plan{Result: value.Integer, Parts: []Part{sumIntegerPart}, View: viewIntegerSum}, nil
}

func planAvg(types []value.Type, args []string) (Plan, error) {
	p, err := planSum(types, args)
	if err != nil {
		return Plan{}, needNumber("avg", types[0], args[0])
	}
	sum := p.View
	return Plan{
		Result: value.Real,
		Parts:  []Part{p.Parts[0], countPart},
		// One rounding to a double, one division: what SQLite's own avg does
		// with an integer sum. 1e0 is a double in DuckDB too, 1.0 a decimal.
		View: func(cols [][]string) string {
			return fmt.Sprintf("(%s * 1e0 / %s)", sum(cols[:1]), cols[1][0])
		},
	}, nil
}
