package scheduler

import (
	"cmp"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/schema/store"
)

// entry is one report or alert of a run. The clock finds what is due, the
// clerk writes claims into the store, and a worker does all the rest; what they
// share is guarded by mu.
type entry struct {
	*shop
	ref  store.ReportRef
	wake chan struct{} // for the worker; holds one

	mu      sync.Mutex
	job     *job
	looked  bool          // the clock has
	seen    time.Time     // slots up to here are decided
	found   slots         // decided, not in the store yet
	claimed []store.Issue // in the store, not with the worker yet
	turns   []turn        // evaluations of an alert that are due
	opened  int           // issues that the worker has

	// The worker's own.
	open      []*issue
	said      map[string]string // the last error about a thing
	lookAgain time.Time         // real time of the next look at what is finished
	moved     string            // the rollups when that was looked at last
	rows      []store.AlertRow
	saved     time.Time // when the alert was written last
	failing   int       // evaluations that failed in a row
	outage    *store.Issue
}

// issue is an open issue.
type issue struct {
	store.Issue
	content *content  // rendered by this run; nil if not
	after   time.Time // real time of the next try
	unsaved bool      // the store does not have its last change
}

func newEntry(s *shop, j *job, ref store.ReportRef) *entry {
	return &entry{shop: s, ref: ref, job: j, seen: ref.Last, wake: make(chan struct{}, 1), said: map[string]string{}}
}

// load reads what earlier runs have left open.
func (e *entry) load(ctx context.Context) error {
	open, err := e.Store.Unfinished(ctx, e.ref.ID)
	if err == nil && e.job.alert {
		e.rows, err = e.Store.Alerts(ctx, e.ref.ID)
	}
	for _, i := range open {
		if i.Kind == kindEvaluation {
			e.outage = &i
			continue
		}
		e.claimed = append(e.claimed, i)
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
	if e.job.alert {
		more := turns(e.job.schedule, e.ref.Since, e.seen, now, fresh)
		if len(more) == 0 {
			return false
		}
		e.turns, e.seen = queue(e.turns, more), more[len(more)-1].slot
		return true
	}
	room := maxOpen - e.opened - len(e.claimed) - len(e.found.claim)
	more := due(e.job.schedule, e.job.missed, e.ref.Since, e.seen, now, fresh, room)
	if more.last.IsZero() {
		return false
	}
	e.found.claim = append(e.found.claim, more.claim...)
	e.found.skip = append(e.found.skip, more.skip...)
	e.found.last, e.seen = more.last, more.last
	return true
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
	for _, slot := range f.skip {
		issues = append(issues, store.Issue{Slot: slot, Kind: store.IssueReport, Revision: 1, State: store.IssueSkipped, Began: now, Ended: now,
			Note: "missed: no run was there"})
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
		e.found.last = time.Time{}
	}
	for _, i := range got {
		if !settled(i.State) {
			e.claimed = append(e.claimed, i)
		}
	}
	e.mu.Unlock()
	poke(e.wake)
	return e.pass("claimed")
}

// issue is the first revision of a report for a slot.
func (j *job) issue(slot, now time.Time) store.Issue {
	return store.Issue{Slot: slot, Kind: store.IssueReport, Revision: 1, State: store.IssueDue, Began: now, Deliveries: j.deliveries()}
}

// start starts the worker. The function that it returns ends it and waits.
func (e *entry) start(ctx context.Context, end context.CancelCauseFunc) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var worker sync.WaitGroup
	worker.Go(func() {
		for {
			if err := e.work(ctx, false); err != nil {
				if ctx.Err() == nil {
					end(err)
				}
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-e.wake:
			}
		}
	})
	return func() {
		cancel()
		worker.Wait()
		e.end()
	}
}

// work does all that can be done now; with force also what was to wait for its
// next try. Errors end the worker: ErrFenced, the end of ctx.
func (e *entry) work(ctx context.Context, force bool) error {
	e.take()
	if e.current().alert {
		if err := e.evaluateAll(ctx); err != nil {
			return err
		}
	}
	if err := e.lookBack(ctx); err != nil {
		return err
	}
	keys := map[string]bool{} // of events that are open: those of one key go in order
	for _, i := range slices.Clone(e.open) {
		if i.Key == "" || !keys[i.Key] {
			if err := e.advance(ctx, i, force); err != nil {
				return err
			}
		}
		keys[i.Key] = keys[i.Key] || !settled(i.State)
	}
	e.drop()
	return nil
}

// maxSpooled is how many contents a report keeps for further tries; others are
// made again.
const maxSpooled = 32

// take gets the issues that were claimed since.
func (e *entry) take() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, i := range e.claimed {
		e.open = append(e.open, &issue{Issue: i})
	}
	e.claimed = nil
	slices.SortStableFunc(e.open, func(a, b *issue) int {
		return cmp.Or(a.Slot.Compare(b.Slot), cmp.Compare(a.ID, b.ID))
	})
	e.opened = len(e.open)
}

// drop forgets the issues that are settled and written down.
func (e *entry) drop() {
	e.open = slices.DeleteFunc(e.open, func(i *issue) bool { return settled(i.State) && !i.unsaved })
	kept := 0
	for _, i := range slices.Backward(e.open) {
		if i.content != nil {
			if kept++; kept > maxSpooled {
				i.forget()
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.opened = len(e.open)
}

// errBehind says that the store did not take what is known of an issue. It
// goes on when it does.
var errBehind = errors.New("the store is behind")

// save writes an issue down, also when ctx has just ended.
func (e *entry) save(ctx context.Context, i *issue) error {
	calm, cancel := lasting(ctx)
	defer cancel()
	err := e.Store.PutIssue(calm, e.Epoch, i.Issue)
	i.unsaved = err != nil
	switch {
	case err == nil:
		delete(e.said, "store")
		return nil
	case errors.Is(err, store.ErrFenced):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	e.complain("store", "cannot write down what has become of a report", err)
	return errBehind
}

// complain logs an error about a thing, unless it is the one of the last time.
func (e *entry) complain(thing, message string, err error, attrs ...any) {
	if e.said[thing] == err.Error() {
		return
	}
	e.said[thing] = err.Error()
	e.Log.Error(message, append([]any{e.current().kind(), e.current().name, "err", err}, attrs...)...)
}

// about are the attributes of an issue in the log.
func (e *entry) about(i *issue) []any {
	attrs := []any{e.current().kind(), e.current().name, "slot", stamp(i.Slot)}
	if i.Kind != store.IssueReport {
		attrs = append(attrs, "event", string(i.Kind), "key", i.Key)
	}
	if i.Revision > 1 {
		attrs = append(attrs, "revision", i.Revision)
	}
	return attrs
}

// mistake reports whether an error is one in the definition: nothing changes
// by trying again.
func mistake(err error) bool {
	var q *query.Error
	var u unfit
	return errors.As(err, &q) || errors.As(err, &u)
}

// end removes what the entry has in the spool.
func (e *entry) end() {
	for _, i := range e.open {
		i.forget()
	}
}

// forget removes the content of an issue.
func (i *issue) forget() {
	if i.content != nil {
		os.RemoveAll(i.content.dir)
		i.content = nil
	}
}

// thing names an issue among the errors that were said.
func (i *issue) thing(target string) string {
	return strings.Join([]string{stamp(i.Slot), string(i.Kind), i.Key, target}, "|")
}
