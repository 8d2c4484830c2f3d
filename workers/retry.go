package workers

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/fault"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
)

// RetryRecord is a record that a rollup could not use.
type RetryRecord struct {
	Split, Offset int64
	Header        []string // CSV: the names in the split's first record, nil without header
	Array         bool     // JSON: it is an element of an array
	Record        []byte   // without its line end
	// Whole says that Record is all of the record, as its source has it.
	// Otherwise it is what quarantine keeps, which is cut after RecordCut bytes.
	Whole bool
}

// RetryResult is what came of records that were tried again.
type RetryResult struct {
	// RetryCommit is what Store.Retry writes: the records that the rollup can use
	// or filters out by now. The others stay in quarantine as they are.
	store.RetryCommit
	Left []store.Reject // the others, with the reasons of today
}

// Retry takes records through the decoder and the pipeline of one rollup, in
// this process, as a worker would. Nothing is written. A record that panics is
// left for it. One that never comes to an end is named in the error when
// ctx ends; the process should end then, for it goes on working. One that takes
// all memory ends the process: see LimitMemory.
func Retry(ctx context.Context, s *schema.Stream, ref store.RollupRef, records []RetryRecord) (RetryResult, error) {
	if len(records) == 0 {
		return RetryResult{RetryCommit: store.RetryCommit{RollupCommit: store.RollupCommit{RollupRef: ref}}}, nil
	}
	if err := distinct(records); err != nil {
		return RetryResult{}, err
	}
	type outcome struct {
		result RetryResult
		err    error
	}
	done := make(chan outcome, 1)
	var at atomic.Int64
	go func() {
		result, err := retry(ctx, func() (*trial, error) { return newTrial(s, ref) }, records, &at)
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		r := records[at.Load()]
		return RetryResult{}, fmt.Errorf("given up at the record at offset %d of split %d: %w", r.Offset, r.Split, ctx.Err())
	}
}

// distinct is an error if a record is given twice: it would count twice.
func distinct(records []RetryRecord) error {
	seen := map[store.Position]bool{}
	for _, r := range records {
		p := store.Position{Split: r.Split, Offset: r.Offset}
		if seen[p] {
			return fmt.Errorf("the record at offset %d of split %d is given twice", r.Offset, r.Split)
		}
		seen[p] = true
	}
	return nil
}

// retry starts again without a record that has panicked: it may have left half
// of itself in the tables.
func retry(ctx context.Context, begin func() (*trial, error), records []RetryRecord, at *atomic.Int64) (RetryResult, error) {
	panicked := map[int]string{}
	for {
		t, err := begin()
		if err != nil {
			return RetryResult{}, err
		}
		bad, reason, err := t.all(ctx, records, panicked, at)
		if err != nil {
			return RetryResult{}, err
		}
		if reason == "" {
			return t.result(), nil
		}
		panicked[bad] = reason
	}
}

// trial is one try of records with one rollup.
type trial struct {
	read  *blockReader
	ru    *rollup
	batch decode.Batch
	taken []store.Position
}

func newTrial(s *schema.Stream, ref store.RollupRef) (*trial, error) {
	p, err := newPipeline(s, []store.RollupRef{ref})
	if err != nil {
		return nil, err
	}
	return &trial{read: newBlockReader(s, p), ru: p.rollups[0]}, nil
}

// all tries the records, but for those that have panicked. If another one
// panics, it returns its index and why.
func (t *trial) all(ctx context.Context, records []RetryRecord, panicked map[int]string, at *atomic.Int64) (bad int, reason string, err error) {
	defer func() {
		if p := recover(); p != nil {
			bad, reason = int(at.Load()), fmt.Sprintf("BUG: %v", p)
		}
	}()
	for i := range records {
		if ctx.Err() != nil {
			return 0, "", ctx.Err()
		}
		at.Store(int64(i))
		r := &records[i]
		why := panicked[i]
		if why == "" {
			why = t.one(r)
		}
		if why != "" {
			t.ru.rejectBytes(r.Split, r.Offset, why, r.Record)
		} else if len(t.ru.lost) == 0 {
			t.taken = append(t.taken, store.Position{Split: r.Split, Offset: r.Offset})
		}
	}
	return 0, "", nil
}

// one tries a record. The reason is empty if it went into the pipeline, which
// may have rejected it all the same.
func (t *trial) one(r *RetryRecord) (reason string) {
	if !r.Whole && len(r.Record) >= RecordCut {
		return fmt.Sprintf("only its first %d bytes were kept", RecordCut)
	}
	dec, err := t.read.decoder(decode.Layout{Header: r.Header, Array: r.Array})
	if err != nil {
		return err.Error()
	}
	if n := dec.Decode(&t.batch, r.Record, r.Offset); n < len(r.Record) || t.batch.Len != 1 {
		return fmt.Sprintf("%d records where there was one", t.batch.Len)
	}
	fault.Swallow(r.Record)
	t.read.pipe.add(&t.batch, r.Split, noTime, value.MinTime)
	return ""
}

func (t *trial) result() RetryResult {
	r := RetryResult{RetryCommit: store.RetryCommit{RollupCommit: t.ru.commit(), Taken: t.taken}}
	r.Left, r.Rejects = r.Rejects, nil
	return r
}
