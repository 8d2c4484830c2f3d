package schema

import (
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema/value"
)

// Function is a scalar function that may stand in WHERE, keys and arguments.
// Its meaning is SQLite's; workers/eval implements every row of Functions.
type Function struct {
	Name    string // lower case
	MinArgs int
	MaxArgs int // -1 for any number
	Help    string
	// Result checks the types of the arguments and gives the result's type;
	// the error is a sentence for the user. No argument is an Interval, and
	// only where Same is set, or the function looks at no value, may one be a
	// Timestamp.
	Result func(args []value.Type) (value.Type, error)
	// Same: the arguments from index From on stand for one another
	// (coalesce, iif ...), so a text literal beside a TIMESTAMP is read as one.
	Same bool
	From int
	// Null says when the result can be NULL.
	Null NullRule
}

// NullRule says when a function gives NULL.
type NullRule uint8

const (
	NullIfAny  NullRule = iota // when one of its arguments is NULL
	NullIfAll                  // when all of its arguments are NULL
	NullNever                  // never
	NullAlways                 // possibly also without a NULL argument
	NullBranch                 // when the chosen one of the arguments from From on is NULL
)

// Functions is the table of scalar functions, in the order that help shows.
//
// Types are those of values that are not NULL: Any means that every value has
// its own kind. Text functions take numbers too, and see the text that SQLite
// would make of them.
var Functions = []Function{
	{Name: "abs", MinArgs: 1, MaxArgs: 1, Help: "abs(x): x without its sign", Result: sameNumber},
	{Name: "ceil", MinArgs: 1, MaxArgs: 1, Help: "ceil(x): the smallest whole number that is not below x, of x's type", Result: sameNumber, Null: NullAlways},
	{Name: "ceiling", MinArgs: 1, MaxArgs: 1, Help: "ceiling(x): the same as ceil(x)", Result: sameNumber, Null: NullAlways},
	{Name: "coalesce", MinArgs: 2, MaxArgs: -1, Help: "coalesce(a, b, ...): the first that is not NULL", Result: common, Same: true, Null: NullIfAll},
	{Name: "concat", MinArgs: 1, MaxArgs: -1, Help: "concat(a, b, ...): the texts joined, NULL as nothing", Result: textOf, Null: NullNever},
	{Name: "floor", MinArgs: 1, MaxArgs: 1, Help: "floor(x): the greatest whole number that is not above x, of x's type", Result: sameNumber, Null: NullAlways},
	{Name: "hex", MinArgs: 1, MaxArgs: 1, Help: "hex(x): the bytes of the text in hexadecimal, upper case", Result: textOf, Null: NullNever},
	{Name: "if", MinArgs: 3, MaxArgs: 3, Help: "if(c, a, b): the same as iif(c, a, b)", Result: branches, Same: true, From: 1, Null: NullBranch},
	{Name: "ifnull", MinArgs: 2, MaxArgs: 2, Help: "ifnull(a, b): a, or b where a is NULL", Result: common, Same: true, Null: NullIfAll},
	{Name: "iif", MinArgs: 3, MaxArgs: 3, Help: "iif(c, a, b): a where c is true, else b", Result: branches, Same: true, From: 1, Null: NullBranch},
	{Name: "instr", MinArgs: 2, MaxArgs: 2, Help: "instr(x, y): where y first stands in x, in characters from 1; 0 for nowhere", Result: integerOfText},
	{Name: "json_extract", MinArgs: 2, MaxArgs: 2, Help: "json_extract(j, '$.a.b'): the value at a path of a JSON text", Result: anyOfText, Null: NullAlways},
	{Name: "length", MinArgs: 1, MaxArgs: 1, Help: "length(x): the number of characters", Result: integerOfText},
	{Name: "lower", MinArgs: 1, MaxArgs: 1, Help: "lower(x): A to Z made small", Result: textOf},
	{Name: "ltrim", MinArgs: 1, MaxArgs: 2, Help: "ltrim(x[, chars]): without spaces (or chars) in front", Result: textOf},
	{Name: "max", MinArgs: 2, MaxArgs: -1, Help: "max(a, b, ...): the greatest; NULL if one is NULL (with one argument: the aggregate)", Result: common, Same: true},
	{Name: "min", MinArgs: 2, MaxArgs: -1, Help: "min(a, b, ...): the smallest; NULL if one is NULL (with one argument: the aggregate)", Result: common, Same: true},
	{Name: "nullif", MinArgs: 2, MaxArgs: 2, Help: "nullif(a, b): NULL where a equals b, else a", Result: first, Same: true, Null: NullAlways},
	{Name: "replace", MinArgs: 3, MaxArgs: 3, Help: "replace(x, y, z): x with every y made z", Result: textOf},
	{Name: "round", MinArgs: 1, MaxArgs: 2, Help: "round(x[, digits]): rounded half away from zero, a REAL", Result: realOfNumbers},
	{Name: "rtrim", MinArgs: 1, MaxArgs: 2, Help: "rtrim(x[, chars]): without spaces (or chars) at the end", Result: textOf},
	{Name: "sign", MinArgs: 1, MaxArgs: 1, Help: "sign(x): -1, 0 or 1; NULL for what is no number", Result: integerOfNumber, Null: NullAlways},
	{Name: "substr", MinArgs: 2, MaxArgs: 3, Help: "substr(x, from[, n]): n characters from the one at from (1 is the first, -1 the last)", Result: substring},
	{Name: "substring", MinArgs: 2, MaxArgs: 3, Help: "substring(x, from[, n]): the same as substr", Result: substring},
	{Name: "trim", MinArgs: 1, MaxArgs: 2, Help: "trim(x[, chars]): without spaces (or chars) at both ends", Result: textOf},
	{Name: "typeof", MinArgs: 1, MaxArgs: 1, Help: "typeof(x): 'null', 'integer', 'real' or 'text'", Result: typeOf, Null: NullNever},
	{Name: "upper", MinArgs: 1, MaxArgs: 1, Help: "upper(x): a to z made capital", Result: textOf},
}

