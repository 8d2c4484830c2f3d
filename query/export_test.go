package query

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExport(t *testing.T) {
	db := open(t)
	const head = "window_start,host,n,avg_latency\n"
	const m0 = "2026-03-01 12:00:00,web-1,4,12.5\n2026-03-01 12:00:00,web-2,2,1.5\n"
	const m1 = "2026-03-01 12:01:00,web-1,1,0.1\n2026-03-01 12:01:00,,1,\n"
	const m2 = "2026-03-01 12:02:00,web-1,3,3.3333333333333335e+299\n"
	for _, c := range []struct {
		name string
		e    Export
		want string
	}{
		{"whole", Export{What: "latency_1m"}, head + m0 + m1 + m2},
		{"any case, quoted", Export{What: `"Latency_1M"`}, head + m0 + m1 + m2},
		{"since", Export{What: "latency_1m", Since: "2026-03-01 12:01"}, head + m1 + m2},
		{"since with offset", Export{What: "latency_1m", Since: "2026-03-01T13:01:00+01:00"}, head + m1 + m2},
		{"until", Export{What: "latency_1m", Until: "2026-03-01T12:01:00Z"}, head + m0},
		{"both", Export{What: "latency_1m", Since: "2026-03-01 12:01:00", Until: "2026-03-01 12:02:00"}, head + m1},
		{"a fraction", Export{What: "latency_1m", Since: "2026-03-01 12:01:00.5"}, head + m2},
		{"ago", Export{What: "latency_1m", Since: "900 years", Until: "1 hour ago"}, ""},
		{"final", Export{What: "latency_1m", OnlyFinal: true}, head + m0 + m1},
		{"select", Export{What: "SELECT sum(n) AS n FROM latency_1m"}, "n\n11\n"},
		{"table without windows", Export{What: "windrow_streams"}, "id,name,delay\n1,requests,5000000\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			q, err := c.e.Query(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := csvOf(t, db, q)
			if err != nil {
				t.Fatal(err)
			}
			if c.name == "ago" { // whatever the clock says, one end is cut off or none
				if !strings.HasPrefix(got, head) {
					t.Errorf("got %s", got)
				}
				return
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
}

func TestExportErrors(t *testing.T) {
	db := open(t)
	for _, c := range []struct {
		e    Export
		want string
	}{
		{Export{What: "latency_m1"}, "no rollup named latency_m1; did you mean latency_1m?"},
		{Export{What: "x"}, "no rollup named x; there are latency_1m, windrow_alerts, windrow_coverage, windrow_deliveries, windrow_issues, windrow_late, windrow_quarantine, windrow_ranges, windrow_reports, windrow_rollups, windrow_run, windrow_splits, ..."},
		{Export{What: "latency_1m", Since: "yesterday"}, `--since: "yesterday" is neither a time like 2026-03-01 or 2026-03-01T12:00:00Z nor a length of time like '1 hour'`},
		{Export{What: "latency_1m", Until: "1 fortnight"}, `--until: "1 fortnight" is neither a time like 2026-03-01 or 2026-03-01T12:00:00Z nor a length of time like '1 hour'`},
		{Export{What: "windrow_streams", OnlyFinal: true}, "windrow_streams shows no window_start: --since, --until and --only-final need it"},
		{Export{What: "SELECT 1", Since: "2026"}, "--since, --until and --only-final go with the name of a rollup; in a SELECT write them into WHERE"},
	} {
		if _, err := c.e.Query(t.Context(), db); err == nil || err.Error() != c.want {
			t.Errorf("%+v\ngot  %v\nwant %s", c.e, err, c.want)
		}
	}
}

// A rollup comes in the order of its key, without sorting it.
func TestExportDoesNotSort(t *testing.T) {
	db := open(t)
	q, err := Export{What: "latency_1m", Since: "2026-03-01", OnlyFinal: true}.Query(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	q.SQL = "EXPLAIN QUERY PLAN " + q.SQL
	plan, _, err := csvOf(t, db, q)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, "SEARCH windrow_state_1 USING PRIMARY KEY") {
		t.Errorf("the plan is\n%s", plan)
	}
}
