package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// rollup is a random definition in two dialects: Windrow's, and plain SQLite
// with the judge's own aggregates.
type rollup struct {
	name    string
	size    size
	outputs []output
	keys    []string // expressions in GROUP BY beside the window
	where   string   // "" for all
	having  string
}

// output is a column of the SELECT list.
type output struct {
	name    string
	sql     string
	inexact float64 // relative error that is allowed; 0 for none
}

// argument is an expression over columns with its type.
type argument struct {
	sql string
	typ colType
}

var arguments = []argument{
	{"n", integerType}, {"b", integerType}, {"x", realType}, {"y", realType}, {"d", integerType}, {"n * 2 + 1", integerType}, {"n / 3", integerType},
	{"n / (n % 3)", integerType}, {"b % 1000", integerType}, {"b >> 3", integerType}, {"x / 2", realType}, {"x + n", realType}, {"y / 4.0", realType}, {"abs(x)", realType}, {"coalesce(n, 0)", integerType},
	{"CASE WHEN f THEN x ELSE 0.5 END", realType}, {"length(u)", integerType}, {"-n", integerType}, {"n * x", realType}, {"max(n, 3)", integerType}, {"round(x, 1)", realType},
	{"k", textType}, {"u", textType}, {"p", textType}, {"lower(u) || '!'", textType}, {"coalesce(u, k)", textType}, {"substr(u, 2, 2)", textType}, {"t", timestampType}, {"ts", timestampType},
}

var conditions = []string{
	"n > 5", "n <= 0", "x < 1.5 AND f", "u LIKE '%a%'", "k IN ('a', 'A', '')", "u IS NULL", "NOT (f OR n > 3)", "b BETWEEN -1000 AND 9007199254740993", "t IS NOT NULL", "t < ts",
	"ts >= '2026-03-01 00:00:00.5'", "f", "f IS NOT TRUE", "n % 2 = 0", "x > n", "p GLOB '*[0-9]*'", "u = k", "CASE WHEN n IS NULL THEN f ELSE n <> 7 END", "length(k) > 1 OR y > 0",
	"y IS NOT NULL AND abs(y) >= 1", "d % 2", "coalesce(u, p, k) NOT LIKE '_'", "n IN (1, 2, NULL)", "n IS NOT 3", "x <> 0.1",
}

var keyExpressions = []string{"k", "u", "n", "f", "p", "t", "x", "d", "b", "n % 3", "lower(u)", "coalesce(p, '-')", "x > 0", "CASE WHEN n > 5 THEN 'hi' ELSE 'lo' END", "substr(k, 1, 1)", "b & 7", "u IS NULL", "round(x)"}

// newRollup draws a definition.
func newRollup(r *rand.Rand, name string) rollup {
	q := rollup{name: name, size: pick(r, windowSizes)}
	q.outputs = append(q.outputs, output{name: "window_start", sql: "window_start"})
	if r.IntN(4) == 0 {
		q.outputs = append(q.outputs, output{name: "window_end", sql: "window_end"})
	}
	for range r.IntN(4) {
		if k := pick(r, keyExpressions); !slices.Contains(q.keys, k) {
			q.keys = append(q.keys, k)
			q.outputs = append(q.outputs, output{name: fmt.Sprintf("g%d", len(q.keys)), sql: k})
		}
	}
	if r.IntN(2) == 0 {
		q.where = q.condition(r)
	}
	for i := range 1 + r.IntN(5) {
		o := q.aggregate(r)
		o.name = fmt.Sprintf("a%d", i)
		q.outputs = append(q.outputs, o)
	}
	if r.IntN(4) == 0 {
		q.having = pick(r, []string{"count(*) > 1", "sum(n) IS NOT NULL", "max(x) > 0.5 OR count(u) < 3", "min(k) <> ''", "count(*) % 2 = 0", "avg(x) < 100"})
	}
	return q
}

func (q *rollup) condition(r *rand.Rand) string {
	c := pick(r, conditions)
	switch r.IntN(6) {
	case 0:
		return "(" + c + ") AND (" + pick(r, conditions) + ")"
	case 1:
		return "(" + c + ") OR (" + pick(r, conditions) + ")"
	case 2:
		return "NOT (" + c + ")"
	}
	return c
}

