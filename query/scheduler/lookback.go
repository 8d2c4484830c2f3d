package scheduler

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"regexp"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/schema/store"
)

// lookBack looks now and then whether late data has changed what was
// announced: reports with REVISE, and rows that fire.
func (e *entry) lookBack(ctx context.Context) error {
	j := e.current()
	if !j.revise && !j.alert || j.alert && !fires(e.rows) || e.real().Before(e.lookAgain) {
		return nil
	}
	began := e.real()
	err := e.lookBackNow(ctx, j)
	e.lookAgain = e.real().Add(max(lookAgainEvery, lookAgainShare*e.real().Sub(began)))
	switch {
	case err == nil:
		e.said.forget("back")
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, store.ErrFenced), isStop(err):
		return err
	default:
		e.complain("back", "cannot look for late data in what was announced", err)
	}
	return nil
}

func (e *entry) lookBackNow(ctx context.Context, j *job) error {
	rollups, err := e.rollups(ctx, j)
	if err != nil {
		return err
	}
	state := moved(rollups)
	if state == e.moved {
		return nil
	}
	all := true // could be looked at
	if j.alert {
		err = e.withdrawRows(ctx, j)
	} else {
		all, err = e.revise(ctx, j)
	}
	if err == nil && all {
		e.moved = state
	}
	return err
}

// revise computes the finished slots again, and opens another revision of
// those that have changed. It reports whether none had to be left for later.
func (e *entry) revise(ctx context.Context, j *job) (bool, error) {
	oldest := e.Now().Add(-j.reviseFor())
	done, err := e.Store.Finished(ctx, e.ref.ID, oldest, maxAgain)
	if err != nil {
		return false, err
	}
	maps.DeleteFunc(e.revised, func(slot int64, _ revisions) bool { return slot < oldest.Unix() })
	all := true
	for _, i := range done {
		if r := e.revised[i.Slot.Unix()]; r.n > 0 && e.real().Before(r.last.Add(rest(r.n))) {
			all = false
			continue
		}
		changed, err := e.changed(ctx, j, i)
		if err == nil && changed {
			err = e.reopen(ctx, j, i)
		}
		if err != nil {
			return false, err
		}
	}
	return all, nil
}

// revisions are those of a slot by this run.
type revisions struct {
	n    int
	last time.Time // real time
}

// changed reports whether late data has changed what was issued.
func (e *entry) changed(ctx context.Context, j *job, i store.Issue) (bool, error) {
	statements := j.statements()
	if !sameStatements(i.Fingerprint, append(statements[:], make([]byte, 28)...)) {
		return false, nil // the definition has
	}
	if whole, err := e.whole(ctx, j, i.Slot); err != nil || !whole {
		return false, err
	}
	var m made
	err := e.inside(ctx, e.documents, func() (err error) {
		m, err = e.compute(ctx, order{job: j, slot: i.Slot, revision: i.Revision}, func() (string, error) { return e.spool.issue(-i.ID) })
		return err
	})
	return err == nil && !bytes.Equal(m.print[:], i.Fingerprint), err
}

// reopen opens the next revision of an issue that is finished.
func (e *entry) reopen(ctx context.Context, j *job, old store.Issue) error {
	if err := e.openNext(ctx, j, old); err != nil {
		return err
	}
	if e.revised == nil {
		e.revised = map[int64]revisions{}
	}
	e.revised[old.Slot.Unix()] = revisions{e.revised[old.Slot.Unix()].n + 1, e.real()}
	return nil
}

// openNext claims the next revision of an issue.
func (e *entry) openNext(ctx context.Context, j *job, old store.Issue) error {
	next := j.issue(old.Slot, e.Now())
	next.Revision = old.Revision + 1
	got, err := e.Store.Claim(ctx, e.Epoch, e.ref.ID, time.Time{}, []store.Issue{next})
	if err != nil {
		return err
	}
	e.Log.Info("late data has changed a report", "report", j.name, "slot", stamp(next.Slot), "revision", next.Revision)
	e.give(got)
	return e.pass("revision")
}

// whole reports whether the windows that a slot reads are still there: none
// has been deleted at or after the beginning of what it covers, nor where an
// ago() of the statements leads to.
func (e *entry) whole(ctx context.Context, j *job, slot time.Time) (bool, error) {
	start, _ := j.schedule.Cover(slot)
	var rollups []query.Rollup
	from := stamp(start)
	err := e.snapshot(ctx, j, slot, func(ctx context.Context, v *view) error {
		all, err := v.Rollups(ctx)
		if err != nil {
			return err
		}
		rollups = j.reads(all)
		for _, call := range j.agos() {
			var at texts
			if _, err := v.Run(ctx, query.Query{SQL: "SELECT " + call}, &at); err == nil && len(at) == 1 && at[0] != "" {
				from = min(from, at[0])
			}
		}
		return nil
	})
	return err == nil && !expired(rollups, from), err
}

var agoCall = regexp.MustCompile(`(?i)\bago\s*\(\s*'[^']*'\s*\)`)

// agos returns the calls of ago() in the statements.
func (j *job) agos() []string {
	var calls []string
	for _, s := range j.sections {
		calls = append(calls, agoCall.FindAllString(s.SQL, -1)...)
	}
	return calls
}
