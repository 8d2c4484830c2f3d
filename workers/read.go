package workers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync/atomic"

	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
	"github.com/windrow/windrow/workers/wire"
)

const (
	readSize  = 256 << 10 // bytes per read of a file: it stays in the processor's cache
	openFiles = 16        // files a worker keeps open
	tailLen   = 4096      // bytes before a range's end that are hashed
)

// goneError says that a block cannot be read as it was described. Nothing of
// it is in the tables.
type goneError struct{ reason string }

func (e *goneError) Error() string { return e.reason }

// blockReader turns blocks into batches and feeds them to the pipeline.
type blockReader struct {
	stream  *schema.Stream
	pipe    *pipeline
	splits  map[int64]*openSplit
	open    []*openSplit // with an open file, the one used last at the end
	chunker *split.Chunker
	batch   decode.Batch

	// where the reader stands: an event time front goes on only from one block
	// to the one that follows it
	split, next int64
	front       value.Time
}

// openSplit is a split that the main process has announced.
type openSplit struct {
	wire.Split
	kind split.Kind
	dec  decode.Decoder
	file *os.File
}

func newBlockReader(s *schema.Stream, p *pipeline) *blockReader {
	return &blockReader{stream: s, pipe: p, splits: map[int64]*openSplit{}, split: -1, front: noTime}
}

func (r *blockReader) close() {
	for _, s := range r.open {
		s.file.Close()
	}
}

// add announces a split.
func (r *blockReader) add(s wire.Split) {
	r.splits[s.Number] = &openSplit{Split: s, kind: split.Of(string(r.stream.Format), r.stream.CSV.Delimiter, r.stream.CSV.Quote, r.stream.CSV.Multiline, s.Array)}
}

func (r *blockReader) path(number int64) string {
	if s := r.splits[number]; s != nil {
		return s.Path
	}
	return fmt.Sprintf("split %d", number)
}

// block absorbs one block into the tables and returns what it covers.
func (r *blockReader) block(ctx context.Context, b *wire.Block, data []byte, progress *atomic.Int64) (store.Range, error) {
	s := r.splits[b.Split]
	if s == nil {
		return store.Range{}, fmt.Errorf("block %d is of split %d, which was not announced", b.ID, b.Split)
	}
	if err := r.decoder(s); err != nil {
		return store.Range{}, &goneError{reason: err.Error()}
	}
	if r.split != b.Split || r.next != b.Lo {
		r.front = noTime
	}
	r.split, r.next = b.Split, b.Hi
	run := blockRun{r: r, s: s, b: b, ctx: ctx, progress: progress}
	run.rng = store.Range{Split: b.Split, Lo: b.Lo, Hi: b.Hi, MaxTime: noTime}
	var err error
	switch b.Mode {
	case wire.Inline:
		err = run.records(data, b.DataLo)
		run.inlineTail(data)
	case wire.TooLong:
		run.tooLong(b.Lo, data)
	default:
		err = run.file()
	}
	return run.rng, err
}

func (r *blockReader) decoder(s *openSplit) error {
	if s.dec != nil {
		return nil
	}
	var err error
	s.dec, err = decode.New(r.stream, r.pipe.wants(), decode.Layout{Header: s.Header, Array: s.Array})
	return err
}

// opened returns the split's file, opening it if needed.
func (r *blockReader) opened(s *openSplit) (*os.File, error) {
	if i := slices.Index(r.open, s); i >= 0 {
		r.open = append(slices.Delete(r.open, i, i+1), s)
		return s.file, nil
	}
	f, err := openSource(s.Split)
	if err != nil {
		return nil, err
	}
	if len(r.open) == openFiles {
		r.open[0].file.Close()
		r.open = slices.Delete(r.open, 0, 1)
	}
	s.file = f
	r.open = append(r.open, s)
	return f, nil
}

// blockRun is one block on its way into the tables.
type blockRun struct {
	r        *blockReader
	s        *openSplit
	b        *wire.Block
	ctx      context.Context
	progress *atomic.Int64
	rng      store.Range
}

