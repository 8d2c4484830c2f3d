package source

import (
	"bytes"
	"context"
	"io"
	"sort"

	"github.com/windrow/windrow/ingest/split"
)

const (
	// InlineSize is about how many bytes of records an inline block carries.
	InlineSize  = 512 << 10
	alignedSize = 4 << 20
)

// Gap is a part [Lo, Hi) of a split. It begins and ends at records, but for
// lines: there it may begin and end anywhere.
type Gap struct{ Lo, Hi int64 }

// Cut is a run of whole records that a Cutter found.
type Cut struct {
	Lo, Hi  int64
	Data    []byte // nil where the worker reads [Lo, Hi) by itself
	DataLo  int64  // offset of Data[0]
	TooLong bool   // one record; Data is its beginning
	Lane    int    // whose part of the split it is in; 0: anyone's
}

// Cutter cuts a split where records end: from front to back those that are
// compressed, whose bytes only it has, and JSON arrays; plain CSV as
// parts.go says.
type Cutter struct {
	File *Found
	Kind split.Kind
	Max  int // longest record
	// Block is how many bytes a cut has about; 0 for the default.
	Block int
	// Done holds what is absorbed or under way, ascending and disjoint.
	Done []Gap
	// Until, if not 0, ends the run at the first record at or after it.
	Until int64
	// From, if not 0, is where a record begins and the run with it: a plain file
	// that has grown is not read from its front again.
	From int64
	// Lanes is into how many parts, for lanes 1 to Lanes, a large plain file is
	// cut; 0 and 1: one, for anyone.
	Lanes int
	// Growing: what follows the last whole record is left for later. It is not
	// emitted, and the run's end is before it.
	Growing bool
}

// Run calls emit for each cut that is not in Done, in order within each lane
// and for several lanes at once, until the end of the split or an error of
// emit. Data is valid during the call. It returns the
// end of the last record, or the beginning of the run if there was none; after
// an error of reading, everything before the last whole record has been
// emitted.
func (c *Cutter) Run(ctx context.Context, emit func(Cut) error) (int64, error) {
	if c.jumps() {
		return c.runParts(ctx, max(c.File.Start, c.From), emit)
	}
	r, err := c.File.Reader()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	end := max(c.File.Start, c.From)
	if err := skip(r, end); err != nil {
		return end, err
	}
	size := c.Block
	switch {
	case size > 0:
	case c.File.Codec != Plain:
		size = InlineSize
	default:
		size = alignedSize
	}
	ch := split.NewChunker(ctxReader{ctx, r}, c.Kind, end, size, c.Max)
	for {
		chunk, err := ch.Next()
		if err == io.EOF || err == nil && c.Until > 0 && chunk.Lo >= c.Until {
			return end, nil
		}
		if err != nil {
			return end, err
		}
		if chunk.Open && c.Growing {
			return end, nil
		}
		end = chunk.Hi
		cut := Cut{Lo: chunk.Lo, Hi: chunk.Hi, Data: chunk.Data, TooLong: chunk.Oversize}
		if err := c.emitRest(cut, emit); err != nil {
			return 0, err
		}
	}
}

// skip passes over the first n bytes of a reader, without reading them where
// it can. An end before is not an error: nothing follows then.
func skip(r io.Reader, n int64) error {
	if c, ok := r.(readCloser); ok {
		if s, ok := c.Reader.(io.Seeker); ok {
			_, err := s.Seek(n, io.SeekStart)
			return err
		}
	}
	if _, err := io.CopyN(io.Discard, r, n); err != nil && err != io.EOF {
		return err
	}
	return nil
}

// emitRest emits the parts of a cut that are not done.
func (c *Cutter) emitRest(cut Cut, emit func(Cut) error) error {
	i := sort.Search(len(c.Done), func(i int) bool { return c.Done[i].Hi > cut.Lo })
	lo := cut.Lo
	for ; lo < cut.Hi; i++ {
		hi, next := cut.Hi, cut.Hi
		if i < len(c.Done) && c.Done[i].Lo < cut.Hi {
			hi, next = max(c.Done[i].Lo, lo), c.Done[i].Hi
		}
		if lo < hi {
			if err := emit(c.part(cut, lo, hi)); err != nil {
				return err
			}
		}
		lo = next
	}
	return nil
}

// part returns the part [lo, hi) of a cut, with the records that begin in it.
// Ranges of lines may begin and end inside a line, where the file was a plain
// one when they were absorbed; all others begin and end at records.
func (c *Cutter) part(cut Cut, lo, hi int64) Cut {
	p := Cut{Lo: lo, Hi: hi, Lane: cut.Lane}
	switch {
	case cut.TooLong && lo == cut.Lo:
		p.TooLong, p.Data, p.DataLo = true, cut.Data, lo
	case cut.TooLong:
		p.Data, p.DataLo = []byte{}, hi // no record begins in it
	case c.File.Codec == Plain:
	case c.Kind == split.Lines:
		from, to := lineStart(cut.Data, lo-cut.Lo), lineStart(cut.Data, hi-cut.Lo)
		p.Data, p.DataLo = cut.Data[from:to], cut.Lo+from
	default:
		p.Data, p.DataLo = cut.Data[lo-cut.Lo:hi-cut.Lo], lo
	}
	return p
}

// lineStart returns the first index at or after i at which a line of data
// begins, or its length.
func lineStart(data []byte, i int64) int64 {
	if i == 0 || i >= int64(len(data)) || data[i-1] == '\n' {
		return i
	}
	if n := bytes.IndexByte(data[i:], '\n'); n >= 0 {
		return i + int64(n) + 1
	}
	return int64(len(data))
}

type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (c ctxReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(b)
}
