package ingest

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/workers/wire"
)

// cutJob is a split to be read from front to back, without what is done.
type cutJob struct {
	split *splitState
	done  []gap
	from  int64 // a record's begin; 0 for the front
	until int64 // 0 for the end of the split
}

// cutBlock is a block that a cutter has made.
type cutBlock struct {
	wire.Block
	data []byte
	free func() // gives room and memory back; may be nil
	lane int    // the number of the worker that it is meant for, counted from 1; 0: any
}

// startCutters runs as many cutters as there are workers.
func (g *ingestor) startCutters() {
	for g.cutters < len(g.workers) && len(g.toCut) > 0 && !g.stopping {
		job := g.toCut[0]
		g.toCut = g.toCut[1:]
		g.cutters++
		job.split.cutting = true
		g.toCome(job.split, g.jobBytes(job))
		go g.cutSplit(g.reading, job, job.split.Number, g.cutter(job))
	}
}

// jobBytes is how many bytes a job brings, unknown if it is to be decompressed
// or is one array.
func (g *ingestor) jobBytes(job cutJob) int64 {
	f := job.split.Found
	if f.Codec != source.Plain || f.Array || job.until > 0 {
		return unknown
	}
	n := int64(0)
	for _, u := range undone(job.done, max(f.Start, job.from), f.Bytes) {
		n += u.Hi - u.Lo
	}
	return n
}

// unknown is how many bytes come of a split of which that is not known.
const unknown = math.MaxInt32 << 20

// toCome notes how many bytes of a split its cutter has still to bring.
func (g *ingestor) toCome(s *splitState, n int64) {
	g.uncut += max(n, 0) - s.uncut
	s.uncut = max(n, 0)
}

// cutter returns the cutter for a job.
func (g *ingestor) cutter(job cutJob) source.Cutter {
	s := job.split
	return source.Cutter{File: s.Found, Kind: s.Kind, Max: g.ref.Stream.MaxRecord, Block: int(g.c.BlockBytes), Done: job.done, Until: job.until,
		From: job.from, Lanes: len(g.workers), Growing: g.growing(s)}
}

// cutSplit is the goroutine of one cutter: it posts blocks and at last the end.
func (g *ingestor) cutSplit(ctx context.Context, job cutJob, number int64, c source.Cutter) {
	end, err := c.Run(ctx, func(cut source.Cut) error { return g.emit(ctx, number, cut) })
	g.post(func() { g.cutEnded(job, c.File.Bytes, end, err) })
}

// growing tells whether something may be appended to what a cutter reads.
func (g *ingestor) growing(s *splitState) bool {
	return g.c.follow && !s.Ended && s.Found.Codec == source.Plain
}

// emit makes a block of a cut and waits until there is room for it.
func (g *ingestor) emit(ctx context.Context, number int64, cut source.Cut) error {
	b := cutBlock{Block: wire.Block{Split: number, Mode: wire.Aligned, Lo: cut.Lo, Hi: cut.Hi, DataLo: cut.DataLo, Limit: cut.Hi}, lane: cut.Lane}
	room := g.room[cut.Lane]
	select {
	case room <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	b.free = func() { <-room }
	if cut.TooLong || cut.Data != nil {
		b.Mode = wire.Inline
		if cut.TooLong {
			b.Mode = wire.TooLong
		}
		buf := g.buffer(len(cut.Data))
		copy(buf, cut.Data)
		b.data, b.free = buf, func() { g.bufs.Put(&buf); <-room }
	}
	g.post(func() {
		s := g.splits[number]
		if s == nil || s.over || g.stopping {
			b.free()
			return
		}
		g.toCome(s, s.uncut-(b.Hi-b.Lo))
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

// cutEnded takes the end of a cutter, which has read bytes of the file.
func (g *ingestor) cutEnded(job cutJob, bytes, end int64, err error) {
	g.cutters--
	s := job.split
	s.cutting = false
	g.toCome(s, 0)
	switch {
	case errors.Is(err, context.Canceled) || s.over:
	case err != nil && g.c.follow:
		g.cutLater(s, err)
	case err != nil:
		s.over = true
		g.problem(s.Path, err)
	case job.until == 0:
		s.cutEnd, s.wrongSince, s.wrongSaid = end, time.Time{}, time.Time{}
		g.background++
		g.stream.ask(func() {
			g.stream.reached(s.Number, end)
			go g.post(func() { g.background-- })
		})
		if !g.growing(s) {
			s.Size, s.Ended, s.Disk = end, true, bytes
		}
	}
	if s.more {
		g.recut(s)
	}
	g.cutAgain(s)
	g.finish(s)
	g.startCutters()
	g.feedAll()
}

// cutLater has what a cutter could not read tried again, and says so if that
// goes on for long.
func (g *ingestor) cutLater(s *splitState, err error) {
	g.wrong(s, err)
	s.more, s.redo = true, true
}

// recut has a cutter read on.
func (g *ingestor) recut(s *splitState) {
	if s.more = s.cutting || !s.tryNext.IsZero(); s.more || g.stopping {
		return
	}
	job := cutJob{split: s}
	if s.cutEnd > 0 && !s.redo && s.Found.Codec == source.Plain && !s.Found.Array {
		job.from = s.cutEnd
	} else {
		ranges, err := g.c.Store.Ranges(context.Background(), g.cohort.ID)
		if err != nil {
			g.fail(err)
			return
		}
		job.done = g.without(s.Number, joinGaps(append(gapsOf(ranges[s.Number]), g.given(s.Number)...)))
		s.lost, s.redo = nil, false
	}
	s.cutting = true
	g.toCut = append(g.toCut, job)
}

// given returns what workers have of a split, or will get.
func (g *ingestor) given(number int64) []gap {
	var out []gap
	for _, w := range g.all() {
		for _, b := range w.blocks {
			if b.Split == number {
				out = append(out, gap{Lo: b.Lo, Hi: b.Hi})
			}
		}
	}
	for _, b := range g.ready {
		if b.Split == number {
			out = append(out, gap{Lo: b.Lo, Hi: b.Hi})
		}
	}
	for _, p := range append(g.suspects[:len(g.suspects):len(g.suspects)], g.trying) {
		if p != nil && p.split == number {
			out = append(out, gap{Lo: p.lo, Hi: p.hi})
		}
	}
	return out
}

// cutAgain has a cutter read once more what workers have lost.
func (g *ingestor) cutAgain(s *splitState) {
	if s.cutting || s.redo || len(s.lost) == 0 || g.stopping {
		return
	}
	lost := joinGaps(s.lost)
	s.lost, s.cutting = nil, true
	last := lost[len(lost)-1].Hi
	g.toCut = append(g.toCut, cutJob{split: s, done: undone(lost, math.MinInt64, math.MaxInt64), until: last})
}
