package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/track"
	"github.com/windrow/windrow/schema/store"
)

// stream is the reading of one stream in a round: it watches the files, and
// tells the ingestors of its cohorts what there is to read. Its state belongs
// to the goroutine of run.
type stream struct {
	r         *runner
	ref       store.Ref
	src       *sources
	ingestors []*ingestor
	again     func()      // ends the round; another one follows
	asked     chan func() // from ingestors
	done      chan struct{}
	told      bool                         // the ingestors have begun, and want to know of changes
	finished  map[int64]map[*ingestor]bool // by split: who has all of it
	verdicts  map[int64]map[*ingestor]bool // by split: who has no use for it

	open openList // while reading once

	held     time.Time // since when nothing new is told, so that cohorts can meet; zero if not
	meet     time.Time // not before
	meetWait time.Duration
}

const (
	meetWithin = 16 << 20 // bytes that cohorts may be behind when they are to meet
	meetLimit  = 30 * time.Second
	meetFirst  = time.Second
)

// run reads until everything is absorbed or, while following, until ctx ends.
func (s *stream) run(ctx context.Context) error {
	defer close(s.done)
	s.finished, s.verdicts = map[int64]map[*ingestor]bool{}, map[int64]map[*ingestor]bool{}
	s.src.cohorts = s.ref.Cohorts
	if err := s.firstLook(ctx); err != nil || ctx.Err() != nil && s.r.c.follow {
		return err
	}
	if !s.r.c.follow && len(s.src.unsaved) > 0 {
		return errors.New("the store cannot be written")
	}
	s.told = true
	files := s.files()
	if !s.r.c.follow {
		for _, f := range files {
			f.Found.Close() // until it is read
		}
	}
	var all sync.WaitGroup
	errs := make([]error, len(s.ingestors))
	for i, g := range s.ingestors {
		all.Go(func() {
			errs[i] = g.run(ctx, files, len(s.src.problems) > 0)
			close(g.ended)
			s.r.add(s.ref, g.report, nil)
		})
	}
	ended := make(chan struct{})
	go func() { all.Wait(); close(ended) }()
	s.watch(ctx, ended)
	s.r.add(s.ref, Report{Problems: s.problems()}, nil)
	return errors.Join(errs...)
}

// files returns what may be read, in the order of the splits.
func (s *stream) files() []track.File {
	var out []track.File
	for _, n := range slices.Sorted(maps.Keys(s.src.files)) {
		out = append(out, s.src.files[n])
	}
	return out
}

// watch looks at the sources whenever it is worth while, until all ingestors
// have ended.
func (s *stream) watch(ctx context.Context, ended <-chan struct{}) {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	wake, stopped := s.src.tracker.Wake(), ctx.Done()
	if !s.r.c.follow {
		wake = nil
	}
	s.meetWait = meetFirst
	s.meet = time.Now().Add(s.meetWait)
	for {
		select {
		case <-ended:
			return
		case <-stopped:
			stopped, wake = nil, nil
		case f := <-s.asked:
			f()
		case <-wake:
			s.lookAgain(ctx)
		case <-tick.C:
			if stopped != nil && s.r.c.follow {
				if len(s.src.unsaved) > 0 {
					s.lookAgain(ctx)
				}
				s.tryToMeet(ctx)
			}
		}
	}
}

// ask has f run in the stream's goroutine, unless that has ended.
func (s *stream) ask(f func()) {
	go func() {
		select {
		case s.asked <- f:
		case <-s.done:
		}
	}()
}

// lookAgain looks, and goes on with what it had if that fails.
func (s *stream) lookAgain(ctx context.Context) {
	if !s.held.IsZero() {
		return
	}
	if err := s.look(ctx); err != nil && ctx.Err() == nil {
		if !passing(err) {
			for _, g := range s.ingestors {
				g.post(func() { g.fail(err) })
			}
			return
		}
		s.r.complain("write to the store", err)
	}
}

// firstLook looks until the store has taken what there is.
func (s *stream) firstLook(ctx context.Context) error {
	for {
		err := s.look(ctx)
		switch {
		case err == nil, ctx.Err() != nil && errors.Is(err, context.Canceled):
			return nil
		case !s.r.c.follow || !passing(err):
			return err
		}
		s.r.complain("write to the store", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(retryEvery):
		}
	}
}

