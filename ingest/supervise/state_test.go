package supervise

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// step is an event some time after the last one, and what must come of it.
type step struct {
	after time.Duration
	e     Event
	state State
	do    []Action
}

func run(t *testing.T, steps []step) Worker {
	t.Helper()
	var w Worker
	at := t0
	for i, s := range steps {
		at = at.Add(s.after)
		s.e.At = at
		var do []Action
		w, do = Next(w, s.e)
		if w.State != s.state || !slices.Equal(do, s.do) {
			t.Fatalf("step %d: %v %v, want %v %v", i, w.State, do, s.state, s.do)
		}
	}
	return w
}

func TestLives(t *testing.T) {
	up := []step{{0, Event{Kind: Start}, Starting, []Action{Spawn}}, {time.Second, Event{Kind: Ready}, Running, nil}}
	tests := map[string][]step{
		"works and ends": {
			{time.Second, Event{Kind: Beat, Progress: 10}, Running, nil},
			{time.Second, Event{Kind: Committed}, Running, nil},
			{0, Event{Kind: Drain}, Draining, []Action{CloseInput}},
			{0, Event{Kind: Exited}, Stopped, nil},
			{0, Event{Kind: Start}, Starting, []Action{Spawn}},
		},
		"dies and comes back": {
			{0, Event{Kind: Exited, Reason: "signal: killed"}, Backoff, []Action{GiveBack}},
			{BackoffMin / 2, Event{Kind: Tick}, Backoff, nil},
			{BackoffMin, Event{Kind: Tick}, Starting, []Action{Spawn}},
			{0, Event{Kind: Ready}, Running, nil},
		},
		"hangs": {
			{time.Second, Event{Kind: Beat, Progress: 5}, Running, nil},
			{HangLimit, Event{Kind: Beat, Progress: 5}, Running, nil},
			{0, Event{Kind: Tick, Busy: true}, Running, nil},
			{time.Second, Event{Kind: Tick, Busy: true}, Killed, []Action{SendKill}},
			{0, Event{Kind: Tick, Busy: true}, Killed, nil},
			{0, Event{Kind: Exited, Reason: "signal: killed"}, Backoff, []Action{GiveBack}},
		},
		"is idle for long": {
			{time.Hour, Event{Kind: Tick}, Running, nil},
			{HangLimit / 2, Event{Kind: Tick, Busy: true}, Running, nil},
		},
		"commits for long": {
			{0, Event{Kind: Beat, Progress: 5, Committing: true}, Running, nil},
			{CommitLimit, Event{Kind: Tick, Busy: true}, Running, nil},
			{time.Second, Event{Kind: Tick, Busy: true}, Killed, []Action{SendKill}},
		},
		"does not end when told": {
			{0, Event{Kind: Drain}, Draining, []Action{CloseInput}},
			{DrainLimit + time.Second, Event{Kind: Tick}, Killed, []Action{SendKill}},
		},
		"dies while it drains": {
			{0, Event{Kind: Drain}, Draining, []Action{CloseInput}},
			{0, Event{Kind: Exited, Reason: "exit status 2"}, Backoff, []Action{GiveBack}},
			{0, Event{Kind: Drain}, Stopped, nil},
		},
	}
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) { run(t, append(slices.Clone(up), steps...)) })
	}
}

func TestDoesNotAnswer(t *testing.T) {
	run(t, []step{
		{0, Event{Kind: Start}, Starting, []Action{Spawn}},
		{StartLimit + 1, Event{Kind: Tick}, Killed, []Action{SendKill}},
	})
}

// A worker that only dies is given up; not one that commits in between or is
// killed from outside.
func TestGivenUp(t *testing.T) {
	for _, c := range []struct{ commits, outside bool }{{false, false}, {true, false}, {false, true}} {
		w := Worker{}
		at := t0
		next := func(e Event) []Action {
			e.At = at
			var do []Action
			w, do = Next(w, e)
			return do
		}
		next(Event{Kind: Start})
		for i := range FailMax + 1 {
			next(Event{Kind: Ready})
			if c.commits {
				next(Event{Kind: Committed})
			}
			next(Event{Kind: Exited, Reason: "exit status 2", Outside: c.outside})
			if w.State == Failed {
				if i < FailMax {
					t.Fatalf("given up after %d exits", i+1)
				}
				break
			}
			w.Delay = 0 // as if the waits were short
			next(Event{Kind: Tick})
		}
		if (w.State == Failed) == (c.commits || c.outside) {
			t.Errorf("%+v: %v", c, w.State)
		}
	}
}

func TestBackoffGrows(t *testing.T) {
	w := Worker{State: Running}
	var got []time.Duration
	for range 9 {
		w, _ = Next(w, Event{Kind: Exited, At: t0, Reason: "x"})
		got = append(got, w.Delay)
		w.State, w.Failures = Running, 0
	}
	if got[0] != BackoffMin || got[1] != 2*BackoffMin || got[8] != BackoffMax {
		t.Error(got)
	}
}

// Whatever happens in whatever order: a process is spawned only when there is
// none, and its blocks are given back after every exit but a drained one.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w Worker
		at := t0
		process := false
		for range rapid.IntRange(1, 60).Draw(t, "events") {
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(6*time.Minute)).Draw(t, "after")))
			e := Event{Kind: Kind(rapid.IntRange(0, int(Kill)).Draw(t, "kind")), At: at, Busy: rapid.Bool().Draw(t, "busy"), Reason: rapid.SampledFrom([]string{"", "x"}).Draw(t, "reason")}
			if e.Kind == Exited && !process {
				continue
			}
			before := w.State
			var do []Action
			w, do = Next(w, e)
			if e.Kind == Exited {
				process = false
				if drained := before == Draining && e.Reason == ""; drained == slices.Contains(do, GiveBack) {
					t.Fatalf("exit in %v: %v", before, do)
				}
			}
			for _, a := range do {
				if a == Spawn {
					if process {
						t.Fatal("two processes")
					}
					process = true
				} else if (a == SendKill || a == CloseInput) && !process {
					t.Fatalf("%v without a process", a)
				}
			}
			if alive := w.alive() || w.State == Killed; alive != process {
				t.Fatalf("%v, process %v", w.State, process)
			}
		}
	})
}
