package ingest

import (
	"context"
	"errors"
	"math"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// cutJob is a split to be read from front to back, without what is done.
type cutJob struct {
	split *splitState
	done  []gap
	until int64 // 0 for the end of the split
}

// cutBlock is a block that a cutter has made.
type cutBlock struct {
	wire.Block
	data []byte
	free func() // gives the data's memory back; nil without data
}

// startCutters runs as many cutters as there are workers.
func (g *ingestor) startCutters() {
	for g.cutters < len(g.workers) && len(g.toCut) > 0 && !g.stopping {
		job := g.toCut[0]
		g.toCut = g.toCut[1:]
		g.cutters++
		job.split.cutting = true
		go g.cutSplit(g.reading, job)
	}
}

// cutSplit is the goroutine of one cutter: it posts blocks and at last the end.
func (g *ingestor) cutSplit(ctx context.Context, job cutJob) {
	s := job.split
	c := source.Cutter{File: s.found, Kind: s.kind, Max: g.ref.Stream.MaxRecord, Block: int(g.c.BlockBytes), Done: job.done, Until: job.until}
	end, err := c.Run(ctx, func(cut source.Cut) error { return g.emit(ctx, s, cut) })
	g.post(func() { g.cutEnded(ctx, job, end, err) })
}

// emit makes a block of a cut and waits until there is room for it.
func (g *ingestor) emit(ctx context.Context, s *splitState, cut source.Cut) error {
	b := cutBlock{Block: wire.Block{Split: s.Number, Mode: wire.Aligned, Lo: cut.Lo, Hi: cut.Hi, DataLo: cut.DataLo, Limit: cut.Hi}}
	select {
	case g.room <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if cut.TooLong || cut.Data != nil {
		b.Mode = wire.Inline
		if cut.TooLong {
			b.Mode = wire.TooLong
		}
		buf := g.buffer(len(cut.Data))
		copy(buf, cut.Data)
		b.data, b.free = buf, func() { g.bufs.Put(&buf) }
	}
	g.post(func() {
		g.ready = append(g.ready, b)
		g.feedAll()
	})
	return nil
}

func (g *ingestor) buffer(n int) []byte {
	if b, ok := g.bufs.Get().(*[]byte); ok && cap(*b) >= n {
		return (*b)[:n]
	}
	return make([]byte, n, max(n, source.InlineSize+64<<10))
}

// cutEnded takes the end of a cutter.
func (g *ingestor) cutEnded(ctx context.Context, job cutJob, end int64, err error) {
	g.cutters--
	s := job.split
	s.cutting = false
	if err != nil && !errors.Is(err, context.Canceled) {
		s.failed = true
		g.problem(s.Path, err)
	}
	if err == nil && job.until == 0 {
		s.Size, s.Ended, s.Disk = end, true, s.found.Bytes
		g.writeSplit(ctx, s.Split)
	}
	g.cutAgain(s)
	g.startCutters()
	g.feedAll()
}

// cutAgain has a cutter read once more what workers have lost.
func (g *ingestor) cutAgain(s *splitState) {
	if s.cutting || len(s.lost) == 0 || g.stopping {
		return
	}
	lost := joinGaps(s.lost)
	s.lost, s.cutting = nil, true
	last := lost[len(lost)-1].Hi
	g.toCut = append(g.toCut, cutJob{s, undone(lost, math.MinInt64, math.MaxInt64), last})
}

// writeSplit updates a split in the store when the token is free.
func (g *ingestor) writeSplit(ctx context.Context, s store.Split) {
	g.background++
	g.token.Acquire(func() {
		go func() {
			err := g.c.Store.UpdateSplits(ctx, g.c.Epoch, []store.Split{s})
			g.token.Release()
			g.post(func() {
				g.background--
				if err != nil && ctx.Err() == nil {
					g.fail(err)
				}
			})
		}()
	})
}