// file absorbs a block that the worker reads by itself.
func (u *blockRun) file() error {
	f, err := u.r.opened(u.s)
	if err != nil {
		return &goneError{reason: err.Error()}
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if st.Size() < u.b.Limit {
		return &goneError{reason: fmt.Sprintf("it has shrunk from %d to %d bytes", u.b.Limit, st.Size())}
	}
	lo, hi := u.b.Lo, u.b.Hi
	if u.b.Mode == wire.ByLine {
		if lo, hi, err = lines(f, u.s.Start, lo, hi, u.b.Limit); err != nil {
			return err
		}
	}
	if err := u.chunks(io.NewSectionReader(f, lo, hi-lo), lo, hi); err != nil {
		return err
	}
	n := min(u.b.Hi-u.b.Lo, tailLen)
	buf := make([]byte, n)
	if _, err := f.ReadAt(buf, u.b.Hi-n); err != nil && err != io.EOF {
		return err
	}
	u.tail(buf)
	return nil
}

// lines moves the bounds of a range to those of the lines that begin in it.
// A range may begin and end inside a line; the line that spans its end is read
// up to limit. The first record of the file begins at start.
func lines(f io.ReaderAt, start, lo, hi, limit int64) (int64, int64, error) {
	from := lo
	if lo > start {
		// A line begins at lo if the byte before it is a line end. Where no
		// line begins before hi, there is nothing to read.
		var err error
		if from, err = split.NextLine(f, lo-1, hi); err != nil {
			return 0, 0, err
		}
	}
	if from >= hi {
		return hi, hi, nil
	}
	to, err := split.NextLine(f, hi-1, limit)
	return from, to, err
}

// chunks absorbs all records of [lo, hi), which r reads.
func (u *blockRun) chunks(r io.Reader, lo, hi int64) error {
	if u.r.chunker == nil {
		u.r.chunker = split.NewChunker(r, u.s.kind, lo, readSize, u.r.stream.MaxRecord)
	} else {
		u.r.chunker.Reset(r, u.s.kind, lo)
	}
	for {
		c, err := u.r.chunker.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		lo = c.Hi
		if c.Oversize {
			u.tooLong(c.Lo, c.Data)
		} else if err := u.records(c.Data, c.Lo); err != nil {
			return err
		}
	}
	if lo < hi {
		return fmt.Errorf("it has shrunk while it was read: %d instead of %d bytes", lo, hi)
	}
	return nil
}

// records absorbs whole records that begin at offset base.
func (u *blockRun) records(data []byte, base int64) error {
	for len(data) > 0 {
		if u.ctx.Err() != nil {
			return u.ctx.Err()
		}
		n := u.s.dec.Decode(&u.r.batch, data, base)
		if n == 0 {
			return errors.New("BUG: the decoder has consumed nothing")
		}
		u.count(u.r.pipe.add(&u.r.batch, u.b.Split, u.r.front, value.Time(u.b.Watermark)))
		data, base = data[n:], base+int64(n)
	}
	return nil
}

// tooLong rejects a record of which only the beginning is known.
func (u *blockRun) tooLong(offset int64, head []byte) {
	reason := fmt.Sprintf("longer than %d bytes", u.r.stream.MaxRecord)
	head = bytes.TrimRight(head, " \t\r\n")
	for _, r := range u.r.pipe.rollups {
		r.rejectBytes(u.b.Split, offset, reason, head)
	}
	u.count(tally{records: 1, max: noTime})
}

func (u *blockRun) count(t tally) {
	u.rng.Records += t.records
	u.rng.Late += t.late
	u.rng.Future += t.future
	u.rng.MaxTime = max(u.rng.MaxTime, t.max)
	u.r.front = max(u.r.front, t.max)
	u.progress.Add(t.records)
}

// tail hashes the end of the block's bytes, which end at the block's end.
func (u *blockRun) tail(b []byte) {
	b = b[max(0, len(b)-tailLen):]
	u.rng.TailLen, u.rng.TailEnd, u.rng.Tail = len(b), u.b.Hi, sha256.Sum256(b)
}

// inlineTail is tail for data that may begin after the block and end after it.
func (u *blockRun) inlineTail(data []byte) {
	if end := u.b.Hi - u.b.DataLo; end > 0 && end <= int64(len(data)) {
		u.tail(data[:end])
	}
}
