package scheduler

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/schema/store"
)

// advance brings an issue as far as the lanes can take it.
func (e *entry) advance(ctx context.Context, i *issue, p *progress) error {
	err := e.proceed(ctx, i, p)
	if errors.Is(err, errBehind) {
		return nil
	}
	return err
}

func (e *entry) proceed(ctx context.Context, i *issue, p *progress) error {
	j := e.current()
	if missing, err := e.attend(ctx, j, i); err != nil || !missing {
		return err
	}
	if ready, err := e.final(ctx, j, i, p); err != nil || !ready {
		return err
	}
	if !e.mayMake(j, i) {
		return nil
	}
	if err := e.prepare(ctx, j, i); err != nil {
		return e.failed(ctx, i, err)
	}
	return nil
}

// attend writes down what is not yet, gives an issue the targets that it has
// now, and settles it if none is left. It reports whether the content is to be
// made: that is so at first, and when a lane wants it.
func (e *entry) attend(ctx context.Context, j *job, i *issue) (bool, error) {
	e.desk.Lock()
	defer e.desk.Unlock()
	if i.unsaved {
		if err := e.save(ctx, i); err != nil {
			return false, err
		}
	}
	report := i.Kind == store.IssueReport
	if settled(i.State) {
		return false, nil
	}
	if report && i.Fingerprint == nil {
		return !e.real().Before(i.after) && !e.crowded(j, i), nil
	}
	if i.adopted != j {
		i.Deliveries, i.adopted = j.adopt(i.Deliveries), j
	}
	if !openDeliveries(i.Deliveries) {
		return false, e.finish(ctx, i) // it was killed just before, or its targets are gone
	}
	return i.users == 0 && !i.hasContent(j) && !e.real().Before(i.after) && e.wanted(j, i), nil
}

func openDeliveries(list []store.Delivery) bool {
	for _, d := range list {
		if !d.Done && !d.Failed {
			return true
		}
	}
	return false
}

// final reports whether an issue need not wait any more for windows to become
// final. What was computed once never waits again.
func (e *entry) final(ctx context.Context, j *job, i *issue, p *progress) (bool, error) {
	if !j.wait || i.Revision > 1 || i.Fingerprint != nil || i.Attempts > 0 {
		return true, nil
	}
	if j.waitUpTo > 0 && !e.Now().Before(i.Began.Add(j.waitUpTo)) {
		return true, nil
	}
	rollups, err := p.read(func() ([]query.Rollup, error) { return e.rollups(ctx, j) })
	if err != nil {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		e.complain("rollups", "cannot find out which windows are final", err)
		return false, nil
	}
	e.said.forget("rollups")
	open := unfinal(rollups, i.Slot)
	if len(open) == 0 {
		return true, nil
	}
	return false, e.wait(ctx, i, open)
}

// progress is how far rollups are, read once for all issues that wait.
type progress struct {
	known   bool
	rollups []query.Rollup
}

func (p *progress) read(read func() ([]query.Rollup, error)) ([]query.Rollup, error) {
	var err error
	if !p.known {
		p.rollups, err = read()
		p.known = err == nil
	}
	return p.rollups, err
}

// wait notes what an issue waits for.
func (e *entry) wait(ctx context.Context, i *issue, open []query.Rollup) error {
	note := waitsFor(open, i.Slot)
	if i.State == store.IssueWaiting && i.Note == note {
		return nil
	}
	e.desk.Lock()
	defer e.desk.Unlock()
	i.State, i.Note = store.IssueWaiting, note
	if err := e.save(ctx, i); err != nil {
		return err
	}
	e.Log.Info("a report waits", append(e.about(i), "until", strings.TrimPrefix(note, "waits until "))...)
	return e.pass("waiting")
}

// prepare makes the content of an issue, and writes down what it is.
//
// Where the content has to be made again, after a restart or because too many
// were kept, later data may have changed it. As long as nothing has arrived,
// the new content takes the place of the old one. Otherwise no target gets two
// contents as one revision: with REVISE the issue ends where it is, and the
// next revision goes to all targets; without, the new content goes to the
// targets that are open, and the note of the issue says so.
func (e *entry) prepare(ctx context.Context, j *job, i *issue) error {
	c, err := e.render(ctx, j, i)
	if err != nil {
		return err
	}
	if err := e.pass("rendered"); err != nil {
		return err
	}
	same := bytes.Equal(i.Fingerprint, c.print[:])
	revise := !same && j.revise && sameStatements(i.Fingerprint, c.print[:])
	if revise {
		if revise, err = e.whole(ctx, j, i.Slot); err != nil {
			os.RemoveAll(c.dir)
			return err
		}
	}
	e.desk.Lock()
	defer e.desk.Unlock()
	i.content, i.adopted, e.overdues = c, j, 0
	list, notes := j.adopt(i.Deliveries), slices.Concat(c.notes, i.remade())
	if there := arrived(i.Deliveries); i.Fingerprint != nil && !same && len(there) > 0 {
		if revise {
			i.forget()
			return e.supersede(ctx, j, i)
		}
		notes = append(c.notes[:len(c.notes):len(c.notes)], madeAgain+" after "+strings.Join(there, ", ")+" had it")
	}
	if note := strings.Join(notes, "; "); !same || note != i.Note || !slices.EqualFunc(list, i.Deliveries, sameTarget) {
		i.Deliveries, i.Fingerprint, i.Rows, i.Note, i.State = list, c.print[:], c.rows, note, store.IssueDue
		if err := e.save(ctx, i); err != nil {
			return err
		}
		if err := e.pass("fingerprint"); err != nil {
			return err
		}
	}
	if openDeliveries(i.Deliveries) {
		return nil
	}
	return e.finish(ctx, i) // nobody wants it
}

