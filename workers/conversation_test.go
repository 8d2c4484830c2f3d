package workers

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

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
	st, h := prepare(t, text)
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
	c.stop = func() error {
		inW.Close()
		return <-ended
	}
	c.greet(outR, h)
	return c
}

// prepare makes a store with one split and the first frame to a worker on it.
func prepare(t *testing.T, text string) (*store.Store, wire.Hello) {
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
	return st, h
}

// greet exchanges the first frames.
func (c *conversation) greet(out io.Reader, h wire.Hello) {
	c.t.Helper()
	go c.listen(wire.NewReader(out))
	c.send(wire.TypeHello, h, nil)
	c.expect(wire.TypeReady)
	c.send(wire.TypeSplit, wire.Split{Number: 1, Path: "x"}, nil)
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
