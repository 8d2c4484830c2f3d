package ingest

import (
	"context"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/track"
	"github.com/windrow/windrow/workers/wire"
)

// splitState is a split that is read for one cohort.
type splitState struct {
	track.File
	planned int64 // plain lines: up to where they are absorbed, planned or handed out
	out     int   // blocks that workers have
	over    bool  // nothing more of it can be read

	cutting bool // a cutter is at it
	more    bool // something was appended since that cutter began
	redo    bool // the next cutter begins at the front
	cutEnd  int64
	uncut   int64 // bytes that the cutter at it has still to bring
	lost    []gap // what a cutter must read again

	back       []gap     // lines that workers could not read; they are tried again
	wrongSince time.Time // when it went wrong first
	wrongSaid  time.Time // when that was said
	tryNext    time.Time

	records, unusable int64 // of the last records
	judged            bool  // it was said that they are of no use
}

// gap is a part of a split; it begins and ends at records unless the split's
// records are lines.
type gap = source.Gap

// planReading turns what the cohort has not absorbed of the files into work.
func (g *ingestor) planReading(ctx context.Context, files []track.File) error {
	ranges, err := g.c.Store.Ranges(ctx, g.cohort.ID)
	if err != nil {
		return err
	}
	var work []extent
	for _, f := range files {
		work = append(work, g.begin(f, gapsOf(ranges[f.Number]))...)
	}
	g.plan.spread(work)
	for _, f := range files {
		g.finish(g.splits[f.Number])
	}
	return nil
}

// begin makes the state of a split, and returns what lines of it are to be
// read; a cutter takes all others.
func (g *ingestor) begin(f track.File, done []gap) []extent {
	done = g.without(f.Number, done)
	s := &splitState{File: f, planned: f.Size, cutEnd: -1, over: f.Note != ""}
	g.splits[f.Number] = s
	if s.over {
		return nil
	}
	if !f.Cut {
		return g.extents(s, undone(done, f.Start, f.Size))
	}
	if f.Size < 0 || !f.Ended || f.Disk != f.Found.Bytes || len(undone(done, f.Start, f.Size)) > 0 {
		g.shared.total.Add(f.Found.Bytes)
		s.cutting = true
		g.toCut = append(g.toCut, cutJob{split: s, done: done})
	} else {
		s.cutEnd = f.Size
	}
	return nil
}

func (g *ingestor) extents(s *splitState, todo []gap) []extent {
	var work []extent
	for _, u := range todo {
		work = append(work, extent{s.Number, u.Lo, u.Hi})
		g.shared.total.Add(u.Hi - u.Lo)
	}
	return work
}

// without adds to what is done of a split what this run shall leave alone.
func (g *ingestor) without(number int64, done []gap) []gap {
	if g.c.Within == nil {
		return done
	}
	not := undone(gapsOf(g.c.Within[number]), math.MinInt64, math.MaxInt64)
	return joinGaps(append(not, done...))
}

// changed takes what has become of splits.
func (g *ingestor) changed(changes []track.Change) {
	if g.stopping {
		return
	}
	for _, c := range changes {
		if err := g.change(c); err != nil {
			g.fail(err)
			return
		}
	}
	g.startCutters()
	g.feedAll()
}

func (g *ingestor) change(c track.Change) error {
	s := g.splits[c.Number]
	switch {
	case s == nil && (c.Over || c.Found == nil):
	case s == nil:
		return g.meetSplit(c)
	case c.Over || c.Found == nil:
		s.Split = c.Split
		g.leave(s)
	case s.over && c.Read: // its bytes are there again
		return g.meetSplit(c)
	default:
		was := s.File
		s.File = c.File
		if c.Moved {
			g.moved(s, was)
		}
		g.grown(s, c.Read || c.Moved)
	}
	return nil
}