// madeAgain begins the note of an issue that some targets have with another
// content.
const madeAgain = "made again with later data"

// remade returns the note that an issue was made again, if it was.
func (i *issue) remade() []string {
	for _, n := range strings.Split(i.Note, "; ") {
		if strings.HasPrefix(n, madeAgain) {
			return []string{n}
		}
	}
	return nil
}

// arrived returns the targets that have an issue.
func arrived(list []store.Delivery) []string {
	var there []string
	for _, d := range list {
		if d.Done && !strings.HasPrefix(d.Place, undelivered) {
			there = append(there, d.Target)
		}
	}
	return there
}

// supersede ends an issue that some targets have, and opens the next revision
// for all.
func (e *entry) supersede(ctx context.Context, j *job, i *issue) error {
	if err := e.openNext(ctx, j, i.Issue); err != nil {
		return err
	}
	for n := range i.Deliveries {
		if d := &i.Deliveries[n]; !d.Done && !d.Failed {
			*d = store.Delivery{Target: d.Target, Done: true, Ended: e.Now(), Place: undelivered + "the next revision is there"}
		}
	}
	return e.finish(ctx, i)
}

func sameTarget(a, b store.Delivery) bool { return a.Target == b.Target }

// render makes the content of an issue, in place of one that it has.
func (e *entry) render(ctx context.Context, j *job, i *issue) (*content, error) {
	e.desk.Lock()
	i.forget()
	e.desk.Unlock()
	dir, err := e.spool.issue(i.ID)
	if err != nil {
		return nil, err
	}
	var c *content
	err = e.inside(ctx, e.documents, func() error {
		c, err = e.shop.render(ctx, order{job: j, slot: i.Slot, revision: i.Revision}, dir)
		return err
	})
	if err != nil {
		os.RemoveAll(dir)
	}
	return c, err
}

// failed decides what follows when a document could not be made.
func (e *entry) failed(ctx context.Context, i *issue, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, store.ErrFenced), errors.Is(err, errBehind), isStop(err):
		return err
	}
	e.desk.Lock()
	defer e.desk.Unlock()
	e.complain(i.thing(""), "cannot make a report", err, "slot", stamp(i.Slot))
	i.State, i.Note = store.IssueDue, err.Error()
	if mistake(err) {
		i.State, i.Ended, i.Try = store.IssueFailed, e.Now(), time.Time{}
		return e.save(ctx, i)
	}
	if e.again(i, errors.As(err, new(overdue))) {
		return e.save(ctx, i)
	}
	i.State, i.Ended, i.Try = store.IssueFailed, e.Now(), time.Time{}
	return e.save(ctx, i)
}

// again plans the next try to make an issue; false if it was the last one. A
// try that took too long counts for all slots together.
func (e *entry) again(i *issue, late bool) bool {
	i.Attempts++
	tries := i.Attempts
	if late {
		e.overdues++
		tries = e.overdues
	}
	now := e.Now()
	wait := pauseOf(tries, 0)
	i.Try, i.after = now.Add(wait), e.real().Add(wait)
	if late {
		e.rest = i.after
	}
	return !spent(i.Attempts, i.Began, now)
}

// finish settles an issue of which no delivery is open, and writes it down.
func (e *entry) finish(ctx context.Context, i *issue) error {
	i.settle(e.Now())
	if err := e.save(ctx, i); err != nil {
		return err
	}
	i.forget()
	return e.pass("done")
}

// settle finds the state in which an issue ends.
func (i *issue) settle(now time.Time) {
	i.State, i.Ended, i.Try = store.IssueDone, now, time.Time{}
	var notes []string
	for _, d := range i.Deliveries {
		if d.Failed {
			i.State = store.IssueFailed
			notes = append(notes, "not delivered to "+d.Target+": "+d.Error)
		}
	}
	if i.Note != "" {
		notes = slices.Insert(notes, 0, i.Note)
	}
	i.Note = strings.Join(notes, "; ")
}
