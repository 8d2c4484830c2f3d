package output

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"time"
)

// batchOf puts rows into a batch as a query does.
func batchOf(t failer, b *Batch, rows [][]any) {
	t.Helper()
	b.Reset(len(rows[0]))
	for _, vals := range rows {
		for _, v := range vals {
			switch v := v.(type) {
			case nil:
				b.Null()
			case int64:
				b.Integer(v)
			case float64:
				b.Real(v)
			case string:
				b.Text([]byte(v))
			case []byte:
				b.Blob(v)
			default:
				t.Fatal(fmt.Sprintf("a value of type %T", v))
			}
		}
	}
}

// Each format writes the same whether rows come one at a time or in batches of
// any size, also where the batch is used again.
func TestBatches(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{}, {GuardFormulas: true, Null: "NULL"}, {Zone: berlin}, {TimeFormat: "epoch_ms"}, {Zone: berlin, TimeFormat: "%d.%m.%Y"}} {
		for i := range Formats {
			f := &Formats[i]
			t.Run(f.Name, func(t *testing.T) {
				want := encodeWith(t, f, o, nastyCols, nasty)
				for _, size := range []int{1, 3, len(nasty)} {
					if got := encodeBatches(t, f, o, size); got != want {
						t.Errorf("batches of %d, options %+v:\n%q\nrows:\n%q", size, o, got, want)
					}
				}
			})
		}
	}
}

func encodeBatches(t failer, f *Format, o Options, size int) string {
	t.Helper()
	var out bytes.Buffer
	e := f.New(&out, o)
	if err := begin(e, nastyCols, nasty); err != nil {
		t.Fatal(err)
	}
	var b Batch
	vals := make([]any, len(nastyCols))
	for from := 0; from < len(nasty); from += size {
		batchOf(t, &b, nasty[from:min(from+size, len(nasty))])
		if err := Feed(e, &b, vals); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.End(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// What is read from a batch is what went into it.
func TestBatchRow(t *testing.T) {
	var b Batch
	batchOf(t, &b, nasty)
	vals := make([]any, len(nastyCols))
	if b.Len() != len(nasty) || b.Size() < 30_000 {
		t.Errorf("%d rows of %d bytes", b.Len(), b.Size())
	}
	for i, want := range nasty {
		b.Row(i, vals)
		for j := range vals {
			if !sameValue(vals[j], want[j]) {
				t.Errorf("row %d, column %d: %v, want %v", i, j, vals[j], want[j])
			}
			text, isText := b.TextAt(i, j)
			if s, ok := want[j].(string); ok != isText || s != text {
				t.Errorf("row %d, column %d: text %q, %v", i, j, text, isText)
			}
		}
	}
	for i := range nasty {
		for j := range nasty {
			for c := range nastyCols {
				if got := b.Same(i, j, c); got != sameValue(nasty[i][c], nasty[j][c]) {
					t.Errorf("column %d of rows %d and %d: same %v", c, i, j, got)
				}
			}
		}
	}
	if part := b.Slice(3, 5); part.Len() != 2 || !part.Same(0, 0, 0) || fmt.Sprint(part.TextAt(1, 0)) != fmt.Sprint(b.TextAt(4, 0)) {
		t.Errorf("a slice has %d rows", part.Len())
	}
	if b.Reset(2); b.Len() != 0 || b.Size() != 0 {
		t.Errorf("after Reset: %d rows of %d bytes", b.Len(), b.Size())
	}
}

// An encoder that takes batches allocates nothing for a row.
func TestBatchesAllocateNothing(t *testing.T) {
	for _, name := range []string{"csv", "tsv", "json", "ndjson"} {
		e := Find(name).New(io.Discard, Options{}).(Batched)
		b := rollupBatch(t)
		if err := e.Begin(rollupCols); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(20, func() {
			if err := e.Rows(b); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations for %d rows", name, n, b.Len())
		}
	}
}

var rollupCols = []Column{{"window_start"}, {"host"}, {"path"}, {"n"}, {"avg_latency"}, {"min_latency"}, {"max_latency"}, {"bytes"}}

var rollupKinds = []Kind{KindTime, KindText, KindText, KindInteger, KindReal, KindReal, KindReal, KindInteger}

// rollupBatch has 512 rows of a rollup's shape.
func rollupBatch(t failer) *Batch {
	rows := make([][]any, 512)
	for i := range rows {
		rows[i] = []any{"2026-03-01 12:00:00", fmt.Sprintf("host-%04d", i), fmt.Sprintf("/api/v1/item/%03d", i%30), int64(1 + i%7),
			float64(12345+i*77) / 1000 / float64(1+i%7), float64(i*7) / 1000, float64(12345+i*77) / 1000, int64(170380 + i*i)}
	}
	b := &Batch{}
	batchOf(t, b, rows)
	return b
}

// BenchmarkRows writes rows of a rollup's shape, one of them an op.
func BenchmarkRows(b *testing.B) {
	for _, name := range []string{"csv", "ndjson", "parquet"} {
		b.Run(name, func(b *testing.B) {
			batch := rollupBatch(b)
			e := Find(name).New(io.Discard, Options{}).(Batched)
			if typed, ok := e.(Typed); ok {
				typed.Kinds(rollupKinds)
			}
			if err := e.Begin(rollupCols); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += batch.Len() {
				if err := e.Rows(batch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkReal appends reals with few decimals and with all.
func BenchmarkReal(b *testing.B) {
	for _, c := range []struct {
		name string
		v    float64
	}{{"decimal", 32.541}, {"quotient", 100.0 / 3}} {
		b.Run(c.name, func(b *testing.B) {
			buf := make([]byte, 0, 64)
			for b.Loop() {
				buf = appendReal(buf[:0], c.v)
			}
		})
	}
}
