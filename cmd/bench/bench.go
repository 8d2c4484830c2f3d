package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// A bench is one run of this program: where things are.
type bench struct {
	options
	windrow  string            // the binary
	binaries map[string]string // that were built, by name
	progress io.Writer
}

// measureAll runs all races that are wanted.
func measureAll(ctx context.Context, o options, progress io.Writer) (*report, error) {
	b := &bench{options: o, windrow: o.windrow, binaries: map[string]string{}, progress: progress}
	if err := b.begin(ctx); err != nil {
		return nil, err
	}
	if !o.keep {
		defer os.RemoveAll(b.work())
	}
	rep := &report{machine: b.machine(ctx), events: o.events}
	for i, r := range races {
		if !o.wants(r.name) {
			continue
		}
		outcome, err := b.race(ctx, i, r)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		rep.add(r, outcome, err)
	}
	if o.wants(flatName) {
		var err error
		if rep.flat, err = b.flat(ctx); err != nil {
			return nil, err
		}
	}
	return rep, nil
}

// begin makes the folders and the windrow to be measured.
func (b *bench) begin(ctx context.Context) error {
	if _, err := os.Stat("duckdb/go.mod"); err != nil {
		return fmt.Errorf("this folder is not cmd/bench: cd there first")
	}
	if err := os.RemoveAll(b.work()); err != nil {
		return err
	}
	if err := os.MkdirAll(b.work(), 0o777); err != nil {
		return err
	}
	if b.windrow != "" {
		return nil
	}
	var err error
	b.windrow, err = b.built(ctx, "windrow", "../..", "./cmd/windrow")
	return err
}

// data is a file of events.
func (b *bench) data(name string) string {
	return filepath.Join(b.dir, strconv.Itoa(b.events), name)
}

// work is the folder of what is made and removed again.
func (b *bench) work() string { return filepath.Join(b.dir, "work") }

// built builds a program of a module, once, and returns its path. Only DuckDB
// needs C; the others are built as they are released.
func (b *bench) built(ctx context.Context, name, module, pkg string) (string, error) {
	if path, ok := b.binaries[name]; ok {
		return path, nil
	}
	b.say("go build %s", name)
	path := filepath.Join(b.dir, "bin", name)
	cgo := "0"
	if name == "duckdb" {
		cgo = "1"
	}
	if _, err := output(ctx, "env", "CGO_ENABLED="+cgo, "go", "build", "-C", module, "-o", path, pkg); err != nil {
		return "", err
	}
	b.binaries[name] = path
	return path, nil
}

// duckDB builds the program around DuckDB's library, which needs a C compiler.
func (b *bench) duckDB(ctx context.Context) (string, error) {
	if _, err := exec.LookPath("gcc"); err != nil && os.Getenv("CC") == "" {
		return "", missing("DuckDB's library is linked by a C compiler: there is no gcc")
	}
	return b.built(ctx, "duckdb", "duckdb", ".")
}

// tool finds a program of the machine.
func (b *bench) tool(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", missing(name + " is not installed")
	}
	return path, nil
}

// ready generates a file of events if it is missing, and reads it, so that it
// is in memory.
func (b *bench) ready(name string) error {
	i := slices.IndexFunc(dataFiles, func(f dataFile) bool { return f.name == name })
	path := b.data(name)
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		b.say("generate %s, %d events", name, b.events)
	}
	if err := generate(filepath.Dir(path), dataFiles[i], b.events); err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(io.Discard, struct{ io.Reader }{f})
	return err
}

// enter makes a contestant of a peer, in dir.
func (b *bench) enter(ctx context.Context, p peer, q query, dir string) (*contestant, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	c, err := p.enter(ctx, b, q, dir)
	if err != nil {
		return nil, err
	}
	c.name = p.name
	return c, nil
}

// store is a store of the query's result, made at the first call.
func (b *bench) store(ctx context.Context, q query) (string, error) {
	dir := filepath.Join(b.work(), "store")
	path := filepath.Join(dir, "r.db")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	c, err := b.enter(ctx, windrow(2), q, dir)
	if err != nil {
		return "", err
	}
	_, err = c.time(ctx)
	return path, err
}

// say tells the user what is being done.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, format+"\n", args...)
}
