package split

import (
	"bytes"
	"io"
)

// HeadBytes is how much of a record over the limit is kept to show it.
const HeadBytes = 4 << 10

// Chunk is a run of whole records, bytes [Lo, Hi) of the split. Chunks follow
// each other without a gap.
type Chunk struct {
	Data   []byte // valid until the next Next
	Lo, Hi int64
	// Oversize: one record longer than the limit. Data is its first HeadBytes
	// bytes, [Lo, Hi) its whole extent with its end of line.
	Oversize bool
	// Open: the records before were returned, and these bytes are what the
	// end of the input cut off or what lacks its last newline. Whoever follows
	// a growing file leaves them for later; otherwise they are records, too.
	Open bool
}

// Chunker cuts a reader into chunks. It is used by one goroutine.
type Chunker struct {
	r         io.Reader
	kind      Kind
	size, max int
	buf       []byte
	lo, hi    int   // buf[lo:hi] was read and not yet returned
	off       int64 // offset of buf[lo]
	skipped   int64 // bytes of an unfinished oversize record, no longer in buf
	err       error // from r
	tail      bool  // an array's ']' stands at buf[lo]
}

// NewChunker returns a Chunker for r, whose first byte is the first of a
// record and has offset base. Chunks have about size bytes; a record longer
// than max bytes, its end of line not counted, is too long. One that fits into
// a chunk all the same is returned in it, for the decoder to refuse.
func NewChunker(r io.Reader, kind Kind, base int64, size, limit int) *Chunker {
	c := &Chunker{size: max(size, 1), max: limit}
	c.Reset(r, kind, base)
	return c
}

// Reset begins again with another reader, keeping the buffer.
func (c *Chunker) Reset(r io.Reader, kind Kind, base int64) {
	*c = Chunker{r: r, kind: kind, size: c.size, max: c.max, buf: c.buf, off: base}
}

// Next returns the next chunk. At the end of the input the error is io.EOF;
// another error of the reader comes after the whole records before it.
func (c *Chunker) Next() (Chunk, error) {
	for target := c.size; ; target = min(2*target, max(c.max+1, c.size)) {
		c.fill(target)
		data := c.buf[c.lo:c.hi]
		n := c.cut(data)
		switch {
		case n > 0:
			return c.take(n), nil
		case len(data) > c.max:
			return c.oversize()
		case c.err == io.EOF && len(data) > 0:
			ch := c.take(len(data))
			ch.Open = !c.tail
			return ch, nil
		case c.err != nil:
			return Chunk{}, c.err
		}
	}
}

// cut is Kind.cut, with an array's tail held back until it is complete.
func (c *Chunker) cut(data []byte) int {
	if c.tail {
		return 0
	}
	n, closed := c.kind.cut(data, c.max)
	if closed {
		if c.err == io.EOF && len(bytes.TrimSpace(data[n:])) == 1 {
			return len(data)
		}
		c.tail = true
	}
	return n
}

// fill reads until target bytes are there or the reader ends.
func (c *Chunker) fill(target int) {
	if c.hi-c.lo >= target || c.err != nil {
		return
	}
	if len(c.buf) < target {
		buf := make([]byte, target)
		copy(buf, c.buf[c.lo:c.hi])
		c.buf = buf
	} else {
		copy(c.buf, c.buf[c.lo:c.hi])
	}
	c.lo, c.hi = 0, c.hi-c.lo
	for empty := 0; c.hi < target && c.err == nil; {
		n, err := c.r.Read(c.buf[c.hi:])
		c.hi += n
		c.err = err
		if n > 0 {
			empty = 0
		} else if empty++; empty == 100 && err == nil {
			c.err = io.ErrNoProgress
		}
	}
}

func (c *Chunker) take(n int) Chunk {
	ch := Chunk{Data: c.buf[c.lo : c.lo+n : c.lo+n], Lo: c.off, Hi: c.off + int64(n)}
	c.lo += n
	c.off = ch.Hi
	return ch
}

// oversize reads the record in the buffer to its end, forgetting all but its
// first bytes. White space before it is a chunk of its own.
func (c *Chunker) oversize() (Chunk, error) {
	if n := c.kind.blank(c.buf[c.lo:c.hi]); n > 0 {
		return c.take(n), nil
	}
	ch := Chunk{Lo: c.off, Oversize: true}
	var e element
	for {
		data := c.buf[c.lo:c.hi]
		n := c.recordEnd(&e, data)
		if n >= 0 {
			data = data[:n]
		}
		ch.Data = append(ch.Data, data[:min(len(data), HeadBytes-len(ch.Data))]...)
		c.lo += len(data)
		c.skipped += int64(len(data))
		if n >= 0 {
			break
		}
		if c.fill(c.size); c.hi > c.lo {
			continue
		}
		if c.err != io.EOF {
			return Chunk{}, c.err
		}
		ch.Open = !c.tail
		break
	}
	ch.Hi = c.off + c.skipped
	c.off, c.skipped = ch.Hi, 0
	return ch, nil
}

// recordEnd returns the index after the oversize record that data continues,
// or -1.
func (c *Chunker) recordEnd(e *element, data []byte) int {
	if c.tail {
		return -1
	}
	if c.kind.form != array {
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return i + 1
		}
		return -1
	}
	i := e.next(data, 0)
	if i >= 0 && data[i] == ',' {
		return i + 1
	}
	return i
}
