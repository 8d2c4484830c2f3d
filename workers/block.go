package workers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema/fault"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
	"github.com/windrow/windrow/workers/wire"
)

// taken is what a block has brought into the tables.
type taken struct {
	store.Range
	unusable int64 // records that no rollup could use
}

// blockRun is one block on its way into the tables.
type blockRun struct {
	r        *blockReader
	s        *openSplit
	dec      decode.Decoder
	b        *wire.Block
	ctx      context.Context
	progress *atomic.Int64
	got      taken
}

// file absorbs a block that the worker reads by itself. What is wrong with the
// file is a goneError as long as nothing of the block is in the tables, and a
// sourceError after that.
func (u *blockRun) file() error {
	f, err := u.r.opened(u.s)
	if err == nil {
		err = u.unchanged(f)
	}
	if err != nil {
		return &goneError{err.Error()}
	}
	if err = u.extent(f); err == nil {
		err = u.unchanged(f)
	}
	switch {
	case err == nil || u.ctx.Err() != nil:
		return err
	case u.got.Records == 0:
		return &goneError{err.Error()}
	}
	return &sourceError{u.s.Path, err.Error()}
}

// unchanged is an error if the file does not hold what the main process has
// seen of it.
func (u *blockRun) unchanged(f *os.File) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if st.Size() < u.b.Limit {
		return fmt.Errorf("it has shrunk from %d to %d bytes", u.b.Limit, st.Size())
	}
	n := int64(len(u.b.Tail))
	now, err := u.r.bytesBefore(f, u.b.Limit, n)
	if err == nil && !bytes.Equal(now, u.b.Tail) {
		err = fmt.Errorf("its bytes %d to %d are not what they were", u.b.Limit-n, u.b.Limit)
	}
	return err
}

// extent absorbs the block's records and hashes its last bytes.
func (u *blockRun) extent(f *os.File) error {
	lo, hi := u.b.Lo, u.b.Hi
	if u.b.Mode == wire.ByLine {
		var err error
		if lo, hi, err = lines(f, u.s.Start, lo, hi, u.b.Limit); err != nil {
			return err
		}
	}
	if err := u.chunks(io.NewSectionReader(f, lo, hi-lo), lo, hi); err != nil {
		return err
	}
	end, err := u.r.bytesBefore(f, u.b.Hi, min(u.b.Hi-u.b.Lo, tailLen))
	if err == nil {
		u.tail(end)
	}
	return err
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

// records absorbs whole records that begin at offset base. Only the end of the
// context is an error.
func (u *blockRun) records(data []byte, base int64) error {
	for len(data) > 0 {
		if u.ctx.Err() != nil {
			return u.ctx.Err()
		}
		n := u.dec.Decode(&u.r.batch, data, base)
		if n == 0 {
			panic("the decoder has consumed nothing")
		}
		fault.Swallow(data[:n])
		u.count(u.r.pipe.add(&u.r.batch, u.b.Split, u.r.front, value.Time(u.b.Watermark)))
		data, base = data[n:], base+int64(n)
	}
	return nil
}

// tooLong rejects a record of which only the beginning is known.
func (u *blockRun) tooLong(offset int64, head []byte) {
	u.refuse(offset, head, fmt.Sprintf("longer than %d bytes", u.r.stream.MaxRecord))
}

// refuse rejects a record, of which head is the beginning, for all rollups.
func (u *blockRun) refuse(offset int64, head []byte, reason string) {
	head = bytes.TrimRight(head, " \t\r\n")
	for _, r := range u.r.pipe.rollups {
		r.rejectBytes(u.b.Split, offset, reason, head)
	}
	u.count(tally{records: 1, unusable: 1, max: noTime})
}

func (u *blockRun) count(t tally) {
	u.got.Records += t.records
	u.got.Late += t.late
	u.got.Future += t.future
	u.got.MaxTime = max(u.got.MaxTime, t.max)
	u.got.unusable += t.unusable
	u.r.front = max(u.r.front, t.max)
	u.progress.Add(t.records)
}

// tail hashes the end of the block's bytes, which end at the block's end.
func (u *blockRun) tail(b []byte) {
	b = b[max(0, len(b)-tailLen):]
	u.got.TailLen, u.got.TailEnd, u.got.Tail = len(b), u.b.Hi, sha256.Sum256(b)
}

// inlineTail is tail for data that may begin after the block and end after it.
func (u *blockRun) inlineTail(data []byte) {
	if end := u.b.Hi - u.b.DataLo; end > 0 && end <= int64(len(data)) {
		u.tail(data[:end])
	}
}
