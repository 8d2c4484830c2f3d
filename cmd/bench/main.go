// Bench races Windrow against other programs: the same events, the same
// results, whole processes in turn.
//
//	go run . [-events 10000000] [-pairs 5] [-only w1,w2,export]
//	go run . -into ../../docs/benchmarks.md
//
// It builds the windrow of the repository around it and the programs to race
// against, generates the events that are missing, runs each pair in turn, and
// prints a table with medians and ratios. All is measured from the start of a
// process to its end, with all its children. The results of both sides are
// compared row by row; where they differ the exit status is 1. A program that
// is not installed is a row that was not run.
//
// DuckDB is a module of its own, so that `go vet ./...` and `go test ./...`
// here need neither cgo nor its library.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// options are the flags.
type options struct {
	events, pairs, slowPairs int
	dir, only, windrow, into string
	markdown, keep           bool
}

func parse(args []string, errs io.Writer) (o options, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(errs)
	f.IntVar(&o.events, "events", 10_000_000, "generate and read `N` events")
	f.IntVar(&o.pairs, "pairs", 5, "run each pair `N` times")
	f.IntVar(&o.slowPairs, "slow-pairs", 1, "run the pairs with the slowest programs `N` times")
	f.StringVar(&o.dir, "dir", "", "keep the events in `DIR` (windrow-bench in the user's cache; 7 GB for 10 million events)")
	f.StringVar(&o.only, "only", "", "run these alone: `NAMES` of "+strings.Join(raceNames(), ", "))
	f.StringVar(&o.windrow, "windrow", "", "race this `BINARY` instead of building one")
	f.StringVar(&o.into, "into", "", "write the table, as Markdown, into this `FILE` between its two comments")
	f.BoolVar(&o.markdown, "markdown", false, "print Markdown")
	f.BoolVar(&o.keep, "keep", false, "keep stores and results")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	return o, o.check(f.Args())
}

func (o *options) check(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unknown argument %q", rest[0])
	}
	if o.events < 1 || o.pairs < 1 || o.slowPairs < 1 {
		return fmt.Errorf("-events, -pairs and -slow-pairs begin at 1")
	}
	for _, name := range o.names() {
		if !slices.Contains(raceNames(), name) {
			return fmt.Errorf("-only knows %s, not %q", strings.Join(raceNames(), ", "), name)
		}
	}
	if o.dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("say -dir: %v", err)
		}
		o.dir = filepath.Join(cache, "windrow-bench")
	}
	return o.absolute(&o.dir, &o.windrow, &o.into)
}

// absolute makes paths absolute where they are given.
func (o *options) absolute(paths ...*string) (err error) {
	for _, p := range paths {
		if *p != "" && err == nil {
			*p, err = filepath.Abs(*p)
		}
	}
	return err
}

// names are those of -only, nil for all.
func (o *options) names() []string {
	if o.only == "" {
		return nil
	}
	return strings.Split(o.only, ",")
}

// wants says whether -only leaves the row of this name.
func (o *options) wants(name string) bool {
	return o.only == "" || slices.Contains(o.names(), name)
}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	o, err := parse(args, errs)
	if err == flag.ErrHelp {
		return 0
	}
	if err != nil {
		fmt.Fprintln(errs, "bench:", err)
		return 2
	}
	rep, err := measureAll(ctx, o, errs)
	if err != nil {
		fmt.Fprintln(errs, "bench:", err)
		return 1
	}
	if err := rep.publish(o, out); err != nil {
		fmt.Fprintln(errs, "bench:", err)
		return 1
	}
	if rep.failed() {
		return 1
	}
	return 0
}
