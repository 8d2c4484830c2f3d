package store

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
)

// stored is a fixture with three rows, and a reader of it.
func stored(t testing.TB) (*fixture, *sqlx.DB) {
	f := newFixture(t)
	c := f.commitOf(0, 10, map[key]state{keyA: {1, 0.1, "tä\nxt", []byte{}}, keyB: {2, 1e300, nil, []byte{0, 255}}, {at(9), "b", ""}: {3, -0.5, int64(1) << 62, []byte{1}}})
	c.Rollups[0].Rejects = []Reject{{Split: 1, Offset: 3, Reason: "bad", Record: []byte("{")}}
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	db := must(OpenReader(f.path, ReaderOptions{}))(t)
	t.Cleanup(func() { db.Close() })
	return f, db
}

// ask runs one statement as the query side does, and gives its cells.
func ask(t testing.TB, db *sqlx.DB, query string) (string, error) {
	t.Helper()
	c := must(db.Connx(bg))(t)
	defer c.Close()
	if err := Guard(bg, c); err != nil {
		t.Fatal(err)
	}
	rows, err := c.QueryxContext(bg, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var cells []string
	for rows.Next() {
		v, err := rows.SliceScan()
		if err != nil {
			return "", err
		}
		for _, x := range v {
			cells = append(cells, fmt.Sprint(x))
		}
	}
	return strings.Join(cells, "|"), rows.Err()
}

func TestReaderAllows(t *testing.T) {
	_, db := stored(t)
	tests := map[string]string{
		"SELECT count(*), sum(n), max(window_start) FROM latency":                                              "3|6|2026-03-01 00:09:00",
		"SELECT host, rank() OVER (ORDER BY n DESC) FROM latency ORDER BY n LIMIT 1":                           "a|3",
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3) SELECT sum(x) FROM c":         "6",
		"SELECT value ->> 'a' FROM json_each('[{\"a\":5}]')":                                                   "5",
		"SELECT json_group_array(n) FROM (SELECT n FROM latency ORDER BY n)":                                   "[1,2,3]",
		"SELECT datetime('2026-03-01', '+1 day'), strftime('%H', '2026-03-01 07:00'), typeof(datetime('now'))": "2026-03-02 00:00:00|07|text",
		"SELECT round(sqrt(2), 3), floor(1.5), pow(2, 10)":                                                     "1.414|1|1024",
		"SELECT name FROM windrow_rollups":                                                                     "latency",
		"SELECT count(*) > 0 FROM sqlite_schema":                                                               "1",
		"SELECT group_concat(name) FROM pragma_table_info('latency')":                                          "window_start,host,zone,n,s,m,b",
		"SELECT sum(n) FROM (SELECT n FROM latency WHERE host GLOB 'a*' AND host LIKE 'A%')":                   "3",
		"VALUES (1), (2)": "1|2",
		"SELECT ts('2026-03-01T12:30:00+02:00'), ts('2026-03-01'), ts('2026-03-01T00:00:00.250Z'), ts(NULL)": "2026-03-01 10:30:00|2026-03-01 00:00:00|2026-03-01 00:00:00.25|<nil>",
		"SELECT count(*) FROM latency WHERE window_start >= ts('2026-03-01T00:09Z')":                         "1",
		"SELECT ago('0 seconds') BETWEEN datetime('now', '-2 seconds') AND datetime('now'), ago(NULL)":       "1|<nil>",
		"SELECT ago('1 day') = datetime(ago('0 s'), '-1 day') OR 1":                                          "1",
		"SELECT record FROM windrow_quarantine":                                                              "{",
	}
	for query, want := range tests {
		if got, err := ask(t, db, query); got != want || err != nil {
			t.Errorf("%s\n got %s, %v\nwant %s", query, got, err, want)
		}
	}
	for _, query := range []string{"EXPLAIN SELECT * FROM latency", "EXPLAIN QUERY PLAN SELECT * FROM latency",
		"PRAGMA table_info(latency)", "PRAGMA table_xinfo(latency)", "PRAGMA table_list", "PRAGMA index_list(windrow_meta)", "PRAGMA data_version"} {
		if got, err := ask(t, db, query); got == "" || err != nil {
			t.Errorf("%s: %q, %v", query, got, err)
		}
	}
}

