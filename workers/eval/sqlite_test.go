package eval

import (
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"

	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// The oracle: a table in SQLite with the rows of a batch, and expressions
// rendered as SQL. Times are their microseconds there.

type testColumn struct {
	name string
	typ  value.Type
	sql  string
	pool []value.Value
}

var (
	intPool = values(nil, 0, 1, -1, 2, 3, 7, 63, 64, 65, -64, -65, 100, 500, math.MaxInt64, math.MinInt64,
		math.MaxInt64-1, math.MinInt64+1, 1<<53, 1<<53+1, 4611686018427387904, 3037000500)
	realPool = values(nil, 0.0, 0.5, -0.5, 1.0, 1.5, -1.5, 2.5, 3.0, 0.1, 0.3, 49.47, 1e15, 1e16, 1e17, 123456789.125, 9007199254740993.0,
		1e-5, 1.5e-7, 1e300, -1e300, 5e-324, 9223372036854775807.0, -9223372036854775808.0, 9.3e18, 0.285, 1234.565, 2.0/3, 1e21)
	textPool = values(nil, "", "a", "abc", "ABC", "aBc", "a%c", "a_c", " abc ", "abcabc", "12", " 12 ", "3abc", "1e3", "1.50", "-7", "0x10", ".5", "5.",
		"1e", "+4", "é", "ÀÉ", "日本語", "a日b", "ab\x00cd", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"99999999999999999999", "0.1e-2x", "true", "xxabcxx", "%", "[a]", "a]c", "a-c", "1e400", "12345678901234567890.5")
	boolPool = values(nil, 0, 1)
	timePool = values(nil, 0, 1, -1, 1_700_000_000_000_000, 1_700_000_000_500_000, int64(value.MinTime), int64(value.MaxTime), 1_700_003_600_000_000)
	jsonPool = values(nil, `{"a":1,"b":{"c":[1,2.5,"x",null,true]}}`, `{"a":null,"a":2}`, `[1,2,3]`, `[]`, `{}`, `"te\u0078t\n"`, `12`, `1.0`, `-0.5e3`,
		`true`, `false`, `null`, ` { "a" : [ 1 , "q \" q" ] , "é" : "\u00e9\ud83d\ude00" } `, `{"a":9223372036854775808,"b":-9223372036854775808}`,
		`{"a.b":1,"a":{"a":[[1],[2,[3]]]}}`, `{"\u0061":5}`, `{"a":"3"}`, `{"a":"x"}`, `{"a":"12","b":3.5}`, `[[],{},"",0]`, `{"a`, `{"a":01}`, `[1,]2`, ``, `nul`)
)

var testColumns = []testColumn{
	{"i", value.Integer, "INTEGER", intPool}, {"j", value.Integer, "INTEGER", intPool},
	{"r", value.Real, "REAL", realPool}, {"s", value.Real, "REAL", realPool},
	{"t", value.Text, "TEXT", textPool}, {"u", value.Text, "TEXT", textPool},
	{"b", value.Boolean, "BOOLEAN", boolPool},
	{"ts", value.Timestamp, "INTEGER", timePool}, {"tz", value.Timestamp, "INTEGER", timePool},
	{"d", value.JSON, "TEXT", jsonPool},
}

func values(list ...any) []value.Value {
	var out []value.Value
	for _, v := range list {
		switch v := v.(type) {
		case nil:
			out = append(out, value.Value{})
		case int:
			out = append(out, value.Int64(int64(v)))
		case int64:
			out = append(out, value.Int64(v))
		case float64:
			out = append(out, value.Float64(v))
		case string:
			out = append(out, value.String(v))
		}
	}
	return out
}

const testRows = 96

// batch makes the rows of the tests, the same in each run.
func batch() []value.Column {
	rnd := rand.New(rand.NewPCG(1, 2))
	cols := make([]value.Column, len(testColumns))
	for i, c := range testColumns {
		cols[i].Type = c.typ
		cols[i].Resize(testRows)
		for r := range testRows {
			v := c.pool[rnd.IntN(len(c.pool))]
			if r < len(c.pool) && i%2 == 0 {
				v = c.pool[r]
			}
			cols[i].Set(r, v)
		}
	}
	return cols
}

type oracle struct{ db *sql.DB }

// openOracle fills a table with the batch, once for all tests.
var openOracle = sync.OnceValues(func() (*oracle, error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	var defs, marks []string
	for _, c := range testColumns {
		defs, marks = append(defs, c.name+" "+c.sql), append(marks, "?")
	}
	if _, err := db.Exec("CREATE TABLE x (" + strings.Join(defs, ", ") + ")"); err != nil {
		return nil, err
	}
	cols := batch()
	for r := range testRows {
		args := make([]any, len(cols))
		for i := range cols {
			args[i] = anyOf(cols[i].At(r))
		}
		if _, err := db.Exec("INSERT INTO x VALUES ("+strings.Join(marks, ", ")+")", args...); err != nil {
			return nil, err
		}
	}
	return &oracle{db}, nil
})

func anyOf(v value.Value) any {
	switch v.Kind {
	case value.KindInt:
		return v.Int
	case value.KindReal:
		return v.Real
	case value.KindText:
		return v.Text
	}
	return nil
}

// answer is what SQLite says about one expression in one row.
type answer struct {
	v    any
	is   bool // it is true
	fail bool
}

// ask computes expressions for all rows; result[e][row].
func (o *oracle) ask(exprs []string) [][]answer {
	out := make([][]answer, len(exprs))
	if o.query(exprs, "", out) == nil {
		return out
	}
	for i := range exprs {
		one := make([][]answer, 1)
		if o.query(exprs[i:i+1], "", one) != nil {
			one[0] = o.rowByRow(exprs[i])
		}
		out[i] = one[0]
	}
	return out
}

func (o *oracle) rowByRow(expr string) []answer {
	var out []answer
	for r := range testRows {
		one := make([][]answer, 1)
		if err := o.query([]string{expr}, fmt.Sprintf(" WHERE rowid = %d", r+1), one); err != nil {
			one[0] = []answer{{fail: true, v: err.Error()}}
		}
		out = append(out, one[0]...)
	}
	return out
}

func (o *oracle) query(exprs []string, where string, out [][]answer) error {
	var list []string
	for _, e := range exprs {
		list = append(list, "+("+e+")", "("+e+") IS TRUE")
	}
	rows, err := o.db.Query("SELECT " + strings.Join(list, ", ") + " FROM x" + where + " ORDER BY rowid")
	if err != nil {
		return err
	}
	defer rows.Close()
	vals, ptrs := make([]any, len(list)), make([]any, len(list))
	for i := range vals {
		ptrs[i] = &vals[i]
	}
	for rows.Next() {
		if err := rows.Scan(ptrs...); err != nil {
			return err
		}
		for i := range exprs {
			out[i] = append(out[i], answer{v: vals[2*i], is: vals[2*i+1] == int64(1)})
		}
	}
	return rows.Err()
}

func render(e *schema.Expr) string {
	a := make([]string, len(e.Args))
	for i := range e.Args {
		a[i] = render(e.Args[i])
	}
	not := ""
	if e.Not {
		not = "NOT "
	}
	switch e.Op {
	case schema.OpLiteral:
		return renderLiteral(e.Lit)
	case schema.OpColumn:
		return testColumns[e.Col].name
	case schema.OpCall:
		return e.Func.Name + "(" + strings.Join(a, ", ") + ")"
	case schema.OpCast:
		typ := e.Type.String()
		if typ == "JSON" {
			typ = "TEXT"
		}
		return "CAST(" + a[0] + " AS " + typ + ")"
	case schema.OpNeg:
		return "(-(" + a[0] + "))"
	case schema.OpBitNot:
		return "(~" + a[0] + ")"
	case schema.OpNot:
		return "(NOT " + a[0] + ")"
	case schema.OpIsTrue, schema.OpIsFalse:
		word := "TRUE"
		if e.Op == schema.OpIsFalse {
			word = "FALSE"
		}
		return "(" + a[0] + " IS " + not + word + ")"
	case schema.OpIs:
		return "(" + a[0] + " IS " + not + a[1] + ")"
	case schema.OpBetween:
		return "(" + a[0] + " " + not + "BETWEEN " + a[1] + " AND " + a[2] + ")"
	case schema.OpIn:
		return "(" + a[0] + " " + not + "IN (" + strings.Join(a[1:], ", ") + "))"
	case schema.OpLike, schema.OpGlob:
		s := "(" + a[0] + " " + not + map[schema.Op]string{schema.OpLike: "LIKE ", schema.OpGlob: "GLOB "}[e.Op] + a[1]
		if len(a) > 2 {
			s += " ESCAPE " + a[2]
		}
		return s + ")"
	case schema.OpCase:
		return renderCase(e, a)
	}
	if e.Op == schema.OpSub && e.Args[0].Type == value.Timestamp && e.Args[1].Type == value.Timestamp {
		return "((" + a[0] + " - " + a[1] + ") / 1e6)"
	}
	return "(" + a[0] + " " + operators[e.Op] + " " + a[1] + ")"
}

var operators = map[schema.Op]string{
	schema.OpAdd: "+", schema.OpSub: "-", schema.OpMul: "*", schema.OpDiv: "/", schema.OpMod: "%", schema.OpConcat: "||",
	schema.OpBitAnd: "&", schema.OpBitOr: "|", schema.OpShiftLeft: "<<", schema.OpShiftRight: ">>",
	schema.OpEq: "=", schema.OpNe: "<>", schema.OpLt: "<", schema.OpLe: "<=", schema.OpGt: ">", schema.OpGe: ">=",
	schema.OpAnd: "AND", schema.OpOr: "OR", schema.OpArrow: "->", schema.OpArrow2: "->>",
}

func renderCase(e *schema.Expr, a []string) string {
	s := "(CASE"
	if e.HasBase {
		s, a = s+" "+a[0], a[1:]
	}
	for ; len(a) > 1; a = a[2:] {
		s += " WHEN " + a[0] + " THEN " + a[1]
	}
	if e.HasElse {
		s += " ELSE " + a[0]
	}
	return s + " END)"
}

func renderLiteral(v value.Value) string {
	switch v.Kind {
	case value.KindInt:
		return "(" + strconv.FormatInt(v.Int, 10) + ")"
	case value.KindReal:
		s := strconv.FormatFloat(v.Real, 'e', -1, 64)
		return "(" + s + ")"
	case value.KindText:
		return "'" + strings.ReplaceAll(v.Text, "'", "''") + "'"
	}
	return "NULL"
}

// same compares a cell of ours with a value of SQLite.
func same(t rapid.TB, ours value.Value, theirs any) bool {
	t.Helper()
	switch v := theirs.(type) {
	case nil:
		return ours.Kind == value.KindNull
	case int64:
		return ours.Kind == value.KindInt && ours.Int == v
	case float64:
		return ours.Kind == value.KindReal && ours.Real == v
	case string:
		return ours.Kind == value.KindText && ours.Text == v
	case []byte:
		return ours.Kind == value.KindText && ours.Text == string(v)
	}
	t.Fatalf("SQLite gave a %T", theirs)
	return false
}
