// Prove checks the promise of Windrow from outside: it generates events of
// which it knows every value, has a windrow binary absorb them, kills that
// binary at random moments, and compares each store with what SQLite and
// math/big say about exactly the records that the store has absorbed.
//
//	go run ./cmd/prove -pairs 2000        random rollups over random events
//	go run ./cmd/prove -kills 300         kill -9 of the main process, of workers, of all
//	go run ./cmd/prove -faults            each planted fault must be found
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
func (j *judge) took() time.Duration            { return time.Since(j.began).Round(100 * time.Millisecond) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("prove", flag.ContinueOnError)
	flags.SetOutput(stderr)
	pairs := flags.Int("pairs", 0, "check `N` pairs of a random rollup and random events")
	kills := flags.Int("kills", 0, "kill processes `N` times")
	faults := flags.Bool("faults", false, "plant each fault; all must be found")
	fault := flags.String("fault", "", "with -kills: plant the fault `NAME`")
	seed := flags.Uint64("seed", 1, "of all random choices but the moments of kills")
	from := flags.Int("from", 0, "begin with set or round `N`")
	parallel := flags.Int("parallel", runtime.NumCPU(), "sets of pairs, or rounds of kills, at a time")
	only := flags.String("only", "", "with -kills: only runs that end (once), or only those that follow (follow)")
	binary := flags.String("binary", "", "check the windrow at `PATH` instead of building it")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if *pairs <= 0 && *kills <= 0 && !*faults || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "prove: say what to check: -pairs N, -kills N or -faults")
		return 2
	}
	dir, err := os.MkdirTemp("", "prove-")
	if err != nil {
		fmt.Fprintln(stderr, "prove:", err)
		return 1
	}
	j := &judge{dir: dir, seed: *seed, from: *from, parallel: max(1, *parallel), only: *only, binary: *binary, out: stdout, began: time.Now()}
	err = j.all(ctx, *pairs, *kills, *fault, *faults)
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

// all does what was asked for, each with a folder of its own.
func (j *judge) all(ctx context.Context, pairs, kills int, fault string, faults bool) error {
	top := j.dir
	step := func(name string, f func() error) error {
		j.dir, j.began = filepath.Join(top, name), time.Now()
		if err := os.MkdirAll(j.dir, 0o755); err != nil {
			return err
		}
		return f()
	}
	if pairs > 0 {
		if err := step("pairs", func() error { return j.provePairs(ctx, pairs) }); err != nil {
			return err
		}
	}
	if kills > 0 {
		if err := step("kills", func() error { return j.proveKills(ctx, kills, fault) }); err != nil {
			return err
		}
	}
	if faults {
		return step("faults", func() error { return j.proveFaults(ctx) })
	}
	return nil
}
