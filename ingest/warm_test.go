package ingest

import (
	"os/exec"
	"testing"
)

// Processes that were started are used first; those that nobody has taken end.
func TestWarm(t *testing.T) {
	started := 0
	command := func() *exec.Cmd {
		started++
		return exec.Command("cat") // ends with its input
	}
	w := StartWorkers(command, 2)
	a, err := w.take(command)
	if err != nil || started != 2 {
		t.Fatalf("%d processes, %v", started, err)
	}
	b := w.ready[0]
	w.Close()
	if b.cmd.ProcessState == nil || !b.cmd.ProcessState.Success() {
		t.Errorf("the one that was not taken: %v", b.cmd.ProcessState)
	}
	c, err := w.take(command)
	if err != nil || started != 3 {
		t.Fatalf("%d processes, %v", started, err)
	}
	for _, child := range []*child{a, c} {
		if child.stdin.Close(); child.cmd.Wait() != nil {
			t.Error(child.cmd.ProcessState)
		}
	}
}

// What cannot be started is told to whoever needs it.
func TestWarmCannotStart(t *testing.T) {
	command := func() *exec.Cmd { return exec.Command("/nonexistent/windrow") }
	w := StartWorkers(command, 2)
	if _, err := w.take(command); err == nil {
		t.Error("no error")
	}
	w.Close()
	var none *Warm
	none.Close()
}
