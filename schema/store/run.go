package store

import (
	"context"
	"time"
)

// RunState is what a run says of itself for those who look at the store.
type RunState struct {
	Epoch int64
	PID   int
	Mode  string // "once" or "follow"
	Began time.Time
	Seen  time.Time // when this was written
	Ended time.Time // zero while it goes on
	Note  string    // why it ended early, or what it waits for; "" if all is well
	// Workers are those of the run, also the ones that ended last.
	Workers []WorkerState
}

// WorkerState is one worker of a run.
type WorkerState struct {
	Cohort   int64
	Worker   int
	PID      int // 0 without a process
	State    string
	Began    time.Time // of the process
	Restarts int
	Reason   string // why the last process ended, "" if none did
	Records  int64  // committed in this run
	Bytes    int64
	Rate     float64       // records committed a second, lately
	Memory   int64         // bytes resident
	CPU      time.Duration // of all its processes in this run
}

// NoteStopped is the Note of a run that was told to end.
const NoteStopped = "stopped by a signal"

// PutRun replaces what the store says of the run. It is refused with
// ErrFenced when a newer run has begun.
func (s *Store) PutRun(ctx context.Context, r RunState) error {
	return s.write(ctx, "write the state of the run to", func(t *tx) error {
		if err := t.checkEpoch(r.Epoch); err != nil {
			return err
		}
		var ended any
		if !r.Ended.IsZero() {
			ended = stamp(r.Ended)
		}
		if _, err := t.exec("REPLACE INTO windrow_run_data VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
			r.Epoch, r.PID, r.Mode, stamp(r.Began), stamp(r.Seen), ended, r.Note); err != nil {
			return err
		}
		if _, err := t.exec("DELETE FROM windrow_worker_data"); err != nil {
			return err
		}
		for _, w := range r.Workers {
			if _, err := t.exec("INSERT INTO windrow_worker_data VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", w.Cohort, w.Worker, w.PID, w.State,
				stamp(w.Began), w.Restarts, w.Reason, w.Records, w.Bytes, w.Rate, w.Memory, w.CPU.Microseconds()); err != nil {
				return err
			}
		}
		return nil
	})
}

// stamp is a moment of the wall clock as the store shows it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05.000")
}
