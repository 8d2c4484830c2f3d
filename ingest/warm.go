package ingest

import (
	"fmt"
	"io"
	"os/exec"
	"slices"
	"sync"
	"time"
)

// Warm holds worker processes that were started before it is known what they
// are to do: a process takes about as long to start as a store to be opened.
// It may be used concurrently; a nil Warm holds none.
type Warm struct {
	mu    sync.Mutex
	ready []*child
}

// StartWorkers starts n worker processes. Those that cannot be started are
// left out: whoever needs one starts it, and is told why it cannot be.
func StartWorkers(command func() *exec.Cmd, n int) *Warm {
	w := &Warm{}
	for range n {
		if c, err := start(command()); err == nil {
			w.ready = append(w.ready, c)
		}
	}
	return w
}

// take returns a process, started now if there is none.
func (w *Warm) take(command func() *exec.Cmd) (*child, error) {
	if w != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		if n := len(w.ready); n > 0 {
			c := w.ready[n-1]
			w.ready = slices.Delete(w.ready, n-1, n)
			return c, nil
		}
	}
	return start(command())
}

// Close ends the processes that nobody has taken.
func (w *Warm) Close() {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.ready {
		c.stdin.Close()
	}
	for _, c := range w.ready {
		c.cmd.Wait()
	}
	w.ready = nil
}

// child is a worker process that has been told nothing yet.
type child struct {
	cmd            *exec.Cmd
	stdin          io.WriteCloser
	stdout, stderr io.Reader
}

// start starts a worker process.
func start(cmd *exec.Cmd) (*child, error) {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	widen(stdin)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	cmd.WaitDelay = 5 * time.Second
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start a worker: %w", err)
	}
	return &child{cmd, stdin, stdout, stderr}, nil
}
