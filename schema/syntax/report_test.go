package syntax

import (
	"fmt"
	"strings"
	"testing"
)

func shownLiteral(l *Literal) string {
	if l == nil {
		return "-"
	}
	return l.Text
}

func TestReport(t *testing.T) {
	const src = `CREATE REPORT IF NOT EXISTS r REVISE TO 'a', stdout, 'b' WITH (title = 'x', to = 'y')
		WAIT FOR FINAL UP TO INTERVAL '30' MINUTES TIME ZONE 'Europe/Berlin' MISSED RUN none FORMAT html SCHEDULE '0 8 * * *'
		AS /* a */ SECTION 'one' /* b */ SELECT 1 -- c
		SECTION 'two' VALUES (2); SET x = 1`
	f := Parse(src)
	if len(f.Errors) > 0 || len(f.Statements) != 2 {
		t.Fatal(f.Errors)
	}
	r := f.Statements[0].Report
	got := fmt.Sprintf("%s %t %t %s %s %s %s %s %d", r.Name.Text, r.Revise, r.Wait, shownLiteral(r.WaitUpTo), shownLiteral(r.Zone), r.Missed, r.Format.Text,
		shownLiteral(r.Schedule), len(r.Options))
	for _, to := range r.Targets {
		got += " " + to.Text
	}
	for _, s := range r.Sections {
		got += fmt.Sprintf(" %s: %q", shownLiteral(s.Title), src[s.Pos:s.End])
	}
	want := `r true true 30 MINUTES Europe/Berlin NONE html 0 8 * * * 2 a stdout b one: "SELECT 1" two: "VALUES (2)"`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	f = Parse("CREATE ALERT a FOR 3 TO 'x' EVERY INTERVAL '1 minute' AS WITH x AS (SELECT 1) SELECT section 'x' FROM x")
	if a := f.Statements[0].Alert; len(f.Errors) > 0 || a.For.Text != "3" || a.Every.Text != "1 minute" || len(a.Targets) != 1 || a.Query.Pos != 57 {
		t.Errorf("%+v %v", a, f.Errors)
	}
}

// TestSections checks where the statements of a report are cut.
func TestSections(t *testing.T) {
	tests := []struct {
		body string
		want string // sections, divided by |
	}{
		{"SELECT 1", "SELECT 1"},
		{"SECTION 'a' SELECT 1 SECTION 'b' SELECT 2", "SELECT 1|SELECT 2"},
		{"section 'a' select 1 section'b'select 2", "select 1|select 2"},
		{"SELECT section FROM section", "SELECT section FROM section"},
		{"SELECT section, [section] 'x', \"section\" 'y' FROM t", "SELECT section, [section] 'x', \"section\" 'y' FROM t"},
		{"SELECT (SELECT section 'x'), f(section 'y') FROM t SECTION 'b' SELECT 2", "SELECT (SELECT section 'x'), f(section 'y') FROM t|SELECT 2"},
		{"SELECT CASE WHEN (a) THEN 'SECTION' ELSE '''' END, 'SECTION ''b'' SELECT 2' SECTION 'c' SELECT 3", "SELECT CASE WHEN (a) THEN 'SECTION' ELSE '''' END, 'SECTION ''b'' SELECT 2'|SELECT 3"},
		{"SELECT 1 -- SECTION 'b' SELECT 2\n/* SECTION 'c' SELECT 3 */ SECTION 'd' SELECT 4", "SELECT 1|SELECT 4"},
		{"SELECT x ->> '$.section', x'1f', :slot_end SECTION 'b' WITH y AS (VALUES (1)) SELECT 2", "SELECT x ->> '$.section', x'1f', :slot_end|WITH y AS (VALUES (1)) SELECT 2"},
		{"SELECT 'a;b' || \";\" /* ; */ ; SET x = 1", "SELECT 'a;b' || \";\""},
	}
	for _, tt := range tests {
		src := "CREATE REPORT r SCHEDULE 'x' TO 'y' AS " + tt.body
		f := Parse(src)
		var got []string
		for _, s := range f.Statements[0].Report.Sections {
			got = append(got, src[s.Pos:s.End])
		}
		if len(f.Errors) > 0 || strings.Join(got, "|") != tt.want {
			t.Errorf("%s: got %q, want %q; %v", tt.body, strings.Join(got, "|"), tt.want, f.Errors)
		}
	}
}

// TestReportRecovery checks that one mistake is one message, and that reading
// goes on behind it.
func TestReportRecovery(t *testing.T) {
	tests := []struct {
		src    string
		errors int
		seen   string // which clauses were understood
	}{
		{"CREATE REPORT r SCHEDULE 8 TO 'a' FORMAT html AS SELECT 1", 1, "to format 1"},
		{"CREATE REPORT r SCHEDUEL '8' TO 'a' FORMAT html AS SELECT 1", 1, "to format 1"},
		{"CREATE REPORT r SCHEDULE '8' TO a.html, 'b' FORMAT html AS SELECT 1", 1, "schedule format 1"},
		{"CREATE REPORT r SCHEDULE '8' TO 'a' WAIT FOR FINEL UP TO INTERVAL '1 hour' FORMAT html AS SELECT 1", 1, "schedule to format 1"},
		{"CREATE REPORT r SCHEDULE '8' WAIT FOR FINAL UP TO INTERVAL 1 TO 'a' AS SELECT 1", 1, "schedule to 1"},
		{"CREATE REPORT r SCHEDULE '8' WAIT FOR FINAL UP INTERVAL '1 hour' TO 'a' AS SELECT 1", 1, "schedule to 1"},
		{"CREATE REPORT r SCHEDULE '8' WITH (format = 'x', to = ) TO 'a' AS SELECT 1", 1, "schedule to 1"},
		{"CREATE REPORT r SCHEDULE '8' WITH (format = to TO 'a' FORMAT html AS SELECT 1", 1, "schedule to format 1"},
		{"CREATE REPORT r SCHEDULE '8' TO 'a' @ FORMAT html AS SELECT 1", 1, "schedule to format 1"},
		{"CREATE REPORT r SCHEDULE '8' TO 'a' SELECT 1 SECTION 'b' SELECT 2", 1, "schedule to 2"},
		{"CREATE REPORT r SCHEDULE '8' TO 'a'\nSET x = 1", 1, "schedule to 0"},
		{"CREATE REPORT r SCHEDULE '8' TO 'a' AS SELECT (1\nSET x = 1", 2, "schedule to 1"},
		{"CREATE REPORT r SCHEDULE '8' TO 'a' AS\nCREATE REPORT s SCHEDULE '8' TO 'a' AS SELECT 1", 2, "schedule to 1"},
		{"CREATE REPORT r SCHEDULE '8' TO 'a' AS SELECT ((1) SECTION 'b' SELECT 2", 1, "schedule to 2"},
		{"CREATE REPORT r", 1, "0"},
	}
	for _, tt := range tests {
		f := Parse(tt.src)
		r := f.Statements[0].Report
		got := ""
		for _, c := range []struct {
			name  string
			there bool
		}{{"schedule ", r.Schedule != nil}, {"to ", r.Targets != nil}, {"format ", r.Format != nil}} {
			if c.there {
				got += c.name
			}
		}
		if got += fmt.Sprint(len(r.Sections)); got != tt.seen || len(f.Errors) != tt.errors {
			t.Errorf("%s: got %s with %d errors, want %s with %d: %v", tt.src, got, len(f.Errors), tt.seen, tt.errors, f.Errors)
		}
	}
}
