package scheduler

import (
	"context"
	"errors"
	"time"

	"github.com/windrow/windrow/schema/store"
)

// slowFrom is how long the statements of a report or an alert take when they
// no longer go where the quick ones do.
const slowFrom = 5 * time.Second

// rooms are where statements run, one at a time in each: those that were slow
// last time have one of their own, so that they hold up no quick ones.
type rooms struct{ quick, slow chan struct{} }

func newRooms() rooms { return rooms{make(chan struct{}, 1), make(chan struct{}, 1)} }

// overdue is the error of statements that took too long and were stopped.
type overdue struct{ error }

// inside runs f in the room for the statements of the entry.
func (e *entry) inside(ctx context.Context, r rooms, f func() error) error {
	e.mu.Lock()
	room := r.quick
	if e.took >= slowFrom {
		room = r.slow
	}
	e.mu.Unlock()
	return alone(ctx, room, func() error {
		began := e.real()
		err := f()
		if ctx.Err() != nil {
			return err
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		e.took = e.real().Sub(began)
		if errors.As(err, new(overdue)) {
			e.took = max(e.took, slowFrom)
		}
		return err
	})
}

// alone runs f while no other f of that room runs.
func alone(ctx context.Context, room chan struct{}, f func() error) error {
	select {
	case room <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-room }()
	return f()
}

// rested reports whether an issue's content may be made now, as far as those
// of other slots go: after statements were stopped, the slots of a report take
// turns, one try at a time. Who calls it has the desk.
func (e *entry) rested(j *job, i *issue) bool {
	if e.overdues == 0 {
		return true
	}
	if e.real().Before(e.rest) {
		return false
	}
	for _, o := range e.open {
		waits := settled(o.State) || o.State == store.IssueWaiting || o.Fingerprint != nil && (o.content != nil || !e.wanted(j, o))
		if o != i && !waits && (o.Attempts < i.Attempts || o.Attempts == i.Attempts && inOrder(o, i) < 0) {
			return false
		}
	}
	return true
}

// mayMake is rested for who does not have the desk.
func (e *entry) mayMake(j *job, i *issue) bool {
	e.desk.Lock()
	defer e.desk.Unlock()
	return e.rested(j, i)
}
