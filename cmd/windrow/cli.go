package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/windrow/windrow/query/output"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// root is the command line. A command is one file with a struct that has the
// method Run(context.Context, *streams, *globals) error (any of the arguments
// may be left out), Help for its examples, and a line here.
type root struct {
	globals
	Run        runCmd        `cmd:"" help:"Absorb what the sources hold and keep the rollups up to date."`
	Query      queryCmd      `cmd:"" help:"Answer one SQL statement from the store."`
	Export     exportCmd     `cmd:"" help:"Write a whole rollup, or the result of a SELECT, to a file."`
	Report     reportCmd     `cmd:"" help:"Make scheduled reports by hand, and see when they are due and where they went."`
	Alert      alertCmd      `cmd:"" help:"Evaluate alerts by hand, and see what fires and where that was sent."`
	Check      checkCmd      `cmd:"" help:"Report all mistakes in definition files."`
	Status     statusCmd     `cmd:"" help:"Say how far everything is and what needs a look."`
	Quarantine quarantineCmd `cmd:"" help:"Look at the records that rollups could not use."`
	Explain    explainCmd    `cmd:"" help:"Say why a window is final or not."`
	Verify     verifyCmd     `cmd:"" help:"Compare a rollup with what its sources give when they are read again."`
	Drop       dropCmd       `cmd:"" help:"Delete a rollup with all its windows."`
	Backup     backupCmd     `cmd:"" help:"Copy the store into a file, also during a run."`
	Worker     workerCmd     `cmd:"" hidden:""`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// defaultStore is the store of who names none.
const defaultStore = "windrow.db"

// globals are the flags of every command.
type globals struct {
	Store string `env:"WINDROW_STORE" default:"${store}" placeholder:"FILE" help:"The store (${default})."`
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// outTerminal and errTerminal report whether a person sees what is written.
func (s *streams) outTerminal() bool { return isTerminal(s.out) }
func (s *streams) errTerminal() bool { return isTerminal(s.err) }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// usageError is a mistake in how the command was called.
type usageError struct {
	err  error
	help string // the command that explains; may be empty
}

func (e usageError) Error() string { return e.err.Error() }

func wrongUsage(format string, args ...any) error {
	return usageError{err: fmt.Errorf(format, args...)}
}

// run runs the command line args and returns the exit code. It is the whole
// program but for signals and exit.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	err := execute(ctx, args, &streams{stdin, stdout, stderr})
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errNothing):
		return exitUsage
	case errors.As(err, &usage):
		fmt.Fprintf(stderr, "windrow: %v\n", err)
		if usage.help != "" {
			fmt.Fprintf(stderr, "see: %s --help\n", usage.help)
		}
		return exitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		fmt.Fprintln(stderr, "windrow: interrupted")
	default:
		fmt.Fprintf(stderr, "windrow: %v\n", err)
	}
	return exitFailed
}

// errNothing is the error of a command line without a command, for which the
// help has been printed.
var errNothing = errors.New("no command")

// exited is what kong's wish to end the program is turned into.
type exited int

// execute parses args and runs the command that they name.
func execute(ctx context.Context, args []string, s *streams) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exited: // after --help
			if err = nil; len(args) == 0 {
				err = errNothing
			}
		default:
			panic(r)
		}
	}()
	var r root
	parser, err := newParser(&r, s)
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
		parser.Stdout = s.err
		_, err := parser.Parse([]string{"--help"})
		return err
	case args[0] == "--version":
		args = append([]string{"version"}, args[1:]...)
	}
	parsed, err := parser.Parse(guardSQL(args))
	if err != nil {
		return badUsage(err)
	}
	if r.Store == "" { // WINDROW_STORE is set to nothing
		r.Store = defaultStore
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run(s, &r.globals)
}

func newParser(r *root, s *streams) (*kong.Kong, error) {
	return kong.New(r,
		kong.Name("windrow"),
		kong.Description("Turns streams of events into SQL tables of windowed aggregates."),
		kong.Writers(s.out, s.err),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.ShortUsageOnError(),
		kong.Vars{"store": defaultStore, "formats": strings.Join(output.Names(), ", ")},
	)
}

// guardSQL keeps a statement that begins with a comment from being taken for a
// flag: flags have no blank after their dashes.
func guardSQL(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		if out[i] = a; len(a) > 2 && a[:2] == "--" && strings.ContainsRune(" \t\n", rune(a[2])) {
			out[i] = " " + a
		}
	}
	return out
}

// badUsage makes a usage error of one of kong's.
func badUsage(err error) error {
	var p *kong.ParseError
	if !errors.As(err, &p) {
		return usageError{err: err, help: "windrow"}
	}
	help := "windrow"
	if cmd := p.Context.Selected(); cmd != nil {
		help = cmd.FullPath()
		if strings.HasPrefix(err.Error(), "unexpected argument") && help == "windrow query" {
			err = fmt.Errorf("%w: put the whole statement in quotes", err)
		}
	}
	return usageError{err: err, help: help}
}
