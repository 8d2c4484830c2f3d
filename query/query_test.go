package query

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/query/querytest"
	"github.com/windrow/windrow/schema/store"
)

// open opens a store with the rollup of querytest for reading.
func open(t testing.TB) *sqlx.DB {
	t.Helper()
	return openWith(t, querytest.Rollup)
}

func openWith(t testing.TB, script string) *sqlx.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.db")
	querytest.Create(t, path, script)
	db, err := store.OpenReader(path, store.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func createWith(t testing.TB, path string) {
	t.Helper()
	querytest.Create(t, path, querytest.Rollup)
}

// writerOf opens a store as another program would.
func writerOf(t testing.TB, path string) *sqlx.DB {
	t.Helper()
	db, err := sqlx.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func csvOf(t testing.TB, db *sqlx.DB, q Query) (string, Result, error) {
	t.Helper()
	var out bytes.Buffer
	r, err := Run(t.Context(), db, q, output.Find("csv").New(&out, output.Options{}))
	return out.String(), r, err
}

func TestRun(t *testing.T) {
	db := open(t)
	for _, c := range []struct {
		name, sql string
		params    map[string]string
		limit     int64
		want      string
		truncated bool
	}{
		{"rows", "SELECT window_start, host, n FROM latency_1m WHERE n > 2", nil, 0, "window_start,host,n\n2026-03-01 12:00:00,web-1,4\n2026-03-01 12:02:00,web-1,3\n", false},
		{"null key", "SELECT host IS NULL AS a FROM latency_1m WHERE n = 1 ORDER BY 1", nil, 0, "a\n0\n1\n", false},
		{"no rows", "SELECT host FROM latency_1m WHERE n > 99", nil, 0, "host\n", false},
		{"limit", "SELECT n FROM latency_1m ORDER BY n DESC", nil, 2, "n\n4\n3\n", true},
		{"limit not reached", "SELECT 1 AS x", nil, 1, "x\n1\n", false},
		{"semicolon and comments", "-- first\nSELECT 1 AS x /* ; */ ; -- the end\n ;", nil, 0, "x\n1\n", false},
		{"values", "VALUES (1, 'a;b')", nil, 0, "column1,column2\n1,a;b\n", false},
		{"with", "WITH t(x) AS (SELECT 2) SELECT x FROM t", nil, 0, "x\n2\n", false},
		{"parameters", "SELECT n FROM latency_1m WHERE host = :host AND n >= $n", map[string]string{"host": "web-1", "n": "4"}, 0, "n\n4\n", false},
		{"one parameter twice", "SELECT :a AS x, :a AS y", map[string]string{"a": "7"}, 0, "x,y\n7,7\n", false},
		{"a parameter keeps its form", "SELECT typeof(:a) AS a, typeof(:b) AS b, typeof(:c) AS c, typeof(:d) AS d, :c AS t",
			map[string]string{"a": "7", "b": "1.5", "c": "007", "d": "9223372036854775808"}, 0, "a,b,c,d,t\ninteger,real,text,text,007\n", false},
		{"no column is a time", "SELECT window_start FROM latency_1m LIMIT 1", nil, 0, "window_start\n2026-03-01 12:00:00\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, r, err := csvOf(t, db, Query{SQL: c.sql, Params: c.params, Limit: c.limit})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			if rows := int64(strings.Count(c.want, "\n") - 1); r.Rows != rows || r.Truncated != c.truncated {
				t.Errorf("got %+v, want %d rows, truncated %v", r, rows, c.truncated)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	db := open(t)
	for _, c := range []struct {
		name, sql string
		want      string
	}{
		{"column", "SELECT hst FROM latency_1m", "query:1:8: no such column: hst\n  SELECT hst FROM latency_1m\n         ^^^\n  did you mean host?"},
		{"column of a table", "SELECT l.n,\n l.avg_latncy FROM latency_1m l", "query:2:4: no such column: l.avg_latncy\n   l.avg_latncy FROM latency_1m l\n     ^^^^^^^^^^\n  did you mean avg_latency?"},
		{"a text in double quotes", `SELECT n FROM latency_1m WHERE host = "web-1"`, "query:1:39: no such column: web-1\n" +
			"  SELECT n FROM latency_1m WHERE host = \"web-1\"\n                                        ^^^^^^^\n" +
			"  there are window_start, host, n, avg_latency; text stands in single quotes: 'web-1'"},
		{"table", "SELECT * FROM latency_m1", "query:1:15: no such table: latency_m1\n  SELECT * FROM latency_m1\n                ^^^^^^^^^^\n  did you mean latency_1m?"},
		{"far table", "SELECT * FROM x", "query:1:15: no such table: x\n  SELECT * FROM x\n                ^\n  there are latency_1m, windrow_alerts, windrow_coverage, windrow_deliveries, windrow_issues, windrow_late, windrow_quarantine, windrow_ranges, windrow_reports, windrow_rollups, windrow_run, windrow_splits, ..."},
		{"function", "SELECT cout(*) FROM latency_1m", "query:1:8: no such function: cout()\n  SELECT cout(*) FROM latency_1m\n         ^^^^\n  did you mean count?"},
		{"syntax", "SELECT n FRM latency_1m", "query:1:14: this is not expected here: latency_1m\n  SELECT n FRM latency_1m\n               ^^^^^^^^^^\n  did you mean FROM instead of FRM?"},
		{"the right one of two", "SELECT 'x' AS x, x x x FROM latency_1m", "query:1:22: this is not expected here: x\n  SELECT 'x' AS x, x x x FROM latency_1m\n                       ^"},
		{"interval", "SELECT n FROM latency_1m WHERE window_start > datetime('now') - INTERVAL '1' HOUR", "query:1:65: SQLite has no INTERVAL\n" +
			"  SELECT n FROM latency_1m WHERE window_start > datetime('now') - INTERVAL '1' HOUR\n" +
			"                                                                  ^^^^^^^^^^^^\n" +
			"  write window_start >= ago('1 hour'), or datetime(window_start, '+1 hour') for a shift"},
		{"too early", "SELECT n FROM", "query:1:14: the statement ends too early\n  SELECT n FROM\n               ^"},
		{"ambiguous", "SELECT n FROM latency_1m a, latency_1m b", "query:1:8: ambiguous column name: n\n  SELECT n FROM latency_1m a, latency_1m b\n         ^\n  several of the tables have it: write TABLE.n"},
		{"arguments", "SELECT abs(1, 2)", "query:1:8: wrong number of arguments to function abs()\n  SELECT abs(1, 2)\n         ^^^"},
		{"empty", " -- nothing\n;", "there is no statement to run"},
		{"two", "SELECT 1; SELECT 2", "query:1:11: more than one statement\n  SELECT 1; SELECT 2\n            ^^^^^^^^\n  a query is one statement: run the others on their own"},
		{"no value", "SELECT :a", "query:1:8: no value for the parameter :a\n  SELECT :a\n         ^^\n  give one with --param a=..."},
		{"no name", "SELECT ?", "query:1:8: parameters need names\n  SELECT ?\n         ^\n  write :name and give --param name=value"},
		{"control characters", "SELECT '\x1b[31m', hst FROM latency_1m", "query:1:17: no such column: hst\n  SELECT ' [31m', hst FROM latency_1m\n                  ^^^\n  did you mean host?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := csvOf(t, db, Query{SQL: c.sql})
			if err == nil {
				t.Fatal("no error")
			}
			if d := cmp.Diff(c.want, err.Error()); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
	if _, _, err := csvOf(t, db, Query{SQL: "SELECT :host", Params: map[string]string{"hst": "x", "host": "y"}}); err == nil ||
		err.Error() != "the statement has no parameter :hst; did you mean :host?" {
		t.Errorf("unused parameter: %v", err)
	}
	var e *Error
	if _, _, err := csvOf(t, db, Query{SQL: "SELECT hst FROM latency_1m", Name: "a.sql"}); !errors.As(err, &e) || e.Problem.File != "a.sql" || e.Problem.Col != 8 {
		t.Errorf("got %v", err)
	}
}

func TestWarnings(t *testing.T) {
	const avg, time = "not the average of the events", "write ts("
	for _, c := range []struct{ sql, want string }{
		{"SELECT avg(avg_latency) FROM latency_1m", avg},
		{"SELECT Avg(l.\"avg_latency\") FROM latency_1m l", avg},
		{"SELECT avg(p99) FROM latency_1m", avg},
		{"SELECT avg(latency_p95) FROM latency_1m", avg},
		{"SELECT max(avg_latency), avg(n) FROM latency_1m", ""},
		{"SELECT avg(p1) FROM t", ""},
		{"SELECT n FROM latency_1m WHERE window_start >= '2026-03-01T12:00:00Z'", time},
		{"SELECT n FROM latency_1m WHERE l.window_start >= '2026-03-01 12:00:00+01:00'", time},
		{"SELECT n FROM latency_1m WHERE '2026-03-01T12:00' < l.window_start", time},
		{"SELECT n FROM latency_1m WHERE window_start BETWEEN '2026-03-01' AND '2026-03-01T12:00'", time},
		{"SELECT n FROM latency_1m WHERE window_start NOT BETWEEN '2026-03-01T00:00' AND '2026-03-02'", time},
		{"SELECT n FROM latency_1m WHERE window_start BETWEEN ts('2026-03-01') AND '2026-03-01T12:00'", time},
		{"SELECT n FROM latency_1m WHERE window_start >= '2026-03-01 12:00:00'", ""},
		{"SELECT n FROM latency_1m WHERE window_start >= '2026-03-01'", ""},
		{"SELECT n FROM latency_1m WHERE window_start >= ts('2026-03-01T12:00:00Z')", ""},
		{"SELECT n FROM latency_1m WHERE host = '2026-03-01T12:00:00Z'", ""},
	} {
		st, err := parse(Query{SQL: c.sql})
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(st.warnings(), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s\ngot %q, want %q", c.sql, got, c.want)
		}
	}
	var told []string
	db := open(t)
	if _, _, err := csvOf(t, db, Query{SQL: "SELECT avg(avg_latency) FROM latency_1m", Warn: func(s string) { told = append(told, s) }}); err != nil || len(told) != 1 {
		t.Errorf("told %q, error %v", told, err)
	}
}

// endless are statements that take far too long, of the kinds that SQLite
// works on differently.
var endless = []struct{ name, sql string }{
	{"before the first row", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT sum(x) FROM c"},
	{"between rows", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 2000000) SELECT x FROM c WHERE x = 1 OR x < 0"},
	{"endless rows", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c"},
	{"a join", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 2000) SELECT count(*) FROM c a, c b, c d, c e, c f"},
	{"a sort", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c ORDER BY -x"},
}

// soon is when a statement must have ended after it was told to.
func soon() time.Duration {
	if raceDetector {
		return 5 * time.Second
	}
	return 200 * time.Millisecond
}

// stopsSoon checks that what run measures is short; on a busy machine one of a
// few times must be.
func stopsSoon(t *testing.T, run func() time.Duration) {
	t.Helper()
	var d time.Duration
	for range 5 {
		if d = run(); d <= soon() || t.Failed() {
			return
		}
	}
	t.Errorf("it took %v to stop", d)
}

// discard counts rows, and calls first at the first one.
type discard struct{ first func() }

func (d *discard) Begin([]output.Column) error { return nil }
func (d *discard) Row([]any) error {
	if d.first != nil {
		d.first()
		d.first = nil
	}
	return nil
}
func (d *discard) End() error { return nil }

func TestTimeout(t *testing.T) {
	db := open(t)
	for _, c := range endless {
		t.Run(c.name, func(t *testing.T) {
			stopsSoon(t, func() time.Duration {
				start := time.Now()
				_, err := Run(t.Context(), db, Query{SQL: c.sql, Timeout: 50 * time.Millisecond}, &discard{})
				if err == nil || err.Error() != "the query took longer than 50ms and was stopped; give it more with --timeout" {
					t.Fatalf("got %v", err)
				}
				return time.Since(start) - 50*time.Millisecond
			})
		})
	}
}

func TestCancel(t *testing.T) {
	db := open(t)
	for _, c := range endless {
		t.Run(c.name, func(t *testing.T) {
			stopsSoon(t, func() time.Duration {
				ctx, cancel := context.WithCancel(t.Context())
				var at time.Time
				stop := func() { at = time.Now(); cancel() }
				enc := &discard{first: stop}
				if !strings.Contains(c.name, "row") || c.name == "before the first row" {
					timer := time.AfterFunc(30*time.Millisecond, stop)
					defer timer.Stop()
				}
				_, err := Run(ctx, db, Query{SQL: c.sql}, enc)
				if !errors.Is(err, context.Canceled) {
					t.Fatalf("got %v", err)
				}
				return time.Since(at)
			})
		})
	}
}
