package workers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/wire"
)

// absorb takes records, one a line, and returns the reader and what they were.
func absorb(t *testing.T, definitions, records string) (*blockReader, taken) {
	t.Helper()
	r := reader(t, load(t, definitions), wire.Split{Number: 1})
	r.pipe.now = func() time.Time { return time.Date(2026, 3, 1, 13, 0, 0, 0, time.UTC) }
	var progress atomic.Int64
	rng, err := r.block(context.Background(), &wire.Block{Split: 1, Mode: wire.Inline, Hi: int64(len(records))}, []byte(records), &progress)
	if err != nil {
		t.Fatal(err)
	}
	return r, rng
}

// cells returns the rows of the first rollup, sorted, as text.
func cells(r *blockReader) []string {
	rows := r.pipe.rollups[0].rows.sort()
	var out []string
	for i := range rows.Len() {
		var row []string
		for c := range rows.layout {
			row = append(row, fmt.Sprint(rows.Cell(i, c)))
		}
		out = append(out, strings.Join(row, "|"))
	}
	return out
}

func reasons(r *rollup) []string {
	var out []string
	for _, x := range r.rejects {
		out = append(out, fmt.Sprintf("%d %s", x.Offset, x.Reason))
	}
	slices.Sort(out)
	return out
}

const stream = `CREATE STREAM s (ts TIMESTAMP, host TEXT NOT NULL, n INTEGER, x REAL, big INTEGER AS (n * 4611686018427387904), WATERMARK FOR ts AS ts - INTERVAL '5 seconds')
  WITH (connector = 'file', path = 'x', format = 'json');
`

// Whether a record is usable is decided by the columns that a rollup names and
// by nothing else.
func TestUsableByWhatIsNamed(t *testing.T) {
	const records = `{"ts":"2026-03-01T12:00:00Z","host":"a","n":1,"x":1.5}
{"ts":"2026-03-01T12:00:00Z","host":"a","n":"x","x":2}
{"ts":"2026-03-01T12:00:00Z","n":1,"x":4}
{"ts":"soon","host":"a","n":1,"x":8}
{"host":"a","n":1,"x":16}
no record
{"ts":"2026-03-01T12:00:00Z","host":"a","n":4,"x":null}
`
	tests := []struct{ rollup, rows string }{
		{"SELECT window_start, sum(n) AS s", "2026-03-01 12:00:00|0|6"},
		{"SELECT window_start, sum(x) AS s", "2026-03-01 12:00:00|7.5|0|<nil>"},
		{"SELECT window_start, host, count(*) AS s", "2026-03-01 12:00:00|a|3"},
		{"SELECT window_start, count(x) AS s", "2026-03-01 12:00:00|3"},
	}
	want := [][]string{
		{"55 n: 'x' is not an INTEGER", "152 ts", "189 ts", "215 not"},
		{"152 ts", "189 ts", "215 not"},
		{"110 host", "152 ts", "189 ts", "215 not"},
		{"152 ts", "189 ts", "215 not"},
	}
	for i, test := range tests {
		group := " GROUP BY window_start;"
		if strings.Contains(test.rollup, "host") {
			group = " GROUP BY window_start, host;"
		}
		r, rng := absorb(t, stream+"CREATE ROLLUP r AS "+test.rollup+" FROM TUMBLE(s, INTERVAL '1 minute')"+group, records)
		if got := cells(r); len(got) != 1 || got[0] != test.rows {
			t.Errorf("%s: %q, want %s", test.rollup, got, test.rows)
		}
		ru := r.pipe.rollups[0]
		got := reasons(ru)
		if len(got) != len(want[i]) || rng.Records != 7 || ru.absorbed+ru.filtered+int64(len(got)) != 7 {
			t.Errorf("%s: %d records, %d absorbed, %d filtered, rejected: %q", test.rollup, rng.Records, ru.absorbed, ru.filtered, got)
			continue
		}
		for _, w := range want[i] {
			if !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, w) }) {
				t.Errorf("%s: rejected %q, want one that begins %q", test.rollup, got, w)
			}
		}
	}
}

