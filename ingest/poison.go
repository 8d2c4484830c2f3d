package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/ingest/supervise"
	"github.com/windrow/windrow/workers/wire"
)

// suspect is a part of a split with a record that may end the worker that
// reads it. A lone worker gets suspects one at a time, commits each, and when
// it ends, the part is cut into smaller ones, until one record is found.
type suspect struct {
	split  int64
	lo, hi int64
	mode   wire.Mode
	dataLo int64
	data   []byte // where workers cannot read the file by themselves
	alone  bool   // it is one record
	ends   int    // lone workers that this record has ended
}

const (
	pieces      = 16        // parts into which a suspect is cut
	endsMax     = 3         // lone workers that one record may end
	refusedMax  = 100       // records of a split that may be refused before it is paused
	recordShown = 4 << 10   // bytes of a refused record that are kept
	suspectMax  = 128 << 20 // bytes of a suspect that are looked at
)

// suspect has a block tried in pieces.
func (g *ingestor) suspect(b *given) {
	g.probe(&suspect{split: b.Split, lo: b.Lo, hi: b.Hi, mode: b.Mode, dataLo: b.DataLo})
}

// probe cuts a suspect into pieces, in the background, for it may have to be
// read from a compressed file.
func (g *ingestor) probe(p *suspect) {
	s := g.splits[p.split]
	if s == nil || s.over || g.stopping {
		return
	}
	g.probing++
	prober := prober{kind: s.Kind, found: s.Found, start: s.Start, size: s.Size, max: g.ref.Stream.MaxRecord, p: *p}
	go func() {
		parts, err := prober.run(g.reading)
		g.post(func() {
			g.probing--
			g.probed(p, parts, err)
			g.feedAll()
		})
	}()
}

// probed takes the pieces of a suspect.
func (g *ingestor) probed(p *suspect, parts []*suspect, err error) {
	s := g.splits[p.split]
	defer g.finish(s)
	switch {
	case s == nil || s.over || g.stopping:
	case err != nil:
		// The file has changed: what is left of it is read as ever.
		g.again(0, p.split, gap{Lo: p.lo, Hi: p.hi})
		g.cutAgain(s)
		g.startCutters()
	case len(parts) > 1:
		g.suspects = append(parts, g.suspects...)
	default:
		one := parts[0]
		one.ends = p.ends
		if p.alone {
			one.ends++
		}
		one.alone = true
		if one.ends >= endsMax {
			g.refuse(one)
			return
		}
		g.suspects = append([]*suspect{one}, g.suspects...)
	}
}

// refuse has a record quarantined without a look at it.
func (g *ingestor) refuse(p *suspect) {
	g.c.Log.Error("a record ends every worker that reads it; it goes to the quarantine",
		"stream", g.ref.Stream.Name, "file", g.splits[p.split].Path, "offset", p.dataLo, "reason", g.lone.life.Reason)
	if p.lo < p.dataLo { // the end of the line before
		g.again(0, p.split, gap{Lo: p.lo, Hi: p.dataLo})
	}
	reason := fmt.Sprintf("it ended %d workers: %s", endsMax, g.lone.life.Reason)
	g.ready = append(g.ready, cutBlock{data: p.data[:min(len(p.data), recordShown)],
		Block: wire.Block{Split: p.split, Mode: wire.Refused, Lo: p.dataLo, Hi: p.hi, DataLo: p.dataLo, Limit: p.hi, Reason: reason}})
	if g.refused[p.split]++; g.refused[p.split] == refusedMax {
		g.pause(p.split, fmt.Sprintf("paused: %d of its records have ended workers", refusedMax))
	}
}

// feedLone gives the lone worker the next suspect, and ends it when there is none.
func (g *ingestor) feedLone() {
	w := g.lone
	if g.trying == nil && len(g.suspects) > 0 {
		g.trying, g.suspects = g.suspects[0], g.suspects[1:]
	}
	if g.trying != nil && w.life.State == supervise.Stopped && !g.stopping {
		w.event(supervise.Event{Kind: supervise.Start})
	}
	if w.proc == nil || w.life.State != supervise.Running && w.life.State != supervise.Starting || len(w.blocks) > 0 {
		return
	}
	if g.trying == nil {
		if w.life.State == supervise.Running && (g.probing == 0 || g.stopping) {
			w.event(supervise.Event{Kind: supervise.Drain})
		}
		return
	}
	w.give(g.trying.block(g.splits[g.trying.split]))
	if len(w.blocks) == 0 {
		g.trying = nil // it could not be opened, and is read as ever
		return
	}
	w.flush()
}

