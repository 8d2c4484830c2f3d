package workers

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// Under a trickle of blocks a worker asks for the token FlushEvery after the
// first record that is not committed, not later because more come; and not at
// all when there is nothing.
func TestFlushesInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const every = 50 * time.Millisecond
		c := talkWith(t, one, func(_ *Options, h *wire.Hello) { h.FlushEvery = every.Microseconds() })
		var end, id int64
		for round := range 5 {
			time.Sleep(time.Duration(round) * 77 * time.Minute) // nothing to do: the clock of the bubble
			first := time.Now()
			asked := make(chan time.Duration)
			go func() {
				for f := range c.out {
					if f.Type == wire.TypeWant {
						break
					}
				}
				asked <- time.Since(first)
			}()
			for range 3 { // every 15 ms
				id++
				end = c.block(id, end, record)
				time.Sleep(15 * time.Millisecond)
			}
			if took := <-asked; took != every {
				t.Errorf("round %d: asked for the token after %v, want %v", round, took, every)
			}
			c.send(wire.TypeGrant, struct{}{}, nil)
			c.expect(wire.TypeCommitted)
			// The main process gives the token again: there is nothing to commit.
			c.send(wire.TypeGrant, struct{}{}, nil)
			c.expect(wire.TypeReleased)
		}
		if err := c.stop(); err != nil {
			t.Error(err)
		}
		totals, err := c.st.Totals(t.Context())
		if err != nil || totals.Rollups[0].Absorbed != 15 {
			t.Errorf("%+v, %v", totals, err)
		}
	})
}

// A commit that a new process must decide about ends this one: it is not tried
// again, and nobody but the store is to blame.
func TestCommitThatIsNotTriedAgain(t *testing.T) {
	for _, refusal := range []error{store.ErrIO, store.ErrSpent, store.ErrOverlap, store.ErrFenced, errors.New("no such table: r")} {
		var to *refusing
		c := talk(t, one, func(inner Committer) Committer {
			to = &refusing{Committer: inner, errs: []error{refusal}}
			return to
		})
		c.block(1, 0, record)
		c.expect(wire.TypeDone)
		c.send(wire.TypeFlush, wire.Flush{}, nil)
		c.expect(wire.TypeWant)
		c.send(wire.TypeGrant, struct{}{}, nil)
		var f wire.Failed
		err := c.expect(wire.TypeFailed).Decode(&f)
		if err != nil || !f.Store || f.Source || f.Final != errors.Is(refusal, store.ErrFenced) {
			t.Errorf("%v: %+v, %v", refusal, f, err)
		}
		go c.in.Write(wire.TypeGrant, struct{}{}, nil) // too late
		if err := c.stop(); !errors.Is(err, refusal) || len(to.seen) != 1 {
			t.Errorf("%v: %d commits, %v", refusal, len(to.seen), err)
		}
	}
}

// A panic is the worker's own fault.
func TestPanicIsOwnFault(t *testing.T) {
	c := talkWith(t, one, func(o *Options, _ *wire.Hello) { o.Now = func() time.Time { panic("boom") } })
	c.block(1, 0, record)
	var f wire.Failed
	if err := c.expect(wire.TypeFailed).Decode(&f); err != nil || f != (wire.Failed{Reason: "BUG: boom"}) {
		t.Errorf("%+v, %v", f, err)
	}
	if err := c.stop(); err == nil || errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A worker that is to commit soon reads on until it has the token.
func TestReadsOnUntilGranted(t *testing.T) {
	c := talk(t, one, nil)
	end := c.block(1, 0, record)
	c.expect(wire.TypeDone)
	c.send(wire.TypeFlush, wire.Flush{Soon: true}, nil)
	c.expect(wire.TypeWant)
	c.block(2, end, record)
	c.expect(wire.TypeDone)
	c.send(wire.TypeGrant, struct{}{}, nil)
	var done wire.Committed
	if err := c.expect(wire.TypeCommitted).Decode(&done); err != nil || len(done.Blocks) != 2 {
		t.Errorf("committed %v, %v", done.Blocks, err)
	}
	if err := c.stop(); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A worker that there is no work for ends with its input.
func TestUnusedWorkerEnds(t *testing.T) {
	var out bytes.Buffer
	if err := Run(t.Context(), strings.NewReader(""), &out, Options{}); err != nil || out.Len() > 0 {
		t.Errorf("%v, and it said %q", err, &out)
	}
}
