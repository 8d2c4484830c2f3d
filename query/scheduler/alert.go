package scheduler

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/store"
)

const saveAlertEvery = time.Minute // where nothing has changed

// evaluateAll evaluates the slots that are due, in order.
func (e *entry) evaluateAll(ctx context.Context) error {
	for {
		t, ok := e.nextTurn()
		if !ok {
			return nil
		}
		taken, err := e.evaluate(ctx, e.current(), t)
		if err != nil || !taken {
			return err
		}
		e.endTurn(t)
	}
}

func (e *entry) nextTurn() (turn, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.turns) == 0 {
		return turn{}, false
	}
	return e.turns[0], true
}

// endTurn takes a turn out, unless the clock has given up on it meanwhile.
func (e *entry) endTurn(t turn) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.turns) > 0 && e.turns[0].slot.Equal(t.slot) {
		e.turns = e.turns[1:]
	}
}

// evaluate evaluates one slot. It is not taken where the store does not take
// what has come of it.
func (e *entry) evaluate(ctx context.Context, j *job, t turn) (taken bool, err error) {
	now, err := e.ask(ctx, j, t.slot, e.rows)
	if err != nil {
		return e.evaluationFailed(ctx, j, t, err)
	}
	e.restate(j)
	gone := e.disproved(ctx, j, absent(e.rows, now))
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	known, events := withdraw(e.rows, gone)
	rows, more := step(known, now, t.slot, j.need, t.gap || e.failing > 1)
	if err := e.putAlerts(ctx, j, t.slot, rows, append(events, more...)); err != nil {
		return false, e.notTaken(ctx, err)
	}
	e.failing = 0
	return true, e.recovered(ctx)
}

// restate notes where the statement is not that of the last evaluation: what
// it does not give any more is resolved, not withdrawn.
func (e *entry) restate(j *job) {
	now := j.statements()
	if e.judged != now && e.judged != [4]byte{} {
		e.believed = map[string]bool{}
		for _, r := range e.rows {
			e.believed[r.Key] = true
		}
	}
	e.judged = now
}

// notTaken returns an error that ends the worker, and only says others.
func (e *entry) notTaken(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, store.ErrFenced), isStop(err):
		return err
	}
	e.complain("store", "cannot write down the state of an alert", err)
	return nil
}

// putAlerts writes down the rows of an alert and what has happened to them.
func (e *entry) putAlerts(ctx context.Context, j *job, last time.Time, rows []store.AlertRow, events []event) error {
	now := e.Now()
	if len(events) == 0 && slices.EqualFunc(e.rows, rows, sameRow) && now.Sub(e.saved) < saveAlertEvery && !now.Before(e.saved) {
		return nil
	}
	var issues []store.Issue
	for _, ev := range events {
		issues = append(issues, store.Issue{Slot: ev.slot, Kind: ev.kind, Key: ev.known.Key, Revision: 1, State: store.IssueDue, Began: now,
			Body: j.record(ev, false), Deliveries: j.deliveries()})
	}
	if err := e.pass("alerts"); err != nil {
		return err
	}
	calm, cancel := lasting(ctx)
	defer cancel()
	got, err := e.Store.PutAlerts(calm, e.Epoch, e.ref.ID, last, rows, issues)
	if err != nil {
		return err
	}
	e.said.forget("store")
	e.rows, e.saved = rows, now
	for _, ev := range events {
		delete(e.believed, ev.known.Key)
	}
	for _, i := range got {
		e.Log.Info(happened[i.Kind], append(e.about(&issue{Issue: i}), "record", string(i.Body))...)
	}
	e.give(got)
	return e.pass("events")
}

// happened says an event in the log.
var happened = map[store.IssueKind]string{
	store.IssueFiring:    "an alert fires",
	store.IssueResolved:  "an alert is resolved",
	store.IssueWithdrawn: "an alert is withdrawn",
}

func sameRow(a, b store.AlertRow) bool {
	return a.Key == b.Key && a.Firing == b.Firing && a.Count == b.Count && bytes.Equal(a.Row, b.Row) && a.Since.Equal(b.Since) &&
		slices.EqualFunc(a.Slots, b.Slots, time.Time.Equal)
}

