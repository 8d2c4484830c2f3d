// Package scheduler issues reports and evaluates alerts when they are due. All
// that it must not forget is in the store's ledger: which slots were claimed,
// how far each issue is, which rows of an alert fire. So a run that is killed
// at any moment leaves issues that the next one does again, under the same
// names.
//
// A slot of a report is claimed; then, with WAIT FOR FINAL, its windows are
// waited for; then all statements run in one snapshot, the document is written
// into a spool file, and what is in it is recorded; then it is delivered. An
// alert is evaluated at each of its slots, and each event is delivered like a
// report. Failures are in the ledger and in the log; they stop nothing else.
//
// Each target of a report or alert has a lane of its own: it gets what there is
// in order, and while it fails it is tried with the oldest only, more and more
// rarely. The others do not wait for it.
package scheduler

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// Config is what a Scheduler works with.
type Config struct {
	Store   *store.Store // open for writing
	Path    string       // of the same store; spool files are in Path.spool/
	Epoch   int64        // of the run
	Log     *slog.Logger // nil for none
	Stdout  io.Writer    // of target stdout; nil if there is none
	Version string       // of Windrow
	// Now is the clock by which reports and alerts are due; nil for time.Now.
	// Retries and what happens every so many seconds go by the real time.
	Now  func() time.Time
	Tick time.Duration // real time between two looks at the clock; 1 s if 0
}

// Definitions are the reports and alerts, as the definition files have them.
type Definitions struct {
	Reports  []*schema.Report
	Alerts   []*schema.Alert
	Settings schema.Settings
}

// Scheduler issues reports and evaluates alerts. Use may be called at any
// time; Run or Once is called once.
type Scheduler struct {
	*shop
	clerk chan struct{} // wakes who writes claims; holds one
	said  string        // the last error of the clerk

	mu      sync.Mutex
	next    *Definitions // not taken up yet
	entries []*entry
}

// New returns a scheduler that has not begun.
func New(c Config, d Definitions) *Scheduler {
	return &Scheduler{shop: newShop(c, spoolOf(c.Path)), next: &d, clerk: make(chan struct{}, 1)}
}

// Use replaces the definitions. Issues that are open go on with the new ones;
// those of a report that is gone stay as they are.
func (s *Scheduler) Use(d Definitions) {
	s.mu.Lock()
	s.next = &d
	s.mu.Unlock()
	poke(s.clerk)
}

// poke wakes the one who waits at a channel that holds one.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run issues what becomes due until ctx ends, and gives up within a second
// then. Failures are in the ledger and the log; only store.ErrFenced, when a
// newer run owns the store, ends it with an error.
func (s *Scheduler) Run(ctx context.Context) error {
	defer s.tidy()
	s.tidy()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	var all sync.WaitGroup
	all.Go(func() { s.watchClock(ctx) })
	all.Go(func() { s.keepBooks(ctx, end) })
	all.Wait()
	if err := context.Cause(ctx); errors.Is(err, store.ErrFenced) || isStop(err) {
		return err
	}
	return nil
}

// tidy empties the spool.
func (s *Scheduler) tidy() {
	if err := s.spool.clean(time.Now()); err != nil {
		s.Log.Warn("the spool stays as it is", "err", err)
	}
}

