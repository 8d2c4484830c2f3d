package workers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// refusing is a committer that refuses some commits, and remembers them.
type refusing struct {
	Committer
	errs []error // of the next commits; nil lets one through
	seen []*store.Commit
}

func (r *refusing) Commit(ctx context.Context, c *store.Commit) error {
	r.seen = append(r.seen, c)
	if len(r.errs) > 0 {
		err := r.errs[0]
		r.errs = r.errs[1:]
		if err != nil {
			return fmt.Errorf("cannot commit: %w", err)
		}
	}
	return r.Committer.Commit(ctx, c)
}

// conversation is a worker in this process with the main process's end of its
// pipes.
type conversation struct {
	t    *testing.T
	in   *wire.Writer
	out  chan wire.Frame // closed when the worker has ended
	st   *store.Store
	stop func() error
}

// talk starts a worker on a new store that commits through wrap.
func talk(t *testing.T, text string, wrap func(Committer) Committer) *conversation {
	t.Helper()
	return talkWith(t, text, func(o *Options, _ *wire.Hello) { o.Wrap = wrap })
}

// talkWith is talk with options of the worker and its first frame changed.
func talkWith(t *testing.T, text string, change func(*Options, *wire.Hello)) *conversation {
	t.Helper()
	path := filepath.Join(t.TempDir(), "w.db")
	st, err := store.Open(t.Context(), path, store.Options{Create: true, Durability: "process"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	epoch, err := st.NextEpoch(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	refs, err := st.Register(t.Context(), load(t, text), store.RegisterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.AddSplits(t.Context(), epoch, refs[0].ID, []store.Split{{Path: "x", Size: -1}}); err != nil {
		t.Fatal(err)
	}
	h := wire.Hello{Version: wire.Version, Build: "test", Store: path, Durability: "process", Epoch: epoch, Files: []wire.File{{Name: "test.sql", Text: text}},
		Stream: refs[0].Stream.Name, Cohort: refs[0].Cohorts[0].ID, FlushEvery: 3600e6, Budget: 1 << 20, BeatEvery: 3600e6}
	for _, r := range refs[0].Cohorts[0].Rollups {
		h.Rollups = append(h.Rollups, wire.Rollup{ID: r.ID, Name: r.Rollup.Name, Table: r.Table, Identity: r.Rollup.Identity})
	}
	o := Options{Build: "test", Log: slog.New(slog.DiscardHandler)}
	change(&o, &h)
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- Run(context.Background(), inR, outW, o)
		inR.Close()
		outW.Close()
	}()
	c := &conversation{t: t, in: wire.NewWriter(inW), out: make(chan wire.Frame, 1000), st: st}
	go c.listen(wire.NewReader(outR))
	c.stop = func() error {
		inW.Close()
		return <-ended
	}
	c.send(wire.TypeHello, h, nil)
	c.expect(wire.TypeReady)
	c.send(wire.TypeSplit, wire.Split{Number: 1, Path: "x"}, nil)
	return c
}

func (c *conversation) send(ty wire.Type, msg any, data []byte) {
	c.t.Helper()
	if err := c.in.Write(ty, msg, data); err != nil {
		c.t.Fatal(err)
	}
}

// listen takes the frames of the worker, as a pipe of the system would.
func (c *conversation) listen(r *wire.Reader) {
	defer close(c.out)
	for {
		f, err := r.Read(nil)
		if err != nil {
			return
		}
		f.Message = bytes.Clone(f.Message)
		c.out <- f
	}
}

// expect reads the next frame, which must be of a type, but for signs of life.
func (c *conversation) expect(ty wire.Type) *wire.Frame {
	c.t.Helper()
	for f := range c.out {
		if f.Type == ty {
			return &f
		}
		if f.Type != wire.TypeBeat {
			c.t.Fatalf("frame of type %d %s; want type %d", f.Type, f.Message, ty)
		}
	}
	c.t.Fatalf("the worker has ended; want a frame of type %d", ty)
	return nil
}

// block sends records as a block from offset lo and returns its end.
func (c *conversation) block(id, lo int64, records string) int64 {
	c.t.Helper()
	hi := lo + int64(len(records))
	c.send(wire.TypeBlock, wire.Block{ID: id, Split: 1, Mode: wire.Inline, Lo: lo, Hi: hi, DataLo: lo, Limit: hi}, []byte(records))
	return hi
}

const one = `CREATE STREAM s (ts TIMESTAMP, n INTEGER, WATERMARK FOR ts) WITH (connector = 'file', path = 'x', format = 'json');
CREATE ROLLUP r AS SELECT window_start, count(*) AS c, sum(n) AS s FROM TUMBLE(s, INTERVAL '1 hour') GROUP BY window_start;`

const record = `{"ts":"2026-03-01T12:00:00Z","n":7}` + "\n"

// A commit that the store could not take is given again as it is, before
// anything is added: a state that is merged already is not merged twice.
func TestRefusedCommitIsGivenAgain(t *testing.T) {
	for _, refusal := range []error{store.ErrBusy, store.ErrFull} {
		var to *refusing
		c := talk(t, one, func(inner Committer) Committer {
			to = &refusing{Committer: inner, errs: []error{nil, refusal, refusal}}
			return to
		})
		end := c.block(1, 0, record)
		c.expect(wire.TypeDone)
		c.send(wire.TypeFlush, struct{}{}, nil)
		c.expect(wire.TypeWant)
		c.send(wire.TypeGrant, struct{}{}, nil)
		c.expect(wire.TypeCommitted)

		end = c.block(2, end, record)
		c.expect(wire.TypeDone)
		c.send(wire.TypeFlush, struct{}{}, nil)
		c.expect(wire.TypeWant)
		c.block(3, end, record) // waits until block 2 is in the store
		for range 2 {
			c.send(wire.TypeGrant, struct{}{}, nil)
			c.expect(wire.TypeReleased)
			c.expect(wire.TypeWant)
		}
		c.send(wire.TypeGrant, struct{}{}, nil)
		var done wire.Committed
		if err := c.expect(wire.TypeCommitted).Decode(&done); err != nil || len(done.Blocks) != 1 || done.Blocks[0] != 2 {
			t.Fatalf("%v: committed %v, %v", refusal, done.Blocks, err)
		}
		if n := len(to.seen); n != 4 || to.seen[1] != to.seen[2] || to.seen[2] != to.seen[3] {
			t.Errorf("%v: %d commits, or not the same one", refusal, n)
		}
		c.expect(wire.TypeDone) // of block 3, only now
		if err := c.stop(); err != nil {
			t.Errorf("%v: %v", refusal, err)
		}
		totals, err := c.st.Totals(t.Context())
		if err != nil || totals.Rollups[0].Absorbed != 2 || totals.Cohorts[0].Records != 2 {
			t.Errorf("%v: %+v, %v", refusal, totals, err)
		}
	}
}

// A commit that can never be made ends the worker, with the reason.
func TestFencedWorkerEnds(t *testing.T) {
	c := talk(t, one, func(inner Committer) Committer {
		return &refusing{Committer: inner, errs: []error{store.ErrFenced}}
	})
	c.block(1, 0, record)
	c.expect(wire.TypeDone)
	c.send(wire.TypeFlush, struct{}{}, nil)
	c.expect(wire.TypeWant)
	c.send(wire.TypeGrant, struct{}{}, nil)
	var f wire.Failed
	if err := c.expect(wire.TypeFailed).Decode(&f); err != nil || !f.Final {
		t.Errorf("%+v, %v", f, err)
	}
	if err := c.stop(); !errors.Is(err, store.ErrFenced) {
		t.Error(err)
	}
}

// The end of stdin ends a worker without a commit.
func TestEndOfInputCommitsNothing(t *testing.T) {
	c := talk(t, one, nil)
	c.block(1, 0, record)
	c.expect(wire.TypeDone)
	if err := c.stop(); err != nil {
		t.Fatal(err)
	}
	totals, err := c.st.Totals(t.Context())
	if err != nil || totals.Cohorts[0].Records != 0 {
		t.Errorf("%+v, %v", totals, err)
	}
}
