package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"time"

	"github.com/windrow/windrow/ingest"
	"github.com/windrow/windrow/schema/store"
)

type runCmd struct {
	Files   []string `arg:"" optional:"" name:"file" help:"Definition files, or folders of *.sql files (./windrow.sql)."`
	Once    bool     `help:"Absorb what is there now and end."`
	Close   bool     `help:"With --once: at the end, windows that are still running become final as well."`
	Workers int      `placeholder:"N" help:"Worker processes per stream (one per CPU)."`
	Verbose bool     `short:"v" help:"Log what the workers do."`
	// for tests: small inputs in many blocks and commits
	BlockBytes  int64 `hidden:""`
	BudgetBytes int64 `hidden:""`
}

// Help implements kong.HelpProvider.
func (runCmd) Help() string {
	return `Reads the sources of all streams, computes the rollups in worker processes, and writes them to the store. What is absorbed once is
never read again: a second run takes only what is new. It may be killed at any moment; the next run goes on from there.

Examples:

	windrow run --once windrow.sql
	windrow run --once pipelines/ --store metrics.db --workers 4
	windrow run --once --close windrow.sql && windrow export latency_1m -o latency.csv`
}

func (c *runCmd) Run(ctx context.Context, s *streams, g *globals) error {
	if !c.Once {
		return wrongUsage("this version reads what is there and ends: add --once")
	}
	if c.Workers < 0 || c.Workers > maxWorkers {
		return wrongUsage("--workers is between 1 and %d", maxWorkers)
	}
	defs, err := readDefinitions(c.Files)
	if err != nil {
		return err
	}
	for _, w := range defs.pipeline.Warnings {
		fmt.Fprint(s.err, "warning: "+w.Format())
	}
	if len(defs.pipeline.Rollups) == 0 {
		return fmt.Errorf("the definitions have no CREATE ROLLUP, so there is nothing to compute")
	}
	release, err := lockStore(g.Store)
	if err != nil {
		return err
	}
	defer release()
	return c.once(ctx, s, g, defs)
}

// maxWorkers bounds --workers.
const maxWorkers = 256

// once does a whole run on a store that is locked.
func (c *runCmd) once(ctx context.Context, s *streams, g *globals, defs *definitions) error {
	set := defs.pipeline.Settings
	st, err := store.Open(ctx, g.Store, store.Options{Create: true, Durability: set.Durability})
	if err != nil {
		return err
	}
	defer st.Close()
	epoch, err := st.NextEpoch(ctx)
	if err != nil {
		return err
	}
	refs, err := st.Register(ctx, defs.pipeline, store.RegisterOptions{})
	if err != nil {
		return err
	}
	before, err := st.Totals(ctx)
	if err != nil {
		return err
	}
	if c.Workers == 0 {
		c.Workers = set.Workers
	}
	progress := newProgress(s)
	began := time.Now()
	report, err := ingest.Once(ctx, ingest.Config{
		Files: defs.wireFiles(), Env: defs.env,
		Store: st, Refs: refs, Epoch: epoch, Build: buildVersion(),
		Workers: c.Workers, Flush: set.FlushInterval, Durability: set.Durability, Close: c.Close,
		BlockBytes: c.BlockBytes, BudgetBytes: c.BudgetBytes,
		Command: workerCommand, Log: c.log(s), Progress: progress.show,
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
	sum := summary{s: s, store: g.Store, refs: refs, report: report, before: before, after: after, took: took, stopped: ctx.Err() != nil}
	return sum.print(context.WithoutCancel(ctx))
}

// log returns the logger of a run: warnings of workers, on stderr.
func (c *runCmd) log(s *streams) *slog.Logger {
	level := slog.LevelError
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
