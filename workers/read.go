package workers

import (
	"context"
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

	keptLayouts = 16 // decoders kept for splits of different layouts
)

// goneError says that a block cannot be read as it was described. Nothing of
// it is in the tables.
type goneError struct{ reason string }

func (e *goneError) Error() string { return e.reason }

// sourceError says that a file has changed, or could not be read on, when
// something of the block was in the tables already. They must not be committed.
type sourceError struct{ path, reason string }

func (e *sourceError) Error() string {
	return fmt.Sprintf("cannot read %s as it was: %s", e.path, e.reason)
}

// blockReader turns blocks into batches and feeds them to the pipeline.
type blockReader struct {
	stream  *schema.Stream
	pipe    *pipeline
	splits  map[int64]*openSplit
	open    []*openSplit // with an open file, the one used last at the end
	layouts []layoutDecoder
	chunker *split.Chunker
	batch   decode.Batch
	buf     []byte // for bytesBefore

	// where the reader stands: an event time front goes on only from one block
	// to the one that follows it
	split, next int64
	front       value.Time
}

// openSplit is a split that the main process has announced.
type openSplit struct {
	wire.Split
	kind split.Kind
	file *os.File
}

// layoutDecoder is the decoder of all splits that are laid out alike.
type layoutDecoder struct {
	decode.Layout
	decode.Decoder
}

func newBlockReader(s *schema.Stream, p *pipeline) *blockReader {
	return &blockReader{stream: s, pipe: p, splits: map[int64]*openSplit{}, split: -1, front: noTime}
}

// close closes all files. They are opened again when they are needed.
func (r *blockReader) close() {
	for _, s := range r.open {
		s.file.Close()
	}
	clear(r.open)
	r.open = r.open[:0]
}

// add takes what the main process says of a split, which may be known.
func (r *blockReader) add(s wire.Split) {
	if i := slices.Index(r.open, r.splits[s.Number]); i >= 0 {
		r.open[i].file.Close()
		r.open = slices.Delete(r.open, i, i+1)
	}
	if s.Over {
		delete(r.splits, s.Number)
		return
	}
	r.splits[s.Number] = &openSplit{Split: s, kind: split.Of(string(r.stream.Format), r.stream.CSV.Delimiter, r.stream.CSV.Quote, r.stream.CSV.Multiline, s.Array)}
}

// block absorbs one block into the tables and returns what it has brought. A
// goneError says that nothing of it is there.
func (r *blockReader) block(ctx context.Context, b *wire.Block, data []byte, progress *atomic.Int64) (taken, error) {
	s := r.splits[b.Split]
	if s == nil {
		return taken{}, fmt.Errorf("block %d is of split %d, which was not announced", b.ID, b.Split)
	}
	dec, err := r.decoder(decode.Layout{Header: s.Header, Array: s.Array})
	if err != nil {
		return taken{}, &goneError{reason: err.Error()}
	}
	if r.split != b.Split || r.next != b.Lo {
		r.front = noTime
	}
	r.split, r.next = b.Split, b.Hi
	run := blockRun{r: r, s: s, dec: dec, b: b, ctx: ctx, progress: progress}
	run.got.Range = store.Range{Split: b.Split, Lo: b.Lo, Hi: b.Hi, MaxTime: noTime}
	switch b.Mode {
	case wire.Inline:
		err = run.records(data, b.DataLo)
		run.inlineTail(data)
	case wire.TooLong:
		run.tooLong(b.Lo, data)
	case wire.Refused:
		run.refuse(b.Lo, data, b.Reason)
	default:
		err = run.file()
	}
	return run.got, err
}

// decoder returns the decoder for a layout. Those of the layouts that were used
// last are kept.
func (r *blockReader) decoder(l decode.Layout) (decode.Decoder, error) {
	for i, d := range r.layouts {
		if d.Array == l.Array && (d.Header == nil) == (l.Header == nil) && slices.Equal(d.Header, l.Header) {
			return r.layouts[i].Decoder, nil
		}
	}
	dec, err := decode.New(r.stream, r.pipe.wants(), l)
	if err != nil {
		return nil, err
	}
	if len(r.layouts) == keptLayouts {
		r.layouts = slices.Delete(r.layouts, 0, 1)
	}
	r.layouts = append(r.layouts, layoutDecoder{l, dec})
	return dec, nil
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

// bytesBefore returns the n bytes before end, valid until the next call.
func (r *blockReader) bytesBefore(f *os.File, end, n int64) ([]byte, error) {
	if int64(cap(r.buf)) < n {
		r.buf = make([]byte, n)
	}
	b := r.buf[:n]
	if n == 0 {
		return b, nil
	}
	m, err := f.ReadAt(b, end-n)
	if err == io.EOF && int64(m) < n {
		return nil, fmt.Errorf("it has shrunk: it ends before byte %d", end)
	}
	if int64(m) < n {
		return nil, err
	}
	return b, nil
}
