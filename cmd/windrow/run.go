package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/windrow/windrow/ingest"
	"github.com/windrow/windrow/query/scheduler"
	"github.com/windrow/windrow/schema/store"
)

type runCmd struct {
	Files   []string `arg:"" optional:"" name:"file" help:"Definition files, or folders of *.sql files (./windrow.sql)."`
	Once    bool     `help:"Absorb what is there now and end."`
	Close   bool     `help:"With --once: at the end, windows that are still running become final as well."`
	Workers int      `placeholder:"N" help:"Worker processes per stream (one per CPU)."`
	Rebuild []string `placeholder:"NAME" help:"Fill a rollup anew from the sources; the old one is there until the new one has caught up."`
	Discard int64    `placeholder:"N" help:"With --rebuild: so many windows may be lost, because the sources no longer hold their events."`
	Verbose bool     `short:"v" help:"Log what the workers do."`
	// for tests: small inputs in many blocks and commits, and less patience
	BlockBytes  int64         `hidden:""`
	BudgetBytes int64         `hidden:""`
	Poll        time.Duration `hidden:""`
	Settle      time.Duration `hidden:""`
	HangLimit   time.Duration `hidden:""`
	StopLimit   time.Duration `hidden:""`
	Rest        time.Duration `hidden:""`
	Clock       reportClock   `hidden:""`

	hangups <-chan os.Signal
}

// Help implements kong.HelpProvider.
func (runCmd) Help() string {
	return `Reads the sources of all streams, computes the rollups in worker processes, and writes them to the store. Without --once it goes on as
files grow, rotate and come, until Ctrl-C or SIGTERM. What is absorbed once is never read again. It may be killed at any moment; the next run
goes on from there. SIGHUP has it read its definition files again.

Reports and alerts are issued when they are due; with --once those that are due at its end, each tried once.

Examples:

	windrow run windrow.sql
	windrow run --once windrow.sql
	windrow run --once pipelines/ --store metrics.db --workers 4
	windrow run --rebuild latency_1m windrow.sql`
}

func (c *runCmd) Run(ctx context.Context, s *streams, g *globals) error {
	switch {
	case c.Workers < 0 || c.Workers > maxWorkers:
		return wrongUsage("--workers is between 1 and %d", maxWorkers)
	case c.Close && !c.Once:
		return wrongUsage("--close goes with --once")
	case c.Discard > 0 && len(c.Rebuild) == 0:
		return wrongUsage("--discard goes with --rebuild")
	}
	if !c.Once {
		c.hangups = hangups() // from now on it does not end the process
	}
	signal.Ignore(syscall.SIGPIPE) // a report that nobody reads is no reason to end
	err := c.locked(ctx, s, g)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintln(s.out, "stopped before it began")
		return nil
	}
	return err
}

// locked reads the definitions, locks the store and does a whole run on it.
func (c *runCmd) locked(ctx context.Context, s *streams, g *globals) error {
	defs, err := c.read(ctx, s, g)
	if err != nil {
		return err
	}
	release, err := lockStore(g.Store)
	if err != nil {
		return err
	}
	defer release()
	d := c.definitions(defs)
	warm := ingest.StartWorkers(workerCommand, cmp.Or(d.Workers, runtime.NumCPU()))
	defer warm.Close()
	return c.run(ctx, s, g, defs, warm)
}

// maxWorkers bounds --workers.
const maxWorkers = 256

// read reads the definitions.
func (c *runCmd) read(ctx context.Context, s *streams, g *globals) (*definitions, error) {
	defs, err := readDefinitions(c.Files)
	if err != nil {
		return nil, err
	}
	for _, w := range defs.pipeline.Warnings {
		fmt.Fprint(s.err, "warning: "+w.Format())
	}
	if len(defs.pipeline.Rollups) == 0 {
		return nil, fmt.Errorf("the definitions have no CREATE ROLLUP, so there is nothing to compute")
	}
	if len(defs.pipeline.Reports)+len(defs.pipeline.Alerts) > 0 {
		err = cmp.Or(checkPlaces(g.Store, defs), checkStatements(ctx, defs))
	}
	return defs, err
}

