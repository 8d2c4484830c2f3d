package ingest

import (
	"context"
	"errors"
	"fmt"
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
	left := 0
	for _, f := range src.files {
		done := gapsOf(ranges[f.Number])
		todo := undone(done, f.Start, f.Size)
		if f.rewritten || len(todo) == 0 && f.Ended && f.Disk == f.found.Bytes {
			continue
		}
		if len(g.splits) >= g.c.openFiles {
			left++
			continue
		}
		s, err := g.openSplit(f)
		if err != nil {
			g.problem(f.Path, err)
			continue
		}
		if s.cut {
			g.shared.total.Add(f.found.Bytes)
			g.toCut = append(g.toCut, cutJob{s, done, 0})
			continue
		}
		for _, u := range todo {
			work = append(work, extent{s.Number, u.Lo, u.Hi, s.Size})
			g.shared.total.Add(u.Hi - u.Lo)
		}
	}
	if left > 0 {
		g.problem(fmt.Sprintf("%d more files", left), errOpenFiles)
	}
	g.plan.spread(work)
	return nil
}

var errOpenFiles = errors.New("no more files can be open at a time (raise the limit with ulimit -n); the next run reads them")

// openSplit opens a file that is to be read.
func (g *ingestor) openSplit(f file) (*splitState, error) {
	file, err := f.found.Open()
	if err != nil {
		return nil, err
	}
	s := &splitState{file: f}
	s.wire = wire.Split{Number: s.Number, Path: s.Path, FD: int(file.Fd()), Device: f.found.Device, Inode: f.found.Inode,
		Start: s.Start, Header: f.found.Header, Array: f.found.Array}
	g.splits[s.Number] = s
	return s, nil
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
