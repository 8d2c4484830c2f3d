package eval

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

func TestEveryFunctionIsImplemented(t *testing.T) {
	have := implementations()
	for _, f := range schema.Functions {
		if _, ok := have[f.Name]; !ok {
			t.Errorf("%s() is not implemented", f.Name)
		}
		delete(have, f.Name)
	}
	for name := range have {
		t.Errorf("%s() is no row of schema.Functions", name)
	}
}

func TestBareColumnIsNotCopied(t *testing.T) {
	cols := batch()
	p := compile(t, column(4))
	if got := p.Eval(cols, allRows(testRows), testRows); got != &cols[4] {
		t.Error("a bare column was copied")
	}
}

// overflows are what SQLite answers with a REAL, or with an error.
func TestWhatCannotBeComputed(t *testing.T) {
	i, ts, d := integerLit, lit(value.Int64(int64(value.MaxTime)), value.Timestamp), lit(value.String(`{"a":`), value.Text)
	hour := lit(value.Int64(value.Hour), value.Interval)
	early := lit(value.Int64(int64(value.MinTime)), value.Timestamp)
	txt := func(s string) *schema.Expr { return lit(value.String(s), value.Text) }
	big := fn("replace", txt(strings.Repeat("a", 1<<13)), txt("a"), txt(strings.Repeat("b", 1<<14)))
	tests := []struct {
		e    *schema.Expr
		want string
	}{
		{op(schema.OpAdd, value.Integer, i(math.MaxInt64), i(1)), "integer overflow"},
		{op(schema.OpAdd, value.Integer, i(math.MinInt64), i(-1)), "integer overflow"},
		{op(schema.OpSub, value.Integer, i(math.MinInt64), i(1)), "integer overflow"},
		{op(schema.OpMul, value.Integer, i(math.MinInt64), i(-1)), "integer overflow"},
		{op(schema.OpMul, value.Integer, i(1<<32), i(1<<31)), "integer overflow"},
		{op(schema.OpDiv, value.Integer, i(math.MinInt64), i(-1)), "integer overflow"},
		{op(schema.OpNeg, value.Integer, i(math.MinInt64)), "integer overflow"},
		{fn("abs", i(math.MinInt64)), "integer overflow"},
		{op(schema.OpAdd, value.Timestamp, ts, hour), "a time outside of the years 1 to 9999"},
		{op(schema.OpAdd, value.Timestamp, hour, ts), "a time outside of the years 1 to 9999"},
		{op(schema.OpSub, value.Timestamp, early, hour), "a time outside of the years 1 to 9999"},
		{op(schema.OpArrow2, value.Any, d, txt("a")), "malformed JSON"},
		{fn("json_extract", txt("[1]"), column(4)), `bad JSON path ""`},
		{op(schema.OpLike, value.Boolean, txt("a"), txt("b"), column(4)), "an ESCAPE of not one character"},
		{op(schema.OpCast, value.Timestamp, txt("soon")), "no timestamp"},
		{big, "a text of more than 64 MB"},
	}
	cols, row := batch(), []int32{1}
	cols[4].Set(1, value.String(""))
	for _, tt := range tests {
		for _, p := range []*Program{compile(t, tt.e), compilePlain(t, tt.e)} {
			if got := p.Eval(cols, row, testRows).At(1); got.Kind != value.KindBad || p.Reason() != tt.want || p.ReasonAt(1) != tt.want {
				t.Errorf("%s gives %v, %q; want KindBad, %q", render(tt.e)[:min(60, len(render(tt.e)))], got, p.Reason(), tt.want)
			}
			if p.ReasonAt(2) != "" {
				t.Errorf("%s has a reason for another row", render(tt.e))
			}
		}
	}
}

func TestReasonCitesTheDefinition(t *testing.T) {
	const text = "SELECT sum(bytes * 1000000) FROM requests"
	e := op(schema.OpMul, value.Integer, column(0), integerLit(1000000))
	e.Pos, e.End = 100+strings.Index(text, "bytes"), 100+strings.Index(text, ")")
	p := compile(t, e)
	p.Describe(text, 100)
	cols := batch()
	cols[0].Set(5, value.Int64(math.MaxInt64))
	p.Eval(cols, []int32{5}, testRows)
	if got, want := p.Reason(), "integer overflow in bytes * 1000000"; got != want {
		t.Errorf("Reason is %q, want %q", got, want)
	}
	p.Eval(cols, nil, testRows)
	if p.Reason() != "" {
		t.Errorf("Reason is still %q", p.Reason())
	}
}

