package schema

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"
)

func openSQLite(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file::memory:?_dqs=0")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

// cell is a value that fits a column of a state table.
func cell(c StateColumn) any {
	switch c.Type {
	case "INTEGER":
		return 2
	case "REAL":
		return 0.5
	case "BLOB":
		return nil
	case "ANY":
		return []byte{}
	}
	return "2026-03-01 12:00:00"
}

// prepare creates a rollup's table with one row, and its view.
func prepare(t testing.TB, db *sql.DB, r *Rollup) {
	t.Helper()
	if _, err := db.Exec("DROP TABLE IF EXISTS state"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(tableSQL(r)); err != nil {
		t.Fatalf("%s: %v\n%s", r.Name, err, tableSQL(r))
	}
	args := []any{}
	for _, c := range r.Layout() {
		args = append(args, cell(c))
	}
	if _, err := db.Exec("INSERT INTO state VALUES (?"+strings.Repeat(", ?", len(args)-1)+")", args...); err != nil {
		t.Fatalf("%s: %v", r.Name, err)
	}
	if _, err := db.Exec(r.ViewSQL("v", "state")); err != nil {
		t.Fatalf("%s: %v\n%s", r.Name, err, r.ViewSQL("v", "state"))
	}
	t.Cleanup(func() { db.Exec("DROP VIEW IF EXISTS v") })
}

// readView returns the names and the rows of view v, which it drops.
func readView(t testing.TB, db *sql.DB) (names []string, rows [][]any) {
	t.Helper()
	q, err := db.Query("SELECT * FROM v")
	if err != nil {
		t.Fatal(err)
	}
	names, _ = q.Columns()
	for q.Next() {
		row, at := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			at[i] = &row[i]
		}
		if err := q.Scan(at...); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := q.Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("DROP VIEW v"); err != nil {
		t.Fatal(err)
	}
	return names, rows
}

// TestGoodFilesInSQLite creates every table and view and reads from it.
func TestGoodFilesInSQLite(t *testing.T) {
	for _, path := range files(t, "testdata/good/*.sql") {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".sql"), func(t *testing.T) {
			db := openSQLite(t)
			p, problems := loadFile(t, path)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			for _, r := range p.Rollups {
				prepare(t, db, r)
				names, _ := readView(t, db)
				var want []string
				for _, o := range r.Output {
					want = append(want, o.Name)
				}
				if d := cmp.Diff(want, names); d != "" {
					t.Errorf("%s: %s", r.Name, d)
				}
			}
		})
	}
}

// loadRollup loads one rollup over a stream that has something of everything.
func loadRollup(t testing.TB, query string) (*Rollup, Problems) {
	t.Helper()
	p, problems := Load([]Source{{Name: "x", Text: `CREATE STREAM s (ts TIMESTAMP, host TEXT NOT NULL, route TEXT, status INTEGER,
		latency REAL, ok BOOLEAN NOT NULL, payload JSON, received TIMESTAMP, n INTEGER NOT NULL, WATERMARK FOR ts) WITH (path = 'x.json');
		CREATE ROLLUP r AS ` + query}}, LoadOptions{})
	if problems != nil {
		return nil, problems
	}
	return p.Rollups[0], nil
}

