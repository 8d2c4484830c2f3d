package eval

import (
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// call computes a function of its arguments; ok is false if it cannot.
type call func(m *machine, args []cell) (c cell, ok bool)

// implementation is how a row of schema.Functions is computed.
type implementation struct {
	// build compiles a call that does not look at all of its arguments.
	build func(c *compiler, e *schema.Expr) scalar
	call  call
	// nulls: the call gets NULL arguments too. Otherwise one NULL makes the
	// result NULL.
	nulls bool
	why   string // why the call is not ok
}

// implementations has every row of schema.Functions. It is asked when
// something is compiled only.
func implementations() map[string]implementation {
	return map[string]implementation{
		"abs":          {call: abs, why: overflow},
		"ceil":         {call: ceil},
		"ceiling":      {call: ceil},
		"coalesce":     {build: (*compiler).coalesce},
		"concat":       {call: concat, nulls: true, why: tooLong},
		"floor":        {call: floor},
		"hex":          {call: hex, nulls: true, why: tooLong},
		"if":           {build: (*compiler).iif},
		"ifnull":       {build: (*compiler).coalesce},
		"iif":          {build: (*compiler).iif},
		"instr":        {call: instr},
		"json_extract": {build: (*compiler).extract},
		"length":       {call: length},
		"lower":        {call: lower},
		"ltrim":        {call: ltrim},
		"max":          {call: greatest},
		"min":          {call: least},
		"nullif":       {call: nullIf, nulls: true},
		"replace":      {call: replace, nulls: true, why: tooLong},
		"round":        {call: round},
		"rtrim":        {call: rtrim},
		"sign":         {call: sign},
		"substr":       {call: substr},
		"substring":    {call: substr},
		"trim":         {call: trim},
		"typeof":       {call: typeOf, nulls: true},
		"upper":        {call: upper},
	}
}

// callOf compiles a function call.
func (c *compiler) callOf(e *schema.Expr) scalar {
	f := implementations()[e.Func.Name]
	if f.build != nil {
		return f.build(c, e)
	}
	args := c.arguments(e)
	return func(m *machine, row int32) cell {
		base := len(m.args)
		bad, isNull := false, false
		for _, a := range args {
			v := a(m, row)
			bad = bad || v.kind == value.KindBad
			isNull = isNull || v.kind == value.KindNull
			m.args = append(m.args, v)
		}
		var v cell
		ok := true
		switch {
		case bad:
			v.kind = value.KindBad
		case isNull && !f.nulls:
		default:
			v, ok = f.call(m, m.args[base:])
		}
		m.args = m.args[:base]
		if !ok {
			return m.bad(row, f.why, e)
		}
		return v
	}
}

// arguments compiles the arguments of a call. Timestamps stay what they are if
// the result is one, or if only their equality counts; else they are text.
func (c *compiler) arguments(e *schema.Expr) []scalar {
	args := make([]scalar, len(e.Args))
	for i, a := range e.Args {
		if e.Type == value.Timestamp {
			args[i] = c.scalar(a)
		} else {
			args[i] = c.plain(a)
		}
	}
	return args
}

// coalesce is the first argument that is not NULL; the later are not looked at.
func (c *compiler) coalesce(e *schema.Expr) scalar {
	args := c.arguments(e)
	return func(m *machine, row int32) cell {
		for _, a := range args {
			if v := a(m, row); v.kind != value.KindNull {
				return v
			}
		}
		return null
	}
}

// iif computes only the argument that its condition chooses.
func (c *compiler) iif(e *schema.Expr) scalar {
	condition, args := c.decide(e.Args[0]), c.arguments(e)
	return func(m *machine, row int32) cell {
		is, ok := condition(m, row, true)
		if !ok {
			return cell{kind: value.KindBad}
		}
		if is {
			return args[1](m, row)
		}
		return args[2](m, row)
	}
}