// TestFilterStopsEarly: what cannot change the answer is not looked at.
func TestFilterStopsEarly(t *testing.T) {
	bad := op(schema.OpGt, value.Boolean, op(schema.OpNeg, value.Integer, integerLit(math.MinInt64)), integerLit(0))
	yes, no := op(schema.OpEq, value.Boolean, integerLit(1), integerLit(1)), op(schema.OpEq, value.Boolean, integerLit(1), integerLit(2))
	unknown := op(schema.OpEq, value.Boolean, integerLit(1), lit(value.Value{}, value.Null))
	tests := []struct {
		e        *schema.Expr
		out, bad int
	}{
		{op(schema.OpAnd, value.Boolean, no, bad), 0, 0},
		{op(schema.OpAnd, value.Boolean, unknown, bad), 0, 0},
		{op(schema.OpAnd, value.Boolean, yes, bad), 0, 1},
		{op(schema.OpAnd, value.Boolean, bad, no), 0, 1},
		{op(schema.OpOr, value.Boolean, yes, bad), 1, 0},
		{op(schema.OpOr, value.Boolean, no, bad), 0, 1},
		{op(schema.OpNot, value.Boolean, op(schema.OpAnd, value.Boolean, no, bad)), 1, 0},
		{op(schema.OpNot, value.Boolean, op(schema.OpAnd, value.Boolean, unknown, bad)), 0, 1},
	}
	cols := batch()
	for _, tt := range tests {
		for _, p := range []*Program{compile(t, tt.e), compilePlain(t, tt.e)} {
			if out, bad := p.Filter(cols, []int32{0}, testRows, nil, nil); len(out) != tt.out || len(bad) != tt.bad {
				t.Errorf("%s: out %v, bad %v; want %d and %d of them", render(tt.e), out, bad, tt.out, tt.bad)
			}
		}
	}
}

func TestFilterAppends(t *testing.T) {
	cols := requestBatch()
	p := compile(t, benchCases()["less"])
	out, bad := p.Filter(cols, []int32{1, 2, 3, 4}, benchRows, []int32{77}, []int32{88})
	if len(out) != 4 || out[0] != 77 || out[3] != 4 || len(bad) != 1 || bad[0] != 88 {
		t.Errorf("Filter gives %v and %v", out, bad)
	}
}

func TestTimesAsText(t *testing.T) {
	at, ok := value.ParseTime("2026-03-01 12:30:05.25", nil)
	if !ok {
		t.Fatal("time does not parse")
	}
	ts, txt := lit(value.Int64(int64(at)), value.Timestamp), func(s string) *schema.Expr { return lit(value.String(s), value.Text) }
	none := lit(value.Value{}, value.Null)
	tests := []struct {
		e    *schema.Expr
		want value.Value
	}{
		{op(schema.OpCast, value.Text, ts), value.String("2026-03-01 12:30:05.25")},
		{op(schema.OpConcat, value.Text, txt("at "), ts), value.String("at 2026-03-01 12:30:05.25")},
		{fn("typeof", ts), value.String("text")},
		{op(schema.OpCast, value.Timestamp, txt("2026-03-01T13:30:05.25+01:00")), value.Int64(int64(at))},
		{op(schema.OpCast, value.Timestamp, none), value.Value{}},
		{op(schema.OpSub, value.Real, op(schema.OpAdd, value.Timestamp, ts, lit(value.Int64(1_500_000), value.Interval)), ts), value.Float64(1.5)},
		{op(schema.OpIn, value.Boolean, ts, none, ts), value.Int64(1)},
		{fn("coalesce", none, ts), value.Int64(int64(at))},
		{fn("max", ts, op(schema.OpAdd, value.Timestamp, ts, lit(value.Int64(1), value.Interval))), value.Int64(int64(at) + 1)},
		{fn("nullif", ts, ts), value.Value{}},
		{op(schema.OpEq, value.Boolean, ts, ts), value.Int64(1)},
		{&schema.Expr{Op: schema.OpCase, Type: value.Any, Args: []*schema.Expr{integerLit(1), ts}}, value.String("2026-03-01 12:30:05.25")},
	}
	cols := batch()
	for _, tt := range tests {
		vals, _, _ := twins(t, tt.e, cols, []int32{0, 3})
		if vals[3] != tt.want {
			t.Errorf("%s gives %v, want %v", render(tt.e), vals[3], tt.want)
		}
	}
}

