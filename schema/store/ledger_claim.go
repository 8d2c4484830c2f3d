package store

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Limits of the ledger.
const (
	keptIssues = 1000 // finished issues of each report, at least
	prunedAt   = 1032 // of them, so that not every write has to delete one
	errorCut   = 4096 // bytes kept of a note or of the error of a delivery
)

// Claim inserts issues of a report, with their deliveries, and moves its Last
// to last: not if that is zero, and never back. It returns the issues in their
// order, with IDs. One that is claimed already (the same slot, kind, key and
// revision, not by hand) is returned as the store has it instead, and stays as
// it is. Moments are kept to the millisecond.
func (s *Store) Claim(ctx context.Context, epoch, report int64, last time.Time, issues []Issue) ([]Issue, error) {
	var claimed []Issue
	err := s.writeLedger(ctx, "claim a slot in", func(t *tx) error {
		var err error
		claimed, err = t.claim(epoch, report, last, issues)
		return err
	})
	return claimed, err
}

func (t *tx) claim(epoch, report int64, last time.Time, issues []Issue) ([]Issue, error) {
	if err := t.checkRun(epoch); err != nil {
		return nil, err
	}
	if err := t.moveLast(report, last); err != nil {
		return nil, err
	}
	var claimed []Issue
	for _, i := range issues {
		i.Report = report
		i, err := t.claimIssue(i)
		if err != nil {
			return nil, fmt.Errorf("the issue of %s: %w", slotText(i.Slot), err)
		}
		claimed = append(claimed, i)
	}
	return claimed, t.pruneIssues(report)
}

// claimIssue returns what is claimed already, or else inserts it.
func (t *tx) claimIssue(i Issue) (Issue, error) {
	if !i.ByHand {
		old, err := t.issues("WHERE report = ? AND NOT by_hand AND slot = ? AND kind = ? AND key = ? AND revision = ?",
			i.Report, slotText(i.Slot), string(i.Kind), i.Key, i.Revision)
		if err != nil {
			return i, err
		}
		if len(old) > 0 {
			return old[0], nil
		}
	}
	id, err := t.insert(`INSERT INTO windrow_issue_data
			(report, slot, kind, key, revision, by_hand, state, began, ended, attempts, try, rows, note, body, fingerprint)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		append([]any{i.Report, slotText(i.Slot), string(i.Kind), i.Key, i.Revision, i.ByHand}, issueCells(i)...)...)
	if err != nil {
		return i, err
	}
	i.ID = id
	return i, t.putDeliveries(i, nil)
}

// issueCells are the columns of an issue that change in its life. The first
// three are in indexes.
func issueCells(i Issue) []any {
	return []any{string(i.State), stamp(i.Began), orNull(stamp(i.Ended)), i.Attempts, orNull(stamp(i.Try)), i.Rows, cutText(i.Note), string(i.Body), i.Fingerprint}
}

// cutText cuts what others have said to a length.
func cutText(s string) string {
	if len(s) <= errorCut {
		return s
	}
	return strings.ToValidUTF8(s[:errorCut], "")
}

// deliveryCells are the columns of a delivery that change in its life, from
// done on.
func deliveryCells(d Delivery) []any {
	return []any{d.Done, d.Failed, orNull(stamp(d.Ended)), d.Place, d.Bytes, d.SHA256, cutText(d.Error)}
}

// putDeliveries writes the deliveries of an issue. Those that the store has
// already as they are stay untouched, so that their page need not be written.
func (t *tx) putDeliveries(i Issue, old []Delivery) error {
	if !slices.EqualFunc(old, i.Deliveries, func(a, b Delivery) bool { return a.Target == b.Target }) {
		if err := t.removeDeliveries(i.ID); err != nil {
			return err
		}
		old = nil
	}
	for n, d := range i.Deliveries {
		cells := deliveryCells(d)
		var err error
		switch {
		case old == nil:
			_, err = t.exec("INSERT INTO windrow_delivery_data (done, failed, ended, place, bytes, sha256, error, number, issue, target) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
				append(cells, n, i.ID, d.Target)...)
		case !reflect.DeepEqual(cells, deliveryCells(old[n])):
			_, err = t.exec("UPDATE windrow_delivery_data SET done = ?, failed = ?, ended = ?, place = ?, bytes = ?, sha256 = ?, error = ? WHERE issue = ? AND target = ?",
				append(cells, i.ID, d.Target)...)
		}
		if err != nil {
			return fmt.Errorf("the delivery to %s: %w", d.Target, err)
		}
	}
	return nil
}

// PutIssue replaces what the store has of an issue and its deliveries, by ID;
// what it was claimed as (report, slot, kind, key, revision, by hand) stays.
// Of the finished issues of its report, and those by hand, the last 1,000 are
// kept, and a few more. Moments are kept to the millisecond.
func (s *Store) PutIssue(ctx context.Context, epoch int64, i Issue) error {
	return s.writeLedger(ctx, "write the state of a report to", func(t *tx) error { return t.putIssue(epoch, i) })
}

func (t *tx) putIssue(epoch int64, i Issue) error {
	if err := t.checkRun(epoch); err != nil {
		return err
	}
	old, err := t.issues("WHERE id = ? AND report = ?", i.ID, i.Report)
	if err == nil && len(old) == 0 {
		err = fmt.Errorf("it has no issue %d of report %d; it was dropped, or never claimed", i.ID, i.Report)
	}
	if err == nil {
		err = t.putCells(i, old[0])
	}
	if err == nil {
		err = t.putDeliveries(i, old[0].Deliveries)
	}
	if err == nil {
		err = t.pruneIssues(i.Report)
	}
	return err
}

// putCells writes what of an issue has changed. SQLite writes the indexes of
// every column that is set, also to what it was.
func (t *tx) putCells(i, old Issue) error {
	cells, was := issueCells(i), issueCells(old)
	indexed, set := "state = ?, began = ?, ended = ?, ", cells
	switch {
	case reflect.DeepEqual(cells, was):
		return nil
	case reflect.DeepEqual(cells[:3], was[:3]):
		indexed, set = "", cells[3:]
	}
	_, err := t.exec("UPDATE windrow_issue_data SET "+indexed+"attempts = ?, try = ?, rows = ?, note = ?, body = ?, fingerprint = ? WHERE id = ?", append(set, i.ID)...)
	return err
}

func (t *tx) removeDeliveries(issue int64) error {
	_, err := t.exec("DELETE FROM windrow_delivery_data WHERE issue = ?", issue)
	return err
}

// pruneIssues deletes the oldest of a report's issues that are in the past:
// finished, or by hand, which nobody takes up again.
func (t *tx) pruneIssues(report int64) error {
	old, err := t.integers(`SELECT id FROM windrow_issue_data WHERE report = ? AND (by_hand OR state NOT IN ('due', 'waiting'))
		ORDER BY coalesce(ended, began) DESC, id DESC LIMIT -1 OFFSET ?`, report, keptIssues)
	if len(old) <= prunedAt-keptIssues {
		return err
	}
	for _, id := range old {
		if err == nil {
			err = t.removeDeliveries(id)
		}
		if err == nil {
			_, err = t.exec("DELETE FROM windrow_issue_data WHERE id = ?", id)
		}
	}
	return err
}
