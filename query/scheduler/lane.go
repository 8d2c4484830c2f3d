package scheduler

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/windrow/windrow/query/deliver"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// lane brings the issues of an entry to one target, one after the other, the
// oldest first: so what belongs together arrives in order. What fails pauses
// the whole lane, so a target that is away gets one try at a time, and no
// other target waits for it. The entry's desk guards it.
type lane struct {
	target string
	busy   bool      // somebody delivers
	tries  int       // that have failed in a row
	after  time.Time // real time of the next one
}

// crew runs lanes beside the worker.
type crew struct {
	sync.WaitGroup
	end context.CancelCauseFunc // of the run
}

// dispatch sets the lanes to work that can do something, files first.
func (e *entry) dispatch(ctx context.Context) error {
	for _, t := range nearFirst(e.current().targets) {
		l := e.seize(t)
		switch {
		case l == nil:
		case e.crew == nil:
			if err := e.run(ctx, l); err != nil {
				return err
			}
		default:
			e.crew.Go(func() {
				if err := e.run(ctx, l); err != nil && ctx.Err() == nil {
					e.crew.end(err)
				}
				poke(e.wakes[1])
			})
		}
	}
	return nil
}

// isNear reports whether no server may keep one waiting.
func isNear(t schema.Target) bool {
	return t.Kind != schema.TargetMail && t.Kind != schema.TargetWebhook
}

func nearFirst(targets []schema.Target) []schema.Target {
	list := slices.Clone(targets)
	slices.SortStableFunc(list, func(a, b schema.Target) int {
		switch near := isNear(a); {
		case near == isNear(b):
			return 0
		case near:
			return -1
		}
		return 1
	})
	return list
}

// seize takes the lane of a target, if it has something to do and nobody is at it.
func (e *entry) seize(t schema.Target) *lane {
	e.desk.Lock()
	defer e.desk.Unlock()
	l := e.lanes[t.Text]
	if l == nil {
		l = &lane{target: t.Text}
		e.lanes[t.Text] = l
	}
	if l.busy || e.next(e.current(), l) == nil {
		return nil
	}
	l.busy = true
	return l
}

// run delivers until the lane has nothing more to do, or pauses. Errors are
// those of watch.
func (e *entry) run(ctx context.Context, l *lane) error {
	defer func() {
		e.desk.Lock()
		l.busy = false
		e.desk.Unlock()
	}()
	for {
		j, i := e.pick(l)
		if i == nil {
			return nil
		}
		err := e.deliverTo(ctx, j, i, l)
		if errors.Is(err, errBehind) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// pick returns the next issue of a lane, which stays as it is until it is
// delivered or not; nil if there is none.
func (e *entry) pick(l *lane) (*job, *issue) {
	e.desk.Lock()
	defer e.desk.Unlock()
	j := e.current()
	i := e.next(j, l)
	if i != nil {
		i.users++
	}
	return j, i
}

// next returns the issue that a lane is to deliver now, nil if there is none.
// The store has to have all that has happened before.
func (e *entry) next(j *job, l *lane) *issue {
	if slices.ContainsFunc(e.open, func(i *issue) bool { return i.unsaved }) {
		return nil
	}
	i := e.head(l)
	if i == nil || i.adopted != j || !i.hasContent(j) {
		return nil // the worker sees to it
	}
	return i
}

// head returns the oldest issue that a lane has to deliver, whether its
// content is there or has to be made again; nil if there is none, or the lane
// pauses. What was never made, or cannot be made now, holds up nothing.
func (e *entry) head(l *lane) *issue {
	now := e.real()
	if now.Before(l.after) {
		return nil
	}
	for _, i := range e.open {
		d := i.delivery(l.target)
		switch {
		case settled(i.State) || d == nil || d.Done || d.Failed:
		case i.Kind == store.IssueReport && (i.Fingerprint == nil || i.content == nil && (now.Before(i.after) || now.Before(e.rest))):
		default:
			return i
		}
	}
	return nil
}

// hasContent reports whether what the definition says now is there to be
// delivered.
func (i *issue) hasContent(j *job) bool {
	return i.Kind != store.IssueReport || i.content != nil && i.content.job.text == j.text
}

// delivery returns the delivery to a target, nil if there is none.
func (i *issue) delivery(target string) *store.Delivery {
	for n := range i.Deliveries {
		if i.Deliveries[n].Target == target {
			return &i.Deliveries[n]
		}
	}
	return nil
}

// wanted reports whether a lane waits for an issue.
func (e *entry) wanted(j *job, i *issue) bool {
	for _, t := range j.targets {
		if l := e.lanes[t.Text]; l == nil && i.delivery(t.Text) != nil || l != nil && !l.busy && e.head(l) == i {
			return true
		}
	}
	return false
}

// crowded reports whether so many contents wait for files to be written that
// no more are made now.
func (e *entry) crowded(j *job, i *issue) bool {
	kept := 0
	for _, o := range e.open {
		if o.content != nil {
			kept++
		}
	}
	return kept >= maxSpooled && slices.ContainsFunc(j.targets, func(t schema.Target) bool {
		l := e.lanes[t.Text]
		if l == nil || !isNear(t) {
			return false
		}
		first := e.head(l)
		return first != nil && inOrder(first, i) < 0
	})
}

// pause lets a lane wait after a try that has failed, as long as the target
// wishes at least. What it had to deliver for too long is given up.
func (e *entry) pause(ctx context.Context, i *issue, l *lane, cause error) error {
	var r *deliver.RetryError
	var wish time.Duration
	if errors.As(cause, &r) {
		wish = r.After
	}
	i.Attempts++
	l.tries++
	now := e.Now()
	wait := pauseOf(l.tries, wish)
	i.Try, l.after = now.Add(wait), e.real().Add(wait)
	for _, o := range e.open {
		d := o.delivery(l.target)
		if settled(o.State) || d == nil || d.Done || d.Failed || !spent(max(i.Attempts, l.tries), o.Began, now) {
			continue
		}
		d.Failed, d.Ended, d.Error = true, now, cause.Error()
		if o != i {
			if err := e.settleOrSave(ctx, o); err != nil {
				return err
			}
		}
	}
	return e.settleOrSave(ctx, i)
}

// settleOrSave writes an issue down, and settles it if no delivery is open.
func (e *entry) settleOrSave(ctx context.Context, i *issue) error {
	if !openDeliveries(i.Deliveries) {
		return e.finish(ctx, i)
	}
	return e.save(ctx, i)
}