// run does a whole run on a store that is locked.
func (c *runCmd) run(ctx context.Context, s *streams, g *globals, defs *definitions, warm *ingest.Warm) error {
	st, err := store.Open(ctx, g.Store, store.Options{Create: true, Durability: defs.pipeline.Settings.Durability})
	if err != nil {
		return err
	}
	defer st.Close()
	epoch, err := st.NextEpoch(ctx)
	if err != nil {
		return err
	}
	if len(c.Rebuild) > 0 {
		if err := c.survey(ctx, s, st, epoch, defs); err != nil {
			return err
		}
	}
	refs, err := st.Register(ctx, defs.pipeline, store.RegisterOptions{Rebuild: c.Rebuild, Discard: c.Discard})
	if err != nil {
		return err
	}
	before, err := st.Totals(ctx)
	if err != nil {
		return err
	}
	progress := newProgress(s)
	began := time.Now()
	issue := c.scheduler(s, g, st, epoch, defs)
	report, err := c.ingest(ctx, s, g, issue, ingest.Config{
		Definitions: c.definitions(defs), Store: st, Refs: refs, Epoch: epoch, Build: buildVersion(), Close: c.Close,
		BlockBytes: c.BlockBytes, BudgetBytes: c.BudgetBytes, Poll: c.Poll, Settle: c.Settle, HangLimit: c.HangLimit, StopLimit: c.StopLimit, Rest: c.Rest,
		Command: workerCommand, Warm: warm, Log: c.log(s), Progress: progress.show,
	})
	progress.end()
	if err != nil {
		return err
	}
	took := time.Since(began)
	after, err := st.Totals(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	if err := st.CheckpointTruncate(context.WithoutCancel(ctx)); err != nil {
		c.log(s).Debug("the -wal file stays", "err", err)
	}
	var text bytes.Buffer
	sum := summary{s: &streams{s.in, &text, s.err}, store: g.Store, refs: report.Refs, report: report, before: before, after: after, took: took,
		once: c.Once, stopped: c.Once && ctx.Err() != nil}
	err = sum.print(context.WithoutCancel(ctx))
	return cmp.Or(err, c.say(s, text.Bytes()))
}

// sayLimit is how long a run that was told to end waits for who reads what it
// says.
const sayLimit = time.Second

// say writes the summary. Who follows may have nobody left who reads it.
func (c *runCmd) say(s *streams, text []byte) error {
	said := make(chan error, 1)
	go func() {
		_, err := s.out.Write(text)
		said <- err
	}()
	if c.Once {
		if err := <-said; !errors.Is(err, syscall.EPIPE) {
			return err
		}
		return nil
	}
	select {
	case <-said:
	case <-time.After(sayLimit):
	}
	return nil
}

// survey finds out which files are gone, before it is decided whether a rollup
// can be rebuilt.
func (c *runCmd) survey(ctx context.Context, s *streams, st *store.Store, epoch int64, defs *definitions) error {
	refs, err := st.Streams(ctx, defs.pipeline)
	if err != nil {
		return err
	}
	return ingest.Survey(ctx, ingest.Config{Definitions: c.definitions(defs), Store: st, Refs: refs, Epoch: epoch, Log: c.log(s)})
}

// scheduler is what issues the reports and alerts of a run.
func (c *runCmd) scheduler(s *streams, g *globals, st *store.Store, epoch int64, defs *definitions) *scheduler.Scheduler {
	return scheduler.New(scheduler.Config{Store: st, Path: g.Store, Epoch: epoch, Log: c.log(s), Stdout: s.out, Version: buildVersion(),
		Now: c.Clock.now, Tick: c.Clock.tick()}, issuedBy(defs.pipeline))
}

// ingest reads once and issues what is due then, or follows, issues what
// becomes due, and listens for SIGHUP.
func (c *runCmd) ingest(ctx context.Context, s *streams, g *globals, issue *scheduler.Scheduler, config ingest.Config) (ingest.Report, error) {
	if c.Once {
		r, err := ingest.Once(ctx, config)
		if err == nil && ctx.Err() == nil {
			err = issue.Once(ctx)
		}
		return r, err
	}
	var names []string
	for _, r := range config.Refs {
		names = append(names, r.Stream.Name)
	}
	fmt.Fprintf(s.err, "following %s into %s; Ctrl-C ends it\n", strings.Join(names, ", "), g.Store)
	reload, stop := c.reloads(ctx, s, g)
	defer stop()
	config.Reload = reload
	config.Changed = func(d ingest.Definitions) { issue.Use(issuedBy(d.Pipeline)) }
	ctx, cancel := context.WithCancel(ctx)
	issued := make(chan error, 1)
	go func() { issued <- issue.Run(ctx) }()
	r, err := ingest.Follow(ctx, config)
	cancel()
	return r, cmp.Or(err, <-issued)
}

// definitions are what the workers compute.
func (c *runCmd) definitions(defs *definitions) ingest.Definitions {
	set := defs.pipeline.Settings
	d := ingest.Definitions{Files: defs.wireFiles(), Env: defs.env, Pipeline: defs.pipeline,
		Workers: c.Workers, Flush: set.FlushInterval, Durability: set.Durability}
	if d.Workers == 0 {
		d.Workers = set.Workers
	}
	return d
}

// reloads reads the definition files again at each SIGHUP, until stop is
// called. Files with mistakes change nothing.
func (c *runCmd) reloads(ctx context.Context, s *streams, g *globals) (reload <-chan ingest.Definitions, stop func()) {
	defs, done := make(chan ingest.Definitions), make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-c.hangups:
			}
			d, err := c.read(ctx, s, g)
			if err != nil {
				fmt.Fprintf(s.err, "windrow: cannot use the new definitions, going on with the old ones: %v\n", err)
				continue
			}
			select {
			case defs <- c.definitions(d):
			case <-done:
				return
			}
		}
	}()
	return defs, func() { close(done) }
}

// log returns the logger of a run, on stderr: what is wrong, and while
// following what has happened.
func (c *runCmd) log(s *streams) *slog.Logger {
	level := slog.LevelError
	if !c.Once {
		level = slog.LevelInfo
	}
	if c.Verbose {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level}))
}

// workerCommand makes a worker process: this very program again, also if the
// file of that name has been replaced meanwhile. Its environment is minimal.
func workerCommand() *exec.Cmd {
	path := "/proc/self/exe"
	if runtime.GOOS != "linux" {
		path, _ = os.Executable()
	}
	cmd := exec.Command(path, "worker")
	cmd.Args[0] = os.Args[0]
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ", "SYSTEMROOT", "GOMEMLIMIT", "GOGC", "GODEBUG", "GOCOVERDIR", faultVar} {
		if v, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+v)
		}
	}
	return cmd
}

// faultVar names the fault that a test build plants; other builds ignore it.
const faultVar = "WINDROW_FAULT"

var errSources = errors.New("not all sources could be read")
