package schema

import (
	"strings"
	"testing"
)

const (
	baseStream = `CREATE STREAM s (ts TIMESTAMP, host TEXT, n INTEGER, x REAL, spare TEXT, double REAL AS (x * 2)) WITH (path = 'a.json')`
	baseRollup = `CREATE ROLLUP r AS SELECT window_start, host AS h, count(*) AS c, avg(x) AS a, sum(double) AS d
		FROM TUMBLE(s, INTERVAL '1 minute') WHERE n > 5 GROUP BY window_start, host`
)

func identityOf(t *testing.T, stream, rollup string) ([32]byte, *Rollup) {
	t.Helper()
	p, problems := Load([]Source{{Name: "x", Text: stream + ";" + rollup}}, LoadOptions{})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return p.Rollups[0].Identity, p.Rollups[0]
}

// TestIdentity checks what makes a rollup another one, and what does not. Where
// it stays, the table must stay too.
func TestIdentity(t *testing.T) {
	tests := []struct {
		name, in, from, to string
		same               bool
	}{
		{"alias", "rollup", "host AS h", "host AS server", true},
		{"case and space", "rollup", "WHERE n > 5", "where  N>5", true},
		{"parentheses", "rollup", "n > 5", "((n) > (5))", true},
		{"text for number", "rollup", "n > 5", "n > '5'", true},
		{"order of outputs", "rollup", "count(*) AS c, avg(x) AS a", "avg(x) AS a, count(*) AS c", true},
		{"one more output of the same states", "rollup", "count(*) AS c", "count(*) AS c, count(*) * 2 AS c2", true},
		{"ordinals", "rollup", "GROUP BY window_start, host", "GROUP BY 1, 2", true},
		{"having", "rollup", "GROUP BY window_start, host", "GROUP BY window_start, host HAVING c > 5", true},
		{"retention", "rollup", "ROLLUP r AS", "ROLLUP r WITH (retention = '1 day') AS", true},
		{"name", "rollup", "ROLLUP r AS", "ROLLUP q AS", true},
		{"size in other units", "rollup", "'1 minute'", "'60 seconds'", true},
		{"path", "stream", "a.json", "b.json.gz", true},
		{"unused column", "stream", ", spare TEXT", "", true},
		{"unused column's type", "stream", "spare TEXT", "spare INTEGER", true},
		{"delay", "stream", "double REAL AS (x * 2)", "double REAL AS (x * 2), WATERMARK FOR ts AS ts - INTERVAL '1 hour'", true},
		{"max_record", "stream", "path = 'a.json'", "path = 'a.json', max_record = 5000", true},

		{"filter", "rollup", "n > 5", "n >= 5", false},
		{"literal's type", "rollup", "n > 5", "n > 5.0", false},
		{"window", "rollup", "'1 minute'", "'2 minutes'", false},
		{"key", "rollup", "GROUP BY window_start, host", "GROUP BY window_start, host, n", false},
		{"argument", "rollup", "avg(x)", "avg(n)", false},
		{"FILTER", "rollup", "avg(x)", "avg(x) FILTER (WHERE n > 6)", false},
		{"one more aggregate", "rollup", "count(*) AS c", "count(*) AS c, max(x) AS m", false},
		{"finished result", "rollup", "count(*) AS c", "count(*) AS c, var_pop(x) AS v", false},
		{"median", "rollup", "count(*) AS c", "count(*) AS c, median(x) AS v", false},
		{"window_end", "rollup", "count(*) AS c", "count(*) AS c, window_end AS e", false},
		{"type", "stream", "n INTEGER", "n REAL", false},
		{"path of a column", "stream", "n INTEGER", "n INTEGER PATH '$.m'", false},
		{"not null", "stream", "host TEXT", "host TEXT NOT NULL", false},
		{"computed", "stream", "x * 2", "x * 3", false},
		{"format", "stream", "a.json", "a.csv", false},
		{"timezone", "stream", "'a.json'", "'a.json', timezone = 'Europe/Berlin'", false},
		{"timestamp_format", "stream", "'a.json'", "'a.json', timestamp_format = 'epoch_s'", false},
	}
	base, r := identityOf(t, baseStream, baseRollup)
	table := tableSQL(r)
	for _, tt := range tests {
		stream, rollup := baseStream, baseRollup
		text := &rollup
		if tt.in == "stream" {
			text = &stream
		}
		if !strings.Contains(*text, tt.from) {
			t.Fatalf("%s: %q is not in the text", tt.name, tt.from)
		}
		*text = strings.Replace(*text, tt.from, tt.to, 1)
		got, r := identityOf(t, stream, rollup)
		if (got == base) != tt.same {
			t.Errorf("%s: same %t, want %t", tt.name, got == base, tt.same)
		}
		if tt.same && tableSQL(r) != table {
			t.Errorf("%s: the identity stays, the table does not:\n%s\n%s", tt.name, table, tableSQL(r))
		}
	}
}

