package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// A peer is a program to race with. enter makes a contestant of it for a query,
// in a folder of its own; the error is a missing one where this machine lacks
// what the peer needs.
type peer struct {
	name  string
	enter func(ctx context.Context, b *bench, q query, dir string) (*contestant, error)
}

var (
	duckDB               = peer{"DuckDB", enterDuckDB}
	duckDBThenSQLite     = peer{"DuckDB, then sqlite3 .import", enterDuckDBThenSQLite}
	duckDBThenSQLiteBest = peer{"the same, ordered, WITHOUT ROWID", enterDuckDBThenSQLiteBest}
	windrowExport        = peer{"Windrow", enterWindrowExport}
	sqliteExport         = peer{"sqlite3 -csv", enterSQLiteExport}
	plainGo              = peer{"plain Go", enterPlainGo}
	nodeJS               = peer{"Node.js, 64 KiB of lines a message", enterNodeJS("chunk")}
	nodeJSByLine         = peer{"Node.js, a line a message", enterNodeJS("line")}
)

// missing is what a machine lacks: a row that was not run, no failure.
type missing string

func (m missing) Error() string { return string(m) }

// resultFile is where contestants leave their rows.
const resultFile = "result.csv"

// its returns resultFile of the folder as it is after a run.
func its(dir string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return filepath.Join(dir, resultFile), nil }
}

// windrow is Windrow with so many workers, from the files to a store.
func windrow(workers int) peer {
	name := fmt.Sprintf("Windrow, %d workers", workers)
	if workers == 1 {
		name = "Windrow, 1 worker"
	}
	return peer{name, func(_ context.Context, b *bench, q query, dir string) (*contestant, error) {
		definition := dir + ".sql"
		if err := os.WriteFile(definition, []byte(q.windrowSQL(b.data(q.file))), 0o666); err != nil {
			return nil, err
		}
		c := &contestant{dir: dir}
		c.steps = []step{{args: []string{b.windrow, "run", "--once", "--workers", strconv.Itoa(workers), "--store", "r.db", definition}}}
		c.result = func(ctx context.Context) (string, error) {
			result := filepath.Join(dir, resultFile)
			_, err := output(ctx, b.windrow, "export", "r", "--store", filepath.Join(dir, "r.db"), "-o", result)
			return result, err
		}
		return c, nil
	}}
}

// enterDuckDB is DuckDB with two threads, from the file to a CSV file in order.
func enterDuckDB(ctx context.Context, b *bench, q query, dir string) (*contestant, error) {
	s, err := duckStep(ctx, b, q, true)
	if err != nil {
		return nil, err
	}
	return &contestant{dir: dir, steps: []step{s}, result: its(dir)}, nil
}

func duckStep(ctx context.Context, b *bench, q query, ordered bool) (step, error) {
	binary, err := b.duckDB(ctx)
	return step{args: []string{binary, "2", q.duckSQL(b.data(q.file), resultFile, ordered)}}, err
}

// enterDuckDBThenSQLite is the way from DuckDB into SQLite as one writes it down:
// rows as they come, imported into a table with a primary key.
func enterDuckDBThenSQLite(ctx context.Context, b *bench, q query, dir string) (*contestant, error) {
	return intoSQLite(ctx, b, q, dir, false)
}

// enterDuckDBThenSQLiteBest is the best that there is on this way: rows in order,
// into a table that is stored in that order.
func enterDuckDBThenSQLiteBest(ctx context.Context, b *bench, q query, dir string) (*contestant, error) {
	return intoSQLite(ctx, b, q, dir, true)
}

func intoSQLite(ctx context.Context, b *bench, q query, dir string, best bool) (*contestant, error) {
	s, err := duckStep(ctx, b, q, best)
	if err != nil {
		return nil, err
	}
	sqlite, err := b.tool("sqlite3")
	if err != nil {
		return nil, err
	}
	table := q.table()
	if best {
		table += " WITHOUT ROWID"
	}
	c := &contestant{dir: dir}
	c.steps = []step{s, {args: []string{sqlite, "r.db", table, ".import --csv --skip 1 " + resultFile + " r"}}}
	c.result = func(ctx context.Context) (string, error) {
		order := " ORDER BY " + ordinals(1+len(q.keys))
		return dumped(ctx, sqlite, dir, "r.db", "SELECT * FROM r"+order)
	}
	return c, nil
}

// dumped writes the rows of a statement to a file in dir.
func dumped(ctx context.Context, sqlite, dir, store, statement string) (string, error) {
	result := filepath.Join(dir, "dumped.csv")
	_, err := output(ctx, sqlite, "-readonly", "-csv", "-header", filepath.Join(dir, store),
		".once '"+result+"'", statement)
	return result, err
}

// enterWindrowExport writes a store that is there already to a file.
func enterWindrowExport(ctx context.Context, b *bench, q query, dir string) (*contestant, error) {
	store, err := b.store(ctx, q)
	if err != nil {
		return nil, err
	}
	c := &contestant{dir: dir, result: its(dir)}
	c.steps = []step{{args: []string{b.windrow, "export", "r", "--format", "csv", "--store", store}, stdout: resultFile}}
	return c, nil
}

// enterSQLiteExport has the sqlite3 shell write the same rows of the same store.
func enterSQLiteExport(ctx context.Context, b *bench, q query, dir string) (*contestant, error) {
	sqlite, err := b.tool("sqlite3")
	if err != nil {
		return nil, err
	}
	store, err := b.store(ctx, q)
	if err != nil {
		return nil, err
	}
	c := &contestant{dir: dir, result: its(dir)}
	c.steps = []step{{args: []string{sqlite, "-readonly", "-csv", "-header", store, "SELECT * FROM r"}, stdout: resultFile}}
	return c, nil
}

// enterPlainGo is a Go program as one writes it down: package plain.
func enterPlainGo(ctx context.Context, b *bench, q query, dir string) (*contestant, error) {
	binary, err := b.built(ctx, "plain", ".", "./plain")
	if err != nil {
		return nil, err
	}
	c := &contestant{dir: dir, result: its(dir)}
	c.steps = []step{{args: []string{binary, b.data(q.file), resultFile}}}
	return c, nil
}

// enterNodeJS is the seed of the idea: a parent that sends raw lines to two
// forked children.
func enterNodeJS(unit string) func(context.Context, *bench, query, string) (*contestant, error) {
	return func(_ context.Context, b *bench, q query, dir string) (*contestant, error) {
		node, err := b.tool("node")
		if err != nil {
			return nil, err
		}
		parent, err := filepath.Abs("node/parent.js")
		if err != nil {
			return nil, err
		}
		c := &contestant{dir: dir, result: its(dir)}
		c.steps = []step{{args: []string{node, parent, b.data(q.file), resultFile, unit}}}
		return c, nil
	}
}
