package workers

import (
	"context"
	"errors"
	"time"

	"github.com/windrow/windrow/schema/fault"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// full tells that nothing can be added before a commit.
func (w *worker) full() bool { return w.held != nil || w.pipe.bytes() > w.hello.Budget }

// sleep is how long the worker may wait for frames.
func (w *worker) sleep() time.Duration {
	switch {
	case w.wanting:
		return time.Hour
	case w.pending.empty():
		if len(w.read.open) > 0 {
			return restAfter
		}
		return time.Hour
	}
	d := time.Until(w.since.Add(time.Duration(w.hello.FlushEvery) * time.Microsecond))
	if w.full() || w.flushing {
		d = 0
	}
	return max(d, time.Until(w.retry), 0)
}

// rest closes the files of a worker that has had nothing to do for a while:
// the space of a deleted file is free only then.
func (w *worker) rest() {
	if w.pending.empty() && !w.wanting {
		w.read.close()
	}
}

// want asks for the commit token when it is time.
func (w *worker) want() error {
	if w.pending.empty() {
		w.flushing = false
	}
	if w.wanting || w.pending.empty() || w.sleep() > 0 {
		return nil
	}
	if w.held == nil && (w.full() || w.flushing) {
		w.held = w.build() // sorted while others commit: there is nothing else to do
	}
	w.wanting = true
	return w.out.send(wire.TypeWant, struct{}{})
}

// commitError is an error of a commit that cannot be tried again in this
// process: a disk that has reported an error may hold less than it said, and
// only a new process reads what is there. Its ranges are read anew.
type commitError struct{ err error }

func (e *commitError) Error() string { return e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

// commit writes everything in one transaction and gives the token back.
func (w *worker) commit(ctx context.Context) error {
	w.wanting = false
	if w.pending.empty() {
		return w.out.send(wire.TypeReleased, wire.Released{})
	}
	c := w.held
	if c == nil {
		c = w.build()
	}
	if fault.Is(fault.EarlyAnswer) {
		w.out.send(wire.TypeCommitted, wire.Committed{Blocks: w.pending.blocks})
	}
	w.committing.Store(true)
	err := w.to.Commit(ctx, c)
	w.committing.Store(false)
	w.progress.Add(1)
	if errors.Is(err, store.ErrBusy) || errors.Is(err, store.ErrFull) {
		w.retry, w.held = time.Now().Add(retryAfter), c
		return w.out.send(wire.TypeReleased, wire.Released{Reason: err.Error()})
	}
	if err != nil {
		return &commitError{err}
	}
	w.flushing, w.held = false, nil
	msg := wire.Committed{Blocks: w.pending.blocks, Records: w.pending.records(), Watermark: int64(c.Watermark), Splits: w.pending.splits}
	w.pipe.reset()
	w.pending.reset()
	return w.out.send(wire.TypeCommitted, msg)
}

// build makes a commit of everything in the tables.
func (w *worker) build() *store.Commit {
	c := &store.Commit{Epoch: w.hello.Epoch, Cohort: w.hello.Cohort, Ranges: w.pending.ranges}
	for _, r := range w.pipe.rollups {
		c.Rollups = append(c.Rollups, r.commit())
	}
	return c
}

const (
	// retryAfter is the wait after a commit that the store could not take.
	retryAfter = 200 * time.Millisecond
	// restAfter is how long files stay open without work.
	restAfter = 10 * time.Second
)
