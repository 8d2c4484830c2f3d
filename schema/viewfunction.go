package schema

import (
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
)

// viewFunctions are SQLite's scalar functions that may stand around
// aggregates: the least and greatest number of arguments, -1 for any.
var viewFunctions = map[string][2]int{
	"abs": {1, 1}, "acos": {1, 1}, "acosh": {1, 1}, "asin": {1, 1}, "asinh": {1, 1}, "atan": {1, 1}, "atan2": {2, 2}, "atanh": {1, 1},
	"ceil": {1, 1}, "ceiling": {1, 1}, "char": {1, -1}, "coalesce": {2, -1}, "concat": {1, -1}, "concat_ws": {2, -1}, "cos": {1, 1}, "cosh": {1, 1},
	"date": {1, -1}, "datetime": {1, -1}, "degrees": {1, 1}, "exp": {1, 1}, "floor": {1, 1}, "format": {1, -1}, "glob": {2, 2}, "hex": {1, 1},
	"if": {2, -1}, "ifnull": {2, 2}, "iif": {2, -1}, "instr": {2, 2}, "json": {1, 1}, "json_array": {0, -1}, "json_array_length": {1, 2},
	"json_extract": {2, -1}, "json_object": {0, -1}, "json_quote": {1, 1}, "json_type": {1, 2}, "json_valid": {1, 2}, "julianday": {1, -1},
	"length": {1, 1}, "like": {2, 3}, "likelihood": {2, 2}, "likely": {1, 1}, "ln": {1, 1}, "log": {1, 2}, "log10": {1, 1}, "log2": {1, 1},
	"lower": {1, 1}, "ltrim": {1, 2}, "max": {2, -1}, "min": {2, -1}, "mod": {2, 2}, "nullif": {2, 2}, "octet_length": {1, 1}, "pi": {0, 0},
	"pow": {2, 2}, "power": {2, 2}, "printf": {1, -1}, "quote": {1, 1}, "radians": {1, 1}, "replace": {3, 3}, "round": {1, 2}, "rtrim": {1, 2},
	"sign": {1, 1}, "sin": {1, 1}, "sinh": {1, 1}, "sqrt": {1, 1}, "strftime": {2, -1}, "substr": {2, 3}, "substring": {2, 3}, "tan": {1, 1},
	"tanh": {1, 1}, "time": {1, -1}, "timediff": {2, 2}, "trim": {1, 2}, "trunc": {1, 1}, "typeof": {1, 1}, "unicode": {1, 1}, "unhex": {1, 2},
	"unixepoch": {1, -1}, "unlikely": {1, 1}, "upper": {1, 1},
}

func isViewFunction(name string) bool { _, ok := viewFunctions[strings.ToLower(name)]; return ok }

// dateFunctions read 'now' as the time of the reading.
var dateFunctions = map[string]bool{"date": true, "time": true, "datetime": true, "julianday": true, "unixepoch": true, "strftime": true, "timediff": true}

// viewCall checks a scalar function around aggregates.
func (r *rollupDef) viewCall(v *view, e *syntax.Expr) value.Type {
	name := strings.ToLower(e.Text)
	bounds, known := viewFunctions[name]
	at := exprSpan(e)
	switch {
	case refused[name]:
		return r.fail(v, at, refusedHint, refusedText, name)
	case !known:
		return r.fail(v, span{e.Pos, e.Pos + len(e.Text)}, r.functionHint(name), "there is no function %s", clip(e.Text))
	case e.Star || len(e.Args) < bounds[0] || bounds[1] >= 0 && len(e.Args) > bounds[1]:
		return r.fail(v, at, functionHelp(name), "%s takes %s", name, arguments(bounds[0], bounds[1]))
	case e.Filter != nil || e.Distinct:
		return r.fail(v, at, "", "%s is no aggregate: DISTINCT and FILTER are not for it", name)
	}
	types := make([]value.Type, len(e.Args))
	for i, a := range e.Args {
		types[i] = r.view(v, a)
		if dateFunctions[name] && a.Kind == syntax.StringExpr && strings.EqualFold(strings.TrimSpace(a.Text), "now") {
			r.fail(v, exprSpan(a), refusedHint, refusedText, "'now'")
		}
	}
	return viewType(name, types)
}

func (r *rollupDef) functionHint(name string) string {
	switch name {
	case "total":
		return "coalesce(sum(x), 0.0)"
	case "percentile", "percentile_cont", "percentile_disc", "quantile_cont", "quantile_disc", "approx_quantile", "approx_percentile":
		return "quantile(x, 0.99)"
	}
	var names []string
	for n := range viewFunctions {
		names = append(names, n)
	}
	if hint := didYouMean(name, stable(append(aggregateNames(), names...))); hint != "" {
		return hint
	}
	return fmt.Sprintf("aggregates are %s", strings.Join(aggregateNames(), ", "))
}

func functionHelp(name string) string {
	if fn := FindFunction(name); fn != nil {
		return fn.Help
	}
	return ""
}

// viewType is the type of a function's result as far as it is known.
func viewType(name string, types []value.Type) value.Type {
	switch name {
	case "date", "time", "datetime", "strftime", "printf", "format":
		return value.Text
	case "julianday", "sqrt", "ln", "exp", "log10", "log2", "pi":
		return value.Real
	}
	fn := FindFunction(name)
	if fn == nil || len(types) < fn.MinArgs || fn.MaxArgs >= 0 && len(types) > fn.MaxArgs {
		return value.Any
	}
	t, err := fn.Result(types)
	if err != nil {
		return value.Any
	}
	return t
}
