package eval

import (
	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// generator draws expressions: mostly as the checker lets them pass, and some
// that mix types in ways that only SQLite allows.
type generator struct{ t *rapid.T }

func (g generator) pick(n int) int          { return rapid.IntRange(0, n-1).Draw(g.t, "pick") }
func (g generator) chance(percent int) bool { return g.pick(100) < percent }

func column(i int) *schema.Expr {
	return &schema.Expr{Op: schema.OpColumn, Type: testColumns[i].typ, Col: i}
}

func lit(v value.Value, typ value.Type) *schema.Expr {
	if v.Kind == value.KindNull {
		typ = value.Null
	}
	return &schema.Expr{Op: schema.OpLiteral, Type: typ, Lit: v}
}

func (g generator) literalOf(typ value.Type) *schema.Expr {
	for _, c := range testColumns {
		if c.typ != typ || typ == value.JSON {
			continue
		}
		v := c.pool[g.pick(len(c.pool))]
		for _, b := range []byte(v.Text) {
			if b == 0 {
				v = value.String("abc")
			}
		}
		return lit(v, typ)
	}
	return lit(value.Value{}, typ)
}

func (g generator) columnOf(typ value.Type) *schema.Expr {
	var fit []int
	for i, c := range testColumns {
		if c.typ == typ {
			fit = append(fit, i)
		}
	}
	return column(fit[g.pick(len(fit))])
}

var plainTypes = []value.Type{value.Integer, value.Integer, value.Real, value.Real, value.Text, value.Text, value.Boolean, value.Any}

func (g generator) anyType() value.Type { return plainTypes[g.pick(len(plainTypes))] }

// any draws an expression of any type but Timestamp.
func (g generator) any(depth int) *schema.Expr { return g.of(g.anyType(), depth) }

// of draws an expression of a type.
func (g generator) of(typ value.Type, depth int) *schema.Expr {
	if typ == value.Any {
		return g.ofAny(depth)
	}
	if depth == 0 || g.chance(30) {
		if g.chance(35) && typ != value.JSON {
			return g.literalOf(typ)
		}
		return g.columnOf(typ)
	}
	switch typ {
	case value.Integer:
		return g.integer(depth - 1)
	case value.Real:
		return g.real(depth - 1)
	case value.Text:
		return g.text(depth - 1)
	case value.Boolean:
		return g.condition(depth - 1)
	case value.Timestamp:
		return g.time(depth - 1)
	}
	return g.columnOf(typ)
}

func op(o schema.Op, typ value.Type, args ...*schema.Expr) *schema.Expr {
	return &schema.Expr{Op: o, Type: typ, Args: args}
}

func fn(name string, args ...*schema.Expr) *schema.Expr {
	f := schema.FindFunction(name)
	types := make([]value.Type, len(args))
	for i, a := range args {
		types[i] = a.Type
	}
	typ, err := f.Result(types)
	if err != nil {
		typ = value.Any // SQLite would take it
	}
	return &schema.Expr{Op: schema.OpCall, Type: typ, Func: f, Args: args}
}

var arithmeticOps = []schema.Op{schema.OpAdd, schema.OpSub, schema.OpMul, schema.OpDiv, schema.OpMod}

func (g generator) integer(d int) *schema.Expr {
	i := func() *schema.Expr { return g.of(value.Integer, d) }
	switch g.pick(8) {
	case 0:
		return op(schema.OpNeg, value.Integer, i())
	case 1:
		return op(schema.OpBitNot, value.Integer, g.any(d))
	case 2:
		return op(schema.OpBitAnd+schema.Op(g.pick(4)), value.Integer, g.any(d), g.any(d))
	case 3:
		return op(schema.OpCast, value.Integer, g.any(d))
	case 4:
		return g.integerCall(d)
	case 5:
		return g.caseOf(value.Integer, d)
	}
	return op(arithmeticOps[g.pick(5)], value.Integer, i(), i())
}

func (g generator) integerCall(d int) *schema.Expr {
	switch g.pick(5) {
	case 0:
		return fn("length", g.any(d))
	case 1:
		return fn("instr", g.any(d), g.any(d))
	case 2:
		return fn("sign", g.any(d))
	case 3:
		return fn("abs", g.of(value.Integer, d))
	}
	return fn("ifnull", g.of(value.Integer, d), g.of(value.Integer, d))
}

func (g generator) number(d int) *schema.Expr {
	if g.chance(50) {
		return g.of(value.Integer, d)
	}
	return g.of(value.Real, d)
}

func (g generator) real(d int) *schema.Expr {
	switch g.pick(9) {
	case 0:
		return op(schema.OpNeg, value.Real, g.of(value.Real, d))
	case 1:
		return op(schema.OpCast, value.Real, g.any(d))
	case 2:
		if g.chance(50) {
			return fn("round", g.number(d))
		}
		return fn("round", g.number(d), lit(value.Int64(int64(g.pick(6))), value.Integer))
	case 3:
		return fn([]string{"abs", "ceil", "ceiling", "floor"}[g.pick(4)], g.of(value.Real, d))
	case 4:
		return g.caseOf(value.Real, d)
	case 5:
		return op(schema.OpSub, value.Real, g.of(value.Timestamp, d), g.of(value.Timestamp, d))
	case 6:
		return op(arithmeticOps[g.pick(5)], value.Real, g.of(value.Real, d), g.number(d))
	}
	return op(arithmeticOps[g.pick(5)], value.Real, g.number(d), g.of(value.Real, d))
}

func (g generator) text(d int) *schema.Expr {
	x := func() *schema.Expr {
		if g.chance(70) {
			return g.of(value.Text, d)
		}
		return g.any(d)
	}
	switch g.pick(13) {
	case 0, 1:
		return op(schema.OpConcat, value.Text, x(), x())
	case 2:
		return op(schema.OpCast, value.Text, g.any(d))
	case 3:
		return fn([]string{"lower", "upper", "hex", "typeof"}[g.pick(4)], x())
	case 4:
		return fn([]string{"trim", "ltrim", "rtrim"}[g.pick(3)], x())
	case 5:
		return fn([]string{"trim", "ltrim", "rtrim"}[g.pick(3)], x(), x())
	case 6:
		return fn([]string{"substr", "substring"}[g.pick(2)], x(), g.smallInt())
	case 7:
		return fn("substr", x(), g.smallInt(), g.smallInt())
	case 8:
		return fn("replace", x(), x(), x())
	case 9:
		return fn("concat", x(), x(), g.any(d))
	case 10:
		return g.caseOf(value.Text, d)
	case 11:
		return fn("iif", g.condition(d), g.of(value.Text, d), g.of(value.Text, d))
	}
	return fn("if", g.condition(d), g.of(value.Text, d), g.of(value.Text, d))
}

func (g generator) smallInt() *schema.Expr {
	if g.chance(15) {
		return g.of(value.Integer, 0)
	}
	return lit(value.Int64(int64(g.pick(9)-4)), value.Integer)
}

func (g generator) time(d int) *schema.Expr {
	step := lit(value.Int64(int64(g.pick(5)-2)*3_600_000_000), value.Interval)
	switch g.pick(4) {
	case 0:
		return op(schema.OpAdd, value.Timestamp, step, g.of(value.Timestamp, d))
	case 1:
		return op(schema.OpSub, value.Timestamp, g.of(value.Timestamp, d), step)
	case 2:
		return fn("coalesce", g.of(value.Timestamp, d), g.of(value.Timestamp, d))
	}
	return g.caseOf(value.Timestamp, d)
}

// caseOf draws a CASE, or something else that chooses.
func (g generator) caseOf(typ value.Type, d int) *schema.Expr {
	e := &schema.Expr{Op: schema.OpCase, Type: typ, HasBase: g.chance(40), HasElse: g.chance(60)}
	var base *schema.Expr
	if e.HasBase {
		base = g.any(d)
		if g.chance(50) {
			base = g.any(0)
		}
		e.Args = append(e.Args, base)
	}
	for range 1 + g.pick(2) {
		if base != nil {
			e.Args = append(e.Args, g.partner(base, d))
		} else {
			e.Args = append(e.Args, g.condition(d))
		}
		e.Args = append(e.Args, g.of(typ, d))
	}
	if e.HasElse {
		e.Args = append(e.Args, g.of(typ, d))
	}
	return e
}

// partner draws what is compared with an expression.
func (g generator) partner(e *schema.Expr, d int) *schema.Expr {
	if e.Type == value.Timestamp {
		return g.of(value.Timestamp, d)
	}
	if g.chance(15) || e.Type == value.Any || e.Type == value.Null {
		return g.any(d)
	}
	if g.chance(50) && e.Type != value.JSON {
		return g.literalOf(e.Type)
	}
	return g.of(e.Type, d)
}

// ofAny draws what has a type of its own in each row.
func (g generator) ofAny(d int) *schema.Expr {
	if d > 0 {
		d--
	}
	switch g.pick(12) {
	case 0, 1, 2:
		return op(schema.OpArrow2, value.Any, g.document(d), g.path())
	case 3:
		return fn("json_extract", g.document(d), g.path())
	case 4:
		return op(schema.OpArrow, value.JSON, g.document(d), g.path())
	case 5:
		return fn([]string{"min", "max"}[g.pick(2)], g.any(d), g.any(d), g.any(d))
	case 6:
		return fn("nullif", g.any(d), g.any(d))
	case 7:
		return fn("coalesce", g.any(d), g.any(d))
	case 8:
		return op(arithmeticOps[g.pick(5)], value.Any, g.any(d), g.any(d))
	case 9:
		return fn([]string{"abs", "ceil", "floor"}[g.pick(3)], g.columnOf(value.Text))
	case 10:
		return g.caseOf(value.Any, d)
	}
	return op(schema.OpNeg, value.Any, g.any(d))
}

func (g generator) document(d int) *schema.Expr {
	if d > 0 && g.chance(20) {
		return op(schema.OpArrow, value.JSON, g.document(d-1), g.path())
	}
	return g.columnOf(value.JSON)
}

func (g generator) path() *schema.Expr {
	paths := values("$", "$.a", "$.b.c", "$.b.c[1]", "$.b.c[#-1]", `$."a.b"`, "$[0]", "$[#-2]", "$.a.a[1][1][0]", "$.é", "$[9]", "$.b", "$[#]", `$."\u0061"`, nil)
	return lit(paths[g.pick(len(paths))], value.Text)
}

// condition draws what is 1, 0 or NULL.
func (g generator) condition(d int) *schema.Expr {
	b := func() *schema.Expr {
		if g.chance(85) {
			return g.of(value.Boolean, d)
		}
		return g.any(d)
	}
	e := op(0, value.Boolean)
	e.Not = g.chance(30)
	switch g.pick(12) {
	case 0, 1:
		e.Op, e.Args, e.Not = schema.OpAnd+schema.Op(g.pick(2)), []*schema.Expr{b(), b()}, false
	case 2:
		return op(schema.OpNot, value.Boolean, b())
	case 3:
		e.Op, e.Args = schema.OpIsTrue+schema.Op(g.pick(2)), []*schema.Expr{b()}
	case 4:
		x := g.operand(d)
		e.Op, e.Args = schema.OpIs, []*schema.Expr{x, g.partner(x, d)}
		if g.chance(50) {
			e.Args[1] = lit(value.Value{}, value.Null)
		}
	case 5:
		x := g.operand(d)
		e.Op, e.Args = schema.OpBetween, []*schema.Expr{x, g.partner(x, d), g.partner(x, d)}
	case 6:
		return g.in(d, e)
	case 7:
		return g.like(d, e)
	default:
		x := g.operand(d)
		e.Op, e.Args, e.Not = schema.OpEq+schema.Op(g.pick(6)), []*schema.Expr{x, g.partner(x, d)}, false
		if g.chance(30) {
			e.Args[0], e.Args[1] = e.Args[1], e.Args[0]
		}
	}
	return e
}

// operand draws what is compared, times included.
func (g generator) operand(d int) *schema.Expr {
	if g.chance(12) {
		return g.of(value.Timestamp, d)
	}
	return g.any(d)
}

func (g generator) in(d int, e *schema.Expr) *schema.Expr {
	x := g.operand(d)
	e.Op, e.Args = schema.OpIn, []*schema.Expr{x}
	typ := x.Type
	if typ == value.Any || typ == value.Null || typ == value.JSON {
		typ = value.Text
	}
	literals := g.chance(60)
	for range g.pick(14) {
		if literals {
			e.Args = append(e.Args, g.literalOf(typ))
			if typ != value.Timestamp && g.chance(10) {
				typ = plainTypes[g.pick(len(plainTypes)-1)]
			}
		} else {
			e.Args = append(e.Args, g.partner(x, 0))
		}
	}
	return e
}

func (g generator) like(d int, e *schema.Expr) *schema.Expr {
	e.Op = schema.OpLike
	patterns := values("a%", "%c", "%b%", "a%c", "a_c", "_b_", "ABC", "%", "", "é%", "%語", "a!%c", "!_%", "%!", "1%", nil, "%b%c%", "__", "%é", "%a_c%")
	if g.chance(35) {
		e.Op = schema.OpGlob
		patterns = values("a*", "*c", "*b*", "a?c", "[a-c]*", "[^a]*", "*[bc]", "a[]]c", "[", "[a", "*日*", "?", "", "*", "ABC", "a[-]c", "[b-a]", "*[a-c]b*")
	}
	x := g.of(value.Text, d)
	if g.chance(20) {
		x = g.any(d)
	}
	p := lit(patterns[g.pick(len(patterns))], value.Text)
	if g.chance(15) {
		p = g.columnOf(value.Text)
	}
	e.Args = []*schema.Expr{x, p}
	if e.Op == schema.OpLike && g.chance(30) {
		e.Args = append(e.Args, lit([]value.Value{value.String("!"), value.String("%"), value.String("_"), value.String("é"), {}}[g.pick(5)], value.Text))
	}
	return e
}
