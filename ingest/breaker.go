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

// pause says that a split is of no use to this cohort; if it is to none,
// nothing more of it is read.
func (g *ingestor) pause(number int64, note string) {
	s := g.splits[number]
	if s == nil || s.over || s.judged || g.stopping {
		return
	}
	s.judged = true
	g.c.Log.Error("a source is to be paused", "stream", g.ref.Stream.Name, "file", s.Path, "why", note, "cohort", g.cohort.ID)
	if len(g.stream.ref.Cohorts) == 1 {
		s.Note = note
		g.leave(s)
	}
	g.background++
	g.stream.ask(func() {
		g.stream.useless(g, number, note)
		go g.post(func() { g.background-- })
	})
}
