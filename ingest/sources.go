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
	saved    map[int64]store.Split // by split: what of its row matters, as it is in the store
	unsaved  []track.Change        // not in the store yet
	problems []source.Problem
}

func newSources(c Config, ref store.Ref) *sources {
	src := &sources{stream: ref.Stream, files: map[int64]track.File{}, saved: map[int64]store.Split{}}
	src.tracker = track.New(ref.Stream, track.Options{
		Follow: c.follow, OpenFiles: c.openFiles, Poll: c.Poll, Settle: c.Settle, Log: c.Log.With("stream", ref.Stream.Name),
		Known: func(ctx context.Context) ([]source.Known, error) {
			return knownSplits(ctx, c.Store, ref.ID, src.cohorts)
		},
	})
	return src
}

// Survey notes in the store which splits of c.Refs have no file any more, so
// that a rebuild knows what cannot be read again. It reads no records.
func Survey(ctx context.Context, c Config) error {
	c.fillIn()
	for _, ref := range c.Refs {
		src := newSources(c, ref)
		src.cohorts = ref.Cohorts
		changes, _, err := src.tracker.Scan(ctx)
		var gone []store.Split
		for _, ch := range changes {
			if ch.Row && ch.Gone && !ch.New {
				gone = append(gone, ch.Split)
			}
		}
		if err == nil && len(gone) > 0 {
			err = c.Store.UpdateSplits(ctx, c.Epoch, gone)
		}
		src.tracker.Close()
		if err != nil {
			return err
		}
	}
	return nil
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

// knownSplits returns a stream's splits in the store, with what its cohorts
// have absorbed of each.
func knownSplits(ctx context.Context, s *store.Store, stream int64, cohorts []store.Cohort) ([]source.Known, error) {
	splits, err := s.Splits(ctx, stream)
	if err != nil {
		return nil, err
	}
	ranges := make([]map[int64][]store.Range, len(cohorts))
	for i, c := range cohorts {
		if ranges[i], err = s.Ranges(ctx, c.ID); err != nil {
			return nil, err
		}
	}
	known := make([]source.Known, len(splits))
	for i, sp := range splits {
		of := make([][]store.Range, len(cohorts))
		for c := range cohorts {
			of[c] = ranges[c][sp.Number]
		}
		known[i] = source.NewKnown(sp, of...)
	}
	return known, nil
}

// gapsOf returns the ranges of a split as gaps.
func gapsOf(ranges []store.Range) []gap {
	out := make([]gap, len(ranges))
	for i, r := range ranges {
		out[i] = gap{Lo: r.Lo, Hi: r.Hi}
	}
	return out
}
