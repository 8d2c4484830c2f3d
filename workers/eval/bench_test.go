package eval

import (
	"fmt"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

const benchRows = 1024

// requestBatch looks like web requests: status, latency, region, path.
func requestBatch() []value.Column {
	regions := []string{"eu", "us", "ap"}
	cols := []value.Column{{Type: value.Integer}, {Type: value.Real}, {Type: value.Text}, {Type: value.Text}, {Type: value.Timestamp}}
	for i := range cols {
		cols[i].Resize(benchRows)
	}
	for r := range benchRows {
		status := int64(200)
		if r%7 == 3 {
			status = 503
		}
		cols[0].Set(r, value.Int64(status))
		cols[1].Set(r, value.Float64(float64(r*37%1000)/10))
		cols[2].Set(r, value.String(regions[r*31%3]))
		cols[3].Set(r, value.String(fmt.Sprintf("/api/v1/item/%d", r*17%500)))
		cols[4].Set(r, value.Int64(1_700_000_000_000_000+int64(r)*1000))
	}
	return cols
}

func requestColumn(i int) *schema.Expr {
	return &schema.Expr{Op: schema.OpColumn, Type: requestBatch()[i].Type, Col: i}
}

// benchCases are expressions over requestBatch that make no text.
func benchCases() map[string]*schema.Expr {
	status, latency, region, path, ts := requestColumn(0), requestColumn(1), requestColumn(2), requestColumn(3), requestColumn(4)
	txt := func(s string) *schema.Expr { return lit(value.String(s), value.Text) }
	cond := func(o schema.Op, args ...*schema.Expr) *schema.Expr { return op(o, value.Boolean, args...) }
	below := cond(schema.OpLt, status, integerLit(500))
	class := &schema.Expr{Op: schema.OpCase, Type: value.Text, HasElse: true, Args: []*schema.Expr{below, txt("ok"), txt("error")}}
	in := cond(schema.OpIn, region, txt("eu"), txt("us"))
	statuses := cond(schema.OpIn, status)
	for i := range int64(20) {
		statuses.Args = append(statuses.Args, integerLit(490+i))
	}
	return map[string]*schema.Expr{
		"less":       below,
		"and":        cond(schema.OpAnd, below, cond(schema.OpEq, region, txt("eu"))),
		"or":         cond(schema.OpOr, below, cond(schema.OpEq, region, txt("eu"))),
		"multiply":   op(schema.OpMul, value.Real, latency, integerLit(1000)),
		"integer":    op(schema.OpAdd, value.Integer, status, integerLit(1)),
		"negate":     op(schema.OpNeg, value.Real, latency),
		"like":       cond(schema.OpLike, path, txt("%/item/4%")),
		"like_front": cond(schema.OpLike, path, txt("/api/%")),
		"case":       class,
		"in_text":    in,
		"in_many":    statuses,
		"real":       cond(schema.OpGt, latency, integerLit(50)),
		"columns":    cond(schema.OpLt, op(schema.OpMul, value.Real, status, latency), latency),
		"is_null":    cond(schema.OpIs, latency, lit(value.Value{}, value.Null)),
		"time":       cond(schema.OpGe, op(schema.OpAdd, value.Timestamp, ts, lit(value.Int64(1e6), value.Interval)), ts),
		"seconds":    op(schema.OpSub, value.Real, ts, ts),
		"mixed":      cond(schema.OpEq, op(schema.OpArrow2, value.Any, txt(`{"a":200}`), txt("$.a")), status),
		"coalesce":   fn("coalesce", latency, lit(value.Float64(0), value.Real)),
		"length":     cond(schema.OpGt, fn("length", path), integerLit(15)),
	}
}

func BenchmarkFilter(b *testing.B) {
	cols, rows := requestBatch(), allRows(benchRows)
	for name, e := range benchCases() {
		b.Run(name, func(b *testing.B) {
			p := compile(b, e)
			var out, bad []int32
			b.ReportAllocs()
			for b.Loop() {
				out, bad = p.Filter(cols, rows, benchRows, out[:0], bad[:0])
			}
			perRow(b)
		})
	}
}

func BenchmarkEval(b *testing.B) {
	cols, rows := requestBatch(), allRows(benchRows)
	for name, e := range benchCases() {
		b.Run(name, func(b *testing.B) {
			p := compile(b, e)
			b.ReportAllocs()
			for b.Loop() {
				p.Eval(cols, rows, benchRows)
			}
			perRow(b)
		})
	}
}

func perRow(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
}

// TestNoAllocations holds the promise that a warm program allocates nothing.
func TestNoAllocations(t *testing.T) {
	cols, rows := requestBatch(), allRows(benchRows)
	for name, e := range benchCases() {
		p := compile(t, e)
		out, bad := make([]int32, 0, benchRows), make([]int32, 0, benchRows)
		run := func() {
			p.Eval(cols, rows, benchRows)
			p.Filter(cols, rows, benchRows, out, bad)
		}
		run()
		run()
		if n := testing.AllocsPerRun(5, run); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
