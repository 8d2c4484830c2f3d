package schema

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/windrow/windrow/schema/value"
)

// TestTypes checks the static types of expressions and whether they may be NULL.
func TestTypes(t *testing.T) {
	tests := []struct {
		expr     string
		typ      value.Type
		nullable bool
	}{
		{"n", value.Integer, false}, {"status", value.Integer, true}, {"n + 1", value.Integer, false}, {"n / 2", value.Integer, true},
		{"n % 2", value.Integer, true}, {"n + 0.5", value.Real, true}, {"-n", value.Integer, false}, {"ok + ok", value.Integer, false},
		{"n = 1", value.Boolean, false}, {"status = 1", value.Boolean, true}, {"status IS 1", value.Boolean, false}, {"status IS TRUE", value.Boolean, false},
		{"status ISNULL", value.Boolean, false}, {"NOT ok", value.Boolean, false}, {"n IN (1, 2)", value.Boolean, false}, {"host LIKE 'a'", value.Boolean, false},
		{"host || n", value.Text, false}, {"host || route", value.Text, true}, {"concat(host, route)", value.Text, false},
		{"payload -> 'a'", value.JSON, true}, {"payload ->> 'a'", value.Any, true}, {"json_extract(payload, '$.a')", value.Any, true},
		{"ts - received", value.Real, true}, {"ts + INTERVAL '1 hour'", value.Timestamp, true}, {"INTERVAL '1 hour' + ts", value.Timestamp, true},
		{"CASE WHEN ok THEN n ELSE 1 END", value.Integer, false}, {"CASE WHEN ok THEN n END", value.Integer, true},
		{"CASE WHEN ok THEN n ELSE 0.5 END", value.Any, false}, {"CASE WHEN ok THEN ok ELSE n END", value.Integer, false},
		{"CASE n WHEN '1' THEN 'a' ELSE payload END", value.Text, true}, {"CASE WHEN ok THEN ts ELSE '2026-01-01' END", value.Timestamp, true},
		{"coalesce(status, 0)", value.Integer, false}, {"coalesce(status, latency)", value.Any, true}, {"coalesce(ts, '2026-01-01')", value.Timestamp, false},
		{"nullif(n, 0)", value.Integer, true}, {"nullif(ts, '2026-01-01')", value.Timestamp, true}, {"iif(ok, 1, 2)", value.Integer, false},
		{"max(n, 1)", value.Integer, false}, {"min(n, latency)", value.Any, true}, {"round(n)", value.Real, false}, {"abs(ok)", value.Integer, false},
		{"length(n)", value.Integer, false}, {"typeof(status)", value.Text, false}, {"hex(route)", value.Text, false}, {"sign(n)", value.Integer, true},
		{"CAST(n AS TEXT)", value.Text, false}, {"CAST(ts AS TEXT)", value.Text, true}, {"CAST(payload ->> 'a' AS REAL)", value.Real, true},
		{"NULL", value.Null, true}, {"n & 1", value.Integer, false}, {"~n", value.Integer, false}, {"(payload ->> 'a') + 1", value.Any, true},
	}
	for _, tt := range tests {
		r, problems := loadRollup(t, "SELECT "+tt.expr+" AS k, count(*) FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY k")
		if problems != nil {
			t.Errorf("%s: %s", tt.expr, problems.Format())
		} else if k := r.Keys[0]; k.Expr.Type != tt.typ || k.Nullable != tt.nullable {
			t.Errorf("%s: %s nullable %t, want %s %t", tt.expr, k.Expr.Type, k.Nullable, tt.typ, tt.nullable)
		}
	}
}

// TestOperandsAreChecked walks good expressions and checks what Expr promises
// about the operands of a comparison.
func TestOperandsAreChecked(t *testing.T) {
	for _, c := range phrases.condition {
		r, problems := loadRollup(t, "SELECT count(*) FROM TUMBLE(s, INTERVAL '1 minute') WHERE "+c)
		if problems != nil {
			t.Fatalf("%s: %s", c, problems.Format())
		}
		r.Where.Walk(func(e *Expr) bool {
			if e.Op < OpEq || e.Op > OpGe {
				return true
			}
			a, b := e.Args[0].Type, e.Args[1].Type
			if a != value.Any && b != value.Any && (a.Numeric() != b.Numeric() || (a == value.Timestamp) != (b == value.Timestamp)) {
				t.Errorf("%s compares %s with %s", c, a, b)
			}
			return true
		})
	}
}

func TestFiveMistakes(t *testing.T) {
	_, problems := loadFile(t, "testdata/bad/five_mistakes.sql")
	if len(problems) != 5 {
		t.Errorf("%d problems:\n%s", len(problems), problems.Format())
	}
}