func TestReaderDenies(t *testing.T) {
	f, db := stored(t)
	dir := filepath.Dir(f.path)
	before := folder(t, dir)
	x := filepath.Join(dir, "x.db")
	tests := []string{
		"INSERT INTO windrow_meta VALUES ('x', 1)", "UPDATE windrow_meta SET value = 9", "DELETE FROM windrow_meta", "DROP VIEW latency",
		"DROP TABLE windrow_meta", "ALTER TABLE windrow_meta RENAME TO y", "CREATE TABLE y (z)", "CREATE TEMP TABLE y (z)", "CREATE TEMP VIEW y AS SELECT 1",
		"CREATE INDEX i ON windrow_meta (value)", "CREATE TEMP TRIGGER g AFTER INSERT ON windrow_meta BEGIN SELECT 1; END",
		"CREATE VIRTUAL TABLE temp.v USING fts5(a)", "CREATE VIRTUAL TABLE temp.v USING dbstat", "REINDEX", "ANALYZE", "VACUUM", "VACUUM INTO '" + x + "'",
		"ATTACH '" + x + "' AS x", "DETACH main", "SAVEPOINT a",
		"PRAGMA query_only = 0", "PRAGMA user_version = 3", "PRAGMA writable_schema = 1", "PRAGMA journal_mode = DELETE", "PRAGMA wal_checkpoint",
		"PRAGMA temp_store_directory = '/tmp'", "PRAGMA database_list", "PRAGMA module_list", "SELECT * FROM pragma_database_list", "SELECT * FROM pragma_module_list",
		"SELECT * FROM dbstat", "SELECT * FROM sqlite_dbpage", "SELECT data FROM Sqlite_DbPage('main')",
		"SELECT load_extension('" + x + "')", "SELECT readfile('/etc/passwd')", "SELECT writefile('" + x + "', 'a')", "SELECT edit('a')",
		"SELECT fts5(1)", "SELECT sqlite_log(1, 'x')", "SELECT fts5_source_id()",
		`SELECT "nope" FROM latency`, "SELECT hex(randomblob(100000000))", "SELECT length(zeroblob(17000000))",
		"SELECT printf('%.*c', 20000000, 'x')",
	}
	for _, query := range tests {
		if got, err := ask(t, db, query); err == nil {
			t.Errorf("%s was allowed: %s", query, got)
		}
	}
	if d := cmp.Diff(before, folder(t, dir)); d != "" {
		t.Error("files have changed")
	}
}

// Each function of this SQLite is allowed or one of these.
func TestReaderKnowsAllFunctions(t *testing.T) {
	denied := strings.Fields(`bm25 fts5 fts5_get_locale fts5_insttoken fts5_locale fts5_source_id geopoly_area geopoly_bbox geopoly_blob
		geopoly_ccw geopoly_contains_point geopoly_debug geopoly_group_bbox geopoly_json geopoly_overlap geopoly_regular geopoly_svg
		geopoly_within geopoly_xform highlight load_extension match rtreecheck rtreedepth rtreenode snippet sqlite_compileoption_get
		sqlite_compileoption_used sqlite_log sqlite_offset subtype`)
	modules := strings.Fields("dbstat fts5 fts5vocab geopoly rtree rtree_i32 sqlite_dbpage json_each json_tree")
	f := newFixture(t)
	names := func(query string) []string {
		var names []string
		f.read(bg, "read", func(tx *tx) error {
			return tx.all(query, nil, func(scan func(...any) error) error {
				var name string
				err := scan(&name)
				names = append(names, strings.ToLower(name))
				return err
			})
		})
		return names
	}
	for _, n := range names("SELECT DISTINCT name FROM pragma_function_list") {
		if readerFunctions[n] == slices.Contains(denied, n) {
			t.Errorf("is function %s to be allowed?", n)
		}
	}
	for _, n := range names("SELECT name FROM pragma_module_list") {
		if !slices.Contains(modules, n) && !strings.HasPrefix(n, "pragma_") && n != feedModule {
			t.Errorf("may readers see the module %s?", n)
		}
	}
}

