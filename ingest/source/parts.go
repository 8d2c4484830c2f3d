package source

import (
	"context"
	"io"
	"os"
	"sync"

	"github.com/windrow/windrow/ingest/split"
)

// A plain file is read by the workers. If its records are CSV, where a record
// ends in the middle of it can be shown from a little of the text before
// (split.Kind.Boundary). So it is not read here but for some bytes before each
// cut, and cut in several contiguous parts at once, one for each lane. Where
// nothing can be shown it is read through.

const (
	nearBytes   = 64 << 10 // enough before a cut where there are quotes
	partAtLeast = 4        // blocks
	patience    = 64       // blocks that are read through, at most, before the next try
)

// jumper cuts a plain file without reading all of it.
type jumper struct {
	c    *Cutter
	ctx  context.Context
	file io.ReaderAt
	size int64 // of the file
	step int64 // bytes of a block
	emit func(Cut) error

	mu  sync.Mutex // of what is kept from one boundary to the next
	far bool       // the last one needed much
	buf []byte
}

// jumps tells whether a file can be cut without reading all of it.
func (c *Cutter) jumps() bool { return c.File.Codec == Plain && !c.File.Array && c.Kind != split.Lines }

// runParts is Run for a plain file, in parts.
func (c *Cutter) runParts(ctx context.Context, from int64, emit func(Cut) error) (int64, error) {
	file, err := c.File.Use()
	if err != nil {
		return 0, err
	}
	defer c.File.Done()
	size, err := sizeOf(file)
	if err != nil {
		return 0, err
	}
	step := int64(c.Block)
	if step <= 0 {
		step = alignedSize
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	j := &jumper{c: c, ctx: ctx, file: file, size: size, step: step, emit: emit}
	parts := j.parts(from)
	ends := make([]int64, len(parts))
	var all sync.WaitGroup
	for i, p := range parts {
		all.Go(func() {
			var err error
			if ends[i], err = j.run(p); err != nil {
				cancel(err)
			}
		})
	}
	all.Wait()
	return ends[len(ends)-1], context.Cause(ctx)
}

func sizeOf(file *os.File) (int64, error) {
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// part is a contiguous part [lo, hi) of the file for a lane; hi is 0 in the
// last one, which ends where the file does.
type part struct {
	lo, hi int64
	lane   int
}

// parts returns equal parts of what is to be done from a record's begin on, as
// far as they can be found.
func (j *jumper) parts(from int64) []part {
	out := []part{{lo: from}}
	todo := j.todo(from)
	if j.c.Until > 0 || j.c.Lanes < 2 || todo < partAtLeast*j.step*int64(j.c.Lanes) {
		return out
	}
	out[0].lane = 1
	for lane := 2; lane <= j.c.Lanes; lane++ {
		at := j.offset(from, todo/int64(j.c.Lanes)*int64(lane-1))
		if b, ok := j.boundary(at); ok && b > out[len(out)-1].lo {
			out[len(out)-1].hi = b
			out = append(out, part{lo: b, lane: lane})
		}
	}
	return out
}

// todo returns how many bytes from an offset on are not done.
func (j *jumper) todo(from int64) int64 {
	n := j.size - from
	for _, d := range j.c.Done {
		n -= max(min(d.Hi, j.size)-max(d.Lo, from), 0)
	}
	return n
}

// offset returns where n bytes from an offset on are passed that are not done.
func (j *jumper) offset(from, n int64) int64 {
	for _, d := range j.c.Done {
		switch lo := max(d.Lo, from); {
		case d.Hi <= from:
		case lo-from >= n:
			return from + n
		default:
			n -= lo - from
			from = d.Hi
		}
	}
	return from + n
}

// boundary returns the begin of a record after an offset, if it can be shown
// from what is near, or from as many bytes as a record may have.
func (j *jumper) boundary(at int64) (int64, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for range 2 {
		before := min(nearBytes, j.step/2, int64(j.c.Max))
		if j.far {
			before = int64(j.c.Max)
		}
		if before*2 <= j.step {
			if b, ok := j.boundaryFrom(at-before, at, at+before/8+1); ok {
				return b, true
			}
		}
		j.far = !j.far
	}
	return 0, false
}

// boundaryFrom is boundary from what is in [lo, hi).
func (j *jumper) boundaryFrom(lo, at, hi int64) (int64, bool) {
	lo, hi = max(lo, j.c.File.Start), min(hi, j.size)
	if at >= hi || j.ctx.Err() != nil {
		return 0, false
	}
	if n := int(hi - lo); cap(j.buf) < n {
		j.buf = make([]byte, n)
	}
	n, err := j.file.ReadAt(j.buf[:hi-lo], lo)
	if err != nil && err != io.EOF {
		return 0, false
	}
	b := j.c.Kind.Boundary(j.buf[:n], int(at-lo), j.c.Max)
	return lo + int64(b), b > 0
}

// run cuts a part, and returns its end.
func (j *jumper) run(p part) (int64, error) {
	at, through := p.lo, int64(0)
	for {
		next, more := j.next(at, p.hi)
		b, ok := p.hi, p.hi > 0 // what is left of a part, whose end is known
		if more {
			b, ok = j.boundary(next)
		}
		switch {
		case ok && (p.hi == 0 || b <= p.hi):
			if err := j.emitTo(&at, b, p.lane); err != nil || b == p.hi {
				return at, err
			}
			through = 0
			continue
		case more:
			through = min(max(2*through, 1), patience)
		default:
			through = 0 // to the end
		}
		if end, err := j.read(p, &at, through*j.step); end || err != nil {
			return at, err
		}
	}
}

// emitTo emits what is between at and an offset.
func (j *jumper) emitTo(at *int64, to int64, lane int) error {
	if err := j.ctx.Err(); err != nil {
		return err
	}
	cut := Cut{Lo: *at, Hi: to, Lane: lane}
	*at = to
	return j.c.emitRest(cut, j.emit)
}

// next returns where the block that begins at an offset is to end, which may be
// far where all is done; false near the end of the part, and after Until.
func (j *jumper) next(at, hi int64) (int64, bool) {
	if hi == 0 {
		hi = j.size
	}
	next := at + j.step
	for _, d := range j.c.Done {
		if d.Lo <= at && d.Hi > next {
			next = max(min(d.Hi, hi)-j.step, next)
		}
	}
	return next, next+j.step <= hi && (j.c.Until == 0 || at < j.c.Until)
}

// read cuts some bytes of a part by reading them, or all if n is 0, and reports
// whether the end was reached.
func (j *jumper) read(p part, at *int64, n int64) (bool, error) {
	hi := p.hi
	if hi == 0 {
		hi = 1 << 62
	}
	r := io.NewSectionReader(j.file, *at, hi-*at)
	ch := split.NewChunker(ctxReader{j.ctx, r}, j.c.Kind, *at, int(j.step), j.c.Max)
	for stop := *at + n; n == 0 || *at < stop; {
		chunk, err := ch.Next()
		switch {
		case err == io.EOF && p.hi > 0 && *at < p.hi:
			return true, io.ErrUnexpectedEOF // the file has become shorter
		case err == io.EOF, err == nil && j.c.Until > 0 && chunk.Lo >= j.c.Until, err == nil && chunk.Open && j.c.Growing && p.hi == 0:
			return true, nil
		case err != nil:
			return true, err
		}
		*at = chunk.Hi
		cut := Cut{Lo: chunk.Lo, Hi: chunk.Hi, Data: chunk.Data, TooLong: chunk.Oversize, Lane: p.lane}
		if err := j.c.emitRest(cut, j.emit); err != nil {
			return true, err
		}
	}
	return false, nil
}
