package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/jmoiron/sqlx"
)

// statusAlerts is how many of an alert's firing rows a status lists.
const statusAlerts = 20

// ReportStatus is a report or an alert. What was done by hand is not in it.
type ReportStatus struct {
	ID       int64
	Name     string
	Alert    bool
	Attached bool      // false: gone from the definitions, or only run by hand so far
	Since    time.Time // when a run first had it; zero if none has
	Last     time.Time // the last slot that was claimed; zero before the first
	Done     time.Time // the newest slot that went to all its targets; zero if none did
	Open     int64     // issues that are due or waiting
	// Waiting is the oldest issue that waits for final windows, Failing the
	// oldest that was tried and is to be tried again, Failed the one that ended
	// last, if it failed for good. Nil for none.
	Waiting, Failing, Failed *IssueStatus
	Later                    int64         // of Open: those of slots after that of Waiting
	Firing                   int64         // rows of an alert that fire
	Rows                     []AlertStatus // the first of them
}

// IssueStatus is an issue about which there is something to say.
type IssueStatus struct {
	Slot     time.Time
	Kind     IssueKind
	Key      string // of an alert's event
	State    IssueState
	Revision int
	Attempts int
	Began    time.Time // when it was claimed
	Try      time.Time // next try, not before; zero for now
	Ended    time.Time // zero while it is open
	Note     string
	// Target is the first that was not reached, and Error why; both are "" if it
	// never came to that.
	Target string
	Error  string
}

// Reason says why the issue is not done.
func (i *IssueStatus) Reason() string {
	if i.Error != "" {
		return i.Error
	}
	return i.Note
}

// AlertStatus is a row of an alert that fires.
type AlertStatus struct {
	Key   string    // as JSON
	Since time.Time // first slot
	Row   string    // its last values as JSON
}

// HasReports gives ErrOlder for a store of a format before there were reports.
// db is one of OpenReader.
func HasReports(ctx context.Context, db *sqlx.DB) error {
	var version int
	err := db.GetContext(ctx, &version, "PRAGMA user_version")
	if err == nil && version < ledgerFormat {
		err = ErrOlder
	}
	return err
}

// reports reads what the ledger says of each report and alert.
func (r *statusReader) reports() error {
	if r.version < ledgerFormat {
		return nil
	}
	err := r.each(`SELECT id, name, alert, attached, since, last,
			(SELECT max(slot) FROM windrow_issue_data WHERE report = r.id AND NOT by_hand AND state = 'done' AND kind <> 'evaluation'),
			(SELECT count(*) FROM windrow_issue_data WHERE report = r.id AND NOT by_hand AND state IN ('due', 'waiting')),
			(SELECT count(*) FROM windrow_alert_data WHERE report = r.id AND firing)
		FROM windrow_report_data r ORDER BY name, alert`, func(scan func(...any) error) error {
		var s ReportStatus
		var since, last, done sql.NullString
		err := scan(&s.ID, &s.Name, &s.Alert, &s.Attached, &since, &last, &done, &s.Open, &s.Firing)
		s.Since, s.Last, s.Done = unstamp(since.String), unstamp(last.String), unstamp(done.String)
		r.Reports = append(r.Reports, s)
		return err
	})
	for i := range r.Reports {
		s := &r.Reports[i]
		err = errors.Join(err, r.firing(s),
			r.issue(&s.Waiting, s.ID, "state = 'waiting' ORDER BY i.slot, i.id"),
			r.issue(&s.Failing, s.ID, "state = 'due' AND (try IS NOT NULL OR d.error IS NOT NULL) ORDER BY i.slot, i.id"),
			r.issue(&s.Failed, s.ID, "state NOT IN ('due', 'waiting') ORDER BY coalesce(i.ended, i.began) DESC, i.id DESC"))
		if s.Waiting != nil {
			err = errors.Join(err, r.later(s))
		}
		if s.Failed != nil && s.Failed.State != IssueFailed {
			s.Failed = nil
		}
	}
	return err
}

// later counts what is open after the issue that waits.
func (r *statusReader) later(s *ReportStatus) error {
	return r.each("SELECT count(*) FROM windrow_issue_data WHERE report = ? AND slot > ? AND NOT by_hand AND state IN ('due', 'waiting')",
		func(scan func(...any) error) error { return scan(&s.Later) }, s.ID, slotText(s.Waiting.Slot))
}

// firing lists the rows of an alert that fire.
func (r *statusReader) firing(s *ReportStatus) error {
	return r.each("SELECT key, since, row FROM windrow_alert_data WHERE report = ? AND firing ORDER BY since, key LIMIT ?",
		func(scan func(...any) error) error {
			var a AlertStatus
			var since string
			err := scan(&a.Key, &since, &a.Row)
			a.Since = unstamp(since)
			s.Rows = append(s.Rows, a)
			return err
		}, s.ID, statusAlerts)
}

// issue reads the first issue of a report that a clause picks, if there is one.
func (r *statusReader) issue(dest **IssueStatus, report int64, pick string) error {
	return r.each(`SELECT i.slot, i.kind, i.key, i.revision, i.attempts, i.began, coalesce(i.try, ''), coalesce(i.ended, ''), i.note, i.state,
			coalesce(d.target, ''), coalesce(d.error, '') AS error
		FROM windrow_issue_data i
		LEFT JOIN windrow_delivery_data d ON d.issue = i.id AND d.number =
			(SELECT min(number) FROM windrow_delivery_data e WHERE e.issue = i.id AND e.error <> '' AND NOT e.done)
		WHERE i.report = ? AND NOT i.by_hand AND `+pick+" LIMIT 1", func(scan func(...any) error) error {
		var s IssueStatus
		var slot, began, try, ended string
		err := scan(&slot, &s.Kind, &s.Key, &s.Revision, &s.Attempts, &began, &try, &ended, &s.Note, &s.State, &s.Target, &s.Error)
		s.Slot, s.Began, s.Try, s.Ended = unstamp(slot), unstamp(began), unstamp(try), unstamp(ended)
		*dest = &s
		return err
	}, report)
}