func TestTimeFunctionsExplain(t *testing.T) {
	_, db := stored(t)
	for query, part := range map[string]string{
		"SELECT ago('1 fortnight')":    "units are microsecond",
		"SELECT ago('soon')":           "ago('1 hour')",
		"SELECT ago(5)":                "as text, like ago('1 hour')",
		"SELECT ago('9000 years')":     "years 1 to 9999",
		"SELECT ts('yesterday')":       "ts('2026-03-01 12:30')",
		"SELECT ts(1772323200)":        "as text, like ts(",
		"SELECT ago('1 hour', 'more')": "wrong number of arguments",
	} {
		_, err := ask(t, db, query)
		wantError(t, err, nil, part)
	}
}

func TestAgo(t *testing.T) {
	now := time.Date(2026, 3, 31, 12, 0, 0, 700, time.UTC)
	for span, want := range map[string]string{
		"90 seconds": "2026-03-31 11:58:30", "1 day": "2026-03-30 12:00:00", "1 month": "2026-03-03 12:00:00", "2 years": "2024-03-31 12:00:00",
		"-1 hour": "2026-03-31 13:00:00", "250 milliseconds": "2026-03-31 11:59:59.75",
	} {
		if got, err := ago(now, span); got != want || err != nil {
			t.Errorf("ago(%s) = %v, %v, want %s", span, got, err, want)
		}
	}
}

// Readers of all kinds see the same, while the writer is there and after.
func TestReadersAgree(t *testing.T) {
	f, db := stored(t)
	const query = "SELECT window_start, host, coalesce(zone, '-'), n, s, typeof(m), m, hex(b) FROM latency ORDER BY 1, 2, 3"
	const want = "2026-03-01 00:00:00|a|-|1|0.1|text|tä\nxt|\n2026-03-01 00:00:00|a|x|2|1.0e+300|null||00FF\n2026-03-01 00:09:00|b|-|3|-0.5|integer|4611686018427387904|01\n"
	shell := func() string {
		if _, err := exec.LookPath("sqlite3"); err != nil {
			return want
		}
		out, err := exec.Command("sqlite3", "-readonly", "-noheader", f.path, query).CombinedOutput()
		if err != nil {
			t.Errorf("sqlite3: %v", err)
		}
		return string(out)
	}
	python := func() string {
		if _, err := exec.LookPath("python3"); err != nil {
			return want
		}
		const script = `import sqlite3, sys, pathlib
for r in sqlite3.connect(pathlib.Path(sys.argv[1]).as_uri() + "?mode=ro", uri=True).execute(sys.argv[2]):
    print(*["" if x is None else "1.0e+300" if x == 1e300 else x for x in r], sep="|")`
		cmd := exec.Command("python3", "-c", script, f.path, query)
		cmd.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("python3: %v", err)
		}
		return string(out)
	}
	check := func(when string) {
		t.Helper()
		for name, got := range map[string]string{"sqlite3": shell(), "python3": python()} {
			if got != want {
				t.Errorf("%s, %s:\n%s\nwant\n%s", name, when, got, want)
			}
		}
		if got, err := ask(t, db, "SELECT count(*), sum(n) FROM latency"); got != "3|6" || err != nil {
			t.Errorf("%s: %s, %v", when, got, err)
		}
	}
	check("while it is written")
	f.write(bg, "hold", func(tx *tx) error {
		if _, err := tx.exec("DELETE FROM " + f.cohort.Rollups[0].Table); err != nil {
			return err
		}
		check("in a transaction")
		return fmt.Errorf("no")
	})
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	check("after the writer has gone")
	db.Close()
	db = must(OpenReader(f.path, ReaderOptions{}))(t)
	check("after everybody had gone")
	db.Close()
	s := mustOpen(t, f.path, Options{})
	if got := must(s.NextEpoch(bg))(t); got != f.epoch+1 {
		t.Errorf("epoch %d", got)
	}
}

func FuzzTimeFunctions(f *testing.F) {
	for _, s := range []string{"1 hour", "90 seconds", "-1 month", "9223372036854775807 years", "-9223372036854775808 s", "2026-03-01T12:30:05.25Z", "2026-02-30", ""} {
		f.Add(s)
	}
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		for name, call := range map[string]func() (any, error){
			"ago": func() (any, error) { return ago(now, s) },
			"ts":  func() (any, error) { return ts(s) },
		} {
			v, err := call()
			if err != nil {
				continue
			}
			if again, err := ts(v); again != v || err != nil {
				t.Errorf("%s(%q) = %v is not in the store's form: %v, %v", name, s, v, again, err)
			}
		}
	})
}
