package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/windrow/windrow/query/output"
)

// outputFlags say where and in which format a result goes.
type outputFlags struct {
	Format   string `placeholder:"NAME" xor:"format" help:"${formats}. By default what the ending of -o says, else table on a terminal and csv on a pipe."`
	CSV      bool   `name:"csv" xor:"format" help:"Same as --format csv."`
	JSON     bool   `name:"json" xor:"format" help:"Same as --format json."`
	NDJSON   bool   `name:"ndjson" xor:"format" help:"Same as --format ndjson."`
	Markdown bool   `xor:"format" help:"Same as --format markdown."`
	Output   string `short:"o" placeholder:"FILE" help:"Write to FILE, which appears when it is complete; .gz and .zst compress."`
}

// sink is where a result goes.
type sink struct {
	enc  output.Encoder
	file *output.File // nil for standard output
}

// open chooses format and place. The sink must be ended.
func (o outputFlags) open(s *streams) (*sink, error) {
	f, err := o.format(s.outTerminal())
	if err != nil {
		return nil, err
	}
	if o.toStdout() {
		return &sink{enc: f.New(s.out, output.Options{})}, nil
	}
	file, err := output.Create(o.Output)
	if err != nil {
		return nil, err
	}
	return &sink{f.New(file, output.Options{}), file}, nil
}

func (o outputFlags) toStdout() bool { return o.Output == "" || o.Output == "-" }

// format returns the format that the flags ask for; terminal says what standard
// output is.
func (o outputFlags) format(terminal bool) (*output.Format, error) {
	f, err := o.named(terminal)
	if err == nil && f.Binary && terminal && o.toStdout() {
		return nil, wrongUsage("%s is nothing for a terminal: name a file with -o", f.Name)
	}
	return f, err
}

func (o outputFlags) named(terminal bool) (*output.Format, error) {
	for _, short := range []struct {
		set  bool
		name string
	}{{o.Format != "", o.Format}, {o.CSV, "csv"}, {o.JSON, "json"}, {o.NDJSON, "ndjson"}, {o.Markdown, "markdown"}} {
		if !short.set {
			continue
		}
		if f := output.Find(short.name); f != nil {
			return f, nil
		}
		return nil, wrongUsage("no format named %q; formats are %s", short.name, strings.Join(output.Names(), ", "))
	}
	switch {
	case !o.toStdout():
		if f := output.ForPath(o.Output); f != nil {
			return f, nil
		}
		return nil, wrongUsage("cannot tell the format from %q: give --format, or end the name in %s", o.Output, strings.Join(output.Endings(), " "))
	case terminal:
		return output.Find("table"), nil
	}
	return output.Find("csv"), nil
}

// end puts the file in place, or takes it away after an error, which it
// returns.
func (k *sink) end(err error) error {
	switch {
	case k.file == nil:
		return err
	case err != nil:
		k.file.Abort()
		return err
	}
	return k.file.Commit()
}

// report says what has been written to a file, to a person only.
func (o outputFlags) report(s *streams, rows int64) {
	if !o.toStdout() && s.errTerminal() {
		reportRows(s.err, rows, o.Output)
	}
}

func reportRows(w io.Writer, rows int64, path string) {
	unit := "rows"
	if rows == 1 {
		unit = "row"
	}
	fmt.Fprintf(w, "wrote %d %s to %s\n", rows, unit, path)
}
