package query

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/windrow/windrow/query/output"
)

// counting is an encoder that checks that rows 1, 2, 3 and so on come.
type counting struct {
	t    *testing.T
	rows int64
	fail int64 // the row that cannot be written; 0 for none
}

func (c *counting) Begin([]output.Column) error { return nil }
func (c *counting) End() error                  { return nil }
func (c *counting) Row(vals []any) error {
	c.rows++
	if vals[0] != c.rows {
		c.t.Errorf("row %d is %v", c.rows, vals[0])
	}
	if c.rows == c.fail {
		return errPipe
	}
	return nil
}

// batched is counting for an encoder that takes batches.
type batched struct{ counting }

func (c *batched) Rows(b *output.Batch) error {
	vals := make([]any, 1)
	for i := range b.Len() {
		b.Row(i, vals)
		if err := c.Row(vals); err != nil {
			return err
		}
	}
	return nil
}

func upTo(n int64) string {
	return fmt.Sprintf("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT %d) SELECT i FROM c WHERE %d", n, min(n, 1))
}

// Each row comes once and in order, around the sizes of batches too; a limit
// is one to the row.
func TestEachRowOnce(t *testing.T) {
	db := open(t)
	for _, n := range []int64{0, 1, 2, 3, 4, inline - 2, inline - 1, inline, inline + 1, 255, 256, 1000, 5000} {
		for _, limit := range []int64{0, 1, 2, inline, n - 1, n, n + 1} {
			want := Result{Rows: n}
			if limit > 0 && limit < n {
				want = Result{Rows: limit, Truncated: true}
			}
			for _, enc := range []output.Encoder{&counting{t: t}, &batched{counting{t: t}}} {
				if r, err := Run(t.Context(), db, Query{SQL: upTo(n), Limit: max(limit, 0)}, enc); r != want || err != nil {
					t.Errorf("%d rows with limit %d: %+v, %v, want %+v", n, limit, r, err, want)
				}
			}
		}
	}
}

// Rows before a mistake have been written when it is reported.
func TestRowsBeforeAMistake(t *testing.T) {
	db := open(t)
	for _, n := range []int64{1, 2, inline + 1, 3000} {
		c := &counting{t: t}
		sql := strings.Replace(upTo(5000), "SELECT i FROM", fmt.Sprintf("SELECT CASE i WHEN %d THEN abs(-9223372036854775808) ELSE i END FROM", n), 1)
		if _, err := Run(t.Context(), db, Query{SQL: sql}, c); err == nil || err.Error() != "query: integer overflow" || c.rows != n-1 {
			t.Errorf("%d rows, then %v", c.rows, err)
		}
	}
}

// An encoder that fails ends the reading, and the connection is good.
func TestOutputErrorAnywhere(t *testing.T) {
	db := open(t)
	for _, n := range []int64{1, inline, inline + 1, 3000} {
		for range 4 { // more than there are connections
			if _, err := Run(t.Context(), db, Query{SQL: upTo(1_000_000)}, &counting{t: t, fail: n}); !errors.Is(err, errPipe) {
				t.Errorf("row %d fails: %v", n, err)
			}
		}
	}
	if n := db.Stats().InUse; n > 0 {
		t.Errorf("%d connections are in use", n)
	}
}

// Huge values are not read ahead: few of them are in memory at a time.
func TestHugeValuesInBoundedMemory(t *testing.T) {
	db := open(t)
	p := &peak{Encoder: output.Find("csv").New(io.Discard, output.Options{}), every: 10}
	sql := strings.Replace(upTo(300), "SELECT i FROM", "SELECT zeroblob(CASE WHEN i > 200 THEN 8 << 20 ELSE 10 END) FROM", 1)
	if r, err := Run(t.Context(), db, Query{SQL: sql}, p); r.Rows != 300 || err != nil {
		t.Errorf("%+v, %v", r, err)
	}
	if p.bytes > 64<<20 {
		t.Errorf("%d KiB on the heap", p.bytes>>10)
	}
}

// What is allocated does not grow with the rows.
func TestRowsAllocateNothing(t *testing.T) {
	db := open(t)
	allocs := func(n int64) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := Run(t.Context(), db, Query{SQL: rowsOf(n)}, output.Find("csv").New(io.Discard, output.Options{})); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		return after.Mallocs - before.Mallocs
	}
	allocs(1000)
	if few, many := allocs(1000), allocs(51_000); many > few+1000 {
		t.Errorf("%d allocations for 1,000 rows, %d for 51,000", few, many)
	}
}
