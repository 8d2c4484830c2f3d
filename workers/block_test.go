package workers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/windrow/windrow/workers/wire"
)

// written is a file of n records, with the split that it is.
func written(t *testing.T, n int) (data string, s wire.Split) {
	t.Helper()
	data = strings.Repeat(record, n)
	s = wire.Split{Number: 1, Path: filepath.Join(t.TempDir(), "x.ndjson")}
	if err := os.WriteFile(s.Path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(s.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if s.Device, s.Inode, err = wire.FileID(f); err != nil {
		t.Fatal(err)
	}
	return data, s
}

// rewrite cuts a file off and writes other records of the same length into it,
// so that nothing but its bytes tells. Sizes are bytes kept and written.
func rewrite(t *testing.T, path string, kept, written int) {
	t.Helper()
	if err := os.Truncate(path, int64(kept)); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	other := strings.Repeat(strings.Replace(record, "7", "8", 1), written/len(record)+1)
	if _, err := f.WriteString(other[:written]); err != nil {
		t.Fatal(err)
	}
}

// A block of a file that is not what it was is given back when nothing of it
// is in the tables, and is an error that ends the worker otherwise. Growth is
// no change.
func TestChangedFile(t *testing.T) {
	const n = 3000 // several batches
	none := func(*testing.T, string, int) {}
	for _, c := range []struct {
		name           string
		mode           wire.Mode
		before, during func(t *testing.T, path string, size int)
		want           string
		source         bool
	}{
		{"same", wire.ByLine, none, none, "", false},
		{"grows", wire.ByLine, none, func(t *testing.T, path string, size int) { rewrite(t, path, size, 500) }, "", false},
		{"rewritten before", wire.ByLine, func(t *testing.T, path string, size int) { rewrite(t, path, 0, size) }, none, "are not what they were", false},
		{"rewritten and longer before", wire.Aligned, func(t *testing.T, path string, size int) { rewrite(t, path, 0, 2*size) }, none, "are not what they were", false},
		{"shrunk before", wire.ByLine, func(t *testing.T, path string, size int) { rewrite(t, path, size-1, 0) }, none, "it has shrunk", false},
		{"empty before", wire.Aligned, func(t *testing.T, path string, size int) { rewrite(t, path, 0, 0) }, none, "it has shrunk", false},
		{"rewritten during", wire.ByLine, none, func(t *testing.T, path string, size int) { rewrite(t, path, 0, size) }, "are not what they were", true},
		{"rewritten and longer during", wire.Aligned, none, func(t *testing.T, path string, size int) { rewrite(t, path, 0, 2*size) }, "are not what they were", true},
		{"shrunk during", wire.ByLine, none, func(t *testing.T, path string, size int) { rewrite(t, path, size-1, 0) }, "it has shrunk", true},
		{"empty during", wire.Aligned, none, func(t *testing.T, path string, size int) { rewrite(t, path, 0, 0) }, "it has shrunk", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			data, s := written(t, n)
			r := reader(t, load(t, one), s)
			r.pipe.now = func() time.Time { // asked for once a batch, when it is in the tables
				c.during(t, s.Path, len(data))
				r.pipe.now = time.Now
				return time.Now()
			}
			c.before(t, s.Path, len(data))
			size := int64(len(data))
			var progress atomic.Int64
			got, err := r.block(context.Background(), &wire.Block{Split: 1, Mode: c.mode, Hi: size, Limit: size, Tail: []byte(data[size-64:])}, nil, &progress)
			if c.want == "" {
				if err != nil || got.Records != n {
					t.Fatalf("%d records, %v", got.Records, err)
				}
				return
			}
			var gone *goneError
			var source *sourceError
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.As(err, &gone) == c.source || errors.As(err, &source) != c.source {
				t.Errorf("%T %v, want %q, source %v", err, err, c.want, c.source)
			}
			if held := r.pipe.rollups[0].absorbed; (held > 0) != c.source {
				t.Errorf("%d records in the tables", held)
			}
		})
	}
}

// meddling is a context that is asked, before a batch is decoded, whether it
// has ended, and does something.
type meddling struct {
	context.Context
	do func()
}

func (m meddling) Err() error {
	m.do()
	return nil
}

// A file that changes before the first record of a block is in the tables needs
// no end of the worker: the block is given back.
func TestChangedFileOfBlankLines(t *testing.T) {
	_, s := written(t, 0)
	if err := os.WriteFile(s.Path, []byte("\n\n\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := reader(t, load(t, one), s)
	var progress atomic.Int64
	b := &wire.Block{Split: 1, Mode: wire.ByLine, Hi: 3, Limit: 3, Tail: []byte("\n\n\n")}
	if got, err := r.block(t.Context(), b, nil, &progress); err != nil || got.Records != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	ctx := meddling{t.Context(), func() { rewrite(t, s.Path, 0, 10) }}
	var gone *goneError
	if _, err := r.block(ctx, b, nil, &progress); !errors.As(err, &gone) {
		t.Errorf("%T %v", err, err)
	}
}

// What a worker has read of a file that changed meanwhile is never committed,
// nor is anything that it held before; and it says that nobody is to blame.
func TestChangedFileIsNotCommitted(t *testing.T) {
	data, s := written(t, 3000)
	size := int64(len(data))
	var armed atomic.Bool
	var to *refusing
	c := talkWith(t, one, func(o *Options, h *wire.Hello) {
		o.Now = func() time.Time {
			if armed.CompareAndSwap(true, false) {
				rewrite(t, s.Path, 0, len(data))
			}
			return time.Now()
		}
		o.Wrap = func(inner Committer) Committer { to = &refusing{Committer: inner}; return to }
		h.FlushEvery = 1 // as soon as there is anything
	})
	c.send(wire.TypeSplit, s, nil)
	c.send(wire.TypeBlock, wire.Block{ID: 1, Split: 1, Mode: wire.ByLine, Hi: size / 2, Limit: size, Tail: []byte(data[size-64:])}, nil)
	c.expect(wire.TypeDone)
	c.expect(wire.TypeWant)
	armed.Store(true)
	c.send(wire.TypeBlock, wire.Block{ID: 2, Split: 1, Mode: wire.ByLine, Lo: size / 2, Hi: size, Limit: size, Tail: []byte(data[size-64:])}, nil)
	var f wire.Failed
	if err := c.expect(wire.TypeFailed).Decode(&f); err != nil || !f.Source || f.Final || f.Store || !strings.Contains(f.Reason, s.Path) {
		t.Errorf("%+v, %v", f, err)
	}
	// The token comes too late.
	go c.in.Write(wire.TypeGrant, struct{}{}, nil)
	if err := c.stop(); err == nil {
		t.Error("the worker ended without an error")
	}
	totals, err := c.st.Totals(t.Context())
	if err != nil || len(to.seen) != 0 || totals.Cohorts[0].Records != 0 || totals.Rollups[0].Absorbed != 0 {
		t.Errorf("%d commits, %+v, %v", len(to.seen), totals, err)
	}
}

// A record that is refused is not looked at: all rollups reject it for the
// reason given.
func TestRefused(t *testing.T) {
	r := reader(t, load(t, one+`CREATE ROLLUP r2 AS SELECT window_start, max(n) AS m FROM TUMBLE(s, INTERVAL '1 hour') GROUP BY window_start;`), wire.Split{Number: 1})
	var progress atomic.Int64
	b := &wire.Block{Split: 1, Mode: wire.Refused, Lo: 40, Hi: 40 + int64(len(record)), DataLo: 40, Reason: "it has ended 3 workers: BUG: index out of range"}
	got, err := r.block(context.Background(), b, []byte(record), &progress)
	if err != nil || got.Records != 1 || got.unusable != 1 || got.Lo != 40 || got.MaxTime != noTime || progress.Load() != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, ru := range r.pipe.rollups {
		want := fmt.Sprint(40, " ", b.Reason)
		if got := reasons(ru); ru.absorbed != 0 || ru.table.len() != 0 || !slices.Equal(got, []string{want}) || string(ru.rejects[0].Record) != strings.TrimSpace(record) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The main process may say again where a split is, and that it is over: its
// file is closed then. A worker keeps no more than it needs for months of
// splits.
func TestSplitsComeAndGo(t *testing.T) {
	data, s := written(t, 10)
	r := reader(t, load(t, one))
	size := int64(len(data))
	var progress atomic.Int64
	for n := range int64(100) {
		s.Number = n
		r.add(s)
		b := &wire.Block{Split: n, Mode: wire.Aligned, Hi: size, Limit: size, Tail: []byte(data)}
		if _, err := r.block(context.Background(), b, nil, &progress); err != nil {
			t.Fatal(err)
		}
		f := r.splits[n].file
		if n%2 == 0 {
			r.add(s) // once more
		} else {
			r.add(wire.Split{Number: n, Over: true})
		}
		if _, err := f.Stat(); !errors.Is(err, os.ErrClosed) {
			t.Fatalf("split %d: its file is open, %v", n, err)
		}
		r.add(wire.Split{Number: n, Over: true})
	}
	if len(r.splits) != 0 || len(r.open) != 0 || len(r.layouts) != 1 {
		t.Errorf("%d splits, %d open files, %d decoders are kept", len(r.splits), len(r.open), len(r.layouts))
	}
	if _, err := r.block(context.Background(), &wire.Block{Split: 3}, nil, &progress); err == nil {
		t.Error("a split that is over was read")
	}
}

// Splits of one layout share a decoder; those that were not used for long are
// let go.
func TestDecodersAreShared(t *testing.T) {
	p := load(t, `CREATE STREAM s (ts TIMESTAMP, n INTEGER, WATERMARK FOR ts) WITH (connector = 'file', path = 'x', format = 'csv');
CREATE ROLLUP r AS SELECT window_start, sum(n) AS s FROM TUMBLE(s, INTERVAL '1 hour') GROUP BY window_start;`)
	r := reader(t, p)
	var progress atomic.Int64
	for n := range int64(60) {
		s := wire.Split{Number: n, Header: []string{"ts", "n", fmt.Sprint("more", n%30)}}
		if n%2 == 0 {
			s.Header = []string{"n", "ts"}
		}
		r.add(s)
		data := "2026-03-01T12:00:00Z,5,x\n"
		if n%2 == 0 {
			data = "5,2026-03-01T12:00:00Z\n"
		}
		if _, err := r.block(context.Background(), &wire.Block{Split: n, Mode: wire.Inline, Hi: int64(len(data))}, []byte(data), &progress); err != nil {
			t.Fatal(err)
		}
	}
	if got := cells(r); !slices.Equal(got, []string{"2026-03-01 12:00:00|0|300"}) {
		t.Error(got)
	}
	if len(r.layouts) > keptLayouts {
		t.Errorf("%d decoders", len(r.layouts))
	}
}