// What cannot be computed of a row that counts makes its record unusable; of a
// row that is filtered out, it does not matter.
func TestResultsThatCannotBe(t *testing.T) {
	const records = `{"ts":"2026-03-01T12:00:00Z","host":"a","n":1,"x":1e308}
{"ts":"2026-03-01T12:00:00Z","host":"b","n":2,"x":1}
{"ts":"2026-03-01T12:00:00Z","host":"c","n":3,"x":1}
`
	for _, c := range []struct {
		rollup   string
		absorbed int64
		rejected []string
	}{
		{"SELECT window_start, sum(n * 4611686018427387904) AS s", 1, []string{"integer overflow in n * 4611686018427387904", "integer overflow in n * 4611686018427387904"}},
		{"SELECT window_start, sum(big) AS s", 1, []string{"big: integer overflow", "big: integer overflow"}},
		{"SELECT window_start, sum(x * 10) AS s", 2, []string{"the result is beyond the range of REAL"}},
		{"SELECT window_start, sum(n * 4611686018427387904) FILTER (WHERE n < 2) AS s", 3, nil},
		{"SELECT window_start, count(*) FILTER (WHERE n * 4611686018427387904 > 0) AS s", 1, []string{"integer overflow", "integer overflow"}},
	} {
		r, _ := absorb(t, stream+"CREATE ROLLUP r AS "+c.rollup+" FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY window_start;", records)
		ru := r.pipe.rollups[0]
		ok := ru.absorbed == c.absorbed && len(ru.rejects) == len(c.rejected)
		for i := range c.rejected {
			ok = ok && strings.HasPrefix(ru.rejects[i].Reason, c.rejected[i])
		}
		if !ok {
			t.Errorf("%s: %d absorbed, rejected %q, want %d and %q", c.rollup, ru.absorbed, reasons(ru), c.absorbed, c.rejected)
		}
	}
	r, _ := absorb(t, stream+"CREATE ROLLUP r AS SELECT window_start, sum(n * 4611686018427387904) AS s FROM TUMBLE(s, INTERVAL '1 minute') WHERE n < 2 GROUP BY window_start;", records)
	if ru := r.pipe.rollups[0]; ru.absorbed != 1 || ru.filtered != 2 || len(ru.rejects) != 0 {
		t.Errorf("filtered out: %d absorbed, %d filtered, rejected %q", ru.absorbed, ru.filtered, reasons(ru))
	}
}

// Late is what lies behind the watermark when it is read; a time far ahead of
// the clock does not move it. Both are labels: the events count.
func TestLateAndFuture(t *testing.T) {
	const records = `{"ts":"2026-03-01T12:00:10Z","host":"a"}
{"ts":"2026-03-01T12:00:06Z","host":"a"}
{"ts":"2026-03-01T12:00:04Z","host":"a"}
{"ts":"2026-03-01T13:06:00Z","host":"a"}
{"ts":"2026-03-01T12:00:07Z","host":"a"}
`
	r, rng := absorb(t, stream+"CREATE ROLLUP r AS SELECT window_start, count(*) AS c FROM TUMBLE(s, INTERVAL '1 hour') GROUP BY window_start;", records)
	if rng.Late != 1 || rng.Future != 1 || rng.MaxTime.Format(-1) != "2026-03-01 12:00:10" {
		t.Errorf("%d late, %d in the future, the last %s", rng.Late, rng.Future, rng.MaxTime.Format(-1))
	}
	if got := cells(r); !slices.Equal(got, []string{"2026-03-01 12:00:00|4", "2026-03-01 13:00:00|1"}) {
		t.Error(got)
	}
	// Behind the watermark of the stream, an event of a new split is late, too.
	b := r.batch
	if got := r.pipe.tally(&b, noTime, value.Time(1<<62)); got.late != 4 {
		t.Errorf("%d late", got.late)
	}
}

// A worker's memory does not grow from block to block.
func TestSteadyStateDoesNotAllocate(t *testing.T) {
	data := accessLog(5000)
	for name, definitions := range map[string]string{"plain": requests, "retention": kept} {
		r := reader(t, load(t, definitions), wire.Split{Number: 1})
		var progress atomic.Int64
		blk := &wire.Block{Split: 1, Mode: wire.Inline, Hi: int64(len(data))}
		run := func() {
			if _, err := r.block(context.Background(), blk, data, &progress); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if n := testing.AllocsPerRun(5, run); n > 5 {
			t.Errorf("%s: %v allocations for a block of 5000 events", name, n)
		}
	}
}