// watchClock looks at the clock every tick. It does nothing that may take
// long: so what is found late was missed.
func (s *Scheduler) watchClock(ctx context.Context) {
	t := time.NewTicker(s.Tick)
	defer t.Stop()
	last := s.real().Round(0) // of the wall: it goes on while the machine sleeps
	for {
		at := s.real().Round(0)
		s.look(at.Sub(last) > grace)
		last = at
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// look finds what is due, and reports whether there is something new.
func (s *Scheduler) look(fresh bool) bool {
	now, found := s.Now(), false
	for _, e := range s.all() {
		found = e.look(now, fresh) || found
		e.wake()
	}
	poke(s.clerk)
	return found
}

func (s *Scheduler) all() []*entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.entries
}

// keepBooks takes up definitions and writes claims into the store until ctx
// ends. Each report and alert has a watcher and a worker meanwhile.
func (s *Scheduler) keepBooks(ctx context.Context, end context.CancelCauseFunc) {
	workers := map[*entry]func(){}
	defer func() {
		for _, stop := range workers {
			stop()
		}
	}()
	for {
		if err := s.books(ctx); err != nil {
			end(err)
			return
		}
		s.staff(ctx, workers, end)
		select {
		case <-ctx.Done():
			return
		case <-s.clerk:
		}
	}
}

// books does what the clerk has to do now. Errors end the run.
func (s *Scheduler) books(ctx context.Context) error {
	err := s.register(ctx)
	for _, e := range s.all() {
		if err == nil {
			err = e.claim(ctx)
		}
	}
	switch {
	case err == nil:
		s.said = ""
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, store.ErrFenced), isStop(err):
		return err
	case s.said != err.Error():
		s.said = err.Error()
		s.Log.Error("cannot claim what is due; trying again", "err", err)
	}
	return nil
}

// register takes up new definitions.
func (s *Scheduler) register(ctx context.Context) error {
	s.mu.Lock()
	d, old := s.next, s.entries
	s.mu.Unlock()
	if d == nil {
		return nil
	}
	all := jobs(*d)
	defs := make([]store.ReportDef, len(all))
	for i, j := range all {
		defs[i] = j.def()
	}
	undefined := s.undefined(ctx)
	refs, err := s.Store.RegisterReports(ctx, s.Epoch, defs, s.Now())
	if err != nil {
		return err
	}
	var entries []*entry
	for i, j := range all {
		at := slices.IndexFunc(old, func(e *entry) bool { return e.current().id() == j.id() })
		if at >= 0 {
			old[at].use(j)
			entries = append(entries, old[at])
			continue
		}
		e := newEntry(s.shop, j, refs[i])
		e.undefined = undefined[j.id()]
		if err := e.load(ctx); err != nil {
			return err
		}
		entries = append(entries, e)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = entries
	if s.next == d {
		s.next = nil
	}
	return nil
}

// undefined are the reports and alerts, by their id, that the store knows and
// the definitions had not until now. It serves notes only: errors are none.
func (s *Scheduler) undefined(ctx context.Context) map[string]bool {
	v, err := openView(ctx, s.Path, s.Now())
	if err != nil {
		return nil
	}
	defer v.close()
	var ids texts
	if _, err := v.Run(ctx, query.Query{SQL: "SELECT kind || ' ' || name FROM windrow_reports WHERE NOT attached"}, &ids); err != nil {
		return nil
	}
	known := map[string]bool{}
	for _, id := range ids {
		known[strings.ToLower(id)] = true
	}
	return known
}

// staff gives each entry a worker, and lets go those of entries that are gone.
func (s *Scheduler) staff(ctx context.Context, workers map[*entry]func(), end context.CancelCauseFunc) {
	now := s.all()
	for e, stop := range workers {
		if !slices.Contains(now, e) {
			stop()
			delete(workers, e)
		}
	}
	for _, e := range now {
		if workers[e] == nil {
			workers[e] = e.start(ctx, end)
		}
	}
}

// Once does everything that is due now, or still open. A target that fails is
// not tried again.
// What fails is in the ledger and the log; an error says that the store cannot
// be written, or that ctx has ended.
func (s *Scheduler) Once(ctx context.Context) error {
	defer s.tidy()
	s.tidy()
	if err := s.register(ctx); err != nil {
		return err
	}
	for first := true; s.look(false) || first; first = false {
		for _, e := range s.all() {
			if err := e.claim(ctx); err != nil {
				return err
			}
			if err := e.watch(ctx); err != nil {
				return err
			}
			if err := e.work(ctx, first); err != nil {
				return err
			}
		}
	}
	return nil
}
