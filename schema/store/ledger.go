package store

import (
	"context"
	"errors"
	"time"
)

// ReportDef is a report or an alert as the definitions have it.
type ReportDef struct {
	Name       string
	Alert      bool
	Definition string
}

// ReportRef connects a report or an alert with its row in the store.
type ReportRef struct {
	ID    int64
	Name  string
	Since time.Time // when it was first registered: earlier slots are not its own
	Last  time.Time // the last slot that was claimed or passed over; zero before the first
}

// IssueKind is the kind of an Issue.
type IssueKind string

const (
	IssueReport    IssueKind = "report"
	IssueFiring    IssueKind = "firing"
	IssueResolved  IssueKind = "resolved"
	IssueWithdrawn IssueKind = "withdrawn"
)

// IssueState is how far an Issue is.
type IssueState string

const (
	IssueDue     IssueState = "due"     // to be done, or to be done again
	IssueWaiting IssueState = "waiting" // for final windows; Note says which
	IssueDone    IssueState = "done"    // all deliveries are done
	IssueFailed  IssueState = "failed"  // for good; Note says why
	IssueSkipped IssueState = "skipped" // missed, and passed over
)

// Issue is one thing to announce: a revision of a report for a slot, or an
// event of an alert.
type Issue struct {
	ID       int64 // given by the store; 0 before
	Report   int64 // ReportRef.ID
	Slot     time.Time
	Kind     IssueKind
	Key      string // of an alert's event: the row's identity as JSON; "" for a report
	Revision int    // from 1
	ByHand   bool
	State    IssueState
	Attempts int
	Try      time.Time // not before; zero for now
	Began    time.Time // when it was claimed
	Ended    time.Time // zero while it is open
	Rows     int64
	Note     string
	Body     []byte // of an alert's event: the record that is announced
	// Fingerprint is the SHA-256 of the rows of all sections; nil before it was
	// computed.
	Fingerprint []byte
	Deliveries  []Delivery
}

// Delivery is one issue to one target.
type Delivery struct {
	Target string // schema.Target.Text; unique within an issue
	Done   bool
	Failed bool // for good
	Ended  time.Time
	Place  string // where it went
	Bytes  int64
	SHA256 []byte
	Error  string // of the last try
}

// AlertRow is a row of an alert's statement that is or was there.
type AlertRow struct {
	Key    string // identity as JSON
	Firing bool   // announced; otherwise it has been there Count times, which is less than FOR
	Count  int
	Slots  []time.Time // those that made it fire, or have counted so far
	Row    []byte      // its last values as JSON
	Since  time.Time   // first slot
}

var errUnwritten = errors.New("not written yet")

// RegisterReports finds or adds the rows of reports and alerts, and returns
// them in the order of defs. A report and an alert of one name are two. Since
// is now where a run has not had it yet. With an epoch the definitions are
// noted, and what is not among defs becomes detached: it is kept, and shown as
// such. By hand (epoch 0) nothing that is there changes.
func (s *Store) RegisterReports(ctx context.Context, epoch int64, defs []ReportDef, now time.Time) ([]ReportRef, error) {
	return nil, errUnwritten
}

// Claim inserts issues of a report, with their deliveries, and moves its Last
// to last: not if that is zero, and never back. It returns the issues in their
// order, with IDs. One that is claimed already (the same slot, kind, key and
// revision, not by hand) is returned as the store has it instead, and stays as
// it is.
func (s *Store) Claim(ctx context.Context, epoch, report int64, last time.Time, issues []Issue) ([]Issue, error) {
	return nil, errUnwritten
}

// Unfinished returns the issues of a report that are due or waiting and not by
// hand, with their deliveries, by slot, then in the order of their claims.
func (s *Store) Unfinished(ctx context.Context, report int64) ([]Issue, error) {
	return nil, errUnwritten
}

// Finished returns, for each slot of a report from since on, the newest
// revision if that is done and not by hand, with its deliveries, the newest
// slot first. A slot whose newest revision is open, failed or skipped is not
// among them.
func (s *Store) Finished(ctx context.Context, report int64, since time.Time, limit int) ([]Issue, error) {
	return nil, errUnwritten
}

// PutIssue replaces what the store has of an issue and its deliveries, by ID;
// what it was claimed as (report, slot, kind, key, revision, by hand) stays.
// Of the finished issues of its report, and those by hand, the last 1,000 are
// kept.
func (s *Store) PutIssue(ctx context.Context, epoch int64, i Issue) error { return errUnwritten }

// Alerts returns the rows of an alert by key.
func (s *Store) Alerts(ctx context.Context, report int64) ([]AlertRow, error) {
	return nil, errUnwritten
}

// PutAlerts replaces the rows of an alert, claims the events and moves its
// Last as Claim does, all in one transaction.
func (s *Store) PutAlerts(ctx context.Context, epoch, report int64, last time.Time, rows []AlertRow, events []Issue) ([]Issue, error) {
	return nil, errUnwritten
}
