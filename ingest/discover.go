package ingest

import (
	"context"
	"errors"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema/store"
)

// sources are the files of one stream, open and known to the store. All
// cohorts of the stream read them, each from where it stands.
type sources struct {
	files    []file
	problems []source.Problem
}

// file is a file with the split that it is in the store.
type file struct {
	store.Split
	found *source.Found
	// cut: only a cutter can read it, from front to back.
	cut  bool
	kind split.Kind
	// rewritten: absorbed bytes of it have changed; nothing more of it is read.
	rewritten bool
}

var errRewritten = errors.New("bytes that are absorbed already have changed; nothing more of it is read")

// discover finds a stream's files, matches them with the splits in the store,
// and registers new and changed ones. It comes before any cohort of the stream
// reads, so that all have the same splits.
func discover(ctx context.Context, c Config, ref store.Ref, token *Token) (*sources, error) {
	found, problems := source.Find(ref.Stream)
	src := &sources{problems: problems}
	for _, f := range found {
		src.files = append(src.files, newFile(f, ref))
	}
	known, err := knownSplits(ctx, c.Store, ref)
	if err != nil {
		return src, err
	}
	which, verdict, err := source.Match(found, known)
	if err != nil {
		return src, err
	}
	for i := range src.files {
		f := &src.files[i]
		if k := which[i]; k >= 0 {
			f.takeOver(known[k], verdict[i])
		}
		if verdict[i] == source.Rewritten {
			f.rewritten = true
			src.problems = append(src.problems, source.Problem{Path: f.Path, Err: errRewritten})
		} else if !f.cut {
			f.Size, f.Ended, f.Disk = f.found.Bytes, true, f.found.Bytes
		}
	}
	return src, token.Do(func() error { return src.register(ctx, c, ref, known, which) })
}

// takeOver makes the file the known split that it is, under the name and inode
// that it has now. Where nothing of the split is absorbed, it begins anew.
func (f *file) takeOver(k source.Known, v source.Verdict) {
	now := f.Split
	f.Split = k.Split
	switch {
	case v == source.Rewritten:
	case !k.Begun:
		f.Split = now
		f.Number, f.Generation = k.Number, k.Generation
	default:
		f.Path, f.Device, f.Inode = now.Path, now.Device, now.Inode
	}
}

func newFile(f *source.Found, ref store.Ref) file {
	o := &ref.Stream.Options
	kind := split.Of(string(o.Format), o.CSV.Delimiter, o.CSV.Quote, o.CSV.Multiline, f.Array)
	return file{Split: f.New(), found: f, kind: kind, cut: f.Codec != source.Plain || kind != split.Lines}
}

// knownSplits returns the stream's splits in the store, with the longest
// prefix that any cohort has absorbed of each.
func knownSplits(ctx context.Context, s *store.Store, ref store.Ref) ([]source.Known, error) {
	splits, err := s.Splits(ctx, ref.ID)
	if err != nil {
		return nil, err
	}
	known := make([]source.Known, len(splits))
	for i, sp := range splits {
		known[i] = source.Known{Split: sp, Prefix: prefix(sp, nil)}
	}
	for _, c := range ref.Cohorts {
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

// register writes new and changed splits to the store.
func (src *sources) register(ctx context.Context, c Config, ref store.Ref, known []source.Known, which []int) error {
	var add []store.Split
	for i, f := range src.files {
		if which[i] < 0 {
			add = append(add, f.Split)
		}
	}
	added, err := c.Store.AddSplits(ctx, c.Epoch, ref.ID, add)
	if err != nil {
		return err
	}
	for i := range src.files {
		f := &src.files[i]
		if which[i] < 0 {
			f.Split, added = added[0], added[1:]
		} else if f.Split != known[which[i]].Split {
			if err := c.Store.UpdateSplits(ctx, c.Epoch, []store.Split{f.Split}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (src *sources) close() {
	for _, f := range src.files {
		f.found.Close()
	}
}

// gapsOf returns the ranges of a split as gaps.
func gapsOf(ranges []store.Range) []gap {
	out := make([]gap, len(ranges))
	for i, r := range ranges {
		out[i] = gap{Lo: r.Lo, Hi: r.Hi}
	}
	return out
}
