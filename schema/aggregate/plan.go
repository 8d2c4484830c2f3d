package aggregate

import (
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema/value"
)

// needNumber checks that an argument is a number and says the way out if not.
// rest is what follows the argument.
func needNumber(name string, t value.Type, arg string, rest ...string) error {
	const s = "%s needs numbers, %s %s: "
	switch t {
	case value.Integer, value.Real, value.Boolean:
		return nil
	case value.Timestamp:
		return fmt.Errorf(s+"subtract another time, which gives seconds", name, arg, typed(t))
	case value.Interval:
		return fmt.Errorf(s+"write it as a number of seconds", name, arg, typed(t))
	}
	return fmt.Errorf(s+"write %s(CAST(%s AS REAL)%s)", name, arg, typed(t), name, arg, strings.Join(rest, ""))
}

// needType checks that values of an argument can be kept as they are.
func needType(name string, t value.Type, arg string) error {
	const s = "%s needs values of one type, %s %s: "
	switch t {
	case value.Null, value.Any:
		return fmt.Errorf(s+"write %s(CAST(%s AS TEXT)), or AS REAL", name, arg, typed(t), name, arg)
	case value.Interval:
		return fmt.Errorf(s+"write it as a number of seconds", name, arg, typed(t))
	}
	return nil
}

func typed(t value.Type) string {
	switch t {
	case value.Any:
		return "has no fixed type"
	case value.Null:
		return "has no type"
	}
	return "is " + t.String()
}

// stored returns the type of a store's column that holds values of a type.
func stored(t value.Type) string {
	switch t {
	case value.Real:
		return "REAL"
	case value.Integer, value.Boolean:
		return "INTEGER"
	}
	return "TEXT"
}

// kindName is the name of a part that was made for a type.
func kindName(name string, t value.Type) string { return name + "_" + strings.ToLower(t.String()) }

// viewFirst is the View of results that are stored as they are.
func viewFirst(cols [][]string) string { return cols[0][0] }