// One fraction makes one rollup, however it is spelled; another one makes
// another, and all of them share the values.
func TestIdentityOfQuantiles(t *testing.T) {
	of := func(calls string) ([32]byte, *Rollup) {
		return identityOf(t, baseStream, "CREATE ROLLUP r AS SELECT "+calls+" FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY window_start")
	}
	base, r := of("median(x) AS a, quantile(x, 0.99) AS b")
	if len(r.Parts) != 1 || len(r.Calls) != 2 {
		t.Errorf("%d states for %d quantiles", len(r.Parts), len(r.Calls))
	}
	for calls, same := range map[string]bool{
		"quantile(x, .990) AS b, Median(x) AS a":                              true,
		"quantile(x, 0.5) AS a, quantile(x, +99e-2) AS b, median(x) * 2 AS c": true,
		"median(x) AS a, quantile(x, 0.999) AS b":                             false,
		"median(x) AS a, quantile(n, 0.99) AS b":                              false,
		"median(x) AS a":                                                      false,
		"median(x) AS a, quantile(x, 0.99) AS b, quantile(x, 1) AS c":         false,
		"median(x) AS a, quantile(x, 0.99) FILTER (WHERE n > 5) AS b":         false,
	} {
		got, other := of(calls)
		if (got == base) != same {
			t.Errorf("%s: same %t, want %t", calls, got == base, same)
		}
		if same && tableSQL(other) != tableSQL(r) {
			t.Errorf("%s: another table:\n%s\n%s", calls, tableSQL(other), tableSQL(r))
		}
	}
	want := []string{"window_start", "quantile_x_0_5", "quantile_x_0_99", "quantiles_x"}
	for i, c := range r.Layout() {
		if c.Name != want[i] {
			t.Errorf("column %d is %s, want %s", i, c.Name, want[i])
		}
	}
	integral, _ := of("quantile(x, 1) AS c")
	if real, _ := of("quantile(x, 1.0) AS c"); real != integral {
		t.Error("1 and 1.0 are not one fraction")
	}
}

// TestIdentityOfCSV checks the options that change what a CSV file says.
func TestIdentityOfCSV(t *testing.T) {
	stream := strings.Replace(baseStream, "'a.json'", "'a.csv'", 1)
	base, _ := identityOf(t, stream, baseRollup)
	for _, option := range []string{"delimiter = ';'", "quote = ''''", "header = false", "multiline = false"} {
		if got, _ := identityOf(t, strings.Replace(stream, "'a.csv'", "'a.csv', "+option, 1), baseRollup); got == base {
			t.Errorf("%s changes nothing", option)
		}
	}
	// Without header the place of a column counts.
	stream = strings.Replace(stream, "'a.csv'", "'a.csv', header = false", 1)
	base, _ = identityOf(t, stream, baseRollup)
	if got, _ := identityOf(t, strings.Replace(stream, "(ts TIMESTAMP", "(first TEXT, ts TIMESTAMP", 1), baseRollup); got == base {
		t.Error("a column in front changes nothing")
	}
}

func TestCanonical(t *testing.T) {
	tests := []struct {
		want  string
		forms []string
	}{
		{"n + 1", []string{"n+1", "( N ) + 1", `"n" /* x */ + 0x1`, "+n + 1"}},
		{"(status = 200) AND ok", []string{"status='200' and ok", "STATUS == 200 AND (ok)"}},
		{"(NOT (host IS NULL))", []string{"host IS NOT NULL", "host NOTNULL", "host NOT NULL"}},
		{"(NOT (n BETWEEN 1 AND 2))", []string{"n not between 1 and 2"}},
		{"ts > TIMESTAMP '2026-03-01 11:00:00'", []string{"ts > '2026-03-01T12:00+01:00'", "ts > '2026-03-01 11:00'"}},
		{"ts + INTERVAL '60000000 us'", []string{"ts + INTERVAL '1 minute'", "ts + interval '60' second"}},
		{"-5", []string{"-5", "- 5"}},
		{"-9223372036854775808", []string{"-9223372036854775808"}},
		{"9.223372036854776e+18", []string{"9223372036854775808"}},
		{"1.0", []string{"1.0", "1e0", "1."}},
		{"CAST(host AS INTEGER)", []string{"cast(host as bigint)"}},
		{"CASE ok WHEN TRUE THEN 1 ELSE 2 END", []string{"case ok when true then 1 else 2 end"}},
		{"payload ->> '$.a'", []string{"payload->>'$.a'"}},
		{"host LIKE 'a%' ESCAPE '!'", []string{"host like 'a%' escape '!'"}},
		{"(n IN (1, 2))", []string{"n in (1,2)"}},
	}
	for _, tt := range tests {
		for _, form := range tt.forms {
			r, problems := loadRollup(t, "SELECT "+form+" AS k, count(*) FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY k")
			if problems != nil {
				t.Errorf("%s: %s", form, problems.Format())
			} else if got := r.Stream.canonical(r.Keys[0].Expr); got != tt.want {
				t.Errorf("%s: got %s, want %s", form, got, tt.want)
			}
		}
	}
}
