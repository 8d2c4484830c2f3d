package ingest

import (
	"context"
	"reflect"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/track"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// sources are the files of one stream. All cohorts of the stream read them,
// each from where it stands.
type sources struct {
	tracker  *track.Tracker
	stream   *schema.Stream
	cohorts  []store.Cohort
	files    map[int64]track.File  // by split: those of which something may be read
	measured map[int64]measure     // by split: what only cutters know
	saved    map[int64]store.Split // by split: what of its row matters, as it is in the store
	unsaved  []track.Change        // not in the store yet
	problems []source.Problem
}

// measure is what a cutter has found out about a file.
type measure struct {
	size, disk int64
	ended      bool
}

func newSources(c Config, ref store.Ref) *sources {
	src := &sources{stream: ref.Stream, files: map[int64]track.File{}, measured: map[int64]measure{}, saved: map[int64]store.Split{}}
	src.tracker = track.New(ref.Stream, track.Options{
		Follow: c.follow, OpenFiles: c.openFiles, Poll: c.Poll, Settle: c.Settle, Log: c.Log.With("stream", ref.Stream.Name),
		Known: func(ctx context.Context) ([]source.Known, error) {
			return knownSplits(ctx, c.Store, ref.ID, src.cohorts)
		},
	})
	return src
}

// fits tells whether the stream still reads the same files in the same way.
func (src *sources) fits(ref store.Ref) bool {
	return reflect.DeepEqual(src.stream.Options, ref.Stream.Options)
}

// take notes changes that are in the store.
func (src *sources) take(changes []track.Change) {
	for _, c := range changes {
		src.files[c.Number] = c.File
		if c.Over || c.Found == nil { // it is gone
			delete(src.files, c.Number)
		}
	}
}

// row is the row of a split in the store, with what only cutters know.
func (src *sources) row(f track.File) store.Split {
	if m, ok := src.measured[f.Number]; ok && f.Cut {
		f.Size, f.Ended, f.Disk = m.size, m.ended, m.disk
	}
	return f.Split
}

// knownSplits returns a stream's splits in the store, with the longest prefix
// that any cohort has absorbed of each.
func knownSplits(ctx context.Context, s *store.Store, stream int64, cohorts []store.Cohort) ([]source.Known, error) {
	splits, err := s.Splits(ctx, stream)
	if err != nil {
		return nil, err
	}
	known := make([]source.Known, len(splits))
	for i, sp := range splits {
		known[i] = source.Known{Split: sp, Prefix: prefix(sp, nil)}
	}
	for _, c := range cohorts {
		ranges, err := s.Ranges(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		for i := range known {
			known[i].Begun = known[i].Begun || len(ranges[known[i].Number]) > 0
			if p := prefix(known[i].Split, ranges[known[i].Number]); p.Hi > known[i].Prefix.Hi {
				known[i].Prefix = p
			}
		}
	}
	return known, nil
}

// prefix returns the absorbed range that begins at the split's start.
func prefix(s store.Split, ranges []store.Range) store.Range {
	if len(ranges) > 0 && ranges[0].Lo == s.Start {
		return ranges[0]
	}
	return store.Range{Split: s.Number, Lo: s.Start, Hi: s.Start}
}

// gapsOf returns the ranges of a split as gaps.
func gapsOf(ranges []store.Range) []gap {
	out := make([]gap, len(ranges))
	for i, r := range ranges {
		out[i] = gap{Lo: r.Lo, Hi: r.Hi}
	}
	return out
}
