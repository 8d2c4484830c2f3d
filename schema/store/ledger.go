package store

import "time"

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
