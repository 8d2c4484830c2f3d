package syntax

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
	"pgregory.net/rapid"
)

// render writes an expression with all its parentheses.
func render(e *Expr) string {
	args := make([]string, len(e.Args))
	for i, a := range e.Args {
		args[i] = render(a)
	}
	not := map[bool]string{true: " NOT"}[e.Not]
	switch e.Kind {
	case NumberExpr:
		return e.Text
	case StringExpr:
		return "'" + strings.ReplaceAll(e.Text, "'", "''") + "'"
	case NullExpr:
		return "NULL"
	case TrueExpr:
		return "TRUE"
	case FalseExpr:
		return "FALSE"
	case UnaryExpr:
		return "(" + e.Text + " " + args[0] + ")"
	case BinaryExpr:
		return "(" + args[0] + " " + e.Text + " " + args[1] + ")"
	case IsExpr:
		return "(" + args[0] + " IS" + not + " " + args[1] + ")"
	case BetweenExpr:
		return "(" + args[0] + not + " BETWEEN " + args[1] + " AND " + args[2] + ")"
	case InExpr:
		return "(" + args[0] + not + " IN (" + strings.Join(args[1:], ", ") + "))"
	case LikeExpr:
		s := "(" + args[0] + not + " " + e.Text + " " + args[1]
		if len(args) == 3 {
			s += " ESCAPE " + args[2]
		}
		return s + ")"
	case CallExpr:
		return e.Text + "(" + strings.Join(args, ", ") + ")"
	case CastExpr:
		return "CAST(" + args[0] + " AS " + e.Type.Text + ")"
	case CaseExpr:
		return renderCase(e, args)
	}
	return fmt.Sprintf("?%d", e.Kind)
}

func renderCase(e *Expr, args []string) string {
	s := "CASE"
	if e.HasBase {
		s, args = s+" "+args[0], args[1:]
	}
	for len(args) >= 2 {
		s, args = s+" WHEN "+args[0]+" THEN "+args[1], args[2:]
	}
	if e.HasElse {
		s += " ELSE " + args[0]
	}
	return s + " END"
}

// parseExpr reads one expression through a whole statement.
func parseExpr(src string) (*Expr, []Error) {
	f := Parse("CREATE ROLLUP r AS SELECT " + src + " AS x FROM s")
	if len(f.Errors) > 0 {
		return nil, f.Errors
	}
	return f.Statements[0].Rollup.Select.Items[0].Expr, nil
}

func TestPrecedence(t *testing.T) {
	tests := []struct{ src, want string }{
		{"1 + 2 * 3", "(1 + (2 * 3))"},
		{"1 - 2 - 3", "((1 - 2) - 3)"},
		{"- 1 || 2", "((- 1) || 2)"},
		{"1 || 2 + 3", "((1 || 2) + 3)"},
		{"1 * 2 || 3", "(1 * (2 || 3))"},
		{"NOT 1 = 2", "(NOT (1 = 2))"},
		{"NOT 1 AND 2 OR 3", "(((NOT 1) AND 2) OR 3)"},
		{"1 < 2 = 3", "((1 < 2) = 3)"},
		{"1 = 2 < 3", "(1 = (2 < 3))"},
		{"1 | 2 < 3 + 4", "((1 | 2) < (3 + 4))"},
		{"1 BETWEEN 2 AND 3 AND 4", "((1 BETWEEN 2 AND 3) AND 4)"},
		{"1 NOT BETWEEN 2 = 3 AND 4 OR 5", "((1 NOT BETWEEN (2 = 3) AND 4) OR 5)"},
		{"1 IS NOT NULL = 2", "((1 IS NOT NULL) = 2)"},
		{"1 ISNULL AND 2 NOTNULL OR 3 NOT NULL", "(((1 IS NULL) AND (2 IS NOT NULL)) OR (3 IS NOT NULL))"},
		{"1 IS DISTINCT FROM 2", "(1 IS NOT 2)"},
		{"1 IS NOT DISTINCT FROM 2", "(1 IS 2)"},
		{"1 NOT IN (2, 3) OR 1 IN ()", "((1 NOT IN (2, 3)) OR (1 IN ()))"},
		{"'a' LIKE 'b' ESCAPE 'c' || 'd'", "('a' LIKE 'b' ESCAPE ('c' || 'd'))"},
		{"'a' -> 'b' ->> 'c'", "(('a' -> 'b') ->> 'c')"},
		{"~1 + -2", "((~ 1) + (- 2))"},
		{"1 = NOT 2 = 3", "(1 = (NOT (2 = 3)))"},
		{"CASE 1 WHEN 2 THEN 3 ELSE 4 END + 5", "(CASE 1 WHEN 2 THEN 3 ELSE 4 END + 5)"},
		{"CAST(1 AS double precision) * 2", "(CAST(1 AS double precision) * 2)"},
		{"(1 + 2) * 3", "((1 + 2) * 3)"},
	}
	for _, tt := range tests {
		e, errs := parseExpr(tt.src)
		if errs != nil {
			t.Errorf("%s: %v", tt.src, errs)
		} else if got := render(e); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.src, got, tt.want)
		}
	}
}

// TestPrecedenceIsSQLites compares what SQLite makes of random expressions
// with what it makes of them with all the parentheses that Parse sees.
func TestPrecedenceIsSQLites(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	infix := []string{"OR", "AND", "=", "==", "<>", "!=", "IS", "IS NOT", "IS DISTINCT FROM", "LIKE", "NOT LIKE", "GLOB", "<", "<=", ">", ">=", "&", "|", "<<", ">>", "+", "-", "*", "/", "%", "||"}
	rapid.Check(t, func(r *rapid.T) {
		var b strings.Builder
		for i, n := 0, rapid.IntRange(2, 7).Draw(r, "operands"); i < n; i++ {
			b.WriteString(rapid.SampledFrom([]string{"", "", "", "- ", "NOT ", "~ ", "+ "}).Draw(r, "prefix"))
			b.WriteString(rapid.SampledFrom([]string{"1", "2", "3", "0", "'1'", "NULL", "12", "7.5", "'x'"}).Draw(r, "operand"))
			b.WriteString(rapid.SampledFrom([]string{"", "", "", "", " ISNULL", " NOTNULL", " NOT NULL", " IN (1, 2)", " BETWEEN 1 AND 3", " IS TRUE"}).Draw(r, "postfix"))
			if i < n-1 {
				b.WriteString(" " + rapid.SampledFrom(infix).Draw(r, "operator") + " ")
			}
		}
		e, errs := parseExpr(b.String())
		if errs != nil {
			r.Fatalf("%s: %v", b.String(), errs)
		}
		var same sql.NullBool
		var plain, full any
		if err := db.QueryRow("SELECT ("+b.String()+") IS ("+render(e)+"), "+b.String()+", "+render(e)).Scan(&same, &plain, &full); err != nil {
			r.Fatalf("%s: %v", b.String(), err)
		}
		if !same.Bool {
			r.Fatalf("%s is %v, but %s is %v", b.String(), plain, render(e), full)
		}
	})
}
