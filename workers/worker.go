// Package workers is the child process: it reads blocks of records, computes
// partial aggregates, and commits them with the ranges they cover. Between
// commits it holds nothing that cannot be computed again.
package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// Committer writes what a worker has computed. It is the seam where tests let
// commits fail.
type Committer interface {
	Commit(ctx context.Context, c *store.Commit) error
}

// Options are what a worker process gets from its program.
type Options struct {
	Build string // must equal the main process's
	Log   *slog.Logger
	// Wrap, if set, decorates the committer.
	Wrap func(Committer) Committer
	// Now is the clock that tells how far ahead an event's time is; time.Now if nil.
	Now func() time.Time
}

// Run is a worker process: it speaks the protocol of package wire on in and
// out until in ends, which may be at once. It returns nil when in has ended, and an error, already
// sent to the main process, if it had to give up.
func Run(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := wire.NewReader(in)
	w := &worker{o: o, out: newSender(out)}
	if err := w.start(ctx, r); err == errUnused {
		return nil
	} else if err != nil {
		w.out.send(wire.TypeFailed, wire.Failed{Reason: err.Error()})
		return err
	}
	defer w.close()
	in1 := newInbox()
	go func() {
		in1.read(r)
		cancel() // stdin has ended: give up at once, commit nothing
	}()
	go w.beat(ctx)
	err := w.guarded(ctx, in1)
	if err != nil && ctx.Err() == nil {
		w.out.send(wire.TypeFailed, failed(err))
		return err
	}
	return nil
}

// failed says in the last frame whom the error concerns.
func failed(err error) wire.Failed {
	var source *sourceError
	var refused *commitError
	return wire.Failed{Reason: err.Error(), Final: errors.Is(err, store.ErrFenced), Source: errors.As(err, &source), Store: errors.As(err, &refused)}
}

// guarded is loop with a panic made an error: the main process gets one
// sentence, and the log the rest.
func (w *worker) guarded(ctx context.Context, in *inbox) (err error) {
	defer func() {
		if r := recover(); r != nil {
			w.o.Log.Error(fmt.Sprint("panic: ", r), "stack", string(debug.Stack()))
			err = fmt.Errorf("BUG: %v", r)
		}
	}()
	return w.loop(ctx, in)
}

type worker struct {
	o     Options
	hello wire.Hello
	out   *sender
	st    *store.Store
	to    Committer
	pipe  *pipeline
	read  *blockReader

	pending  pending
	since    time.Time // of the first record not yet committed
	wanting  bool      // the token was asked for
	flushing bool      // the main process asked for a commit
	retry    time.Time // not before, after the store was busy or full
	// held is a commit that is ready, or that the store could not take: it must
	// be given again as it is, for stored states may have been merged into its
	// rows. Nothing is added to the tables meanwhile.
	held *store.Commit

	progress   atomic.Int64 // records and commits, for the heartbeat
	committing atomic.Bool
}

// errUnused says that the main process had nothing for this worker to do.
var errUnused = errors.New("in has ended before the first frame")

// start reads the first frame and opens everything it names.
func (w *worker) start(ctx context.Context, r *wire.Reader) error {
	f, err := r.Read(nil)
	if err == io.EOF {
		return errUnused
	}
	if err != nil {
		return fmt.Errorf("cannot read the first frame: %w", err)
	}
	if f.Type != wire.TypeHello {
		return fmt.Errorf("the first frame has type %d", f.Type)
	}
	if err := f.Decode(&w.hello); err != nil {
		return err
	}
	h := &w.hello
	if h.Version != wire.Version || h.Build != w.o.Build {
		return fmt.Errorf("this worker is of build %s (protocol %d), the main process of %s (protocol %d)", w.o.Build, wire.Version, h.Build, h.Version)
	}
	if err := LimitMemory(h.MemoryLimit); err != nil {
		w.o.Log.Warn("no limit of memory", "error", err)
	}
	stream, refs, err := definitions(h)
	if err != nil {
		return err
	}
	if w.st, err = store.Open(ctx, h.Store, store.Options{Worker: true, Durability: h.Durability}); err != nil {
		return err
	}
	w.to = w.st
	if w.o.Wrap != nil {
		w.to = w.o.Wrap(w.st)
	}
	if w.pipe, err = newPipeline(stream, refs); err != nil {
		return err
	}
	if w.o.Now != nil {
		w.pipe.now = w.o.Now
	}
	w.read = newBlockReader(stream, w.pipe)
	return w.out.send(wire.TypeReady, wire.Ready{Version: wire.Version, Build: w.o.Build, PID: os.Getpid()})
}

