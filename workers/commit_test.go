package workers

import (
	"context"
	"errors"
	"fmt"
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
		c.send(wire.TypeFlush, wire.Flush{}, nil)
		c.expect(wire.TypeWant)
		c.send(wire.TypeGrant, struct{}{}, nil)
		c.expect(wire.TypeCommitted)

		end = c.block(2, end, record)
		c.expect(wire.TypeDone)
		c.send(wire.TypeFlush, wire.Flush{}, nil)
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
	c.send(wire.TypeFlush, wire.Flush{}, nil)
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
