package scheduler

import (
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/windrow/windrow/query"
)

func TestExpressions(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT 1":                             "",
		"WITH a AS (SELECT 1) SELECT * FROM a": "a",
		"/* x */ with recursive A(x, y) AS NOT MATERIALIZED (SELECT (1), ')'), \"b b\" AS MATERIALIZED (VALUES (1)) , 'c' AS (WITH d AS (SELECT 1) SELECT 1) SELECT 1": "a b b c",
		"WITH":             "",
		"WITH a":           "a",
		"WITH a AS":        "a",
		"WITH a AS (":      "a",
		"WITH a AS (()), ": "a",
	} {
		var names []string
		for n := range expressions(sql) {
			names = append(names, n)
		}
		sort.Strings(names)
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q", sql, got)
		}
	}
}

// A table expression may have a rollup's name: then that is what is meant.
func TestBeforeOwnNames(t *testing.T) {
	b := newBench(t, `CREATE ALERT a EVERY INTERVAL '1 minute' TO 'alerts.ndjson' AS WITH Latency_1m(host) AS (SELECT 'mine') SELECT host FROM latency_1m;`)
	b.begin()
	b.at("2 07:01")
	b.want("events", b.events(), `07:01 firing {"host":"mine"}`)
}

func TestCheckAlert(t *testing.T) {
	for sql, message := range map[string]string{
		"SELECT host FROM main.latency_1m":                                       "an alert cannot name a rollup with main",
		"WITH x AS (SELECT 1 AS a FROM \"MAIN\" . [latency_1m]) SELECT a FROM x": "an alert cannot name a rollup with main",
		"SELECT host FROM 'main'.'LATENCY_1M'":                                   "write LATENCY_1M,",
		"SELECT host FROM latency_1m":                                            "",
		"SELECT main.latency_1m FROM (SELECT 1 AS latency_1m) main":              "cannot name",
		"SELECT name FROM main.windrow_rollups":                                  "",
	} {
		b := newBench(t, "CREATE ALERT a EVERY INTERVAL '1 minute' TO 'alerts.ndjson' AS "+sql+";")
		a := b.defs.Alerts[0]
		err := CheckAlert(a, strings.Repeat(" ", a.Section.Pos)+a.SQL, []string{"other", "latency_1m"})
		if _, ok := err.(*query.Error); ok != (message != "") || err != nil && !strings.Contains(err.Error(), message) {
			t.Errorf("%s: %v", sql, err)
		}
		b.begin()
		b.at("2 07:01")
		if note := b.text("SELECT note FROM windrow_issues WHERE kind = 'evaluation'"); !strings.Contains(note, message) || (note == "") != (message == "") {
			t.Errorf("%s: evaluated: %s", sql, note)
		}
	}
	if !slices.Equal(words("a -- b")[:1], words("a")[:1]) {
		t.Error("comments are no words")
	}
}
