package syntax

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestStream(t *testing.T) {
	f := Parse(`CREATE STREAM IF NOT EXISTS s (
		ts TIMESTAMP WITH TIME ZONE NOT NULL, a VARCHAR(20) PATH '$.x', "b c" DOUBLE PRECISION AS (a + 1) STORED,
		WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
	) WITH ('connector' = 'file', "path" = 'x', header = FALSE, max = -5, wait = INTERVAL '1 hour', properties.group.id = g)`)
	if len(f.Errors) > 0 {
		t.Fatal(f.Errors)
	}
	s := f.Statements[0].Stream
	if s.Name.Text != "s" || len(s.Columns) != 3 || len(s.Watermarks) != 1 {
		t.Fatalf("%+v", s)
	}
	if c := s.Columns[0]; c.Type.Text != "TIMESTAMP WITH TIME ZONE" || !c.NotNull {
		t.Errorf("%+v", c)
	}
	if c := s.Columns[1]; c.Type.Text != "VARCHAR" || c.Type.Args != "(20)" || c.Path.Text != "$.x" {
		t.Errorf("%+v", c)
	}
	if c := s.Columns[2]; c.Name.Text != "b c" || c.Type.Text != "DOUBLE PRECISION" || c.Expr == nil {
		t.Errorf("%+v", c)
	}
	if w := s.Watermarks[0]; w.Column.Text != "ts" || w.Expr.Args[1].Text != "5 SECOND" {
		t.Errorf("%+v", w)
	}
	got := ""
	for _, o := range s.Options {
		got += o.Key.Text + "=" + o.Value.Text + ";"
	}
	if want := "connector=file;path=x;header=FALSE;max=-5;wait=1 hour;properties.group.id=g;"; got != want {
		t.Errorf("options %s, want %s", got, want)
	}
}

func TestWindowForms(t *testing.T) {
	tests := []struct{ from, stream, time, args, alias string }{
		{"s", "s", "", "", ""},
		{"TUMBLE(s, INTERVAL '1 minute')", "s", "", "1 minute;", ""},
		{"tumble(s, ts, INTERVAL '1' MINUTE) AS w", "s", "ts", "1 MINUTE;", "w"},
		{"TUMBLE(TABLE s, DESCRIPTOR(ts), INTERVAL '1 minute') w", "s", "ts", "1 minute;", "w"},
		{"TUMBLE(s, size => INTERVAL '1 minute')", "s", "", "size=1 minute;", ""},
		{`HOP("s", slide => INTERVAL '1 minute', size => INTERVAL '5 minutes')`, "s", "", "slide=1 minute;size=5 minutes;", ""},
	}
	for _, tt := range tests {
		f := Parse("CREATE ROLLUP r AS SELECT count(*) FROM " + tt.from + " WHERE a GROUP BY b, c HAVING d WITH (retention = '1 day');")
		if len(f.Errors) > 0 {
			t.Errorf("%s: %v", tt.from, f.Errors)
			continue
		}
		q := f.Statements[0].Rollup.Select
		time, args, alias := "", "", ""
		if w := q.From.Window; w != nil {
			if w.Time != nil {
				time = w.Time.Text
			}
			for _, a := range w.Args {
				if a.Name != nil {
					args += a.Name.Text + "="
				}
				args += a.Expr.Text + ";"
			}
		}
		if q.From.Alias != nil {
			alias = q.From.Alias.Text
		}
		if q.From.Stream.Text != tt.stream || time != tt.time || args != tt.args || alias != tt.alias {
			t.Errorf("%s: got %s %s %s %s", tt.from, q.From.Stream.Text, time, args, alias)
		}
		if q.Where == nil || len(q.Group) != 2 || q.Having == nil || len(f.Statements[0].Rollup.Options) != 1 {
			t.Errorf("%s: a clause is missing", tt.from)
		}
	}
}

func TestRecovery(t *testing.T) {
	tests := []struct {
		src    string
		errors int
		good   int // statements that are not broken
	}{
		{"CREATE STREAM s (a INT b, c INT, d, e TEXT);", 2, 1},
		{"CREATE NONSENSE; SET a = 1; SET b; SET c = 2", 2, 2},
		{"SET a = 1\nSET b = 2\nCREATE STREAM s (a INT)", 2, 3},
		{"SET a = = 1\nCREATE STREAM s (a INT);", 1, 1},
		{"CREATE ROLLUP r AS SELECT a FROM b WHERE (1;\nSET a = 1;", 1, 1},
		{"CREATE STREAM s (a INT,\nSET x = 1;", 1, 0},
		{"SET a = 'x\nSET b = 1;", 1, 1},
		{";;;", 0, 0},
	}
	for _, tt := range tests {
		f := Parse(tt.src)
		good := 0
		for _, s := range f.Statements {
			if !s.Broken {
				good++
			}
		}
		if len(f.Errors) != tt.errors || good != tt.good {
			t.Errorf("%q: %d errors, %d good statements; want %d, %d: %v", tt.src, len(f.Errors), good, tt.errors, tt.good, f.Errors)
		}
	}
}

