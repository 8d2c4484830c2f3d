package store

import "time"

// ReportStatus is a report or an alert.
type ReportStatus struct {
	ID       int64
	Name     string
	Alert    bool
	Attached bool      // false: gone from the definitions
	Since    time.Time // when a run first had it; zero if it was only run by hand
	Last     time.Time // the last slot that was claimed; zero before the first
	Done     time.Time // the newest slot that was delivered; zero if none was
	Open     int64     // issues that are due or waiting
	// Waiting is the oldest issue that waits for final windows, Failing the
	// oldest that was tried and is to be tried again, Failed the newest, if that
	// has failed for good. Nil for none.
	Waiting, Failing, Failed *IssueStatus
	Firing                   int64 // rows of an alert that were announced
	// Rows are the first of them, by Since.
	Rows []AlertStatus
}

// IssueStatus is an issue about which there is something to say.
type IssueStatus struct {
	Slot     time.Time
	Kind     IssueKind
	Revision int
	Attempts int
	Began    time.Time // when it was claimed
	Try      time.Time // next try, not before; zero for now
	Ended    time.Time // zero while it is open
	Note     string
	Target   string // of the delivery that failed; "" if it never came to that
	Error    string // of that delivery
}

// AlertStatus is a row of an alert that fires.
type AlertStatus struct {
	Key   string
	Since time.Time // first slot
}
