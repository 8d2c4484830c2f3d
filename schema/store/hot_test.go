package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A store whose making was cut off has a journal that only a writer may play
// back: readers say so, and the next run sets it right.
func TestReaderOfAStoreThatWasCutOff(t *testing.T) {
	dir := t.TempDir()
	making, left := filepath.Join(dir, "making.db"), filepath.Join(dir, "left.db")
	s, err := Open(t.Context(), making, Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	db, err := sql.Open("sqlite", making)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, q := range []string{"PRAGMA journal_mode = DELETE", "PRAGMA cache_size = 1", "CREATE TABLE filler (x)", "BEGIN",
		"INSERT INTO filler WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 5000) SELECT zeroblob(1000) FROM n"} {
		if _, err := conn.ExecContext(t.Context(), q); err != nil {
			t.Fatal(q, err)
		}
	}
	for _, end := range []string{"", "-journal"} {
		b, err := os.ReadFile(making + end)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(left+end, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := OpenReader(left, ReaderOptions{}); err == nil || !strings.Contains(err.Error(), "the next `windrow run` sets it right") {
		t.Fatalf("%v", err)
	}
	if s, err = Open(t.Context(), left, Options{}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	r, err := OpenReader(left, ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
}
