// Package supervise decides about worker processes: when one is started,
// killed, started again or given up. It is a pure function from state and
// event to state and actions; it has no process, no timer and no clock.
package supervise

import (
	"fmt"
	"time"
)

// State is where a worker process is in its life.
type State uint8

const (
	Stopped  State = iota // no process
	Starting              // spawned, has not answered yet
	Running               // takes blocks
	Draining              // its input is closed; it is about to end
	Killed                // SIGKILL was sent, the exit is awaited
	Backoff               // waits before the next start
	Failed                // given up
)

var stateNames = [...]string{"stopped", "starting", "running", "draining", "killed", "backoff", "failed"}

func (s State) String() string { return stateNames[s] }

// Limits of a worker's life.
const (
	StartLimit  = 30 * time.Second // from spawn to the first frame
	HangLimit   = 30 * time.Second // without progress in records
	CommitLimit = 5 * time.Minute  // without progress while it commits
	DrainLimit  = 10 * time.Second // from closed input to exit

	BackoffMin = 500 * time.Millisecond
	BackoffMax = 60 * time.Second

	// FailMax is how many times in a row, without a commit in between, a worker
	// may end by its own fault; with the waits that is about two minutes.
	FailMax = 8
)

// Worker is what is known about a worker. The zero Worker is Stopped.
type Worker struct {
	State      State
	Since      time.Time // of State
	Progress   int64     // as of the last beat
	ProgressAt time.Time
	Committing bool
	Failures   int // since the last commit
	Delay      time.Duration
	Reason     string // of the last exit or kill
	// Hang replaces HangLimit; 0 for that.
	Hang time.Duration
}

// Kind is the kind of an event.
type Kind uint8

const (
	Start     Kind = iota // there is work
	Ready                 // the first frame has come
	Beat                  // a sign of life: Progress, Committing
	Committed             // a commit of this worker is in the store
	Tick                  // time passes; Busy tells whether it has work or the token
	Drain                 // all its blocks are in the store and there is no more work
	Exited                // the process has ended and was waited for: Reason
	Kill                  // end it now: Reason
)

// Event is something that happened to a worker.
type Event struct {
	Kind       Kind
	At         time.Time
	Progress   int64
	Committing bool
	Busy       bool
	Reason     string
	Outside    bool // Exited: by a signal that was not ours
	Blamed     bool // Exited: a block is to blame, which is tried alone from now on
}

// Action is something to do.
type Action uint8

const (
	Spawn      Action = iota // start a process
	CloseInput               // close its stdin
	SendKill                 // SIGKILL to its process group
	GiveBack                 // hand the blocks that it had to others
	GiveUp                   // the stream has failed, for Worker.Reason
)

// Next returns the worker after the event and what is to be done, in order.
func Next(w Worker, e Event) (Worker, []Action) {
	switch e.Kind {
	case Start:
		if w.State == Stopped {
			return w.enter(Starting, e), []Action{Spawn}
		}
	case Ready:
		if w.State == Starting {
			w.Progress, w.ProgressAt = 0, e.At
			return w.enter(Running, e), nil
		}
	case Beat:
		return w.beat(e), nil
	case Committed:
		w.Failures, w.Delay, w.ProgressAt, w.Committing = 0, 0, e.At, false
	case Tick:
		return w.tick(e)
	case Drain:
		switch w.State {
		case Starting, Running:
			return w.enter(Draining, e), []Action{CloseInput}
		case Backoff:
			return w.enter(Stopped, e), nil
		}
	case Kill:
		return w.kill(e, e.Reason)
	case Exited:
		return w.exited(e)
	}
	return w, nil
}

func (w Worker) enter(s State, e Event) Worker {
	w.State, w.Since = s, e.At
	return w
}

func (w Worker) alive() bool {
	return w.State == Starting || w.State == Running || w.State == Draining
}

func (w Worker) beat(e Event) Worker {
	if e.Progress != w.Progress || e.Committing != w.Committing {
		w.ProgressAt = e.At
	}
	w.Progress, w.Committing = e.Progress, e.Committing
	return w
}

// tick finds out what has taken too long.
func (w Worker) tick(e Event) (Worker, []Action) {
	switch w.State {
	case Starting:
		if e.At.Sub(w.Since) > StartLimit {
			return w.kill(e, fmt.Sprintf("it did not answer within %v", StartLimit))
		}
	case Running:
		if !e.Busy {
			w.ProgressAt = e.At
			return w, nil
		}
		limit := w.hangLimit()
		if w.Committing {
			limit = CommitLimit
		}
		if e.At.Sub(w.ProgressAt) > limit {
			return w.kill(e, fmt.Sprintf("it made no progress for %v", limit))
		}
	case Draining:
		if e.At.Sub(w.Since) > DrainLimit {
			return w.kill(e, fmt.Sprintf("it did not end within %v", DrainLimit))
		}
	case Backoff:
		if e.At.Sub(w.Since) >= w.Delay {
			return w.enter(Starting, e), []Action{Spawn}
		}
	}
	return w, nil
}

func (w Worker) hangLimit() time.Duration {
	if w.Hang > 0 {
		return w.Hang
	}
	return HangLimit
}

func (w Worker) kill(e Event, reason string) (Worker, []Action) {
	if !w.alive() {
		return w, nil
	}
	w.Reason = reason
	return w.enter(Killed, e), []Action{SendKill}
}

// exited decides what follows the end of the process.
func (w Worker) exited(e Event) (Worker, []Action) {
	if w.State == Draining && e.Reason == "" {
		return w.enter(Stopped, e), nil
	}
	if w.State != Killed {
		w.Reason = e.Reason
	}
	w.Committing = false
	if e.Blamed {
		w.Delay = 0 // what has ended it is out of the way
		return w.enter(Backoff, e), []Action{GiveBack}
	}
	if !e.Outside {
		w.Failures++
	}
	if w.Failures > FailMax {
		return w.enter(Failed, e), []Action{GiveBack, GiveUp}
	}
	w.Delay = min(max(2*w.Delay, BackoffMin), BackoffMax)
	return w.enter(Backoff, e), []Action{GiveBack}
}
