package ingest

import (
	"context"
	"fmt"
	"sort"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// splitState is a split that this run reads.
type splitState struct {
	store.Split
	found *source.Found
	kind  split.Kind
	// cut: only a cutter can read it from front to back.
	cut     bool
	cutting bool  // a cutter is at it
	lost    []gap // what a cutter must read again
	wire    wire.Split
	failed  bool
}

// gap is a part of a split; it begins and ends at records unless the split's
// records are lines.
type gap = source.Gap

// discover finds the stream's files, matches them with the splits in the
// store, registers new ones, and plans what is to be read.
func (g *ingestor) discover(ctx context.Context) error {
	found, problems := source.Find(g.ref.Stream)
	g.report.Problems = append(g.report.Problems, problems...)
	g.report.Files = len(found)
	known, ranges, err := g.known(ctx)
	if err != nil {
		return err
	}
	which, verdict, err := source.Match(found, known)
	if err != nil {
		return err
	}
	states := make([]*splitState, len(found))
	for i, f := range found {
		states[i] = g.newState(f)
		if k := which[i]; k >= 0 {
			states[i].Split = known[k].Split
			states[i].Path = f.Path
		}
		if verdict[i] == source.Rewritten {
			states[i].failed = true
			g.problem(f.Path, fmt.Errorf("bytes that are absorbed already have changed; nothing more of it is read"))
		}
	}
	if err := g.register(ctx, states, known, which); err != nil {
		return err
	}
	g.planReading(states, ranges)
	return nil
}

// known returns the stream's splits in the store with this cohort's progress.
func (g *ingestor) known(ctx context.Context) ([]source.Known, map[int64][]store.Range, error) {
	splits, err := g.c.Store.Splits(ctx, g.ref.ID)
	if err != nil {
		return nil, nil, err
	}
	ranges, err := g.c.Store.Ranges(ctx, g.cohort.ID)
	if err != nil {
		return nil, nil, err
	}
	known := make([]source.Known, len(splits))
	for i, s := range splits {
		known[i] = source.Known{Split: s, Prefix: prefix(s, ranges[s.Number])}
	}
	return known, ranges, nil
}

// prefix returns the absorbed range that begins at the split's start.
func prefix(s store.Split, ranges []store.Range) store.Range {
	if len(ranges) > 0 && ranges[0].Lo == s.Start {
		return ranges[0]
	}
	return store.Range{Split: s.Number, Lo: s.Start, Hi: s.Start}
}

func (g *ingestor) newState(f *source.Found) *splitState {
	o := &g.ref.Stream.Options
	s := &splitState{Split: f.New(), found: f}
	s.kind = split.Of(string(o.Format), o.CSV.Delimiter, o.CSV.Quote, o.CSV.Multiline, f.Array)
	s.cut = f.Codec != source.Plain || s.kind != split.Lines
	return s
}

// register writes new and changed splits to the store.
func (g *ingestor) register(ctx context.Context, states []*splitState, known []source.Known, which []int) error {
	var add []store.Split
	for i, s := range states {
		if !s.cut && !s.failed {
			s.Size, s.Ended, s.Disk = s.found.Bytes, true, s.found.Bytes
		}
		if which[i] < 0 {
			add = append(add, s.Split)
		}
	}
	return g.token.Do(func() error {
		added, err := g.c.Store.AddSplits(ctx, g.c.Epoch, g.ref.ID, add)
		if err != nil {
			return err
		}
		for i, s := range states {
			if which[i] < 0 {
				s.Split, added = added[0], added[1:]
			} else if s.Split != known[which[i]].Split {
				if err := g.c.Store.UpdateSplit(ctx, g.c.Epoch, s.Split); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// planReading turns what is not absorbed into extents and cuts.
func (g *ingestor) planReading(states []*splitState, ranges map[int64][]store.Range) {
	var work []extent
	for _, s := range states {
		g.splits[s.Number] = s
		s.wire = wire.Split{Number: s.Number, Path: s.Path, FD: int(s.found.File.Fd()), Device: s.found.Device, Inode: s.found.Inode,
			Start: s.Start, Header: s.found.Header, Array: s.found.Array}
		if s.failed {
			continue
		}
		done := gapsOf(ranges[s.Number])
		if !s.cut {
			for _, u := range undone(done, s.Start, s.Size) {
				work = append(work, extent{s.Number, u.Lo, u.Hi, s.Size})
				g.shared.total.Add(u.Hi - u.Lo)
			}
			continue
		}
		if s.Ended && s.Disk == s.found.Bytes && len(undone(done, s.Start, s.Size)) == 0 {
			continue
		}
		g.shared.total.Add(s.found.Bytes)
		g.toCut = append(g.toCut, cutJob{s, done, 0})
	}
	g.plan.spread(work)
}

func gapsOf(ranges []store.Range) []gap {
	out := make([]gap, len(ranges))
	for i, r := range ranges {
		out[i] = gap{Lo: r.Lo, Hi: r.Hi}
	}
	return out
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
