package eval

import (
	"context"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// Random numbers, numerals, patterns and JSON texts, which the pools of the
// differential test are too small for.

// single is a batch with one column.
func single(typ value.Type, vals []value.Value) []value.Column {
	c := value.Column{Type: typ}
	c.Resize(len(vals))
	for i, v := range vals {
		c.Set(i, v)
	}
	return []value.Column{c}
}

// askAbout runs SQL expressions over a column x, or i, with these values. A row in
// which one of them fails is nil.
func (o *oracle) askAbout(t rapid.TB, typ string, vals []value.Value, exprs ...string) [][]any {
	ctx := context.Background()
	conn, err := o.db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	run := func(q string, args ...any) {
		if _, err := conn.ExecContext(ctx, q, args...); err != nil {
			t.Fatal(err)
		}
	}
	run("BEGIN")
	defer run("ROLLBACK")
	run("CREATE TEMP TABLE v (n INTEGER PRIMARY KEY, x " + typ + ", i " + typ + ")")
	for i, v := range vals {
		run("INSERT INTO v VALUES (?, ?2, ?2)", i, anyOf(v))
	}
	out := make([][]any, len(vals))
	query := func(where string, args ...any) error {
		rows, err := conn.QueryContext(ctx, "SELECT n, "+strings.Join(exprs, ", ")+" FROM v"+where, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			got, ptrs := make([]any, len(exprs)+1), make([]any, len(exprs)+1)
			for i := range got {
				ptrs[i] = &got[i]
			}
			if err := rows.Scan(ptrs...); err != nil {
				return err
			}
			out[got[0].(int64)] = got[1:]
		}
		return rows.Err()
	}
	if query("") == nil {
		return out
	}
	for i := range vals {
		out[i] = nil
		_ = query(" WHERE n = ?", i) // a row that fails stays nil
	}
	return out
}

// check compares expressions over column 0 with SQLite's; bad may excuse a
// KindBad of ours.
func checkColumn(t rapid.TB, typ value.Type, vals []value.Value, exprs []*schema.Expr, sqls []string, excuse func(value.Value) bool) {
	t.Helper()
	db, err := openOracle()
	if err != nil {
		t.Fatal(err)
	}
	answers := db.askAbout(t, typ.String(), vals, sqls...)
	cols, rows := single(typ, vals), allRows(len(vals))
	for i, e := range exprs {
		got := compile(t, e).Eval(cols, rows, len(vals))
		for r, v := range vals {
			ours := got.At(r)
			if answers[r] == nil {
				if ours.Kind != value.KindBad {
					t.Fatalf("%s of %q: SQLite fails, we give %v", sqls[i], v.Text, ours)
				}
				continue
			}
			if ours.Kind == value.KindBad && excuse(v) {
				continue
			}
			if !same(t, ours, answers[r][i]) {
				t.Fatalf("%s of %v: SQLite says %T %v, we %v", sqls[i], v, answers[r][i], answers[r][i], ours)
			}
		}
	}
}

func never(value.Value) bool { return false }

func col(typ value.Type) *schema.Expr { return &schema.Expr{Op: schema.OpColumn, Type: typ} }

func integerLit(i int64) *schema.Expr { return lit(value.Int64(i), value.Integer) }

func allRows(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

func TestRealsAsText(t *testing.T) {
	x := col(value.Real)
	exprs := []*schema.Expr{op(schema.OpCast, value.Text, x), fn("round", x, integerLit(2)), fn("round", x, integerLit(7)), fn("round", x), op(schema.OpCast, value.Integer, x)}
	sqls := []string{"CAST(x AS TEXT)", "round(x, 2)", "round(x, 7)", "round(x)", "CAST(x AS INTEGER)"}
	finite := rapid.Custom(func(t *rapid.T) value.Value {
		var f float64
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			f = math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		case 1:
			f = float64(rapid.Int64Range(-1e9, 1e9).Draw(t, "n")) / 1000
		case 2:
			f = float64(rapid.Int64().Draw(t, "n"))
		default:
			f = rapid.Float64Range(-1e6, 1e6).Draw(t, "f")
		}
		if math.IsNaN(f) || math.IsInf(f, 0) || f == 0 {
			f = 0
		}
		return value.Float64(f)
	})
	rapid.Check(t, func(t *rapid.T) {
		checkColumn(t, value.Real, rapid.SliceOfN(finite, 100, 100).Draw(t, "values"), exprs, sqls, never)
	})
}

// TestPairs holds every comparison and operator of a column and a literal, of
// all values and kinds that matter, against SQLite.
func TestPairs(t *testing.T) {
	types := map[value.Type][]value.Value{value.Integer: intPool, value.Real: realPool, value.Text: textPool}
	for typ, pool := range types {
		x := col(typ)
		for litType, lits := range types {
			for _, v := range lits {
				if strings.Contains(v.Text, "\x00") {
					continue
				}
				exprs, sqls := pairExprs(x, lit(v, litType)), []string{}
				for _, e := range exprs {
					sqls = append(sqls, render(e))
				}
				checkColumn(t, typ, pool, exprs, sqls, func(value.Value) bool { return true })
			}
		}
	}
}

func pairExprs(x, l *schema.Expr) []*schema.Expr {
	truth := func(o schema.Op, not bool, args ...*schema.Expr) *schema.Expr {
		return &schema.Expr{Op: o, Type: value.Boolean, Not: not, Args: args}
	}
	null, text := lit(value.Value{}, value.Null), op(schema.OpCast, value.Text, x)
	number := value.Any
	switch {
	case x.Type == value.Integer && l.Type == value.Integer:
		number = value.Integer
	case x.Type.Numeric() && l.Type.Numeric():
		number = value.Real
	}
	exprs := []*schema.Expr{
		truth(schema.OpIs, false, x, l), truth(schema.OpIs, true, l, x), truth(schema.OpLike, false, x, l), truth(schema.OpGlob, true, x, l),
		truth(schema.OpIn, false, x, l), truth(schema.OpIn, true, x, l, null), truth(schema.OpIn, false, l, x, null),
		truth(schema.OpIn, true, x, l, integerLit(1), lit(value.String("12"), value.Text), lit(value.Float64(0.5), value.Real)),
		truth(schema.OpBetween, false, x, l, l), truth(schema.OpBetween, true, x, integerLit(0), l), truth(schema.OpBetween, false, x, l, null),
		truth(schema.OpBetween, true, l, x, x), truth(schema.OpAnd, false, x, l), truth(schema.OpOr, false, x, l),
		fn("min", x, l), fn("max", x, l), fn("min", l, x), fn("max", l, x), fn("nullif", x, l), fn("substr", text, l), fn("round", x, l),
		op(schema.OpConcat, value.Text, l, x), truth(schema.OpEq, false, text, l), truth(schema.OpLt, false, l, text),
		{Op: schema.OpCase, Type: value.Integer, HasBase: true, HasElse: true, Args: []*schema.Expr{x, l, integerLit(1), integerLit(2)}},
	}
	for _, a := range [][2]*schema.Expr{{x, l}, {l, x}} {
		for o := range orders {
			exprs = append(exprs, truth(o, false, a[0], a[1]))
		}
		for _, o := range arithmeticOps {
			exprs = append(exprs, op(o, number, a[0], a[1]))
		}
		for o := schema.OpBitAnd; o <= schema.OpShiftRight; o++ {
			exprs = append(exprs, op(o, value.Integer, a[0], a[1]))
		}
	}
	return exprs
}

func drawTexts(t *rapid.T, alphabet string, n, length int) []value.Value {
	var out []value.Value
	for _, s := range rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune(alphabet)), 0, length, -1), n, n).Draw(t, "texts") {
		out = append(out, value.String(s))
	}
	return out
}

