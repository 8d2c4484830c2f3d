package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/gofrs/flock"

	"github.com/windrow/windrow/schema/store"
)

// The states of the run that works, or worked last, on a store.
const (
	runNone     = "none" // none has said anything yet
	runStarting = "starting"
	runRunning  = "running"
	runEnded    = "ended"  // in good order
	runGone     = "gone"   // its process is no more, and it has not said that it ends
	runCopied   = "copied" // this is a copy of the store that it worked on
)

// noteSignal is the note of a run that was told to end by a signal.
const noteSignal = store.NoteStopped

// lifeOf says what has become of the run that wrote r into the store at path;
// r may be nil. pid is that of the process that works on the store, or did last.
func lifeOf(path string, r *store.RunState) (state string, pid int) {
	pid, running := runningOn(path)
	switch {
	case running && (r == nil || r.PID != pid && pid != 0):
		return runStarting, pid
	case running:
		return runRunning, r.PID
	case r == nil:
		return runNone, 0
	case r.Ended.IsZero() && !exists(path+".lock"): // a run leaves it where it was
		return runCopied, r.PID
	case r.Ended.IsZero():
		return runGone, r.PID
	}
	return runEnded, r.PID
}

// runningOn tells whether a run works on the store at path, and its process; 0 if
// it has not said so. The lock tells, which ends with the process.
func runningOn(path string) (pid int, running bool) {
	path += ".lock"
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
	l := flock.New(path, flock.SetFlag(os.O_RDONLY))
	free, err := l.TryRLock()
	switch {
	case err != nil:
		return pid, alive(pid) // it may not be opened
	case free:
		l.Unlock()
		return 0, false
	}
	return pid, true
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
