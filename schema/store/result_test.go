package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// cells takes values in a form that shows their type to the last bit.
type cells []string

func (c *cells) Null()           { *c = append(*c, "null") }
func (c *cells) Integer(v int64) { *c = append(*c, fmt.Sprint("integer ", v)) }
func (c *cells) Real(v float64)  { *c = append(*c, fmt.Sprintf("real %x", math.Float64bits(v))) }
func (c *cells) Text(v []byte)   { *c = append(*c, fmt.Sprintf("text %x", v)) }
func (c *cells) Blob(v []byte)   { *c = append(*c, fmt.Sprintf("blob %x", v)) }

// all reads a result to its end.
func (r *Result) all() (c cells, err error) {
	for {
		if err = r.Next(); err != nil {
			break
		}
		if err = r.Row(&c); err != nil {
			break
		}
		c = append(c, "\n")
	}
	if err == io.EOF {
		err = nil
	}
	if end := r.Close(); err == nil {
		err = end
	}
	return c, err
}

// byDriver runs a statement and reads its values through the driver.
func byDriver(dc any, sql string, args []driver.NamedValue) (cells, error) {
	rows, err := dc.(driver.QueryerContext).QueryContext(bg, sql, args)
	if err != nil {
		return nil, err
	}
	r := &Result{rows: rows, columns: rows.Columns()}
	r.values = make([]driver.Value, len(r.columns))
	return r.all()
}

// both runs a statement in both ways, which must not differ.
func both(t testing.TB, dc any, sql string, args ...driver.NamedValue) (direct bool) {
	t.Helper()
	want, wantErr := byDriver(dc, sql, args)
	r, err := Query(bg, dc, sql, args)
	var got cells
	if err == nil {
		direct = r.stmt != 0
		got, err = r.all()
	}
	if fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Errorf("%s: %v, through the driver %v", sql, err, wantErr)
	}
	if !cmp.Equal([]string(got), []string(want)) {
		t.Errorf("%s:\n%v\nthrough the driver\n%v", sql, got, want)
	}
	return direct
}

// raw calls f with the driver's connection of a guarded reader.
func raw(t testing.TB, db *sqlx.DB, f func(dc any)) {
	t.Helper()
	c := must(db.Connx(bg))(t)
	defer c.Close()
	if err := Guard(bg, c); err != nil {
		t.Fatal(err)
	}
	if err := c.Raw(func(dc any) error { f(dc); return nil }); err != nil {
		t.Fatal(err)
	}
}

// Each statement gives what it gives through the driver, also its errors.
func TestResult(t *testing.T) {
	_, db := stored(t)
	const count = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 2000) "
	for _, c := range []struct {
		sql    string
		direct bool
	}{
		{"SELECT * FROM latency", true},
		{"SELECT * FROM latency ORDER BY n DESC", true},
		{"SELECT *, * FROM windrow_state_1", true},
		{"SELECT NULL, 0, -1, 9223372036854775807, -9223372036854775808, 0.0, -0.0, 1e300, 1e999, -1e999, 5e-324, 0.1", true},
		{"SELECT '', 'x', x'', x'00ff', 'tä\nxt', char(0) || 'a' || char(0), CAST(x'ff00fe' AS TEXT), zeroblob(0), zeroblob(5)", true},
		{count + "SELECT i, i / 7.0, 'text ' || i, CAST(i AS BLOB), CASE WHEN i % 3 THEN i END FROM c", true},
		{count + "SELECT CASE i % 5 WHEN 0 THEN i WHEN 1 THEN i * 0.5 WHEN 2 THEN 'x' || i WHEN 3 THEN zeroblob(i % 9) END FROM c ORDER BY -i", true},
		{count + "SELECT count(*), sum(i), avg(i), group_concat(i), i % 10 FROM c GROUP BY i % 10", true},
		{count + "SELECT printf('%.*c', 100000, 'x') || i FROM c LIMIT 20", true},
		{"SELECT 1, 'a' UNION ALL SELECT 'b', 2 UNION ALL SELECT NULL, 0.5", true},
		{"SELECT 3 UNION SELECT 1 UNION SELECT 2", true},
		{"VALUES (1, 'a'), (2.5, NULL)", true},
		{"SELECT 1 -- and so on", true},
		{" /* first */ SELECT 1, 2; -- and so on\n", true},
		{"SELECT " + strings.Repeat("1, 'a', ", 300) + "NULL", true},
		{"SELECT name, type FROM pragma_table_info('latency')", true},
		{"SELECT key, value, type FROM json_each('[1, 2.5, \"x\", null, {\"a\": [1]}]')", true},
		{"EXPLAIN SELECT 1", true},
		{"EXPLAIN QUERY PLAN SELECT * FROM latency", true},
		{"SELECT 1 WHERE 0", false},
		{"SELECT n FROM latency LIMIT 0", false},
		{"SELECT nothing", false},
		{"SELECT abs(-9223372036854775808)", false},
		{count + "SELECT abs(CASE i WHEN 1500 THEN -9223372036854775808 ELSE i END) FROM c", true},
		{count + "SELECT zeroblob(CASE i WHEN 3 THEN 1 << 30 ELSE i END) FROM c", true},
		{count + "SELECT ts(CASE i WHEN 4 THEN 'no time' END) FROM c", true},
	} {
		raw(t, db, func(dc any) {
			if got := both(t, dc, c.sql); got != c.direct {
				t.Errorf("%s: read from SQLite's memory: %v, want %v", c.sql, got, c.direct)
			}
		})
	}
}

