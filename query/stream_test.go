package query

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/store"
)

// rowsOf is a statement with that many rows of a rollup's shape.
func rowsOf(n int64) string {
	return fmt.Sprintf(`WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM c LIMIT %d)
		SELECT datetime(1772366400 + i, 'unixepoch') AS window_start, 'web-' || i %% 1000 AS host, i AS n, i / 3.0 AS avg_latency FROM c`, n)
}

// peak looks at the heap every so many rows.
type peak struct {
	output.Encoder
	every int
	rows  int
	bytes uint64
}

func (p *peak) Row(vals []any) error {
	if p.rows++; p.rows%p.every == 0 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.bytes = max(p.bytes, m.HeapAlloc)
	}
	return p.Encoder.Row(vals)
}

func TestMillionRowsInBoundedMemory(t *testing.T) {
	db := open(t)
	p := &peak{Encoder: output.Find("csv").New(io.Discard, output.Options{}), every: 100_000}
	rows := int64(1_000_000)
	if raceDetector {
		rows = 100_000
	}
	r, err := Run(t.Context(), db, Query{SQL: rowsOf(rows)}, p)
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != rows {
		t.Errorf("%d rows", r.Rows)
	}
	if p.bytes > 16<<20 {
		t.Errorf("%d KiB on the heap", p.bytes>>10)
	}
}

// One statement sees one state of the store, whatever is committed meanwhile.
func TestOneSnapshot(t *testing.T) {
	path := t.TempDir() + "/s.db"
	createWith(t, path)
	reader, err := store.OpenReader(path, store.ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	writer := writerOf(t, path)
	first := func() {
		if _, err := writer.Exec("DELETE FROM windrow_state_1"); err != nil {
			t.Error(err)
		}
	}
	q := Query{SQL: "SELECT n, (SELECT count(*) FROM latency_1m) AS all_rows FROM latency_1m"}
	if r, err := Run(t.Context(), reader, q, &discard{first: first}); err != nil || r.Rows != 5 {
		t.Errorf("%d rows, %v", r.Rows, err)
	}
	if r, err := Run(t.Context(), reader, q, &discard{}); err != nil || r.Rows != 0 {
		t.Errorf("afterwards %d rows, %v", r.Rows, err)
	}
}

// failing is an output that breaks after a row.
type failing struct{ discard }

var errPipe = errors.New("broken pipe")

func (*failing) Row([]any) error { return errPipe }

func TestOutputError(t *testing.T) {
	db := open(t)
	_, err := Run(t.Context(), db, Query{SQL: rowsOf(10)}, &failing{})
	if !errors.Is(err, errPipe) || err.Error() != "cannot write the result: broken pipe" {
		t.Errorf("got %v", err)
	}
	if _, err := Run(t.Context(), db, Query{SQL: "SELECT 1"}, &discard{}); err != nil {
		t.Errorf("the connection is unusable afterwards: %v", err)
	}
}

func BenchmarkCSV(b *testing.B) {
	db := open(b)
	const n = int64(200_000)
	for b.Loop() {
		if _, err := Run(b.Context(), db, Query{SQL: rowsOf(n)}, output.Find("csv").New(io.Discard, output.Options{})); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