// definitions reads the definition files again and finds the stream and
// rollups that this worker is for.
func definitions(h *wire.Hello) (*schema.Stream, []store.RollupRef, error) {
	var files []schema.Source
	for _, f := range h.Files {
		files = append(files, schema.Source{Name: f.Name, Dir: f.Dir, Text: f.Text})
	}
	p, problems := schema.Load(files, schema.LoadOptions{Unset: true, Getenv: func(k string) (string, bool) { v, ok := h.Env[k]; return v, ok }})
	if len(problems) > 0 {
		return nil, nil, fmt.Errorf("the definitions do not load in the worker: %s", problems[0].Message)
	}
	var refs []store.RollupRef
	for _, want := range h.Rollups {
		def := p.Rollup(want.Name)
		if def == nil || def.Identity != want.Identity {
			return nil, nil, fmt.Errorf("rollup %s is not the same in the worker", want.Name)
		}
		refs = append(refs, store.RollupRef{ID: want.ID, Rollup: def, Table: want.Table})
	}
	s := p.Stream(h.Stream)
	if s == nil {
		return nil, nil, fmt.Errorf("stream %s is not there in the worker", h.Stream)
	}
	return s, refs, nil
}

func (w *worker) close() {
	w.read.close()
	w.st.Close()
}

// loop handles frames until ctx ends. Only it touches the pipeline.
func (w *worker) loop(ctx context.Context, in *inbox) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if err := w.want(); err != nil {
			return err
		}
		work := in.work
		if w.full() {
			work = nil // commit first
		}
		timer.Reset(w.sleep())
		var err error
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-in.grant:
			err = w.commit(ctx)
		default:
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-in.grant:
				err = w.commit(ctx)
			case it := <-work:
				err = w.handle(ctx, in, it)
			case <-timer.C:
				w.rest()
			}
		}
		if err != nil {
			return err
		}
	}
}

// handle does one piece of work.
func (w *worker) handle(ctx context.Context, in *inbox, it item) error {
	switch {
	case it.err != nil:
		return it.err
	case it.split != nil:
		w.read.add(*it.split)
		return nil
	case it.flush != nil && it.flush.Soon:
		w.since = time.Time{} // it is time
		return nil
	case it.flush != nil:
		w.flushing = true
		return nil
	}
	if w.pending.empty() {
		w.since = time.Now()
	}
	b := it.block
	got, err := w.read.block(ctx, b, it.data, &w.progress)
	in.free(it.data)
	var gone *goneError
	if errors.As(err, &gone) {
		return w.out.send(wire.TypeReturned, wire.Returned{Block: b.ID, Reason: gone.reason})
	}
	if err != nil {
		return err
	}
	w.pending.add(b.ID, got)
	return w.out.send(wire.TypeDone, wire.Done{Block: b.ID})
}

// beat sends a sign of life until ctx ends.
func (w *worker) beat(ctx context.Context) {
	t := time.NewTicker(time.Duration(w.hello.BeatEvery) * time.Microsecond)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			if w.out.send(wire.TypeBeat, wire.Beat{Progress: w.progress.Load(), Committing: w.committing.Load()}) != nil {
				return
			}
		}
	}
}