// TestView checks what a view makes of the one row that prepare writes: two
// of every count, 0.5 for REAL, noon for texts, NULL for nullable keys.
func TestView(t *testing.T) {
	const from = ` FROM TUMBLE(s, INTERVAL '1 minute') `
	tests := []struct {
		query string
		want  []any // nil if HAVING leaves nothing
	}{
		{"SELECT window_start AS a, count(*)" + from, []any{"2026-03-01 12:00:00", int64(2)}},
		{"SELECT route, host, ok, count(*)" + from + "GROUP BY route, host, ok", []any{nil, "2026-03-01 12:00:00", int64(2), int64(2)}},
		{"SELECT coalesce(route, '-') AS r, count(*)" + from + "GROUP BY route", []any{"-", int64(2)}},
		{"SELECT coalesce(route, '-') AS r, count(*)" + from + "GROUP BY coalesce(route, '-')", []any{"2026-03-01 12:00:00", int64(2)}},
		{"SELECT count(*) + 1 AS a, - count(*) AS b, count(*) * 10 - 3 AS c" + from, []any{int64(3), int64(-2), int64(17)}},
		{"SELECT avg(latency)" + from, []any{0.25}},
		{"SELECT count(*)/2.0 AS half /* a */, -- b\n 'x--y' AS c" + from, []any{1.0, "x--y"}},
		{"SELECT CASE WHEN count(*) > 1 THEN 'many' ELSE 'one' END AS c" + from, []any{"many"}},
		{"SELECT count(*) BETWEEN 1 AND 2 AS a, count(*) IN (1, 3) AS b, count(*) NOT NULL AS c" + from, []any{int64(1), int64(0), int64(1)}},
		{"SELECT printf('%03d', count(*)) AS p, strftime('%H', window_start) AS h" + from, []any{"002", "12"}},
		{"SELECT substr(host, 1, 4) AS y, count(*)" + from + "GROUP BY host", []any{"2026", int64(2)}},
		{"SELECT max(ts) AS m" + from + "HAVING m > '2026-03-01T11:59:59Z'", []any{"2026-03-01 12:00:00"}},
		{"SELECT max(ts) AS m" + from + "HAVING m > '2026-03-01T12:00:00Z'", nil},
		{"SELECT window_start" + from + "HAVING window_start = '2026-03-01T13:00:00+01:00' AND count(*) > 1", []any{"2026-03-01 12:00:00"}},
		{"SELECT window_start, window_end, count(*) AS n" + from + "HAVING n < 2", nil},
		{"SELECT count(*) AS n, 2 * count(*) AS m" + from + "HAVING n = 2 OR m = 7 AND n = 7", []any{int64(2), int64(4)}},
		{"SELECT first(host), last(n), min(host)" + from, []any{"2026-03-01 12:00:00", int64(2), "2026-03-01 12:00:00"}},
		{"SELECT s.host, count(*) FILTER (WHERE s.ok) AS n" + from + "GROUP BY s.host", []any{"2026-03-01 12:00:00", int64(2)}},
	}
	db := openSQLite(t)
	for _, tt := range tests {
		r, problems := loadRollup(t, tt.query)
		if problems != nil {
			t.Errorf("%s\n%s", tt.query, problems.Format())
			continue
		}
		prepare(t, db, r)
		_, rows := readView(t, db)
		if tt.want == nil && len(rows) == 0 {
			continue
		}
		if len(rows) != 1 || cmp.Diff(tt.want, rows[0]) != "" {
			t.Errorf("%s: got %v, want %v\n%s", tt.query, rows, tt.want, r.ViewSQL("v", "state"))
		}
	}
}

// TestViewFunctions checks the table of functions against SQLite.
func TestViewFunctions(t *testing.T) {
	db := openSQLite(t)
	// SQLite writes -1, -2, -3, -4 for at least 0, 0, 1, 2 arguments.
	for name, n := range viewFunctions {
		var found int
		err := db.QueryRow(`SELECT count(*) FROM pragma_function_list WHERE name = ? AND type = 's' AND (narg = ? OR narg < 0)`, name, n[0]).Scan(&found)
		if err != nil || found == 0 {
			t.Errorf("SQLite has no %s with %d arguments (%v)", name, n[0], err)
		}
		if n[1] > n[0] {
			err = db.QueryRow(`SELECT count(*) FROM pragma_function_list WHERE name = ? AND type = 's' AND (narg = ? OR narg < 0)`, name, n[1]).Scan(&found)
			if err != nil || found == 0 {
				t.Errorf("SQLite has no %s with %d arguments (%v)", name, n[1], err)
			}
		}
	}
	for _, f := range Functions {
		if !isViewFunction(f.Name) {
			t.Errorf("%s may stand before aggregation but not after it", f.Name)
		}
	}
}
