package scheduler

import (
	"cmp"
	"context"
	"errors"
	"os"
	"regexp"
	"slices"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/schema/store"
)

// work brings all issues as far as they can get now; with force also those
// that were to wait for their next try. Errors are those of watch.
func (e *entry) work(ctx context.Context, force bool) error {
	open := e.take(force)
	now := &progress{}
	for _, i := range open {
		if err := e.advance(ctx, i, now); err != nil {
			return err
		}
		if err := e.dispatch(ctx); err != nil {
			return err
		}
		e.trim()
	}
	e.drop()
	return nil
}

// take gets the issues that were claimed since, and returns all. With force
// nothing waits any more.
func (e *entry) take(force bool) []*issue {
	e.desk.Lock()
	defer e.desk.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, i := range e.claimed {
		if !slices.ContainsFunc(e.open, func(o *issue) bool { return o.ID == i.ID }) {
			e.open = append(e.open, &issue{Issue: i})
		}
	}
	e.claimed = nil
	slices.SortStableFunc(e.open, inOrder)
	e.opened = len(e.open)
	if force {
		e.rest = time.Time{}
		for _, i := range e.open {
			i.after = time.Time{}
		}
		for _, l := range e.lanes {
			l.after = time.Time{}
		}
	}
	return slices.Clone(e.open)
}

// inOrder compares issues by the order in which they are delivered.
func inOrder(a, b *issue) int { return cmp.Or(a.Slot.Compare(b.Slot), cmp.Compare(a.ID, b.ID)) }

// drop forgets the issues that are settled and written down.
func (e *entry) drop() {
	e.desk.Lock()
	defer e.desk.Unlock()
	var open []*issue
	for _, i := range e.open {
		if settled(i.State) && !i.unsaved && i.users == 0 {
			i.forget()
			e.said.forget(i.thing(""))
			continue
		}
		open = append(open, i)
	}
	e.open = open
	e.mu.Lock()
	defer e.mu.Unlock()
	e.opened = len(e.open)
}

// maxSpooled is how many contents a report keeps for further tries; others are
// made again.
const maxSpooled = 32

// trim forgets the contents that are too many, the oldest first, but none that
// a lane delivers or is about to.
func (e *entry) trim() {
	e.desk.Lock()
	defer e.desk.Unlock()
	j, kept := e.current(), 0
	for _, i := range slices.Backward(e.open) {
		if i.content == nil {
			continue
		}
		if kept++; kept > maxSpooled && !e.wanted(j, i) {
			i.forget()
		}
	}
}

// errBehind says that the store did not take what is known of an issue. It
// goes on when it does.
var errBehind = errors.New("the store is behind")

// save writes an issue down, also when ctx has just ended. Who calls it has
// the desk.
func (e *entry) save(ctx context.Context, i *issue) error {
	calm, cancel := lasting(ctx)
	defer cancel()
	err := e.Store.PutIssue(calm, e.Epoch, i.Issue)
	i.unsaved = err != nil
	switch {
	case err == nil:
		e.said.forget("store")
		return nil
	case errors.Is(err, store.ErrFenced):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	e.complain("store", "cannot write down what has become of a report", err)
	return errBehind
}

// mistake reports whether an error is one in the definition: nothing changes
// by trying again.
func mistake(err error) bool {
	var q *query.Error
	var u unfit
	return errors.As(err, &q) || errors.As(err, &u) || hopeless.MatchString(err.Error())
}

// hopeless are errors of statements that come without a place: what their
// result is does not fit, or a function cannot take a value.
var hopeless = regexp.MustCompile(`larger than a query may make|not allowed; a query reads|malformed JSON|bad JSON path|JSON path error|` +
	`integer overflow|pattern too complex|a sheet(?:'s cell)? holds \d|makes more than \d+ files`)

// end removes what the entry has in the spool.
func (e *entry) end() {
	e.desk.Lock()
	defer e.desk.Unlock()
	for _, i := range e.open {
		i.forget()
	}
}

// forget removes the content of an issue, unless a lane needs it.
func (i *issue) forget() {
	if i.content != nil && i.users == 0 {
		os.RemoveAll(i.content.dir)
		i.content = nil
	}
}
