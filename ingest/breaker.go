package ingest

import (
	"fmt"

	"github.com/windrow/windrow/workers/wire"
)

// breakerRecords is how many records of a split are looked at before it is
// said that it is mostly bad.
const breakerRecords = 1000

// judge counts what a commit has of a split, and pauses a split of whose last
// records more than half are of no use to any rollup.
func (g *ingestor) judge(n wire.SplitCount) {
	s := g.splits[n.Split]
	if s == nil || s.over {
		return
	}
	s.records += n.Records
	s.unusable += n.Unusable
	if s.records < breakerRecords {
		return
	}
	if 2*s.unusable > s.records {
		g.pause(n.Split, fmt.Sprintf("paused: %d of its last %d records are of no use to any rollup; see windrow quarantine list", s.unusable, s.records))
		return
	}
	s.records, s.unusable = s.records/2, s.unusable/2
}

// pause stops the reading of a split.
func (g *ingestor) pause(number int64, note string) {
	s := g.splits[number]
	if s == nil || s.over || g.stopping {
		return
	}
	g.c.Log.Error("a source is paused", "stream", g.ref.Stream.Name, "file", s.Path, "why", note)
	s.Note = note
	g.leave(s)
	g.stream.ask(func() { g.stream.pause(number, note) })
}