// record is an event as it is announced.
type record struct {
	ID     string          `json:"id"`
	Alert  string          `json:"alert"`
	Kind   store.IssueKind `json:"kind"` // firing, resolved, withdrawn
	Slot   string          `json:"slot"`
	Since  string          `json:"since"` // the first slot that had the row
	Key    json.RawMessage `json:"key"`   // what the row is known by
	Row    json.RawMessage `json:"row"`   // as it was there last
	ByHand bool            `json:"by_hand,omitempty"`
}

// record writes an event as one line of JSON. Its id is the same wherever the
// event is announced, and for no other one.
func (j *job) record(ev event, byHand bool) []byte {
	r := record{Alert: j.name, Kind: ev.kind, Slot: stamp(ev.slot), Since: stamp(ev.known.Since),
		Key: valid(ev.known.Key), Row: valid(string(ev.known.Row)), ByHand: byHand}
	parts := []string{j.id(), string(r.Kind), r.Slot, ev.known.Key}
	if byHand {
		parts = append(parts, "by hand")
	}
	r.ID = digest(parts...)
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		panic("BUG: an event cannot be written: " + err.Error())
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// valid is JSON as the store has it, or null.
func valid(text string) json.RawMessage {
	if !json.Valid([]byte(text)) {
		return json.RawMessage("null")
	}
	return json.RawMessage(text)
}

// fires reports whether a row does.
func fires(rows []store.AlertRow) bool {
	return slices.ContainsFunc(rows, func(r store.AlertRow) bool { return r.Firing })
}

// absent returns the rows that fire and are not found any more.
func absent(rows []store.AlertRow, now []found) []store.AlertRow {
	there := map[string]bool{}
	for _, f := range now {
		there[f.key] = true
	}
	var list []store.AlertRow
	for _, r := range rows {
		if r.Firing && !there[r.Key] {
			list = append(list, r)
		}
	}
	return list
}

// withdrawRows looks for rows that fire, and should not have.
func (e *entry) withdrawRows(ctx context.Context, j *job) error {
	e.restate(j)
	gone := e.disproved(ctx, j, absent(e.rows, nil))
	if ctx.Err() != nil || len(gone) == 0 {
		return ctx.Err()
	}
	rows, events := withdraw(e.rows, gone)
	return e.putAlerts(ctx, j, time.Time{}, rows, events)
}

// disproved returns the keys of those rows which the statement does not give
// any more for one of the slots that made them fire. Slots that are too old, or
// whose windows have been deleted, are believed.
func (e *entry) disproved(ctx context.Context, j *job, rows []store.AlertRow) map[string]bool {
	oldest, gone := e.Now().Add(-j.reviseFor()), map[string]bool{}
	rows = slices.DeleteFunc(slices.Clone(rows), func(r store.AlertRow) bool { return e.believed[r.Key] })
	for n, slot := range newestSlots(rows) {
		if n == maxAgain || slot.Before(oldest) {
			break
		}
		there, err := e.keysOf(ctx, j, slot, rows)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			e.complain("back", "cannot look for late data in what was announced", err)
			continue
		case there == nil:
			continue
		}
		for _, r := range rows {
			if slices.ContainsFunc(r.Slots, slot.Equal) && !there[r.Key] {
				gone[r.Key] = true
			}
		}
	}
	return gone
}

// newestSlots returns all slots that have made rows fire, the newest first.
func newestSlots(rows []store.AlertRow) []time.Time {
	var all []time.Time
	for _, r := range rows {
		all = append(all, r.Slots...)
	}
	slices.SortFunc(all, func(a, b time.Time) int { return b.Compare(a) })
	return slices.CompactFunc(all, time.Time.Equal)
}

// keysOf returns the keys that the statement gives now for an earlier slot, nil
// if its windows are not there any more.
func (e *entry) keysOf(ctx context.Context, j *job, slot time.Time, known []store.AlertRow) (map[string]bool, error) {
	if whole, err := e.whole(ctx, j, slot); err != nil || !whole {
		return nil, err
	}
	rows, err := e.ask(ctx, j, slot, known)
	there := map[string]bool{}
	for _, f := range rows {
		there[f.key] = true
	}
	return there, err
}
