package query

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/query/querytest"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/syntax"
)

// hostile are statements that try to do more than read this store.
var hostile = []string{
	"ATTACH 'other.db' AS o",
	"ATTACH DATABASE ':memory:' AS o",
	"DETACH main",
	"VACUUM",
	"VACUUM INTO 'copy.db'",
	"PRAGMA query_only = 0",
	"PRAGMA query_only(0)",
	"PRAGMA writable_schema = 1",
	"PRAGMA journal_mode = DELETE",
	"PRAGMA user_version = 99",
	"PRAGMA wal_checkpoint(TRUNCATE)",
	"PRAGMA user_version",
	"INSERT INTO windrow_streams VALUES (9, 'x', 0)",
	"INSERT INTO windrow_streams VALUES (9, 'x', 0) RETURNING *",
	"REPLACE INTO windrow_streams VALUES (1, 'x', 0)",
	"UPDATE windrow_streams SET name = 'x'",
	"DELETE FROM windrow_state_1",
	"DROP TABLE windrow_state_1",
	"DROP VIEW latency_1m",
	"ALTER TABLE windrow_state_1 ADD COLUMN x",
	"CREATE TABLE t (x)",
	"CREATE TEMP TABLE t AS SELECT 1",
	"CREATE TEMP VIEW v AS SELECT 1",
	"CREATE VIEW v AS SELECT 1",
	"CREATE INDEX i ON windrow_state_1 (n)",
	"CREATE TRIGGER g AFTER INSERT ON windrow_streams BEGIN SELECT 1; END",
	"CREATE VIRTUAL TABLE temp.v USING fts5(x)",
	"CREATE VIRTUAL TABLE temp.v USING dbstat",
	"REINDEX",
	"ANALYZE",
	"BEGIN IMMEDIATE",
	"BEGIN",
	"COMMIT",
	"ROLLBACK",
	"SAVEPOINT s",
	"SELECT load_extension('/tmp/x.so')",
	"SELECT readfile('/etc/passwd')",
	"SELECT writefile('x', 'y')",
	"SELECT edit('x', 'sh')",
	"SELECT fts3_tokenizer('x', x'00')",
	"SELECT * FROM sqlite_dbpage",
	"SELECT * FROM SQLITE_DBPAGE('main')",
	"SELECT * FROM dbstat",
	"SELECT * FROM pragma_query_only",
	"SELECT * FROM pragma_wal_checkpoint",
	"SELECT * FROM fsdir('.')",
	"SELECT 1; SELECT 2",
	"SELECT 1; DROP TABLE windrow_state_1",
	"SELECT 1;DELETE FROM windrow_state_1;--",
	"SELECT 1 /* ; */ ; /* hidden */ DELETE FROM windrow_state_1",
	"SELECT 1 -- x\n; DELETE FROM windrow_state_1",
	"SELECT ';' ; ATTACH 'x' AS y",
	"SELECT \";\" FROM latency_1m; DROP VIEW latency_1m",
	"SELECT [;] FROM latency_1m; DROP VIEW latency_1m",
	"SELECT `;` FROM latency_1m; DROP VIEW latency_1m",
	"/* SELECT */ DELETE FROM windrow_state_1",
	"-- SELECT\nDELETE FROM windrow_state_1",
	";;; DELETE FROM windrow_state_1",
	"/* /* */ DELETE FROM windrow_state_1 -- */ SELECT 1",
	"WITH x AS (SELECT 1) DELETE FROM windrow_state_1",
	"WITH x(a) AS (SELECT 1) INSERT INTO windrow_streams SELECT 9, 'x', 0 FROM x",
	"WITH x AS (DELETE FROM windrow_state_1 RETURNING *) SELECT * FROM x",
	"EXPLAIN DELETE FROM windrow_state_1",
	"EXPLAIN QUERY PLAN UPDATE windrow_streams SET name = 'x'",
	"SELECT 1\x00; DROP TABLE windrow_state_1",
	"\xef\xbb\xbfDELETE FROM windrow_state_1",
	"SELECT 'open",
	"SELECT hex(randomblob(100000000))",
	"SELECT zeroblob(1000000000)",
	"SELECT printf('%.*c', 100000000, 'x')",
}

func TestHostileStatementsAreRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "s.db")
	querytest.Create(t, path, querytest.Rollup)
	before := hashOf(t, path)
	t.Chdir(dir)
	for _, sql := range hostile {
		db, err := store.OpenReader(path, store.ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		rows := &discard{}
		if r, err := Run(t.Context(), db, Query{SQL: sql}, rows); err == nil {
			t.Errorf("%q was run: %d rows", sql, r.Rows)
		}
		db.Close()
	}
	if hashOf(t, path) != before {
		t.Error("the store has changed")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if n := e.Name(); n != "s.db" && n != "s.db-wal" && n != "s.db-shm" {
			t.Errorf("a file has come up: %s", n)
		}
	}
}

func hashOf(t *testing.T, path string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return sha256.Sum256(b)
}

// What looks dangerous and is not.
func TestHarmlessStatementsAreRun(t *testing.T) {
	db := open(t)
	for _, sql := range []string{
		"SELECT 'DELETE FROM x; DROP TABLE y' AS t",
		`SELECT 1 AS "a;b"`,
		"SELECT 1 AS [a;b]",
		"SELECT 1 -- ; DROP TABLE x",
		"SELECT 1 /* ; DROP TABLE x */",
		"SELECT replace('a', 'a', 'b') AS attach_",
		"EXPLAIN SELECT n FROM latency_1m",
		"EXPLAIN QUERY PLAN SELECT n FROM latency_1m",
		"SELECT name FROM sqlite_schema",
		"SELECT name FROM pragma_table_info('latency_1m')",
		"SELECT ago('1 hour') < ts('9999-01-01T00:00Z')",
		"SELECT x'00' AS b, 1e300, .5, 0xff",
		"SELECT '{\"a\":1}' ->> '$.a'",
		"SELECT CASE WHEN n > 1 THEN 'END' END FROM latency_1m;",
	} {
		if _, err := Run(t.Context(), db, Query{SQL: sql}, &discard{}); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// Whatever the text: never two statements, never a change, never a panic.
func FuzzStatement(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	for _, c := range endless {
		f.Add(c.sql)
	}
	f.Add("SELECT :a, $b, @c, ?1, ?")
	f.Fuzz(func(t *testing.T, sql string) {
		st, err := parse(Query{SQL: sql})
		if err != nil {
			return
		}
		st.warnings()
		st.arguments(map[string]string{"a": "1"}, nil)
		for i, tok := range st.tokens {
			if tok.Kind == syntax.Op && tok.Text == ";" {
				t.Errorf("a semicolon within %q", sql)
			}
			if i > 0 && tok.Pos < st.tokens[i-1].End {
				t.Errorf("tokens overlap in %q", sql)
			}
		}
	})
}

var _ output.Encoder = (*discard)(nil)
