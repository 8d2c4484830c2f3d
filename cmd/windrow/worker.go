package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/windrow/windrow/workers"
)

// workerCmd is the child process that `windrow run` starts. It is not for
// people: it speaks a binary protocol on stdin and stdout.
type workerCmd struct{}

// orphanLimit is how long a worker may take to end after its stdin has ended.
const orphanLimit = time.Second

func (workerCmd) Run(s *streams) error {
	// Signals of the terminal reach only the main process; the worker ends with
	// its stdin. Whatever it is doing then is undone or complete.
	in := &watchedReader{r: s.in, ended: func() { time.AfterFunc(orphanLimit, func() { os.Exit(exitFailed) }) }}
	log := slog.New(slog.NewTextHandler(s.err, nil))
	return workers.Run(context.Background(), in, s.out, workers.Options{Build: buildVersion(), Log: log})
}

// watchedReader calls ended when its reader has ended.
type watchedReader struct {
	r     interface{ Read([]byte) (int, error) }
	ended func()
}

func (w *watchedReader) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if err != nil && w.ended != nil {
		w.ended()
		w.ended = nil
	}
	return n, err
}
