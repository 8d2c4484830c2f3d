package scheduler

import (
	"context"
	"time"

	"github.com/windrow/windrow/schema/store"
)

// kindEvaluation is an issue that stands for evaluations of an alert that
// fail: it is open while they do.
const kindEvaluation store.IssueKind = "evaluation"

// failsQuietly is how many evaluations in a row fail before the ledger says so,
// if it may be a matter of the moment.
const failsQuietly = 3

// evaluationFailed passes over a slot that could not be evaluated.
func (e *entry) evaluationFailed(ctx context.Context, j *job, t turn, cause error) (taken bool, err error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	e.failing++
	e.complain("evaluation", "cannot evaluate an alert", cause, "slot", stamp(t.slot))
	if !mistake(cause) && e.failing < failsQuietly && e.outage == nil {
		return true, nil
	}
	if err := e.noteOutage(ctx, j, t, cause); err != nil {
		return false, e.notTaken(ctx, err)
	}
	return true, nil
}

// noteOutage writes down that evaluations fail.
func (e *entry) noteOutage(ctx context.Context, j *job, t turn, cause error) error {
	if o := e.outage; o != nil {
		o.Attempts++
		o.Note, o.Try = cause.Error(), j.schedule.Next(t.slot)
		return e.Store.PutIssue(ctx, e.Epoch, *o)
	}
	got, err := e.Store.Claim(ctx, e.Epoch, e.ref.ID, time.Time{}, []store.Issue{{Slot: t.slot, Kind: kindEvaluation, Revision: 1,
		State: store.IssueDue, Attempts: 1, Try: j.schedule.Next(t.slot), Began: e.Now(), Note: cause.Error()}})
	if err == nil && !settled(got[0].State) {
		e.outage = &got[0]
	}
	return err
}

// recovered writes down that evaluations work again.
func (e *entry) recovered(ctx context.Context) error {
	e.said.forget("evaluation")
	if e.outage == nil {
		return nil
	}
	o := *e.outage
	o.State, o.Ended, o.Try, o.Note = store.IssueDone, e.Now(), time.Time{}, "evaluations failed for a while: "+o.Note
	if err := e.Store.PutIssue(ctx, e.Epoch, o); err != nil {
		return e.notTaken(ctx, err) // the next evaluation does it
	}
	e.outage = nil
	e.Log.Info("an alert can be evaluated again", "alert", e.current().name)
	return nil
}