// TestDepth checks the limits: within them all is read, beyond them there is
// one clear message.
func TestDepth(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("(", n) + "1" + strings.Repeat(")", n) }
	long := func(n int) string { return "1" + strings.Repeat(" + 1", n) }
	for src, ok := range map[string]bool{
		nested(MaxDepth - 1): true, nested(MaxDepth): false, nested(100_000): false,
		long(maxHeight): true, long(maxHeight + 1): false, long(100_000): false,
		strings.Repeat("- ", MaxDepth/2-1) + "1": true, strings.Repeat("NOT ", 100_000) + "1": false,
		strings.Repeat("CASE WHEN ", 50_000): false, strings.Repeat("f(", 50_000): false,
	} {
		_, errs := parseExpr(src)
		if ok != (len(errs) == 0) || len(errs) > 1 {
			t.Errorf("%.20s... (%d bytes): %v", src, len(src), errs)
		}
	}
}

// FuzzParse checks that nothing panics and that all places lie in the text.
func FuzzParse(f *testing.F) {
	for _, dir := range []string{"good", "bad"} {
		paths, err := filepath.Glob("../testdata/" + dir + "/*.sql")
		if err != nil || len(paths) == 0 {
			f.Fatalf("no seeds in %s: %v", dir, err)
		}
		for _, p := range paths {
			text, err := os.ReadFile(p)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Add("CREATE ROLLUP r AS SELECT \x00\xff FROM")
	f.Fuzz(func(t *testing.T, src string) {
		if err := checkPlaces(src, Parse(src)); err != nil {
			t.Error(err)
		}
		last := 0
		for _, r := range Split(src) {
			if r.Pos < last || r.End <= r.Pos || r.End > len(src) {
				t.Errorf("range %v in %d bytes", r, len(src))
			}
			last = r.End
		}
	})
}

func checkPlaces(src string, f File) error {
	in := func(what string, pos, end int) error {
		if pos < 0 || end < pos || end > len(src) {
			return fmt.Errorf("%s at [%d, %d) of %d bytes", what, pos, end, len(src))
		}
		return nil
	}
	for _, e := range f.Errors {
		if err := in("error "+e.Message, e.Pos, e.End); err != nil || e.Message == "" {
			return fmt.Errorf("%q: %v", e.Message, err)
		}
	}
	for _, s := range f.Statements {
		if err := in("statement", s.Pos, s.End); err != nil {
			return err
		}
		if err := checkSections(src, s); err != nil {
			return err
		}
		if s.Rollup == nil || s.Broken {
			continue
		}
		q := &s.Rollup.Select
		exprs := append([]*Expr{q.Where, q.Having}, q.Group...)
		for _, it := range q.Items {
			exprs = append(exprs, it.Expr)
		}
		var err error
		for _, e := range exprs {
			e.Walk(func(e *Expr) bool {
				if in("", e.Pos, e.End) != nil || e.Outer > e.Pos || e.OuterEnd < e.End || in("", e.Outer, e.OuterEnd) != nil {
					err = fmt.Errorf("expression %d at [%d, %d) in [%d, %d) of %d bytes", e.Kind, e.Pos, e.End, e.Outer, e.OuterEnd, len(src))
				}
				return true
			})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkSections checks that the statements for SQLite lie in theirs, one after
// the other, and that they end where a token does.
func checkSections(src string, st Statement) error {
	var sections []Section
	if st.Report != nil {
		sections = st.Report.Sections
	} else if st.Alert != nil {
		sections = []Section{st.Alert.Query}
	}
	last := st.Pos
	for _, s := range sections {
		if s.Pos == 0 && s.End == 0 {
			continue // missing
		}
		if s.Pos < last || s.End <= s.Pos || s.End > st.End {
			return fmt.Errorf("section at [%d, %d) after %d of a statement at [%d, %d)", s.Pos, s.End, last, st.Pos, st.End)
		}
		tokens, _ := Lex(src[s.Pos:s.End])
		if !st.Broken && len(tokens) < 2 {
			return fmt.Errorf("no token in the section %q", src[s.Pos:s.End])
		}
		last = s.End
	}
	return nil
}