// A column of a type that the driver makes times of is left to it.
func TestResultOfTimes(t *testing.T) {
	f := newFixture(t)
	if _, err := f.conn.ExecContext(bg, "CREATE TABLE other (at DATETIME, n); INSERT INTO other VALUES ('2026-03-01 12:00:00.5', 1), (NULL, 2), ('x', 3)"); err != nil {
		t.Fatal(err)
	}
	db := must(OpenReader(f.path, ReaderOptions{}))(t)
	defer db.Close()
	raw(t, db, func(dc any) {
		if both(t, dc, "SELECT n FROM other") != true || both(t, dc, "SELECT n, at FROM other") != false {
			t.Error("the wrong way was taken")
		}
	})
}

// FuzzResult makes statements of values and holds both ways against each other.
func FuzzResult(f *testing.F) {
	_, db := stored(f)
	f.Add(int64(1), 0.5, "text", []byte{0})
	f.Add(int64(math.MinInt64), math.Inf(-1), "", []byte{})
	f.Add(int64(-1), math.NaN(), "a\x00b\xff", []byte("blob"))
	f.Fuzz(func(t *testing.T, i int64, r float64, s string, b []byte) {
		args := []driver.NamedValue{{Name: "i", Ordinal: 1, Value: i}, {Name: "r", Ordinal: 2, Value: r}, {Name: "s", Ordinal: 3, Value: s}, {Name: "b", Ordinal: 4, Value: b}}
		raw(t, db, func(dc any) {
			both(t, dc, `SELECT :i, :r, :s, :b, NULL, :s || 'x', nullif(:s, 'text'), :i / 2, :r * 2, CAST(:s AS BLOB), CAST(:b AS TEXT), substr(:s, 2), zeroblob(:i & 7)
				UNION ALL SELECT :b, :s, :r, :i, :i + 1, :r || '', upper(:s), hex(:b), CAST(:r AS INTEGER), typeof(:i), :i = :r, length(:b), NULL`, args...)
		})
	})
}

// The values of a row lie side by side.
func TestCellSize(t *testing.T) {
	_, db := stored(t)
	raw(t, db, func(dc any) {
		r := must(Query(bg, dc, "SELECT 1, 'a', NULL, 2.5, x'00' UNION ALL SELECT n, host, zone, s, m FROM latency", nil))(t)
		defer r.Close()
		for r.Next() == nil {
			for i := range r.columns {
				first := sqlite3.Xsqlite3_column_value(r.handle.tls, r.stmt, 0)
				if p := sqlite3.Xsqlite3_column_value(r.handle.tls, r.stmt, int32(i)); p != first+uintptr(i)*cellSize {
					t.Errorf("value %d lies at %d, the first at %d", i, p, first)
				}
			}
		}
	})
}

// Each connection has its own handle, however many are opened at a time.
func TestHandles(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 8 {
		dir := t.TempDir()
		wg.Go(func() {
			path := filepath.Join(dir, fmt.Sprintf("s %d?&%%.db", i))
			s, err := Open(bg, path, Options{Create: true})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			for range 10 {
				if err := checkHandle(path); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	openings.Range(func(id, _ any) bool {
		t.Errorf("opening %s was forgotten", id)
		return true
	})
}

func checkHandle(path string) error {
	db, err := OpenReader(path, ReaderOptions{})
	if err != nil {
		return err
	}
	defer db.Close()
	c, err := db.Conn(bg)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Raw(func(dc any) error {
		r, ok := dc.(*readerConn)
		if !ok {
			return fmt.Errorf("the connection is a %T", dc)
		}
		if got := libc.GoString(sqlite3.Xsqlite3_db_filename(r.tls, r.db, 0)); got != path {
			return fmt.Errorf("the handle is that of %q, not %q", got, path)
		}
		return nil
	})
}

// Without a handle a reader is guarded all the same, and reads the same.
func TestReaderWithoutHandle(t *testing.T) {
	_, db := stored(t)
	raw(t, db, func(dc any) {
		if both(t, dc.(*readerConn).driverConn, "SELECT * FROM latency") {
			t.Error("the rows were read from SQLite's memory")
		}
	})
}

// Reading a row allocates nothing.
func TestResultAllocatesNothing(t *testing.T) {
	_, db := stored(t)
	raw(t, db, func(dc any) {
		r := must(Query(context.Background(), dc, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT 5000) SELECT i, i / 3.0, 'text', NULL FROM c", nil))(t)
		defer r.Close()
		var s sums
		if n := testing.AllocsPerRun(4000, func() {
			if err := errors.Join(r.Next(), r.Row(&s)); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%v allocations a row", n)
		}
	})
}

// sums are Values that are only looked at.
type sums struct{ integers, bytes int64 }

func (s *sums) Null()           {}
func (s *sums) Integer(v int64) { s.integers += v }
func (s *sums) Real(float64)    {}
func (s *sums) Text(v []byte)   { s.bytes += int64(len(v)) }
func (s *sums) Blob(v []byte)   { s.bytes += int64(len(v)) }

// BenchmarkRows reads rows of a rollup's shape, in both ways.
func BenchmarkRows(b *testing.B) {
	_, db := stored(b)
	const sql = `WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c LIMIT 100000)
		SELECT '2026-03-01 12:00:00' AS window_start, 'host-0001' AS host, '/api/v1/item/003' AS path, i AS n, 0.5 AS a, 1.5 AS mi, 2.5 AS ma, i AS b FROM c`
	for _, way := range []string{"direct", "driver"} {
		b.Run(way, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				raw(b, db, func(dc any) {
					if way == "driver" {
						dc = dc.(*readerConn).driverConn
					}
					r := must(Query(bg, dc, sql, nil))(b)
					defer r.Close()
					var s sums
					for r.Next() == nil {
						if err := r.Row(&s); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
