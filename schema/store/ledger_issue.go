package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/windrow/windrow/schema/value"
)

// slotText is a slot as the store writes it, "" for a zero time. A fraction is
// written only where there is one, so slots sort as text.
func slotText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return value.TimeOf(t).Format(-1)
}

// orNull is NULL for "".
func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// Unfinished returns the issues of a report that are due or waiting and not by
// hand, with their deliveries, by slot, then in the order of their claims.
func (s *Store) Unfinished(ctx context.Context, report int64) ([]Issue, error) {
	return s.issues(ctx, "WHERE report = ? AND NOT by_hand AND state IN ('due', 'waiting') ORDER BY slot, id", report)
}

// Finished returns, for each slot of a report from since on, the newest
// revision if that is done and not by hand, with its deliveries, the newest
// slot first. A slot whose newest revision is open, failed or skipped is not
// among them.
func (s *Store) Finished(ctx context.Context, report int64, since time.Time, limit int) ([]Issue, error) {
	return s.issues(ctx, `WHERE report = ?1 AND NOT by_hand AND slot >= ?2 AND kind = 'report' AND state = 'done'
		AND NOT EXISTS (SELECT 1 FROM windrow_issue_data n WHERE n.report = ?1 AND NOT n.by_hand AND n.slot = i.slot AND n.kind = i.kind
			AND n.key = i.key AND n.revision > i.revision)
		ORDER BY slot DESC LIMIT ?3`, report, slotText(since), limit)
}

// issues reads issues on one snapshot.
func (s *Store) issues(ctx context.Context, where string, args ...any) ([]Issue, error) {
	var issues []Issue
	err := s.read(ctx, "read the reports of", func(t *tx) error {
		var err error
		issues, err = t.issues(where, args...)
		return err
	})
	return issues, err
}

// issues reads the issues that a clause picks, with their deliveries.
func (t *tx) issues(where string, args ...any) ([]Issue, error) {
	var issues []Issue
	err := t.all(`SELECT id, report, slot, kind, key, revision, by_hand, state, attempts, try, began, ended, rows, note, body, fingerprint
		FROM windrow_issue_data i `+where, args, func(scan func(...any) error) error {
		var i Issue
		var slot, began string
		var try, ended sql.NullString
		err := scan(&i.ID, &i.Report, &slot, &i.Kind, &i.Key, &i.Revision, &i.ByHand, &i.State, &i.Attempts, &try, &began, &ended,
			&i.Rows, &i.Note, &i.Body, &i.Fingerprint)
		i.Slot, i.Try, i.Began, i.Ended = unstamp(slot), unstamp(try.String), unstamp(began), unstamp(ended.String)
		if len(i.Body) == 0 {
			i.Body = nil
		}
		issues = append(issues, i)
		return err
	})
	for k := range issues {
		if err == nil {
			issues[k].Deliveries, err = t.deliveries(issues[k].ID)
		}
	}
	return issues, err
}

func (t *tx) deliveries(issue int64) ([]Delivery, error) {
	var list []Delivery
	err := t.all("SELECT target, done, failed, ended, place, bytes, sha256, error FROM windrow_delivery_data WHERE issue = ? ORDER BY number",
		[]any{issue}, func(scan func(...any) error) error {
			var d Delivery
			var ended sql.NullString
			err := scan(&d.Target, &d.Done, &d.Failed, &ended, &d.Place, &d.Bytes, &d.SHA256, &d.Error)
			d.Ended = unstamp(ended.String)
			list = append(list, d)
			return err
		})
	return list, err
}
