package source

import (
	"context"
	"fmt"
	"io"
	"sort"

	"github.com/windrow/windrow/ingest/split"
)

const (
	// InlineSize is about how many bytes of records an inline block carries.
	InlineSize  = 512 << 10
	alignedSize = 4 << 20
)

// Gap is a part [Lo, Hi) of a split that is not absorbed yet; it begins and
// ends at records.
type Gap struct{ Lo, Hi int64 }

// Cut is a run of whole records that a Cutter found.
type Cut struct {
	Lo, Hi  int64
	Data    []byte // nil where the worker reads [Lo, Hi) by itself
	TooLong bool   // one record; Data is its beginning
}

// Cutter reads a split from front to back and cuts it where records end: the
// compressed ones, whose bytes only it has, and those where a record's end
// cannot be found from the middle.
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
}

// Run calls emit for each cut that is not in Done, in order, until the end of
// the split or an error of emit. Data is valid during the call. It returns the
// end of the last record; after an error of reading, everything before the
// last whole record has been emitted.
func (c *Cutter) Run(ctx context.Context, emit func(Cut) error) (int64, error) {
	r, err := c.File.Reader()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, c.File.Start); err != nil {
		return 0, err
	}
	size := c.Block
	switch {
	case size > 0:
	case c.File.Codec != Plain:
		size = InlineSize
	default:
		size = alignedSize
	}
	end := c.File.Start
	ch := split.NewChunker(ctxReader{ctx, r}, c.Kind, end, size, c.Max)
	for {
		chunk, err := ch.Next()
		if err == io.EOF || err == nil && c.Until > 0 && chunk.Lo >= c.Until {
			return end, nil
		}
		if err != nil {
			return end, err
		}
		end = chunk.Hi
		cut := Cut{Lo: chunk.Lo, Hi: chunk.Hi, Data: chunk.Data, TooLong: chunk.Oversize}
		if err := c.emitRest(cut, emit); err != nil {
			return 0, err
		}
	}
}

// emitRest emits the parts of a cut that are not done. Done ranges begin and
// end at records, so the parts between do as well.
func (c *Cutter) emitRest(cut Cut, emit func(Cut) error) error {
	i := sort.Search(len(c.Done), func(i int) bool { return c.Done[i].Hi > cut.Lo })
	lo := cut.Lo
	for ; lo < cut.Hi; i++ {
		hi, next := cut.Hi, cut.Hi
		if i < len(c.Done) && c.Done[i].Lo < cut.Hi {
			hi, next = max(c.Done[i].Lo, lo), c.Done[i].Hi
		}
		if lo < hi {
			if cut.TooLong && (lo != cut.Lo || hi != cut.Hi) {
				return fmt.Errorf("BUG: the record at %d is partly absorbed", cut.Lo)
			}
			part := Cut{Lo: lo, Hi: hi, Data: cut.Data, TooLong: cut.TooLong}
			if !cut.TooLong {
				part.Data = cut.Data[lo-cut.Lo : hi-cut.Lo]
				if c.File.Codec == Plain {
					part.Data = nil
				}
			}
			if err := emit(part); err != nil {
				return err
			}
		}
		lo = next
	}
	return nil
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
