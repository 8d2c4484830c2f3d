package query

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/store"
)

// openBoth opens a store for reading, and as a program that writes it.
func openBoth(t *testing.T) (reader, writer *sqlx.DB) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.db")
	createWith(t, path)
	reader, err := store.OpenReader(path, store.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	return reader, writerOf(t, path)
}

func take(t *testing.T, db *sqlx.DB) *Snapshot {
	t.Helper()
	s, err := Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func textOf(t *testing.T, s *Snapshot, sql string) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := s.Run(t.Context(), Query{SQL: sql}, output.Find("csv").New(&out, output.Options{NoHeader: true})); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out.String())
}

// A snapshot is that of the moment at which it was taken, for statements and
// rollups alike, and the next one is another.
func TestSnapshotIsOneMoment(t *testing.T) {
	reader, writer := openBoth(t)
	const count = "SELECT count(*), (SELECT final_before FROM windrow_rollups) FROM latency_1m"
	s := take(t, reader)
	for _, change := range []string{
		"DELETE FROM windrow_state_1 WHERE n = 1",
		"UPDATE windrow_rollup_data SET final_before = '2026-03-01 12:03:00', revision = 9",
		"DELETE FROM windrow_state_1",
	} {
		if _, err := writer.Exec(change); err != nil {
			t.Fatal(err)
		}
		if got := textOf(t, s, count); got != "5,2026-03-01 12:02:00" {
			t.Errorf("after %s: %s", change, got)
		}
		if got, err := s.Rollups(t.Context()); err != nil || got[0].Revision != 0 || got[0].FinalBefore != "2026-03-01 12:02:00" {
			t.Errorf("after %s: %+v, %v", change, got, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	later := take(t, reader)
	if got := textOf(t, later, count); got != "0,2026-03-01 12:03:00" {
		t.Errorf("afterwards: %s", got)
	}
}

func TestRollups(t *testing.T) {
	db := openWith(t, strings.ReplaceAll(`
INSERT INTO windrow_streams (id, name, delay) VALUES (1, 'requests', 0);
INSERT INTO windrow_cohorts (id, stream, watermark) VALUES (1, 1, '2026-03-01 12:02:10'), (2, 1, NULL);
INSERT INTO windrow_rollup_data (id, name, cohort, attached, identity, definition, final_before, horizon, revision, rows)
VALUES (1, 'b', 1, 1, x'00', '', '2026-03-01 12:02:00', '2026-02-01 00:00:00', 7, 42), (2, 'A', 2, 1, x'00', '', NULL, NULL, 0, 0);
`, "\n", " "))
	s := take(t, db)
	b := Rollup{Name: "b", FinalBefore: "2026-03-01 12:02:00", Watermark: "2026-03-01 12:02:10", Horizon: "2026-02-01 00:00:00", Revision: 7, Rows: 42}
	a := Rollup{Name: "A"}
	for _, c := range []struct {
		names []string
		want  []Rollup
	}{
		{nil, []Rollup{a, b}}, {[]string{"B"}, []Rollup{b}}, {[]string{"b", "a", "b"}, []Rollup{a, b}}, {[]string{"c"}, nil},
	} {
		got, err := s.Rollups(t.Context(), c.names...)
		if d := cmp.Diff(c.want, got); d != "" || err != nil {
			t.Errorf("%q: %v, -want +got\n%s", c.names, err, d)
		}
	}
}

// typed remembers what it was told, and can do something between the passes.
type typed struct {
	discard
	kinds   []output.Kind
	rows    int
	between func()
}

func (e *typed) Kinds(kinds []output.Kind) {
	e.kinds = kinds
	if e.between != nil {
		e.between()
	}
}

func (e *typed) Row(vals []any) error {
	e.rows++
	return nil
}

// Both passes see the same rows, whatever is committed between them.
func TestTypedGetsKinds(t *testing.T) {
	reader, writer := openBoth(t)
	e := &typed{between: func() {
		if _, err := writer.Exec("DELETE FROM windrow_state_1"); err != nil {
			t.Error(err)
		}
	}}
	q := Query{SQL: "SELECT window_start, host, n, avg_latency, x'00' AS b, NULL AS none FROM latency_1m WHERE n >= :n", Params: map[string]string{"n": "1"}}
	r, err := Run(t.Context(), reader, q, e)
	if err != nil {
		t.Fatal(err)
	}
	want := []output.Kind{output.KindTime, output.KindText, output.KindInteger, output.KindReal, output.KindBlob, output.KindNull}
	if d := cmp.Diff(want, e.kinds); d != "" || e.rows != 5 || r.Rows != 5 {
		t.Errorf("%d rows, -want +got\n%s", e.rows, d)
	}
	// Rows beyond the limit are not looked at.
	e = &typed{}
	q = Query{SQL: "SELECT 1 AS x UNION ALL SELECT 'text'", Limit: 1}
	if r, err := Run(t.Context(), reader, q, e); err != nil || !r.Truncated || e.rows != 1 || e.kinds[0] != output.KindInteger {
		t.Errorf("with a limit: %+v, %v, kinds %v", r, err, e.kinds)
	}
}

func TestParquetOfAQuery(t *testing.T) {
	var out bytes.Buffer
	q := Query{SQL: "SELECT * FROM latency_1m"}
	if r, err := Run(t.Context(), open(t), q, output.Find("parquet").New(&out, output.Options{})); err != nil || r.Rows != 5 {
		t.Fatalf("%+v, %v", r, err)
	}
	if !bytes.HasPrefix(out.Bytes(), []byte("PAR1")) || !bytes.HasSuffix(out.Bytes(), []byte("PAR1")) {
		t.Error("that is no Parquet file")
	}
}

// A snapshot's connection has the guard and the limits of any reader.
func TestSnapshotOnlyReads(t *testing.T) {
	reader, _ := openBoth(t)
	s := take(t, reader)
	for _, sql := range hostile {
		if r, err := s.Run(t.Context(), Query{SQL: sql}, &discard{}); err == nil {
			t.Errorf("%q was run: %d rows", sql, r.Rows)
		}
	}
	// and is still one moment after all of them
	if got := textOf(t, s, "SELECT count(*) FROM latency_1m"); got != "5" {
		t.Errorf("%s rows", got)
	}
}

// A mistake, a timeout and a cancellation end one statement, not the snapshot,
// and the connection goes back without a transaction.
func TestSnapshotGoesOn(t *testing.T) {
	defer func(was time.Duration) { grace = was }(grace)
	grace = 20 * time.Second // also on a machine that is busy
	reader, writer := openBoth(t)
	s := take(t, reader)
	if _, err := writer.Exec("DELETE FROM windrow_state_1"); err != nil {
		t.Fatal(err)
	}
	stillWhole := func(after string) {
		t.Helper()
		if got := textOf(t, s, "SELECT count(*) FROM latency_1m"); got != "5" {
			t.Errorf("after %s: %s rows", after, got)
		}
	}
	if _, err := s.Run(t.Context(), Query{SQL: "SELECT hst FROM latency_1m"}, &discard{}); err == nil || !strings.Contains(err.Error(), "did you mean host?") {
		t.Errorf("got %v", err)
	}
	stillWhole("a mistake")
	if _, err := s.Run(t.Context(), Query{SQL: endless[2].sql, Timeout: 20 * time.Millisecond}, &discard{}); err == nil || !strings.Contains(err.Error(), "took longer than 20ms") {
		t.Errorf("got %v", err)
	}
	stillWhole("a timeout")
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := s.Run(ctx, Query{SQL: endless[2].sql}, &discard{first: cancel}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	stillWhole("a cancellation")
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := reader.Stats().InUse; n != 0 {
		t.Errorf("%d connections are in use", n)
	}
	for range 5 { // whichever connection it is
		if got, _, err := csvOf(t, reader, Query{SQL: "SELECT count(*) AS n FROM latency_1m"}); got != "n\n0\n" || err != nil {
			t.Errorf("a connection has an old snapshot: %q, %v", got, err)
		}
	}
}

// An operation that SQLite cannot leave is left to end by itself: nobody waits
// for it, neither Run nor Close, and its connection goes when it has ended.
func TestSnapshotLeavesWhatDoesNotEnd(t *testing.T) {
	reader, _ := openBoth(t)
	s := take(t, reader)
	ctx, cancel := context.WithCancel(t.Context())
	begun, end := make(chan bool), make(chan bool)
	go func() { <-begun; cancel() }()
	start := time.Now()
	err := s.beside(ctx, func() error { close(begun); <-end; return nil })
	if !errors.Is(err, context.Canceled) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
	if _, err := s.Run(t.Context(), Query{SQL: "SELECT 1"}, &discard{}); err == nil || err.Error() != "the snapshot of the store has ended" {
		t.Errorf("it goes on: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := reader.Stats().InUse; n != 1 {
		t.Errorf("%d connections are in use while the operation goes on", n)
	}
	close(end)
	for deadline := time.Now().Add(10 * time.Second); reader.Stats().InUse > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the connection is never given back")
		}
	}
}

func TestSnapshotClosed(t *testing.T) {
	reader, _ := openBoth(t)
	s := take(t, reader)
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	if _, err := s.Run(t.Context(), Query{SQL: "SELECT 1"}, &discard{}); !errors.Is(err, errClosed) {
		t.Errorf("Run: %v", err)
	}
	if _, err := s.Rollups(t.Context()); !errors.Is(err, errClosed) {
		t.Errorf("Rollups: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(ctx, reader); !errors.Is(err, context.Canceled) {
		t.Errorf("Open: %v", err)
	}
	if n := reader.Stats().InUse; n != 0 {
		t.Errorf("%d connections are in use", n)
	}
}

// Opening waits for a connection no longer than it may.
func TestOpenWaitsNoLongerThanItMay(t *testing.T) {
	reader, _ := openBoth(t)
	reader.SetMaxOpenConns(1)
	take(t, reader)
	start := time.Now()
	_, err := Run(t.Context(), reader, Query{SQL: "SELECT 1", Timeout: 30 * time.Millisecond}, &discard{})
	if err == nil || !strings.Contains(err.Error(), "the query took longer than 30ms") || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

func TestCheck(t *testing.T) {
	db := open(t)
	const file = "-- a report\nCREATE REPORT r AS\n  SELECT host,\n    cuont(n)\n  FROM latency_1m WHERE window_start >= :slot_start;\n"
	at := strings.Index(file, "SELECT")
	section := file[at:strings.LastIndexByte(file, ';')]
	offered := map[string]string{"slot_start": "2026-03-01 12:00:00", "slot_end": "2026-03-01 13:00:00"}
	for _, c := range []struct {
		name string
		q    Query
		want string
	}{
		{"in a file", Query{SQL: section, Name: "r.sql", Text: file, Offset: at, Offered: offered},
			"r.sql:4:5: no such function: cuont()\n      cuont(n)\n      ^^^^^\n  did you mean count?"},
		{"alone", Query{SQL: section, Name: "r.sql", Offered: offered}, "r.sql:2:5: no such function: cuont()\n      cuont(n)\n      ^^^^^\n  did you mean count?"},
		{"elsewhere in the file", Query{SQL: section, Name: "r.sql", Text: file, Offset: at + 1, Offered: offered}, "r.sql:2:5: no such function: cuont()\n      cuont(n)\n      ^^^^^\n  did you mean count?"},
		{"beyond the file", Query{SQL: section, Text: file, Offset: len(file) + 9, Offered: offered}, "query:2:5: no such function: cuont()\n      cuont(n)\n      ^^^^^\n  did you mean count?"},
		{"before the file", Query{SQL: section, Text: file, Offset: -1, Offered: offered}, "query:2:5: no such function: cuont()\n      cuont(n)\n      ^^^^^\n  did you mean count?"},
		{"no value", Query{SQL: "SELECT :slot_strat", Offered: offered}, "query:1:8: no value for the parameter :slot_strat\n  SELECT :slot_strat\n         ^^^^^^^^^^^\n  there are :slot_end, :slot_start"},
		{"too early, at the end of the file", Query{SQL: "SELECT", Text: "AS SELECT", Offset: 3}, "query:1:10: the statement ends too early\n  AS SELECT\n           ^"},
		{"writing", Query{SQL: "DELETE FROM x", Text: "y;DELETE FROM x", Offset: 2}, "query:1:3: DELETE is not a query\n  y;DELETE FROM x\n    ^^^^^^\n  a query only reads the store; only windrow run writes it"},
		{"nothing wrong", Query{SQL: "SELECT n FROM latency_1m WHERE window_start < :slot_end", Offered: offered}, ""},
		{"it is not run", Query{SQL: endless[0].sql}, ""},
		{"mistakes of a run are not found", Query{SQL: "SELECT abs(-9223372036854775808), ts('x')"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ""
			if err := Check(t.Context(), db, c.q); err != nil {
				got = err.Error()
				var e *Error
				if !errors.As(err, &e) {
					t.Errorf("%T is no *Error", err)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
		})
	}
	var told []string
	if err := Check(t.Context(), db, Query{SQL: "SELECT avg(avg_latency) FROM latency_1m", Warn: func(s string) { told = append(told, s) }}); err != nil || len(told) != 1 {
		t.Errorf("told %q, error %v", told, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Check(ctx, db, Query{SQL: "SELECT 1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func TestOfferedParameters(t *testing.T) {
	db := open(t)
	q := Query{SQL: "SELECT :a AS a, :b AS b", Params: map[string]string{"a": "1"}, Offered: map[string]string{"a": "2", "b": "3", "c": "4"}}
	if got, _, err := csvOf(t, db, q); got != "a,b\n1,3\n" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	q.Params["c"], q.Params["x"] = "5", "6"
	if _, _, err := csvOf(t, db, q); err == nil || !strings.Contains(err.Error(), "the statement has no parameter :c") {
		t.Errorf("a value for nothing: %v", err)
	}
}

func TestTables(t *testing.T) {
	known := []string{"latency_1m", "errors_1h", "odd name", "select_"}
	for _, c := range []struct {
		sql  string
		want []string
	}{
		{"SELECT * FROM latency_1m", []string{"latency_1m"}},
		{"SELECT * FROM Errors_1H e JOIN LATENCY_1M USING (host) JOIN errors_1h", []string{"errors_1h", "latency_1m"}},
		{`SELECT * FROM "odd name", [latency_1m], ` + "`errors_1h`", []string{"odd name", "latency_1m", "errors_1h"}},
		{"WITH t AS (SELECT * FROM main.latency_1m) SELECT * FROM t", []string{"latency_1m"}},
		{"SELECT * FROM 'latency_1m'", []string{"latency_1m"}},
		{"SELECT * FROM -- x\n 'latency_1m' JOIN'errors_1h'", []string{"latency_1m", "errors_1h"}},
		{"SELECT 'latency_1m' -- errors_1h\n, 1 /* latency_1m */", nil},
		{"SELECT latency_1min, xlatency_1m FROM t", nil},
		{"SELECT 'open", nil},
		{"", nil},
	} {
		if got := Tables(c.sql, known); fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s\ngot %q, want %q", c.sql, got, c.want)
		}
	}
}
