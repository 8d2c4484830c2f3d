package store

import (
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
)

// Files of each version, as that version wrote them, open with all their
// content, and then have the same schema as a new one.
func TestMigrate(t *testing.T) {
	tests := []struct{ version, query, want string }{
		{"1", "SELECT name || ' ' || rows || ' ' || final_before || ' ' || expired || ' ' || coalesce(horizon, 'no horizon') FROM windrow_rollups",
			"latency 2 2026-03-01 00:00:00 0 no horizon"},
		{"1", "SELECT newest || ' ' || watermark FROM windrow_cohorts", "1772323210000000 2026-03-01 00:00:05"},
		{"1", "SELECT path || idle || gone || note FROM windrow_splits", "a.ndjson00"},
		{"2", "SELECT name || ' ' || rows || ' ' || final_before || ' ' || expired || ' ' || horizon || ' ' || cpu_seconds FROM windrow_rollups",
			"latency 2 2026-03-01 00:08:00 3 2026-03-01 00:00:00 1.5"},
		{"2", "SELECT group_concat(path || ended || idle || gone || note) FROM windrow_splits", "a.ndjson010,b.ndjson001lost 5 bytes"},
		{"2", "SELECT mode || pid || note FROM windrow_run", "follow42"},
		{"2", "SELECT state || restarts || reason || cpu_seconds FROM windrow_workers", "reading1killed2.5"},
		{"2", "SELECT count(*) FROM windrow_reports", "0"},
		{"3", "SELECT group_concat(name || ' ' || kind || ' ' || since || ' ' || last_slot || ' ' || coalesce(waiting, firing), '; ') FROM windrow_reports",
			"morning report 2026-03-02 06:00:00.000 2026-03-02 07:00:00 latency is final before 2026-03-01 00:08:00; slow alert 2026-03-02 06:00:00.000 2026-03-02 07:00:00 1"},
		{"3", "SELECT group_concat(kind || ' ' || slot || ' ' || state || ' ' || began) FROM windrow_issues",
			"report 2026-03-02 07:00:00 done 2026-03-02 07:00:01.500,report 2026-03-02 08:00:00 waiting 2026-03-02 07:00:01.500,firing 2026-03-02 07:00:00 due 2026-03-02 07:00:01.500"},
		{"3", "SELECT group_concat(target || ' ' || state) FROM windrow_deliveries", "mailto:${OPS} done,z.html done,mailto:${OPS} open,z.html open,a.ndjson open"},
		{"3", "SELECT key || ' ' || since || ' ' || count FROM windrow_alerts", `{"host":"a"} 2026-03-02 07:00:00 2`},
	}
	fresh := schemaOf(t, mustOpen(t, storePath(t), Options{Create: true}))
	for _, tt := range tests {
		t.Run(tt.version, func(t *testing.T) {
			path := storePath(t)
			makeSQLite(t, path, string(must(os.ReadFile("testdata/version"+tt.version+".sql"))(t)))
			s := mustOpen(t, path, Options{})
			if got := queryText(t, s, tt.query); got != tt.want {
				t.Errorf("%s\n got %s\nwant %s", tt.query, got, tt.want)
			}
			equalViews(t, readView(t, s, "latency"), map[key]state{keyA: {1, 0.5, "text", []byte{}}, keyB: {2, 1, nil, []byte{7}}})
			if d := cmp.Diff(fresh, schemaOf(t, s)); d != "" {
				t.Errorf("a migrated store differs from a new one: %s", d)
			}
		})
	}
}

// No row and no cell of an older store gets lost.
func TestMigrateKeepsAll(t *testing.T) {
	for _, version := range []string{"1", "2", "3"} {
		path := storePath(t)
		makeSQLite(t, path, string(must(os.ReadFile("testdata/version"+version+".sql"))(t)))
		before := cellsBefore(t, path)
		s := mustOpen(t, path, Options{})
		if len(before) < 8 {
			t.Errorf("version %s has only %d tables", version, len(before))
		}
		for query, want := range before {
			if got := queryText(t, s, query); got != want {
				t.Errorf("version %s: %s\n got %s\nwant %s", version, query, got, want)
			}
		}
	}
}

// cellsBefore asks for all cells of all tables of a store that is not migrated
// yet; the queries are its keys.
func cellsBefore(t testing.TB, path string) map[string]string {
	t.Helper()
	db := sqlx.MustOpen("sqlite", must(uri(path, "mode=ro"))(t))
	defer db.Close()
	var queries []string
	err := db.Select(&queries, `SELECT 'SELECT group_concat(' || group_concat('quote("' || c.name || '")', ' || '' '' || ') || ', ''; '') FROM ' || t.name
		FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' GROUP BY t.name`)
	if err != nil {
		t.Fatal(err)
	}
	cells := map[string]string{}
	for _, q := range queries {
		var v sql.NullString
		if err := db.Get(&v, q); err != nil {
			t.Fatal(q, err)
		}
		if v.Valid {
			cells[q] = v.String
		}
	}
	return cells
}

// schemaOf returns the statements that made the store's own tables, indexes
// and views.
func schemaOf(t testing.TB, s *Store) []string {
	t.Helper()
	var lines []string
	err := s.read(bg, "read", func(tx *tx) error {
		return tx.all("SELECT sql FROM sqlite_schema WHERE name LIKE 'windrow%' AND name NOT LIKE 'windrow_state%' ORDER BY name", nil,
			func(scan func(...any) error) error {
				var sql string
				err := scan(&sql)
				lines = append(lines, strings.Join(strings.Fields(sql), " "))
				return err
			})
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func TestMigrateStepByStep(t *testing.T) {
	s := mustOpen(t, storePath(t), Options{Create: true})
	steps := append(slices.Clone(migrations), "CREATE TABLE windrow_new (x); INSERT INTO windrow_new VALUES (1)", "UPDATE windrow_new SET x = x + 1")
	for range 2 { // the second time there is nothing to do
		if err := s.migrate(bg, steps); err != nil {
			t.Fatal(err)
		}
	}
	if got := queryText(t, s, "SELECT x FROM windrow_new"); got != "2" {
		t.Errorf("x = %s", got)
	}
	wantError(t, s.migrate(bg, migrations), ErrNewer)
	wantError(t, s.migrate(bg, append(steps, "CREATE TABLE windrow_half (x)", "nonsense")), nil, fmt.Sprintf("step %d", len(steps)+2))
	if got := queryText(t, s, "SELECT (SELECT count(*) FROM sqlite_schema WHERE name = 'windrow_half') || ' ' || user_version FROM pragma_user_version"); got != fmt.Sprintf("0 %d", len(steps)) {
		t.Errorf("half a migration stayed: %s", got)
	}
	_, err := Open(bg, s.Path(), Options{Worker: true})
	wantError(t, err, ErrNewer)
}