// TestFilesTogether checks that files are one pipeline, whose problems come in
// the order of the files.
func TestFilesTogether(t *testing.T) {
	p, problems := Load([]Source{
		{Name: "b.sql", Text: "CREATE ROLLUP r AS SELECT count(*) FROM TUMBLE(s, INTERVAL '1 day'); SET workers = 3"},
		{Name: "a.sql", Dir: "/etc/my[logs]", Text: "CREATE STREAM s (ts TIMESTAMP) WITH (path = 'x/*.json')"},
	}, LoadOptions{})
	if problems != nil {
		t.Fatal(problems.Format())
	}
	if got := p.Streams[0].Paths; cmp.Diff([]string{`/etc/my\[logs\]/x/*.json`}, got) != "" {
		t.Errorf("paths %q", got)
	}
	if rs := p.StreamRollups(p.Streams[0]); len(rs) != 1 || rs[0].Name != "r" || p.Settings.Workers != 3 || p.Settings.FlushInterval != time.Second {
		t.Errorf("%v %+v", rs, p.Settings)
	}
	_, problems = Load([]Source{{Name: "b.sql", Text: "x;\ny"}, {Name: "a.sql", Text: "z"}}, LoadOptions{})
	places := ""
	for _, q := range problems {
		places += q.File + " " + q.Message[len(q.Message)-1:] + " "
	}
	if places != "b.sql x b.sql y a.sql z " {
		t.Errorf("order %s", places)
	}
}

func TestExpand(t *testing.T) {
	for text, want := range map[string]string{
		"${LOGS}/a.json": "logs/a.json", "${NONE:-x}/a.json": "x/a.json", "${EMPTY:-x}.json": "x.json", "a${EMPTY}.json": "a.json",
		"${NONE:-}a.json": "a.json", "$LOGS.json": "$LOGS.json", "${LOGS}${LOGS}.json": "logslogs.json",
	} {
		p, problems := Load([]Source{{Name: "x", Text: "CREATE STREAM s (ts TIMESTAMP) WITH (path = '" + text + "')"}}, LoadOptions{Getenv: env})
		if problems != nil {
			t.Errorf("%s: %s", text, problems.Format())
		} else if got := p.Streams[0].Paths[0]; got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestParsePath(t *testing.T) {
	tests := []struct {
		text string
		want []string // nil for an error
	}{
		{"$.a", []string{"a"}}, {"$.a.b-c.ö", []string{"a", "b-c", "ö"}}, {"$.a[0].b[012]", []string{"a", "[0]", "b", "[12]"}},
		{`$."a.b"[3]`, []string{"a.b", "[3]"}}, {"$[0]", []string{"[0]"}}, {`$.""`, []string{""}},
		{"", nil}, {"$", nil}, {"a", nil}, {"$.", nil}, {"$..a", nil}, {"$.a[", nil}, {"$.a[-1]", nil}, {"$.a[]", nil}, {"$.*", nil},
		{`$."a`, nil}, {`$."[0]"`, nil}, {"$a", nil}, {"$.a[9999999999]", nil},
	}
	for _, tt := range tests {
		got, err := parsePath(tt.text)
		if (err == nil) != (tt.want != nil) || cmp.Diff(tt.want, got) != "" && err == nil {
			t.Errorf("%q: got %q, %v", tt.text, got, err)
		}
	}
}

func TestFormat(t *testing.T) {
	long := strings.Repeat("日本語 ", 100)
	tests := []struct {
		name, text, mark string
		want             string
	}{
		{"plain", "a bad c", "bad", "f:1:3: m\n  a bad c\n    ^^^\n  h\n"},
		{"tabs", "x\n\ta\tbad c\n", "bad", "f:2:4: m\n  \ta\tbad c\n  \t \t^^^\n  h\n"},
		{"wide", "日本 語 x", "語", "f:1:4: m\n  日本 語 x\n       ^^\n  h\n"},
		{"combined", "e\u0301 bad", "bad", "f:1:4: m\n  e\u0301 bad\n    ^^^\n  h\n"},
		{"line end", "bad\r\nx", "bad", "f:1:1: m\n  bad\n  ^^^\n  h\n"},
		{"over the line end", "a bad\nworse c", "bad\nworse", "f:1:3: m\n  a bad\n    ^^^\n  h\n"},
		{"control", "\x1b[31m bad", "bad", "f:1:7: m\n  \uFFFD[31m bad\n        ^^^\n  h\n"},
		{"long", long + "bad" + long, "bad", ""},
		{"long and no UTF-8", strings.Repeat("\x8f", 500) + "bad", "bad", ""}, // once cut where no character begins
	}
	for _, tt := range tests {
		pos := strings.Index(tt.text, tt.mark)
		p := Problem{File: "f", Pos: pos, End: pos + len(tt.mark), Message: "m", Hint: "h"}
		p.locate(tt.text)
		got := p.Format()
		if tt.want != "" && got != tt.want {
			t.Errorf("%s: got\n%q, want\n%q", tt.name, got, tt.want)
		}
		lines := strings.Split(got, "\n")
		if tt.name == "long" && (len(lines[1]) > maxShown+10 || widths.StringWidth(lines[2]) != widths.StringWidth(lines[1][:strings.Index(lines[1], "bad")])+3) {
			t.Errorf("long: %s", got)
		}
	}
}
