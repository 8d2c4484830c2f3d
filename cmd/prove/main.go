// Prove checks the promise of Windrow from outside: it generates events of
// which it knows every value, has a windrow binary absorb them, kills that
// binary at random moments, and compares each store with what SQLite and
// math/big say about exactly the records that the store has absorbed.
//
//	go run ./cmd/prove -pairs 2000        random rollups over random events
//	go run ./cmd/prove -kills 300         kill -9 of the main process, of workers, of all
//	go run ./cmd/prove -faults            each planted fault must be found
//	go run ./cmd/prove -rotate            each way of rotating, with and without kills
//	go run ./cmd/prove -reports 200       the same with reports and alerts: one right file a slot
//	go run ./cmd/prove -soak 30m          what a run holds under load must not grow
//	go run ./cmd/prove -latency           from the append of a line until a query shows it
//	go run ./cmd/prove -keys 10000000     the memory that as many keys in one window take
//
// It ends with status 1 at the first violation and says how to see it again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// judge is one run of this program.
type judge struct {
	dir      string
	seed     uint64
	from     int // first set or round
	parallel int
	only     string // kind of rounds of kills: "once", "follow", or "" for both
	binary   string // to be checked; "" to build one
	out      io.Writer
	began    time.Time
}

func (j *judge) say(format string, args ...any) { fmt.Fprintf(j.out, format+"\n", args...) }

// folder names a folder of the step under way. It is not made.
func (j *judge) folder(format string, args ...any) string {
	return filepath.Join(j.dir, fmt.Sprintf(format, args...))
}

func (j *judge) took() time.Duration { return time.Since(j.began).Round(100 * time.Millisecond) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("prove", flag.ContinueOnError)
	flags.SetOutput(stderr)
	var a asked
	flags.IntVar(&a.pairs, "pairs", 0, "check `N` pairs of a random rollup and random events")
	flags.IntVar(&a.kills, "kills", 0, "kill processes `N` times")
	flags.BoolVar(&a.faults, "faults", false, "plant each fault; all must be found")
	flags.StringVar(&a.fault, "fault", "", "with -kills: plant the fault `NAME`")
	flags.BoolVar(&a.rotate, "rotate", false, "rotate in each way, with and without kills")
	flags.IntVar(&a.lines, "lines", 10_000, "with -rotate: so many lines")
	flags.IntVar(&a.rotations, "rotations", 20, "with -rotate: over so many rotations")
	flags.IntVar(&a.reports, "reports", 0, "kill runs with reports and alerts `N` times")
	flags.DurationVar(&a.soak, "soak", 0, "run under load for a `TIME`")
	flags.BoolVar(&a.latency, "latency", false, "measure how long lines take to be seen")
	flags.IntVar(&a.n, "n", 500, "with -latency: so many lines")
	flags.DurationVar(&a.flush, "flush", quickFlush, "with -latency: the flush interval beside the default")
	flags.IntVar(&a.keys, "keys", 0, "absorb one window of `N` keys and watch the memory")
	seed := flags.Uint64("seed", 1, "of all random choices but the moments of kills")
	from := flags.Int("from", 0, "begin with set or round `N`")
	parallel := flags.Int("parallel", runtime.NumCPU(), "sets of pairs, or rounds of kills, at a time")
	only := flags.String("only", "", "with -kills: only runs that end (once), or only those that follow (follow)")
	binary := flags.String("binary", "", "check the windrow at `PATH` instead of building it")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if len(a.steps()) == 0 || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "prove: say what to check: -pairs N, -kills N, -faults, -rotate, -reports N, -soak TIME, -latency or -keys N")
		return 2
	}
	dir, err := os.MkdirTemp("", "prove-")
	if err != nil {
		fmt.Fprintln(stderr, "prove:", err)
		return 1
	}
	j := &judge{dir: dir, seed: *seed, from: *from, parallel: max(1, *parallel), only: *only, binary: *binary, out: stdout, began: time.Now()}
	err = j.all(ctx, a.steps())
	if err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintf(stderr, "prove: %v\nthe files are kept in %s\n", err, dir)
		return 1
	}
	os.RemoveAll(dir)
	if err != nil {
		return 1
	}
	return 0
}

// asked is what is to be checked.
type asked struct {
	pairs, kills     int
	faults           bool
	fault            string
	rotate           bool
	lines, rotations int
	soak             time.Duration
	latency          bool
	n                int
	flush            time.Duration
	keys             int
	reports          int
}

// step is one thing to be checked.
type step struct {
	name string
	do   func(*judge, context.Context) error
}

// steps are those that were asked for.
func (a *asked) steps() []step {
	var out []step
	add := func(wanted bool, name string, do func(*judge, context.Context) error) {
		if wanted {
			out = append(out, step{name, do})
		}
	}
	add(a.pairs > 0, "pairs", func(j *judge, ctx context.Context) error { return j.provePairs(ctx, a.pairs) })
	add(a.kills > 0, "kills", func(j *judge, ctx context.Context) error { return j.proveKills(ctx, a.kills, a.fault) })
	add(a.faults, "faults", (*judge).proveFaults)
	add(a.rotate && a.lines > 0 && a.rotations > 0, "rotate", func(j *judge, ctx context.Context) error { return j.proveRotations(ctx, a.lines, a.rotations) })
	add(a.reports > 0, "reports", func(j *judge, ctx context.Context) error { return j.proveReports(ctx, a.reports) })
	add(a.latency && a.n > 0, "latency", func(j *judge, ctx context.Context) error { return j.proveLatency(ctx, a.n, a.flush) })
	add(a.keys > 0, "keys", func(j *judge, ctx context.Context) error { return j.proveKeys(ctx, a.keys) })
	add(a.soak > 0, "soak", func(j *judge, ctx context.Context) error { return j.proveSoak(ctx, a.soak) })
	return out
}

// all does the steps, each in a folder of its own.
func (j *judge) all(ctx context.Context, steps []step) error {
	top := j.dir
	for _, s := range steps {
		j.dir, j.began = filepath.Join(top, s.name), time.Now()
		if err := os.MkdirAll(j.dir, 0o755); err != nil {
			return err
		}
		if err := s.do(j, ctx); err != nil {
			return err
		}
	}
	return nil
}
