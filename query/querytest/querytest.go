// Package querytest makes small stores for tests of what reads them.
package querytest

import (
	"context"
	"database/sql"
	"net/url"
	"testing"

	"github.com/windrow/windrow/schema/store"
)

// Rollup is the SQL of a store that holds one rollup, latency_1m: three
// minutes of two hosts, the last minute not yet final.
const Rollup = `
INSERT INTO windrow_streams (id, name, delay) VALUES (1, 'requests', 5000000);
INSERT INTO windrow_cohorts (id, stream, watermark) VALUES (1, 1, '2026-03-01 12:02:10');
INSERT INTO windrow_rollup_data (id, name, cohort, attached, identity, definition, final_before)
VALUES (1, 'latency_1m', 1, 1, x'00', 'CREATE ROLLUP latency_1m ...', '2026-03-01 12:02:00');
CREATE TABLE windrow_state_1 (window_start TEXT NOT NULL, host ANY NOT NULL, n INTEGER NOT NULL, total REAL,
  PRIMARY KEY (window_start, host)) STRICT, WITHOUT ROWID;
INSERT INTO windrow_state_1 VALUES
  ('2026-03-01 12:00:00', 'web-1', 4, 50.0), ('2026-03-01 12:00:00', 'web-2', 2, 3.0),
  ('2026-03-01 12:01:00', 'web-1', 1, 0.1), ('2026-03-01 12:01:00', x'', 1, NULL),
  ('2026-03-01 12:02:00', 'web-1', 3, 1e300);
CREATE VIEW latency_1m AS
SELECT window_start, nullif(host, x'') AS host, n, total / n AS avg_latency FROM windrow_state_1;
`

// Create makes a store at path and runs SQL in it.
func Create(t testing.TB, path, script string) {
	t.Helper()
	if err := Write(path, script); err != nil {
		t.Fatal(err)
	}
}

// Write is Create where there is no testing.TB.
func Write(path, script string) error {
	s, err := store.Open(context.Background(), path, store.Options{Create: true})
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?_dqs=0")
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(script)
	return err
}
