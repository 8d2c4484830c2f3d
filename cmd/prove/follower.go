//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"syscall"
	"time"
)

// follower is a run that follows, with a reader of its store.
type follower struct {
	p   *program
	o   runOptions
	run *running
	db  *sql.DB // nil until there is a store
}

func (f *follower) begin(ctx context.Context) (err error) {
	f.run, err = f.p.start(ctx, f.o)
	return err
}

// again kills the run and begins the next one at once.
func (f *follower) again(ctx context.Context) error {
	f.run.cmd.Process.Kill()
	<-f.run.ended
	return f.begin(ctx)
}

func (f *follower) end() {
	if f.run != nil {
		f.run.stop()
	}
	if f.db != nil {
		f.db.Close()
	}
}

// open opens the store once it can be read. It returns false before.
func (f *follower) open(ctx context.Context) (bool, error) {
	if f.db != nil {
		return true, nil
	}
	if st, err := os.Stat(f.o.store); err != nil || st.Size() == 0 {
		return false, nil
	}
	db, err := openStore(f.o.store)
	if err != nil {
		return false, err
	}
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM windrow_rollups").Scan(&n); err != nil || n == 0 {
		return false, errors.Join(db.Close(), ctx.Err())
	}
	f.db = db
	return true, nil
}

// absorbed is how many records are in the store.
func (f *follower) absorbed(ctx context.Context) (n int64, err error) {
	if ok, err := f.open(ctx); !ok {
		return 0, err
	}
	err = f.db.QueryRowContext(ctx, "SELECT coalesce(sum(records), 0) FROM windrow_ranges").Scan(&n)
	return n, err
}

// splits tells what the store says of its splits, for who looks for a fault.
func (f *follower) splits(ctx context.Context) string {
	if f.db == nil {
		return "there is no store"
	}
	return splitNotes(ctx, f.db)
}

func splitNotes(ctx context.Context, db *sql.DB) string {
	splits, err := readTable(ctx, db, `SELECT number, path, inode, generation, start, size, ended, idle, gone, note,
(SELECT group_concat(a.lo || '-' || a.hi, ' ') FROM windrow_range_data a WHERE a.split = windrow_split_data.number) FROM windrow_split_data`)
	if err != nil {
		return err.Error()
	}
	return "number | path | inode | generation | start | size | ended | idle | gone | note | absorbed\n" + splits.dump()
}

// terminate ends the run as a service manager does.
func (f *follower) terminate() error {
	err := f.run.terminate()
	f.run = nil
	return err
}

// stopLimit is how long a run may take to end after SIGTERM.
const stopLimit = 30 * time.Second

func (r *running) terminate() error {
	r.cmd.Process.Signal(syscall.SIGTERM)
	if !r.over(stopLimit) {
		return violated("exit", "the run has not ended within %v of SIGTERM\n%s", stopLimit, r.stacks())
	}
	if r.err != nil {
		return violated("exit", "%s: %v after SIGTERM\n%s", strings.Join(r.cmd.Args, " "), r.err, r.out.String())
	}
	return nil
}
