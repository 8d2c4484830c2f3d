package schema

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/windrow/windrow/schema/syntax"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/schema/window"
)

func (s *scope) literal(e *syntax.Expr) *Expr {
	switch e.Kind {
	case syntax.NumberExpr:
		return s.number(e, e.Text)
	case syntax.StringExpr:
		return literal(value.Text, value.String(e.Text))
	case syntax.TrueExpr:
		return literal(value.Boolean, value.Int64(1))
	case syntax.FalseExpr:
		return literal(value.Boolean, value.Int64(0))
	case syntax.IntervalExpr:
		return s.interval(e)
	case syntax.BlobExpr:
		s.problem(exprSpan(e), "write a text: 'abc'", "records hold no blobs")
		return nil
	}
	return literal(value.Null, value.Value{})
}

func literal(t value.Type, v value.Value) *Expr { return &Expr{Op: OpLiteral, Type: t, Lit: v} }

// number reads a number, which may begin with a minus, as SQLite does: what
// is too long for an INTEGER is a REAL.
func (s *scope) number(e *syntax.Expr, text string) *Expr {
	clean := strings.ReplaceAll(text, "_", "")
	if strings.HasPrefix(strings.ToLower(clean), "0x") {
		u, err := strconv.ParseUint(clean[2:], 16, 64)
		if err != nil {
			s.problem(exprSpan(e), "", "%s does not fit into 64 bits", clip(text))
			return nil
		}
		return literal(value.Integer, value.Int64(int64(u)))
	}
	if i, err := strconv.ParseInt(clean, 10, 64); err == nil {
		return literal(value.Integer, value.Int64(i))
	}
	f, err := strconv.ParseFloat(clean, 64)
	if err != nil {
		s.problem(exprSpan(e), "", "%s is too large for a REAL", clip(text))
		return nil
	}
	return literal(value.Real, value.Float64(f+0)) // + 0 makes -0.0 plain
}

func (s *scope) interval(e *syntax.Expr) *Expr {
	sp, err := window.ParseSpan(e.Text)
	if err != nil {
		s.problem(exprSpan(e), "", "%v", err)
		return nil
	}
	if sp.Calendar() {
		s.problem(exprSpan(e), "write it in days", "%s has no fixed length", sp)
		return nil
	}
	return literal(value.Interval, value.Int64(sp.Micros()))
}

// time reads a text literal as a time.
func (s *scope) time(e *Expr) (*Expr, error) {
	t, ok := value.ParseTime(e.Lit.Text, s.def.Timezone)
	if !ok {
		return nil, withHint("write it like '2026-03-01 12:30:00' or '2026-03-01T12:30:00Z'", "'%s' is not a time", clip(e.Lit.Text))
	}
	r := literal(value.Timestamp, value.Int64(int64(t)))
	r.Pos, r.End = e.Pos, e.End
	return r, nil
}

// numberIn reads a text literal as the number that SQLite's numeric affinity
// makes of it.
func numberIn(e *Expr) (*Expr, bool) {
	t := strings.Trim(e.Lit.Text, " \t\n\v\f\r")
	var r *Expr
	if i, err := strconv.ParseInt(t, 10, 64); err == nil {
		r = literal(value.Integer, value.Int64(i))
	} else if f, err := strconv.ParseFloat(t, 64); err == nil && plainFloat(t) {
		r = literal(value.Real, value.Float64(f+0))
		if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			r = literal(value.Integer, value.Int64(int64(f)))
		}
	} else {
		return nil, false
	}
	r.Pos, r.End = e.Pos, e.End
	return r, true
}

// plainFloat refuses the words and forms that Go reads and SQLite does not.
func plainFloat(s string) bool { return strings.Trim(s, "0123456789+-.eE") == "" }

// Canonical text of literals.
func literalText(e *Expr) string {
	switch e.Type {
	case value.Null:
		return "NULL"
	case value.Real:
		t := strconv.FormatFloat(e.Lit.Real, 'g', -1, 64)
		if !strings.ContainsAny(t, ".eIN") {
			t += ".0"
		}
		return t
	case value.Text:
		return quoteText(e.Lit.Text)
	case value.Boolean:
		return map[int64]string{0: "FALSE", 1: "TRUE"}[e.Lit.Int]
	case value.Timestamp:
		return "TIMESTAMP " + quoteText(value.Time(e.Lit.Int).Format(-1))
	case value.Interval:
		return fmt.Sprintf("INTERVAL '%d us'", e.Lit.Int)
	}
	return strconv.FormatInt(e.Lit.Int, 10)
}

func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
