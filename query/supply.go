package query

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/store"
)

// Sizes of the batches in which rows go from SQLite to an encoder. They begin
// with one row, so that few rows are not kept waiting for many.
const (
	batchRows  = 512       // at most
	batchBytes = 256 << 10 // after which a batch is full
	aloneBytes = 4 << 20   // after which nothing is read until it is written
	batches    = 4
	inline     = 128 // rows that are read before a goroutine is worth it
)

// supply reads the rows of a statement ahead of the encoder, on a goroutine of
// its own once there are some: reading and writing then have a processor each.
type supply struct {
	ctx   context.Context
	rows  *store.Result
	cols  int
	limit int64 // rows; 0 for all
	given int64 // rows that were read
	most  int   // rows of the next batch

	full    chan delivery // nil as long as there is no goroutine
	free    chan *output.Batch
	stop    chan struct{} // closed when no more is wanted
	stopped sync.WaitGroup
}

// delivery is a batch, which may be empty, and what came after it.
type delivery struct {
	*output.Batch
	err error // io.EOF at the end, errMore at the limit
}

var errMore = errors.New("there are more rows")

func newSupply(ctx context.Context, rows *store.Result, limit int64) *supply {
	return &supply{ctx: ctx, rows: rows, cols: len(rows.Columns()), limit: limit, most: 1}
}

// drain gives all rows to enc.
func (s *supply) drain(enc output.Encoder) (r Result, err error) {
	vals := make([]any, s.cols)
	d := delivery{Batch: &output.Batch{}}
	for d.err == nil {
		d = s.next(d.Batch)
		if s.ctx.Err() != nil { // enc is no longer ours
			return r, s.ctx.Err()
		}
		if err := output.Feed(enc, d.Batch, vals); err != nil {
			return r, writeError{err}
		}
		r.Rows += int64(d.Len())
	}
	switch d.err {
	case io.EOF:
		return r, nil
	case errMore:
		r.Truncated = true
		return r, nil
	}
	return r, d.err
}

// next returns more rows. It takes back the batch that it gave last.
func (s *supply) next(back *output.Batch) delivery {
	if s.full == nil && s.given < inline {
		return s.read(back)
	}
	if s.full == nil {
		s.start()
	}
	s.free <- back // there is room for all
	return <-s.full
}

func (s *supply) start() {
	s.full, s.free, s.stop = make(chan delivery, batches), make(chan *output.Batch, batches), make(chan struct{})
	for range batches - 1 {
		s.free <- &output.Batch{}
	}
	s.stopped.Go(s.readAhead)
}

// end waits until nothing is read any more.
func (s *supply) end() {
	if s.full != nil {
		close(s.stop)
		s.stopped.Wait()
	}
}

// readAhead fills batches until the rows end or nobody wants them.
func (s *supply) readAhead() {
	var idle []*output.Batch
	for need := 1; ; {
		for len(idle) < need {
			select {
			case b := <-s.free:
				idle = append(idle, b)
			case <-s.stop:
				return
			}
		}
		d := s.read(idle[len(idle)-1])
		idle = idle[:len(idle)-1]
		need = 1
		if d.Size() > aloneBytes {
			need = batches
		}
		s.full <- d // there is room for all
		if d.err != nil {
			return
		}
	}
}

// read fills a batch.
func (s *supply) read(b *output.Batch) delivery {
	b.Reset(s.cols)
	for range s.most {
		if err := s.row(b); err != nil {
			return delivery{b, err}
		}
		if b.Size() > batchBytes {
			break
		}
	}
	s.most = min(2*s.most, batchRows)
	return delivery{b, nil}
}

// row adds the next row.
func (s *supply) row(b *output.Batch) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	if err := s.rows.Next(); err != nil {
		return err
	}
	if s.limit > 0 && s.given == s.limit {
		return errMore
	}
	s.given++
	return s.rows.Row(b)
}