// aggregate draws a column of one aggregate, or of several in an expression.
func (q *rollup) aggregate(r *rand.Rand) output {
	if r.IntN(5) == 0 {
		return output{sql: pick(r, []string{"max(x) - min(x)", "sum(n) * 1.0 / count(*)", "round(avg(x), 2)", "count(u) || '/' || count(*)", "coalesce(sum(n), 0) + 1",
			"CASE WHEN count(*) > 2 THEN max(u) ELSE min(u) END", "sum(y) IS NULL", "avg(x) BETWEEN 0 AND 10", "count(*) FILTER (WHERE f) * 100 / count(*)", "max(length(u)) > 3 AND min(n) < 0"})}
	}
	if r.IntN(6) == 0 {
		return output{sql: "count(*)" + q.filter(r)}
	}
	fn := pick(r, []string{"count", "sum", "sum", "avg", "avg", "min", "max", "var_samp", "var_pop", "stddev_samp", "stddev_pop", "median", "quantile", "first", "last"})
	arg := pick(r, arguments)
	for !takes(fn, arg) {
		arg = pick(r, arguments)
	}
	rest := ")"
	if fn == "quantile" {
		rest = ", " + pick(r, []string{"0", "0.01", "0.5", "0.9", "0.99", "0.999", "1"}) + ")"
	}
	o := output{sql: fn + "(" + arg.sql + rest + q.filter(r)}
	switch {
	case strings.HasPrefix(fn, "var") || strings.HasPrefix(fn, "stddev"):
		o.inexact = 1e-12
	case (fn == "sum" || fn == "avg") && arg.typ == integerType:
		o.inexact = 4e-16 // of sums that no INTEGER holds
	}
	return o
}

func (q *rollup) filter(r *rand.Rand) string {
	if r.IntN(3) > 0 {
		return ""
	}
	return " FILTER (WHERE " + q.condition(r) + ")"
}

// takes tells whether an aggregate takes an argument of that type. The
// variances of doubles at the limits of the range are left out: squares of
// them have no doubles.
func takes(fn string, a argument) bool {
	switch fn {
	case "count", "first", "last", "min", "max":
		return true
	case "sum", "avg", "median", "quantile":
		return a.typ == integerType || a.typ == realType
	}
	return (a.typ == integerType || a.typ == realType) && !strings.Contains(a.sql, "y")
}

// sql is the definition as Windrow reads it.
func (q *rollup) sql() string {
	return "CREATE ROLLUP " + q.name + " AS\n" + q.query("TUMBLE(s, "+q.size.sql()+")", func(s string) string { return s }) + ";\n"
}

// query spells the SELECT over a source, with its expressions translated.
func (q *rollup) query(from string, translate func(string) string) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i, o := range q.outputs {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(translate(o.sql))
		if o.sql != o.name {
			b.WriteString(" AS " + o.name)
		}
	}
	b.WriteString("\nFROM " + from)
	if q.where != "" {
		b.WriteString("\nWHERE " + translate(q.where))
	}
	b.WriteString("\nGROUP BY window_start")
	for _, k := range q.keys {
		b.WriteString(", " + translate(k))
	}
	if q.having != "" {
		b.WriteString("\nHAVING " + translate(q.having))
	}
	return b.String()
}

var word = regexp.MustCompile(`'(?:[^']|'')*'|\b[a-z_]+\b`)

// names returns the columns that the definition names, the event time among
// them, computed ones replaced by what they are computed from.
func (q *rollup) names() []int {
	text := q.where + " " + q.having
	for _, o := range q.outputs {
		text += " " + o.sql
	}
	used := []int{0}
	for _, w := range word.FindAllString(text, -1) {
		if w == "d" {
			w = "n"
		}
		i := slices.IndexFunc(columns, func(c column) bool { return c.name == w })
		if i >= 0 && !slices.Contains(used, i) {
			used = append(used, i)
		}
	}
	return used
}

// usable tells whether the rollup can use an event: it is a record, and of the
// columns that are named none is bad and none is NULL that must not be.
func usable(e *event, names []int) bool {
	if e.broken {
		return false
	}
	for _, i := range names {
		if _, isBad := e.cells[i].(bad); isBad || e.cells[i] == nil && (columns[i].notNull || i == 0) {
			return false
		}
	}
	return true
}
