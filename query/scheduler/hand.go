package scheduler

import (
	"context"
	"encoding/json"
	"io"
	"time"
)

// Outcome is what ByHand has done.
type Outcome struct {
	Name             string
	Alert            bool
	Slot, Start, End time.Time // the slot covers [Start, End)
	Zone             *time.Location
	Rows             int64             // of all sections
	Notes            []string          // what is not final
	Places           []Place           // one a target; none if nothing was delivered
	Firing           []json.RawMessage // of an alert: the rows that fire, each an object
}

// Place is where something was delivered.
type Place struct {
	Target string // as written in the definition
	Place  string // path, addresses or URL, without secrets; "" after an error
	Bytes  int64
	Err    error
}

// ByHand makes the issue of a report or an alert for the last slot at or
// before a moment, from the store as it is: nothing is waited for, and the
// schedule does not notice. It is delivered to each target once and recorded
// as made by hand. With dryRun the document is written there instead (as text
// where the report's format is none for a pipe), nothing is delivered or
// recorded, and Config.Store may be nil.
//
// Of an alert, the rows that the statement gives for the slot and for the
// FOR-1 slots before it are announced as firing, whatever is known of the alert;
// what is known stays as it is.
//
// The error says what failed as a whole; deliveries have errors of their own.
func ByHand(ctx context.Context, c Config, d Definitions, name string, at time.Time, dryRun io.Writer) (Outcome, error) {
	return Outcome{}, nil
}