func TestNumerals(t *testing.T) {
	x := col(value.Text)
	exprs := []*schema.Expr{
		op(schema.OpCast, value.Integer, x), op(schema.OpCast, value.Real, x), op(schema.OpAdd, value.Any, x, integerLit(0)),
		op(schema.OpMod, value.Any, x, integerLit(7)), op(schema.OpBitNot, value.Integer, x), op(schema.OpNot, value.Boolean, x),
		fn("ceil", x), fn("sign", x), fn("abs", x), op(schema.OpEq, value.Boolean, x, op(schema.OpCast, value.Integer, x)),
	}
	sqls := []string{"CAST(x AS INTEGER)", "CAST(x AS REAL)", "x + 0", "x % 7", "~x", "NOT x", "ceil(x)", "sign(x)", "abs(x)", "x = CAST(x AS INTEGER)"}
	rapid.Check(t, func(t *rapid.T) {
		vals := drawTexts(t, "0123456789", 20, 24)
		vals = append(vals, drawTexts(t, "0123456789.eE+- \tx\x00", 100, 12)...)
		vals = append(vals, drawTexts(t, "019.", 40, 30)...)
		checkColumn(t, value.Text, vals, exprs, sqls, never)
	})
}

func TestPatterns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := col(value.Text)
		var exprs []*schema.Expr
		var sqls []string
		for _, p := range drawTexts(t, "aAb%_!é\x00", 6, 6) {
			p.Text = strings.ReplaceAll(p.Text, "\x00", "")
			exprs = append(exprs, op(schema.OpLike, value.Boolean, x, lit(p, value.Text)), op(schema.OpLike, value.Boolean, x, lit(p, value.Text), lit(value.String("!"), value.Text)))
			sqls = append(sqls, "x LIKE "+renderLiteral(p), "x LIKE "+renderLiteral(p)+" ESCAPE '!'")
		}
		for _, p := range drawTexts(t, "aAb*?[]^-é", 12, 8) {
			exprs = append(exprs, op(schema.OpGlob, value.Boolean, x, lit(p, value.Text)))
			sqls = append(sqls, "x GLOB "+renderLiteral(p))
		}
		for _, p := range drawTexts(t, "abc]-^", 8, 6) {
			p.Text = "*[" + p.Text + "]*"
			exprs = append(exprs, op(schema.OpGlob, value.Boolean, x, lit(p, value.Text)))
			sqls = append(sqls, "x GLOB "+renderLiteral(p))
		}
		checkColumn(t, value.Text, drawTexts(t, "aAbBcé]-\x00", 60, 6), exprs, sqls, never)
	})
}

