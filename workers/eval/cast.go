package eval

import (
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// cast converts a value that is neither NULL nor KindBad by force.
func (m *machine) cast(v cell, to value.Type) (c cell, ok bool) {
	switch to {
	case value.Integer:
		return integer(asInt(v)), true
	case value.Real:
		return cell{kind: value.KindReal, r: asReal(v)}, true
	case value.Boolean:
		is, _ := truth(v)
		return boolean(is), true
	case value.Text, value.JSON:
		return m.asText(v), true
	case value.Timestamp:
		if v.kind != value.KindText {
			return null, false
		}
		t, ok := value.ParseTime(string(v.t), nil)
		return integer(int64(t)), ok
	}
	return v, true
}

// castOf compiles CAST.
func (c *compiler) castOf(e *schema.Expr) scalar {
	a := e.Args[0]
	if a.Type == e.Type && e.Type != value.Any {
		return c.scalar(a)
	}
	x := c.plain(a)
	return func(m *machine, row int32) cell {
		v := x(m, row)
		if v.kind == value.KindNull || v.kind == value.KindBad {
			return v
		}
		r, ok := m.cast(v, e.Type)
		if !ok {
			return m.bad(row, "no timestamp", e)
		}
		return r
	}
}