// meetSplit takes a split that was not there before.
func (g *ingestor) meetSplit(c track.Change) error {
	if s := g.splits[c.Number]; s != nil && s.cutting { // by a cutter that is about to see that it is over
		s.File, s.over, s.more, s.redo = c.File, false, true, true
		return nil
	}
	var done []gap
	if !c.New {
		ranges, err := g.c.Store.Ranges(context.Background(), g.cohort.ID)
		if err != nil {
			return err
		}
		done = joinGaps(append(gapsOf(ranges[c.Number]), g.given(c.Number)...))
	}
	out := 0
	if s := g.splits[c.Number]; s != nil {
		out = s.out
	}
	for _, e := range g.begin(c.File, done) {
		g.plan.grow(e)
	}
	g.splits[c.Number].out = out
	g.finish(g.splits[c.Number])
	return nil
}

// leave drops what is planned of a split: nothing more of it can be read.
func (g *ingestor) leave(s *splitState) {
	s.over = true
	s.lost, s.back, s.more = nil, nil, false
	g.plan.drop(s.Number)
	g.ready = slices.DeleteFunc(g.ready, func(b cutBlock) bool {
		if b.Split == s.Number {
			g.freeBlock(b)
		}
		return b.Split == s.Number
	})
	g.dropSuspects(s.Number)
	g.finish(s)
}

// moved goes on with a split in another file.
func (g *ingestor) moved(s *splitState, was track.File) {
	for _, w := range g.all() {
		delete(w.told, s.Number)
	}
	if s.Cut && !was.Cut {
		g.plan.drop(s.Number)
		s.back = nil
	}
	if s.Cut {
		s.lost, s.redo = nil, true
	}
}

// grown plans what was appended to a split.
func (g *ingestor) grown(s *splitState, read bool) {
	switch {
	case s.over || s.Note != "":
	case s.Cut && read:
		g.recut(s)
	case !s.Cut && s.Size > s.planned:
		g.shared.total.Add(s.Size - s.planned)
		g.plan.grow(extent{s.Number, s.planned, s.Size})
		s.planned = s.Size
	}
	g.finish(s)
}

// finish forgets a split of which nothing more will come.
func (g *ingestor) finish(s *splitState) {
	if !g.c.follow || s == nil || s.out > 0 || s.cutting || s.more || len(s.lost)+len(s.back) > 0 {
		return
	}
	if !s.over && (!s.Ended || !s.Cut && g.plan.has(s.Number) || s.Cut && s.cutEnd < 0) || g.suspected(s.Number) {
		return
	}
	if slices.ContainsFunc(g.ready, func(b cutBlock) bool { return b.Split == s.Number }) {
		return
	}
	delete(g.splits, s.Number)
	for _, w := range g.all() {
		w.leave(s.Number)
	}
	if !s.over {
		g.stream.ask(func() { g.stream.complete(g, s.Number) })
	}
}

// giveFile returns the split as workers get to know it. Its file is open: while
// following it is in use, and the tracker decides whether it stays open after
// that; while reading once it stays open as long as descriptors last.
func (g *ingestor) giveFile(s *splitState) (wire.Split, error) {
	open := s.Found.Open
	if g.c.follow {
		open = s.Found.Use
	}
	file, err := open()
	if err != nil {
		return wire.Split{}, err
	}
	if !g.c.follow {
		g.stream.open.opened(s.Found, g.c.openFiles)
	}
	return wire.Split{Number: s.Number, Path: s.Found.Path, FD: int(file.Fd()), Device: s.Found.Device, Inode: s.Found.Inode,
		Start: s.Start, Header: s.Found.Header, Array: s.Found.Array}, nil
}

// undone returns the parts of [lo, hi) that are not in done, which is
// ascending and disjoint.
func undone(done []gap, lo, hi int64) []gap {
	var out []gap
	for _, d := range done {
		if d.Lo > lo && lo < hi {
			out = append(out, gap{Lo: lo, Hi: min(d.Lo, hi)})
		}
		lo = max(lo, d.Hi)
	}
	if lo < hi {
		out = append(out, gap{Lo: lo, Hi: hi})
	}
	return out
}

// joinGaps sorts gaps and joins neighbours.
func joinGaps(gs []gap) []gap {
	sort.Slice(gs, func(i, j int) bool { return gs[i].Lo < gs[j].Lo })
	var out []gap
	for _, x := range gs {
		if n := len(out); n > 0 && out[n-1].Hi >= x.Lo {
			out[n-1].Hi = max(out[n-1].Hi, x.Hi)
		} else {
			out = append(out, x)
		}
	}
	return out
}
