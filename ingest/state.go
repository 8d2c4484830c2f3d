package ingest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/windrow/windrow/schema/store"
)

// sum is what a worker has done in a run, over all its processes and rounds.
type sum struct {
	records, bytes int64
	restarts       int
	reason         string
	cpu            time.Duration // of processes that have ended

	// of the rate
	rate  float64
	then  time.Time
	since int64 // records then
}

func (s *sum) ended(e exit) {
	s.cpu += e.cpu
	if e.reason != "" {
		s.reason = e.reason
	}
}

const (
	observeEvery = time.Second
	putEvery     = 5 * time.Second
	endWait      = 2 * time.Second // for the store to take the last state
)

// sum returns the sum of a worker.
func (r *runner) sum(cohort int64, worker int) *sum {
	k := [2]int64{cohort, int64(worker)}
	if r.sums[k] == nil {
		r.sums[k] = &sum{}
	}
	return r.sums[k]
}

// observe notes, about once a second, how the workers are.
func (g *ingestor) observe(now bool) {
	at := time.Now()
	if !now && at.Sub(g.observed) < observeEvery {
		return
	}
	g.observed = at
	states := make([]store.WorkerState, 0, len(g.workers))
	for _, w := range g.all() {
		if w.began.IsZero() && w.sum.records == 0 {
			continue // it was never needed
		}
		states = append(states, w.state(at))
	}
	g.states.Store(&states)
}

func (w *worker) state(at time.Time) store.WorkerState {
	s := w.sum
	if d := at.Sub(s.then).Seconds(); d >= 0.5 {
		if !s.then.IsZero() {
			s.rate = float64(s.records-s.since) / d
		}
		s.then, s.since = at, s.records
	}
	st := store.WorkerState{Cohort: w.g.cohort.ID, Worker: w.number, State: w.life.State.String(), Began: w.began, Restarts: s.restarts,
		Reason: s.reason, Records: s.records, Bytes: s.bytes, Rate: s.rate, CPU: s.cpu}
	if w.proc != nil {
		st.PID = w.proc.cmd.Process.Pid
		memory, cpu := usage(st.PID)
		st.Memory, st.CPU = memory, st.CPU+cpu
	}
	return st
}

// state is that of the whole run.
func (r *runner) state() store.RunState {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := store.RunState{Epoch: r.c.Epoch, PID: os.Getpid(), Mode: "once", Began: r.c.began, Seen: time.Now(), Note: r.note}
	if r.c.follow {
		s.Mode = "follow"
	}
	if err := errors.Join(r.errs...); err != nil {
		s.Note = err.Error()
	}
	if s.Note == "" {
		s.Note = r.troubles()
	}
	for _, st := range r.streams {
		for _, g := range st.ingestors {
			if w := g.states.Load(); w != nil {
				s.Workers = append(s.Workers, *w...)
			}
		}
	}
	return s
}

// troubles words what cannot be read now. Paused files say so by themselves.
func (r *runner) troubles() string {
	var first string
	n := 0
	for _, name := range slices.Sorted(maps.Keys(r.trouble)) {
		for _, p := range r.trouble[name] {
			if n++; n == 1 {
				first = p.Error()
			}
		}
	}
	if n > 1 {
		first += fmt.Sprintf(", and %d more", n-1)
	}
	return first
}

// put writes the state to the store.
func (r *runner) put(ctx context.Context) error {
	s := r.state()
	err := r.token.Do(func() error { return r.c.Store.PutRun(ctx, s) })
	if err == nil {
		r.mu.Lock()
		r.note = ""
		r.mu.Unlock()
	} else if passing(err) {
		r.complain("write the state of the run", err)
		return nil
	}
	return err
}

// putEnd writes that the run has ended, if the store takes it.
func (r *runner) putEnd(err error) {
	s := r.state()
	s.Ended = s.Seen
	for i := range s.Workers {
		s.Workers[i].PID, s.Workers[i].Rate, s.Workers[i].Memory = 0, 0, 0
	}
	switch {
	case err != nil:
		s.Note = err.Error()
	case r.stopped:
		s.Note = store.NoteStopped
	}
	ctx, cancel := context.WithTimeout(context.Background(), endWait)
	defer cancel()
	if err := r.c.Store.PutRun(ctx, s); err != nil && !errors.Is(err, store.ErrFenced) {
		r.c.Log.Warn("cannot write the end of the run", "err", err)
	}
}
