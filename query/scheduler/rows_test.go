package scheduler

import (
	"strings"
	"testing"

	"github.com/windrow/windrow/query"
)

// Of a rollup a statement sees the windows before the slot, however it is
// written.
func TestBefore(t *testing.T) {
	b := newBench(t, with(slow, ""))
	j := jobs(b.defs)[0]
	b.latency("2 07:00", "a", 1)
	b.latency("2 07:01", "a", 1)
	for sql, want := range map[string]string{
		"SELECT count(*) FROM latency_1m":                                "1",
		"SELECT count(*) FROM latency_1m l JOIN Latency_1M USING (host)": "1",
		"select (SELECT count(*) FROM \"latency_1m\") FROM latency_1m":   "1",
		"WITH x AS (SELECT * FROM latency_1m) SELECT count(*) FROM x":    "1",
		"-- a comment\n/* WITH */ with\trecursive c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 3) SELECT sum(n), (SELECT count(*) FROM latency_1m) FROM c": "6",
		"WITH\"x\"(n) AS (SELECT count(*) FROM latency_1m) SELECT n FROM x":                                                                                         "1",
		"WITH/**/x AS (SELECT count(*) AS n FROM latency_1m) SELECT n FROM x":                                                                                       "1",
		"WITH RECURSIVE/**/x AS (SELECT count(*) AS n FROM latency_1m) SELECT n FROM x":                                                                             "1",
		"VALUES ((SELECT count(*) FROM latency_1m))":                                                                                                                "1",
		"SELECT count(*) FROM latency_1m WHERE window_start < :slot_end":                                                                                            "1",
		"SELECT name FROM windrow_rollups":                                                                                                                          "latency_1m",
	} {
		j.sections[0].SQL = sql
		rows, err := newShop(b.config(), spoolOf(b.path())).ask(bg, j, at(t, "2 07:01"), nil)
		if err != nil || len(rows) != 1 {
			t.Errorf("%s: %v, %v", sql, rows, err)
			continue
		}
		if first, _, _ := strings.Cut(strings.Trim(string(rows[0].row), "{}"), ","); !strings.HasSuffix(strings.Trim(first, `"`), ":"+want) && !strings.HasSuffix(first, `:"`+want+`"`) {
			t.Errorf("%s: %s, want %s", sql, rows[0].row, want)
		}
	}
}

// A rollup that does not show the beginnings of its windows is seen whole.
func TestBeforeWithoutWindows(t *testing.T) {
	b := newBench(t, with(slow, ""))
	b.exec(`INSERT INTO windrow_rollup_data (id, name, cohort, attached, identity, definition) VALUES (2, 'hosts', 1, 1, x'00', 'CREATE ROLLUP hosts ...');
		CREATE VIEW hosts AS SELECT 'a' AS host`)
	j := jobs(b.defs)[0]
	j.sections[0].SQL = "SELECT h.host FROM hosts h"
	if rows, err := newShop(b.config(), spoolOf(b.path())).ask(bg, j, at(t, "2 07:01"), nil); err != nil || len(rows) != 1 {
		t.Errorf("%v, %v", rows, err)
	}
}

// The windows are found by the key of the table: nothing is read in full.
func TestBeforeUsesTheKey(t *testing.T) {
	b := newBench(t, with(slow, ""))
	v, err := openView(bg, b.path(), at(t, "2 07:01"))
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	var plan plan
	sql := before("SELECT host, max(p99) FROM latency_1m WHERE window_start >= ago('5 minutes') GROUP BY host", []string{"latency_1m"})
	_, err = v.Run(bg, query.Query{SQL: "EXPLAIN QUERY PLAN " + sql, Offered: map[string]string{"slot_end": "2026-03-02 07:01:00"}}, &plan)
	if err != nil || !strings.Contains(plan.text, "SEARCH windrow_state_1 USING PRIMARY KEY (window_start>? AND window_start<?)") {
		t.Errorf("%s, %v", plan.text, err)
	}
}

// plan keeps the last column.
type plan struct {
	texts
	text string
}

func (p *plan) Row(vals []any) error {
	p.text += vals[len(vals)-1].(string) + "\n"
	return nil
}
