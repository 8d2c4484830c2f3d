package scheduler

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/windrow/windrow/schema/store"
)

// entry is one report or alert of a run. The clock finds what is due, the
// clerk writes claims into the store, a watcher evaluates alerts and looks
// back, and a worker makes documents, which a lane for each target delivers.
// What the first three share is guarded by mu.
type entry struct {
	*shop
	ref   store.ReportRef
	wakes [2]chan struct{} // for the watcher and the worker; each holds one
	said  complaints

	mu        sync.Mutex
	job       *job
	looked    bool           // the clock has
	undefined bool           // until now, by the store
	warned    bool           // that the clock was ahead
	since     time.Time      // earlier slots are none
	seen      time.Time      // slots up to here are decided
	found     slots          // decided, not in the store yet
	claimed   []store.Issue  // in the store, not with the worker yet
	turns     []turn         // evaluations of an alert that are due
	handed    map[int64]bool // issues that the worker has or had, by ID
	opened    int            // issues that the worker has
	took      time.Duration  // by the statements, the last time

	watched

	// desk guards what follows, with all that is known of the issues; it is held
	// while the store is written. Who holds it may take mu, not the reverse.
	desk     sync.Mutex
	open     []*issue
	lanes    map[string]*lane // by target
	overdues int              // tries to make a document in a row that took too long
	rest     time.Time        // real time of the next one
	crew     *crew            // brings issues to targets; nil if the worker itself does
}

// watched is the watcher's own.
type watched struct {
	lookAgain time.Time           // real time of the next look at what is finished
	moved     string              // the rollups when that was looked at last
	revised   map[int64]revisions // by slot, in seconds
	rows      []store.AlertRow
	believed  map[string]bool // keys that another statement has made fire
	judged    [4]byte         // the statements of the last evaluation
	saved     time.Time       // when the alert was written last
	failing   int             // evaluations that failed in a row
	outage    *store.Issue
}

// issue is an open issue.
type issue struct {
	store.Issue
	content *content  // rendered by this run; nil if not
	users   int       // lanes that deliver it just now: it stays as it is meanwhile
	adopted *job      // that gave it its targets
	after   time.Time // real time of the next try to make its content
	unsaved bool      // the store does not have its last change
}

func newEntry(s *shop, j *job, ref store.ReportRef) *entry {
	e := &entry{shop: s, ref: ref, job: j, since: ref.Since, seen: ref.Last, lanes: map[string]*lane{}, handed: map[int64]bool{}}
	for i := range e.wakes {
		e.wakes[i] = make(chan struct{}, 1)
	}
	return e
}

// wake wakes the watcher and the worker.
func (e *entry) wake() {
	for _, c := range e.wakes {
		poke(c)
	}
}

// load reads what earlier runs have left open.
func (e *entry) load(ctx context.Context) error {
	open, err := e.Store.Unfinished(ctx, e.ref.ID)
	if err == nil && e.job.alert {
		e.rows, err = e.Store.Alerts(ctx, e.ref.ID)
		e.rows, e.believed = unforeseen(e.rows, e.job.schedule, e.Now())
	}
	for _, i := range open {
		if i.Kind == kindEvaluation {
			e.outage = &i
			continue
		}
		e.claimed = append(e.claimed, i)
		e.handed[i.ID] = true
	}
	return err
}

// use replaces the definition. Where the schedule is another one, its slots up
// to now are not due any more.
func (e *entry) use(j *job) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := e.Now(); j.schedule.String() != e.job.schedule.String() && now.After(e.seen) {
		e.seen, e.found.last, e.turns, e.looked = now, now, nil, true
	}
	e.job = j
}

func (e *entry) current() *job {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.job
}

// look finds what is due at now. After a while without looks (fresh), or at
// the first one, slots may be missed. It reports whether it has found something.
func (e *entry) look(now time.Time, fresh bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	fresh, e.looked = fresh || !e.looked, true
	undefined := e.undefined
	e.undefined = false // later slots are
	e.comeBack(now)
	if e.job.alert {
		more := turns(e.job.schedule, e.since, e.seen, now, fresh)
		if len(more) == 0 {
			return false
		}
		e.turns, e.seen = queue(e.turns, more), more[len(more)-1].slot
		return true
	}
	room := maxOpen - e.opened - len(e.claimed) - len(e.found.claim)
	more := due(e.job.schedule, e.job.missed, e.since, e.seen, now, fresh, room)
	if more.last.IsZero() {
		return false
	}
	e.found.claim = append(e.found.claim, more.claim...)
	e.found.skip = append(e.found.skip, more.skip...)
	e.found.undefined = e.found.undefined || undefined
	e.found.last, e.seen = more.last, more.last
	return true
}

