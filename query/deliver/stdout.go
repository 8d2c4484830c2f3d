package deliver

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"
	"syscall"
	"time"
)

// stdout is the one way to standard output.
var stdout = newOutlet(time.Minute)

// outlet makes reports that are written at the same time follow each other. A
// write into a pipe that nobody reads comes back when it is read, which may be
// never: it is left behind then, and until it has come back nothing else is
// written.
type outlet struct {
	patience time.Duration // with one write

	mu      sync.Mutex
	busy    bool          // a delivery has its turn, or a write has been left behind
	stuck   bool          // a write has been left behind
	torn    bool          // what was written last has no end, not even of its line
	changed chan struct{} // closed when busy or stuck changes
}

func newOutlet(patience time.Duration) *outlet {
	return &outlet{patience: patience, changed: make(chan struct{})}
}

var errStuck = errors.New("something written earlier is stuck in it: nobody reads it")

// toStdout writes a report, or an event as a line.
func toStdout(ctx context.Context, o *outlet, c Config, m Message) (Receipt, error) {
	if err := oneFile(m, "stdout"); err != nil {
		return Receipt{}, err
	}
	if c.Stdout == nil {
		return Receipt{}, permanent{fmt.Errorf("cannot write %s to stdout: there is none", m.Report)}
	}
	r, err := o.deliver(ctx, c.Stdout, m)
	switch {
	case errors.Is(err, syscall.EPIPE), errors.Is(err, io.ErrClosedPipe):
		err = permanent{errors.New("its reader has gone")}
		fallthrough
	case err != nil:
		return Receipt{}, fmt.Errorf("cannot write %s to stdout: %w", m.Report, err)
	}
	return r, nil
}

// deliver waits for its turn and writes the message.
func (o *outlet) deliver(ctx context.Context, to io.Writer, m Message) (r Receipt, err error) {
	if err := o.take(ctx); err != nil {
		return r, err
	}
	w := &outletWriter{ctx: ctx, o: o, to: to}
	defer func() { w.leave(err == nil) }()
	if o.torn {
		if _, err := w.Write([]byte("\n")); err != nil {
			return r, err
		}
	}
	r.Place = "stdout"
	if m.Content != nil {
		r.Bytes, r.SHA256, err = copyContent(ctx, w, m.Content.File, m.Content.SHA256)
		return r, err
	}
	r.Bytes, r.SHA256 = int64(len(m.Record)), sha256.Sum256(m.Record)
	_, err = w.Write(append(m.Record[:len(m.Record):len(m.Record)], '\n'))
	return r, err
}

// take waits for the turn, but not for a write that is stuck.
func (o *outlet) take(ctx context.Context) error {
	for {
		o.mu.Lock()
		busy, stuck, changed := o.busy, o.stuck, o.changed
		o.busy = true
		o.mu.Unlock()
		switch {
		case stuck:
			return errStuck
		case !busy:
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// announce wakes those who wait for their turn. The lock is held.
func (o *outlet) announce() {
	close(o.changed)
	o.changed = make(chan struct{})
}

// outletWriter is the turn of one delivery.
type outletWriter struct {
	ctx  context.Context
	o    *outlet
	to   io.Writer
	left bool // a write has been left behind, and ends the turn when it comes back
}

// leave ends the turn. What is complete is not torn, whatever its last byte.
func (w *outletWriter) leave(complete bool) {
	w.o.mu.Lock()
	defer w.o.mu.Unlock()
	if w.left {
		return
	}
	w.o.torn = w.o.torn && !complete
	w.o.busy = false
	w.o.announce()
}

// Write writes a copy of p and waits for that until the end of the context, or
// of the patience.
func (w *outletWriter) Write(p []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, context.Cause(w.ctx)
	}
	done := make(chan written, 1)
	go w.o.write(w.to, bytes.Clone(p), done)
	timer := time.NewTimer(w.o.patience)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.n, r.err
	case <-w.ctx.Done():
		return w.abandon(done, context.Cause(w.ctx))
	case <-timer.C:
		return w.abandon(done, fmt.Errorf("nobody has read it for %s", w.o.patience))
	}
}

// written is what became of a write.
type written struct {
	n   int
	err error
}

func (o *outlet) write(to io.Writer, p []byte, done chan<- written) {
	n, err := to.Write(p)
	o.mu.Lock()
	defer o.mu.Unlock()
	if n > 0 {
		o.torn = p[n-1] != '\n'
	}
	done <- written{n, err}
	if o.stuck {
		o.stuck, o.busy = false, false
		o.announce()
	}
}

// abandon leaves a write behind, if it has not come back meanwhile.
func (w *outletWriter) abandon(done <-chan written, why error) (int, error) {
	w.o.mu.Lock()
	defer w.o.mu.Unlock()
	select {
	case r := <-done:
		return r.n, r.err
	default:
		w.left, w.o.stuck = true, true
		w.o.announce()
		return 0, why
	}
}