func TestCasts(t *testing.T) {
	tests := []struct {
		from value.Value
		typ  value.Type
		to   value.Type
		want value.Value
	}{
		{value.Float64(0.5), value.Real, value.Boolean, value.Int64(1)},
		{value.String("no"), value.Text, value.Boolean, value.Int64(0)},
		{value.Value{}, value.Null, value.Boolean, value.Value{}},
		{value.Int64(3), value.Integer, value.JSON, value.String("3")},
	}
	for _, tt := range tests {
		vals, _, _ := twins(t, op(schema.OpCast, tt.to, lit(tt.from, tt.typ)), batch(), []int32{0})
		if vals[0] != tt.want {
			t.Errorf("CAST(%v AS %v) gives %v, want %v", tt.from, tt.to, vals[0], tt.want)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	x, txt := column(4), func(s string) *schema.Expr { return lit(value.String(s), value.Text) }
	tests := []struct {
		e    *schema.Expr
		want string
	}{
		{&schema.Expr{Op: schema.OpCall, Func: &schema.Function{Name: "nope"}}, "cannot compile nope(): no such function"},
		{&schema.Expr{Op: schema.OpCall}, "cannot compile a call without a function"},
		{&schema.Expr{Op: schema.OpCall, Func: schema.FindFunction("length")}, "cannot compile length() with 0 arguments"},
		{op(schema.OpArrow, value.JSON, x, txt("$.")), `bad JSON path "$.": write it like '$.a.b[0]'`},
		{fn("json_extract", x, txt("a")), `bad JSON path "a": write it like '$.a.b[0]'`},
		{op(schema.OpNot, value.Boolean, op(schema.OpLike, value.Boolean, x, x, txt("ab"))), `ESCAPE must be one character, not "ab"`},
		{op(schema.OpCall+1, value.Any), "cannot compile operation 35: not known"},
	}
	for _, tt := range tests {
		if _, err := Compile(tt.e); err == nil || err.Error() != tt.want {
			t.Errorf("Compile says %v, want %s", err, tt.want)
		}
	}
}

// FuzzTwins draws expressions from the fuzzer's bytes and holds kernels and
// evaluator against each other.
func FuzzTwins(f *testing.F) {
	for _, seed := range []string{"", "status < 500", strings.Repeat("\x01\x80\xff\x07", 64), strings.Repeat("windrow!", 200)} {
		f.Add([]byte(seed))
	}
	cols := batch()
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		twins(t, generator{t}.any(rapid.IntRange(1, 4).Draw(t, "depth")), cols, selection(t))
	}))
}

// FuzzText gives text from outside to everything that reads it: nothing may
// panic, and what is JSON must survive being made compact.
func FuzzText(f *testing.F) {
	for _, c := range testColumns {
		for _, v := range c.pool {
			f.Add(v.Text, "$.a[0]")
		}
	}
	f.Fuzz(func(t *testing.T, s, p string) {
		b := []byte(s)
		parseReal(b)
		parseInt(b)
		newLike([]byte(p), '!').match(b)
		newGlob([]byte(p)).match(b)
		if !validJSON(b) {
			return
		}
		small := compact(nil, b)
		if !validJSON(small) || string(compact(nil, small)) != string(small) {
			t.Fatalf("%q is compact as %q", s, small)
		}
		if path, err := parsePath([]byte(p)); err == nil {
			if found := find(b, path); found != nil && !validJSON(found) {
				t.Fatalf("%s of %q is %q", p, s, found)
			}
		}
	})
}