// FindFunction returns the scalar function of that name in any case, or nil.
func FindFunction(name string) *Function {
	for i := range Functions {
		if strings.EqualFold(Functions[i].Name, name) {
			return &Functions[i]
		}
	}
	return nil
}

func sameNumber(args []value.Type) (value.Type, error) {
	switch t := args[0]; {
	case t == value.Boolean:
		return value.Integer, nil
	case t.Numeric(), t == value.Any, t == value.Null:
		return t, nil
	default:
		return 0, fmt.Errorf("needs a number, not %s", t)
	}
}

func integerOfNumber(args []value.Type) (value.Type, error) {
	_, err := sameNumber(args)
	return value.Integer, err
}

func realOfNumbers(args []value.Type) (value.Type, error) {
	for i := range args {
		if _, err := sameNumber(args[i:]); err != nil {
			return 0, err
		}
	}
	return value.Real, nil
}

// text refuses times: what their text is like is the store's business.
func text(args []value.Type, result value.Type) (value.Type, error) {
	for _, t := range args {
		if t == value.Timestamp {
			return 0, withHint("the text of a time, such as '2026-03-01 12:30:00', is CAST(ts AS TEXT)", "takes no TIMESTAMP")
		}
	}
	return result, nil
}

func textOf(args []value.Type) (value.Type, error)        { return text(args, value.Text) }
func integerOfText(args []value.Type) (value.Type, error) { return text(args, value.Integer) }
func anyOfText(args []value.Type) (value.Type, error)     { return text(args, value.Any) }
func typeOf([]value.Type) (value.Type, error)             { return value.Text, nil }

func substring(args []value.Type) (value.Type, error) {
	if _, err := realOfNumbers(args[1:]); err != nil {
		return 0, fmt.Errorf("counts characters with numbers: %w", err)
	}
	return text(args[:1], value.Text)
}

func first(args []value.Type) (value.Type, error) {
	if _, err := common(args); err != nil {
		return 0, err
	}
	return plain(args[0]), nil
}

func branches(args []value.Type) (value.Type, error) {
	if t := args[0]; !boolean(t) {
		return 0, fmt.Errorf("needs a condition first, not %s", t)
	}
	return common(args[1:])
}

// boolean reports whether a value of the type can be a condition.
func boolean(t value.Type) bool { return t.Numeric() || t == value.Null || t == value.Any }

// common is the type of a value that is one of several: theirs if it is the
// same for all that are not NULL, else Any, as SQLite leaves each value its
// own type. BOOLEAN beside INTEGER is INTEGER.
func common(args []value.Type) (value.Type, error) {
	all := value.Null
	for _, t := range args {
		switch {
		case t == value.Null || t == all:
		case all == value.Null:
			all = t
		case t == value.Timestamp || all == value.Timestamp:
			return 0, fmt.Errorf("cannot give a TIMESTAMP in one case and %s in another", other(t, all))
		case plain(t) == plain(all):
			all = plain(t)
		default:
			all = value.Any
		}
	}
	return all, nil
}

// plain is the type without what makes it special: BOOLEAN is an INTEGER and
// JSON a TEXT where they meet others.
func plain(t value.Type) value.Type {
	switch t {
	case value.Boolean:
		return value.Integer
	case value.JSON:
		return value.Text
	}
	return t
}

func other(a, b value.Type) value.Type {
	if a == value.Timestamp {
		return b
	}
	return a
}