func TestTextFunctions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := col(value.Text)
		y, z := lit(drawTexts(t, "abé", 1, 3)[0], value.Text), lit(drawTexts(t, "abé", 1, 3)[0], value.Text)
		from, n := rapid.Int64Range(-9, 9).Draw(t, "from"), rapid.Int64Range(-9, 9).Draw(t, "n")
		exprs := []*schema.Expr{
			fn("length", x), fn("substr", x, integerLit(from)), fn("substr", x, integerLit(from), integerLit(n)), fn("instr", x, y),
			fn("replace", x, y, z), fn("trim", x, y), fn("ltrim", x, y), fn("rtrim", x, y), fn("upper", x), fn("lower", x), fn("hex", x),
		}
		var sqls []string
		for _, e := range exprs {
			sqls = append(sqls, strings.Replace(render(e), "(i", "(x", 1))
		}
		checkColumn(t, value.Text, drawTexts(t, "aAbéÀ日\x00 ", 60, 9), exprs, sqls, never)
	})
}

// jsonTexts draws texts that are JSON, or nearly.
func jsonTexts(t *rapid.T) []value.Value {
	var draw func(depth int) string
	space := func() string { return rapid.SampledFrom([]string{"", "", "", " ", "\n\t"}).Draw(t, "space") }
	str := rapid.SampledFrom([]string{`""`, `"a"`, `"b"`, `"\u0061"`, `"a\"b"`, `"é"`, `"\ud83d\ude00"`, `"\ud800x"`, `"\n\/\\"`, `"a b"`, "\"\x01\t\"", `"\u00"`, `"\q"`, `"`})
	draw = func(depth int) string {
		k := rapid.IntRange(0, 9).Draw(t, "kind")
		if depth == 0 {
			k %= 6
		}
		switch {
		case k < 3:
			return rapid.SampledFrom([]string{"0", "1", "-1", "12.5", "1e3", "-0.0", "1E-2", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-", "01", "1.e1", "0.1234567890123456789", "1e999"}).Draw(t, "number")
		case k < 5:
			return str.Draw(t, "string")
		case k < 6:
			return rapid.SampledFrom([]string{"true", "false", "null", "nul"}).Draw(t, "word")
		}
		var parts []string
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			p := space() + draw(depth-1) + space()
			if k < 8 {
				p = space() + str.Draw(t, "label") + space() + ":" + p
			}
			parts = append(parts, p)
		}
		if k < 8 {
			return "{" + strings.Join(parts, ",") + space() + "}"
		}
		return "[" + strings.Join(parts, ",") + "]"
	}
	var out []value.Value
	for range 40 {
		out = append(out, value.String(space()+draw(3)+space()))
	}
	return out
}

func TestJSON(t *testing.T) {
	x := col(value.Text)
	var exprs []*schema.Expr
	var sqls []string
	for _, p := range []string{"$", "$.a", "$.b[0]", "$[0]", "$[1].a", "$[#-1]", `$."a\"b"`, `$."é"`, "$.a b", "$[0][0]", `$.""`} {
		path := lit(value.String(p), value.Text)
		exprs = append(exprs, op(schema.OpArrow, value.JSON, x, path), op(schema.OpArrow2, value.Any, x, path), fn("json_extract", x, path))
		sqls = append(sqls, "x -> "+renderLiteral(path.Lit), "x ->> "+renderLiteral(path.Lit), "json_extract(x, "+renderLiteral(path.Lit)+")")
	}
	for _, p := range values("a", "[0]", "a b", 0, 1, -1, -2, "é", "0") {
		path := lit(p, value.Any)
		exprs, sqls = append(exprs, op(schema.OpArrow2, value.Any, x, path)), append(sqls, "x ->> "+renderLiteral(p))
	}
	// SQLite reads JSON5; we only what RFC 8259 calls JSON.
	json5 := func(v value.Value) bool { return !validJSON([]byte(v.Text)) }
	rapid.Check(t, func(t *rapid.T) {
		checkColumn(t, value.Text, jsonTexts(t), exprs, sqls, json5)
	})
}