// look scans the sources and tells what has changed.
func (s *stream) look(ctx context.Context) error {
	if err := s.tell(ctx); err != nil {
		return err
	}
	changes, problems, err := s.src.tracker.Scan(ctx)
	if err != nil {
		return err
	}
	s.src.unsaved = changes
	s.complainAbout(problems)
	return s.tell(ctx)
}

// tell brings what has changed into the store and tells the ingestors. What
// the store does not take is kept for the next time.
func (s *stream) tell(ctx context.Context) error {
	if len(s.src.unsaved) == 0 {
		return nil
	}
	if err := s.save(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	changes := s.src.unsaved
	s.src.unsaved = nil
	s.src.take(changes)
	if !s.told {
		return nil // the ingestors begin with all files
	}
	for _, g := range s.ingestors {
		g.post(func() { g.changed(changes) })
	}
	return nil
}

// complainAbout logs problems that are new.
func (s *stream) complainAbout(problems []source.Problem) {
	if s.r.c.follow && len(problems) > 0 {
		said := map[string]bool{}
		for _, p := range s.src.problems {
			said[p.Error()] = true
		}
		for _, p := range problems {
			if text := p.Error(); !said[text] {
				said[text] = true
				s.r.c.Log.Warn(text, "stream", s.ref.Stream.Name)
			}
		}
	}
	s.src.problems = problems
	s.r.mu.Lock()
	s.r.trouble[s.ref.Stream.Name] = problems
	s.r.mu.Unlock()
}

// problems are those that hold now.
func (s *stream) problems() []source.Problem {
	all := slices.Clone(s.src.problems)
	for _, g := range s.ingestors {
		all = append(all, g.report.Problems...)
	}
	return all
}

// save brings the rows of splits in the store up to date.
func (s *stream) save(ctx context.Context) error {
	var add, rows []store.Split
	var fresh []int
	for i, c := range s.src.unsaved {
		switch {
		case c.New && c.Number == 0:
			add, fresh = append(add, c.Split), append(fresh, i)
		case c.Row && s.src.saved[c.Number] != lasting(c.Split):
			rows = append(rows, c.Split)
		}
	}
	if len(add)+len(rows) == 0 {
		return nil
	}
	return s.r.token.Do(func() error {
		if len(add) > 0 {
			added, err := s.r.c.Store.AddSplits(ctx, s.r.c.Epoch, s.ref.ID, add)
			if err != nil {
				return err
			}
			for i, n := range fresh {
				s.src.tracker.Registered(&s.src.unsaved[n], added[i].Number)
				s.src.saved[added[i].Number] = lasting(added[i])
			}
		}
		if len(rows) == 0 {
			return nil
		}
		if err := s.r.c.Store.UpdateSplits(ctx, s.r.c.Epoch, rows); err != nil {
			return err
		}
		for _, row := range rows {
			s.src.saved[row.Number] = lasting(row)
		}
		return s.tellWatermarks(ctx)
	})
}

// tellWatermarks tells the ingestors how far their watermarks are: splits that
// have become idle or ended may have moved them.
func (s *stream) tellWatermarks(ctx context.Context) error {
	for _, g := range s.ingestors {
		w, ok, err := s.r.c.Store.Watermark(ctx, g.cohort.ID)
		if err != nil {
			return err
		}
		if ok && s.told {
			g.post(func() { g.watermark = max(g.watermark, int64(w)) })
		}
	}
	return nil
}

// lasting is what must be in the store of a split before more of it is read: a
// growing file's size need not.
func lasting(p store.Split) store.Split {
	if !p.Ended && !p.Idle {
		p.Size, p.Disk = 0, 0
	}
	return p
}

// reached takes from a cutter how far it has read a split.
func (s *stream) reached(number, end int64) {
	s.src.tracker.Reached(number, end)
	if s.r.c.follow {
		return // it wakes the stream
	}
	changes, _, err := s.src.tracker.Scan(context.Background())
	for _, c := range changes {
		if c.Row && !c.New { // what has come since the run began is for the next one
			s.src.unsaved = append(s.src.unsaved, track.Change{File: c.File, Row: true})
		}
	}
	if err == nil {
		err = s.save(context.Background())
	}
	if err != nil {
		s.r.complain("write to the store", err)
		return
	}
	s.src.unsaved = nil
}

// complete takes from an ingestor that it has all of a split that has ended.
func (s *stream) complete(g *ingestor, number int64) {
	if s.unanimous(s.finished, g, number) {
		delete(s.src.files, number)
		delete(s.src.saved, number)
	}
}

// unanimous notes what an ingestor says of a split, and reports whether all
// say so now.
func (s *stream) unanimous(said map[int64]map[*ingestor]bool, g *ingestor, number int64) bool {
	if said[number] == nil {
		said[number] = map[*ingestor]bool{}
	}
	said[number][g] = true
	if len(said[number]) < len(s.ingestors) {
		return false
	}
	delete(said, number)
	return true
}

// useless takes from an ingestor that no rollup of its cohort can use what a
// split holds. If no cohort can, nothing more of it is read.
func (s *stream) useless(g *ingestor, number int64, note string) {
	if s.unanimous(s.verdicts, g, number) {
		s.pause(number, note)
	}
}

// pause stops the reading of a split, whoever reads it.
func (s *stream) pause(number int64, note string) {
	if s.r.c.follow {
		s.src.tracker.Pause(number, note)
	} else if f, ok := s.src.files[number]; ok {
		f.Note = note
		s.src.problems = append(s.src.problems, source.Problem{Path: f.Path, Err: errors.New(note)})
		s.src.unsaved = append(s.src.unsaved, track.Change{File: f, Row: true, Over: true})
	}
	look := s.look
	if !s.r.c.follow {
		look = s.tell // what has come since the run began is for the next one
	}
	if err := look(context.Background()); err != nil {
		s.r.complain("write to the store", err)
	}
}

// tryToMeet lets cohorts that are nearly equal become so: nothing new is told
// until all of them have everything; then they are joined, in a new round.
func (s *stream) tryToMeet(ctx context.Context) {
	now := time.Now()
	if len(s.ingestors) < 2 || now.Before(s.meet) {
		return
	}
	behind := int64(0)
	for _, g := range s.ingestors {
		behind = max(behind, g.behind.Load())
	}
	switch {
	case s.held.IsZero():
		if behind <= meetWithin {
			s.hold(now)
		}
	case behind == 0 && now.Sub(s.held) > tickEvery:
		if equal, err := s.equal(ctx); err == nil && equal {
			s.again()
			s.meet = now.Add(time.Hour)
			s.held = time.Time{}
			return
		}
		s.release(now)
	case now.Sub(s.held) > meetLimit:
		s.release(now)
	}
}

func (s *stream) hold(now time.Time) {
	s.held = now
	for _, g := range s.ingestors {
		g.post(func() { g.hold(true) })
	}
}

// release goes on as before, and tries again later.
func (s *stream) release(now time.Time) {
	s.held = time.Time{}
	s.meetWait = min(2*s.meetWait, time.Minute)
	s.meet = now.Add(s.meetWait)
	for _, g := range s.ingestors {
		g.post(func() { g.hold(false) })
	}
	s.lookAgain(context.Background())
}

// equal reports whether two of the stream's cohorts can be joined: what only
// one of them has is of files that are gone.
func (s *stream) equal(ctx context.Context) (bool, error) {
	splits, err := s.r.c.Store.Splits(ctx, s.ref.ID)
	if err != nil {
		return false, err
	}
	seen := map[string]bool{}
	for _, c := range s.ref.Cohorts {
		ranges, err := s.r.c.Store.Ranges(ctx, c.ID)
		if err != nil {
			return false, err
		}
		text := ""
		for _, p := range splits {
			if !p.Gone {
				text += fmt.Sprint(p.Number, gapsOf(ranges[p.Number]), " ")
			}
		}
		if seen[text] {
			return true, nil
		}
		seen[text] = true
	}
	return false, nil
}
