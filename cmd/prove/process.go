//go:build linux

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// running is a run under way.
type running struct {
	cmd    *exec.Cmd
	out    bytes.Buffer
	ended  chan struct{} // closed once it was waited for
	err    error         // after ended
	binary string
	store  string
}

// start begins a run.
func (p *program) start(ctx context.Context, o runOptions) (*running, error) {
	r := &running{cmd: p.command(ctx, o.args()...), ended: make(chan struct{}), binary: p.path, store: o.store}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	// Workers inherit stderr as a pipe of their parent, not this one.
	r.cmd.WaitDelay = time.Second
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		r.err = r.cmd.Wait()
		close(r.ended)
	}()
	return r, nil
}

// over reports whether the main process ends within d.
func (r *running) over(d time.Duration) bool {
	select {
	case <-r.ended:
		return true
	case <-time.After(d):
		return false
	}
}

func (r *running) pid() int { return r.cmd.Process.Pid }

// stop ends what is left of the run, for the case that the check has failed.
func (r *running) stop() {
	for _, w := range r.workers() {
		syscall.Kill(w, syscall.SIGKILL)
	}
	r.cmd.Process.Kill()
	<-r.ended
}

// stacks has a run that hangs print what its goroutines do, and its workers
// before, and says in which file that is.
func (r *running) stacks() string {
	signalAll(r.workers(), syscall.SIGQUIT)
	r.over(time.Second)
	r.cmd.Process.Signal(syscall.SIGQUIT)
	r.over(5 * time.Second)
	r.stop()
	if err := os.WriteFile(r.store+".stacks", r.out.Bytes(), 0o644); err != nil {
		return err.Error()
	}
	return "what its goroutines did is in " + r.store + ".stacks"
}

// workers returns the process ids of the run's workers.
func (r *running) workers() []int {
	return processes(r.binary, func(parent int) bool { return parent == r.pid() })
}

// processes returns those that run a binary and whose parent is as asked for.
func processes(binary string, parent func(int) bool) []int {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	var found []int
	for _, d := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(d))
		if exe, err := os.Readlink(d + "/exe"); err != nil || exe != binary {
			continue
		}
		if of, ok := parentOf(pid); ok && parent(of) {
			found = append(found, pid)
		}
	}
	return found
}

// parentOf returns the parent of a process.
func parentOf(pid int) (int, bool) {
	_, of := stat(pid)
	parent, err := strconv.Atoi(of)
	return parent, err == nil
}

// stat reads the state and the parent from /proc/PID/stat: the fields after
// the name, which stands in brackets and may hold anything.
func stat(pid int) (state, parent string) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	fields := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	if err != nil || len(fields) < 2 {
		return "", ""
	}
	return string(fields[0]), string(fields[1])
}

// alive reports whether a process still runs the binary, and its state.
func alive(binary string, pid int) (string, bool) {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	state, _ := stat(pid)
	return state, err == nil && exe == binary
}

// orphanLimit is how long workers may outlive the main process.
const orphanLimit = 2 * time.Second

// gone waits until the processes have ended, and fails after the limit. Time
// in which the whole machine stood still, or in which the kernel writes for a
// process and lets nobody end it, does not count.
func gone(binary string, pids []int) error {
	var waited time.Duration
	for last := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		var left []string
		blocked := false
		for _, p := range pids {
			if state, ok := alive(binary, p); ok {
				left = append(left, fmt.Sprintf("%d (%s)", p, state))
				blocked = blocked || state == "D"
			}
		}
		if len(left) == 0 {
			return nil
		}
		now := time.Now()
		if !blocked {
			waited += min(now.Sub(last), 20*time.Millisecond)
		}
		if last = now; waited > orphanLimit {
			return violated("orphans", "the workers %v live %v after their main process", left, orphanLimit)
		}
	}
}

// contention keeps the processors busy with n processes until the function
// that it returns is called.
func contention(n int) func() {
	var busy []*exec.Cmd
	for range n {
		cmd := exec.Command("sh", "-c", "while :; do :; done")
		if cmd.Start() == nil {
			busy = append(busy, cmd)
		}
	}
	return func() {
		for _, cmd := range busy {
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
}
