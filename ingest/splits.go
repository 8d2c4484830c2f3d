package ingest

import (
	"context"
	"sort"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/workers/wire"
)

// splitState is a split that this run reads for one cohort.
type splitState struct {
	file
	cutting bool  // a cutter is at it
	lost    []gap // what a cutter must read again
	wire    wire.Split
	failed  bool
}

// gap is a part of a split; it begins and ends at records unless the split's
// records are lines.
type gap = source.Gap

// planReading turns what the cohort has not absorbed into extents and cuts.
func (g *ingestor) planReading(ctx context.Context, src *sources) error {
	ranges, err := g.c.Store.Ranges(ctx, g.cohort.ID)
	if err != nil {
		return err
	}
	var work []extent
	for _, f := range src.files {
		s := &splitState{file: f, failed: f.rewritten}
		g.splits[s.Number] = s
		s.wire = wire.Split{Number: s.Number, Path: s.Path, FD: int(f.found.File.Fd()), Device: f.found.Device, Inode: f.found.Inode,
			Start: s.Start, Header: f.found.Header, Array: f.found.Array}
		done := gapsOf(ranges[s.Number])
		switch {
		case s.failed:
		case !s.cut:
			for _, u := range undone(done, s.Start, s.Size) {
				work = append(work, extent{s.Number, u.Lo, u.Hi, s.Size})
				g.shared.total.Add(u.Hi - u.Lo)
			}
		case !s.Ended || s.Disk != f.found.Bytes || len(undone(done, s.Start, s.Size)) > 0:
			g.shared.total.Add(f.found.Bytes)
			g.toCut = append(g.toCut, cutJob{s, done, 0})
		}
	}
	g.plan.spread(work)
	return nil
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