// comeBack goes on from now where the clock was ahead when slots were decided
// last: they would be long in coming. What was issued for them stays, and is
// not issued again. Who calls it has mu.
func (e *entry) comeBack(now time.Time) {
	if !ahead(e.job.schedule, e.seen, now) && !ahead(e.job.schedule, e.since, now) {
		return
	}
	if !e.warned {
		e.warned = true
		e.Log.Warn("the clock was ahead once: slots are due from now on again", e.job.kind(), e.job.name, "decided", stamp(later(e.seen, e.since)), "now", stamp(now))
	}
	e.seen, e.turns = now, nil
	if e.since.After(now) {
		e.since = now
	}
}

// claim writes what was found into the store.
func (e *entry) claim(ctx context.Context) error {
	e.mu.Lock()
	f, j := e.found, e.job
	e.mu.Unlock()
	if f.last.IsZero() {
		return nil
	}
	now := e.Now()
	var issues []store.Issue
	note := "missed: no run was there"
	if f.undefined {
		note = "missed: the report was not defined"
	}
	for _, slot := range f.skip {
		issues = append(issues, store.Issue{Slot: slot, Kind: store.IssueReport, Revision: 1, State: store.IssueSkipped, Began: now, Ended: now, Note: note})
	}
	for _, slot := range f.claim {
		issues = append(issues, j.issue(slot, now))
	}
	got, err := e.Store.Claim(ctx, e.Epoch, e.ref.ID, f.last, issues)
	if err != nil {
		return err
	}
	if len(f.skip) > 0 {
		e.Log.Warn("slots were missed and are passed over", "report", j.name, "from", stamp(f.skip[0]), "to", stamp(f.skip[len(f.skip)-1]))
	}
	e.mu.Lock()
	e.found.skip, e.found.claim = e.found.skip[len(f.skip):], e.found.claim[len(f.claim):]
	if e.found.last.Equal(f.last) {
		e.found.last, e.found.undefined = time.Time{}, false
	}
	e.mu.Unlock()
	e.give(got)
	return e.pass("claimed")
}

// give gives issues that the store has now to the worker, each once: those that
// were there already may be with it, or done since.
func (e *entry) give(claimed []store.Issue) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, i := range claimed {
		if !settled(i.State) && !e.handed[i.ID] {
			e.handed[i.ID] = true
			e.claimed = append(e.claimed, i)
		}
	}
	if len(e.handed) > 4*maxOpen { // more than the store keeps
		ids := slices.Sorted(maps.Keys(e.handed))
		for _, id := range ids[:len(ids)/2] {
			delete(e.handed, id)
		}
	}
	poke(e.wakes[1])
}

// issue is the first revision of a report for a slot.
func (j *job) issue(slot, now time.Time) store.Issue {
	return store.Issue{Slot: slot, Kind: store.IssueReport, Revision: 1, State: store.IssueDue, Began: now, Deliveries: j.deliveries()}
}

// start starts the watcher and the worker. The function that it returns ends
// them and waits.
func (e *entry) start(ctx context.Context, end context.CancelCauseFunc) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	e.crew = &crew{end: end}
	var both sync.WaitGroup
	for n, f := range []func(context.Context) error{e.watch, func(ctx context.Context) error { return e.work(ctx, false) }} {
		both.Go(func() {
			for {
				if err := f(ctx); err != nil {
					if ctx.Err() == nil {
						end(err)
					}
					return
				}
				select {
				case <-ctx.Done():
					return
				case <-e.wakes[n]:
				}
			}
		})
	}
	return func() {
		cancel()
		both.Wait()
		e.crew.Wait()
		e.end()
	}
}

// watch evaluates what is due of an alert, and looks back. Errors end the run:
// ErrFenced, the end of ctx.
func (e *entry) watch(ctx context.Context) error {
	if e.current().alert {
		if err := e.evaluateAll(ctx); err != nil {
			return err
		}
	}
	return e.lookBack(ctx)
}