// block is the suspect as a worker gets it.
func (p *suspect) block(s *splitState) cutBlock {
	b := cutBlock{Block: wire.Block{Split: p.split, Mode: p.mode, Lo: p.lo, Hi: p.hi, DataLo: p.dataLo, Limit: p.hi}}
	switch p.mode {
	case wire.ByLine:
		b.Limit, b.Tail = s.Size, s.Tail
	case wire.Inline, wire.TooLong:
		b.data = p.data
	}
	return b
}

// acquitted takes a commit of the lone worker: what it tried is in the store.
func (g *ingestor) acquitted() {
	if p := g.trying; p != nil && len(g.lone.blocks) == 0 {
		g.trying = nil
		g.finish(g.splits[p.split])
	}
}

// loneEnded takes the end of the lone worker.
func (g *ingestor) loneEnded(blamed bool) {
	p := g.trying
	if p == nil || g.err != nil {
		return
	}
	ranges, err := g.c.Store.Ranges(context.Background(), g.cohort.ID)
	switch s := g.splits[p.split]; {
	case err != nil:
		g.fail(err)
	case s == nil || s.over || covered(ranges[p.split], p.lo, p.hi): // it had no time to say so
		g.trying = nil
	case blamed:
		g.trying = nil
		g.probe(p)
	} // else it is tried again
}

// suspected tells whether something of a split is to be tried alone.
func (g *ingestor) suspected(split int64) bool {
	return g.probing > 0 || g.trying != nil && g.trying.split == split ||
		slices.ContainsFunc(g.suspects, func(p *suspect) bool { return p.split == split })
}

func (g *ingestor) dropSuspects(split int64) {
	g.suspects = slices.DeleteFunc(g.suspects, func(p *suspect) bool { return p.split == split })
	if g.trying != nil && g.trying.split == split && len(g.lone.blocks) == 0 {
		g.trying = nil
	}
}

// prober cuts a suspect into pieces that begin at records.
type prober struct {
	kind        split.Kind
	found       *source.Found
	start, size int64
	max         int
	p           suspect
}

// run returns the pieces, or the suspect itself, with its data from its one
// record on.
func (b *prober) run(ctx context.Context) ([]*suspect, error) {
	data, from, err := b.read(ctx)
	if err != nil {
		return nil, err
	}
	starts := b.kind.Starts(data, b.max)
	for len(starts) > 0 && from+int64(starts[len(starts)-1]) >= b.p.hi {
		starts = starts[:len(starts)-1]
	}
	if len(starts) < 2 {
		one := b.p
		one.dataLo, one.data = from, data
		return []*suspect{&one}, nil
	}
	var out []*suspect
	n := min(pieces, len(starts))
	for i := range n {
		one := suspect{split: b.p.split, mode: b.p.mode, lo: from + int64(starts[i*len(starts)/n]), hi: b.p.hi}
		begin, end := starts[i*len(starts)/n], len(data)
		if i+1 < n {
			end = starts[(i+1)*len(starts)/n]
			one.hi = from + int64(end)
		}
		one.dataLo, one.data = one.lo, data[begin:end]
		if i == 0 {
			one.lo = b.p.lo
		}
		out = append(out, &one)
	}
	return out, nil
}

// read returns the records that begin in the suspect, and where they do.
func (b *prober) read(ctx context.Context) (data []byte, from int64, err error) {
	if b.p.mode == wire.Inline || b.p.mode == wire.TooLong {
		return b.cut(ctx)
	}
	file, err := b.found.Use()
	if err != nil {
		return nil, 0, err
	}
	defer b.found.Done()
	lo, hi := b.p.lo, b.p.hi
	if b.p.mode == wire.ByLine {
		if lo > b.start {
			if lo, err = split.NextLine(file, lo-1, hi); err != nil {
				return nil, 0, err
			}
		}
		if lo >= hi {
			return nil, hi, nil // no line begins in it
		}
		if hi, err = split.NextLine(file, hi-1, max(b.size, hi)); err != nil {
			return nil, 0, err
		}
	}
	if hi-lo > suspectMax {
		hi = lo + suspectMax
	}
	data = make([]byte, max(hi-lo, 0))
	if _, err := file.ReadAt(data, lo); err != nil && err != io.EOF {
		return nil, 0, err
	}
	return data, lo, nil
}

// cut reads the suspect from a compressed file.
func (b *prober) cut(ctx context.Context) ([]byte, int64, error) {
	c := source.Cutter{File: b.found, Kind: b.kind, Max: b.max, Until: b.p.hi,
		Done: undone([]gap{{Lo: b.p.lo, Hi: b.p.hi}}, math.MinInt64, math.MaxInt64)}
	var data []byte
	from := int64(-1)
	_, err := c.Run(ctx, func(cut source.Cut) error {
		if from < 0 {
			from = cut.DataLo
		}
		data = append(data, cut.Data...)
		return nil
	})
	if err == nil && from < 0 {
		err = errors.New("it is shorter than it was")
	}
	return data, from, err
}
