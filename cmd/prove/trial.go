//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"modernc.org/sqlite"
)

// trial is one store that is filled by runs of which most are killed.
type trial struct {
	j      *judge
	p      *program
	l      *load
	r      *rand.Rand
	o      runOptions
	took   time.Duration // of an uninterrupted run
	db     *sql.DB       // read-only, nil until there is a store
	last   *snapshot
	run    *running
	tally  *tally
	orphan chan error // one per main process that was killed
	owed   int        // of them not yet received
	kills  int        // also those that came too early or too late
	dead   int        // times that workers of this run were killed
}

// tally counts over all trials.
type tally struct {
	kills     map[string]int
	snapshots int
	stores    int
	runs      int
}

func (t *tally) total() int {
	n := 0
	for _, k := range t.kills {
		n += k
	}
	return n
}

// workerKills bounds how often workers of one run are killed: it waits longer
// each time before it starts new ones.
const workerKills = 2

// killsPerTrial bounds the kills before a run is left alone to its end.
const killsPerTrial = 6

// prove kills until the store is complete or enough is done, lets the last run
// end, and compares it with the uninterrupted one.
func (t *trial) prove(ctx context.Context, want *storeDump) error {
	defer t.end()
	if t.r.IntN(2) == 0 {
		defer contention(2)()
	}
	for t.kills < killsPerTrial {
		if t.run == nil {
			if err := t.begin(ctx); err != nil {
				return err
			}
		}
		if t.run.over(t.wait()) {
			break
		}
		if err := t.step(ctx); err != nil {
			return err
		}
	}
	return t.finish(ctx, want)
}

// wait is how long the run is left alone before the next kill. Where workers
// were killed it is often long enough for others to take over.
func (t *trial) wait() time.Duration {
	d := time.Duration(t.r.Float64() * float64(t.took))
	if t.dead > 0 && t.r.IntN(3) > 0 {
		d += 700 * time.Millisecond << (t.dead - 1)
	}
	return d
}

func (t *trial) begin(ctx context.Context) (err error) {
	t.tally.runs++
	t.dead = 0
	t.run, err = t.p.start(ctx, t.o)
	return err
}

func (t *trial) end() {
	if t.run != nil {
		t.run.stop()
	}
	for ; t.owed > 0; t.owed-- {
		<-t.orphan
	}
	if t.db != nil {
		t.db.Close()
	}
}

// step looks at the store, kills something, and looks again.
func (t *trial) step(ctx context.Context) error {
	if t.r.IntN(2) == 0 {
		if err := t.look(ctx); err != nil {
			return err
		}
	}
	k := drawKill(t.r, t.p.fault != "")
	if t.dead == workerKills {
		k = kills[0]
	}
	done, err := k.do(t, ctx)
	if err != nil {
		return err
	}
	if t.kills++; done {
		t.tally.kills[k.name]++
	}
	if err := t.look(ctx); err != nil {
		return fmt.Errorf("after kill %d of this store (%s): %w", t.kills, k.name, err)
	}
	if t.run == nil && t.r.IntN(2) == 0 {
		if err := t.settle(); err != nil {
			return fmt.Errorf("after kill %d of this store (%s): %w", t.kills, k.name, err)
		}
		return t.integrity(ctx)
	}
	return nil
}

// settle waits until no worker of a killed main process is left.
func (t *trial) settle() error {
	var first error
	for ; t.owed > 0; t.owed-- {
		if err := <-t.orphan; err != nil && first == nil {
			first = err
		}
	}
	return first
}

// look takes a snapshot and checks it.
func (t *trial) look(ctx context.Context) error {
	if t.db == nil {
		if st, err := os.Stat(t.o.store); err != nil || st.Size() == 0 {
			return nil
		}
		db, err := openStore(t.o.store)
		if err != nil {
			return err
		}
		t.db = db
	}
	s, err := takeSnapshot(ctx, t.db)
	if t.last == nil && half(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read the store: %w", err)
	}
	if err := s.after(t.last); err != nil || s == nil {
		return err
	}
	t.last = s
	t.tally.snapshots++
	return t.l.check(s)
}

// half reports whether a read-only connection cannot read a store because its
// very making was killed: only a writer can roll that back.
func half(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == 776 // SQLITE_READONLY_ROLLBACK
}

func (t *trial) integrity(ctx context.Context) error {
	if t.last == nil {
		return nil
	}
	found, err := readTable(ctx, t.db, "PRAGMA integrity_check")
	if err != nil {
		return fmt.Errorf("cannot check the store: %w", err)
	}
	if said := found.dump(); said != "\"ok\"\n" {
		return violated("integrity", "%s", said)
	}
	return nil
}

// finish lets the run end, or begins a last one, and compares.
func (t *trial) finish(ctx context.Context, want *storeDump) error {
	if t.run == nil {
		if err := t.begin(ctx); err != nil {
			return err
		}
	}
	if !t.run.over(runLimit) {
		stacks := t.run.stacks()
		return violated("exit", "the run has not ended within %v\n%s", runLimit, stacks)
	}
	run := t.run
	t.run = nil
	if run.err != nil {
		return violated("exit", "%s: %v\n%s", strings.Join(run.cmd.Args, " "), run.err, run.out.String())
	}
	if err := t.settle(); err != nil {
		return err
	}
	if err := t.look(ctx); err != nil {
		return err
	}
	if err := t.l.complete(t.last); err != nil {
		return err
	}
	if err := t.integrity(ctx); err != nil {
		return err
	}
	got, err := dumpStore(ctx, t.o.store, loadRollups())
	if err != nil {
		return err
	}
	if err := want.equal(got); err != nil {
		return violated("end", "the store is not that of an uninterrupted run: %v", err)
	}
	t.tally.stores++
	return t.sameExport(ctx)
}

// sameExport compares what users get with what they get of the uninterrupted
// run.
func (t *trial) sameExport(ctx context.Context) error {
	name := pick(t.r, batchRollups).name
	a, err := t.p.export(ctx, t.o.store, name)
	if err != nil {
		return err
	}
	b, err := t.p.export(ctx, filepath.Join(t.l.dir, "whole.db"), name)
	if err == nil && string(a) != string(b) {
		err = violated("end", "the export of %s is not that of an uninterrupted run", name)
	}
	return err
}

func loadRollups() []rollup {
	var out []rollup
	for _, b := range batchRollups {
		out = append(out, rollup{name: b.name})
	}
	return out
}

// killMain kills the main process and has its workers watched.
func (t *trial) killMain() {
	workers := t.run.workers()
	t.run.cmd.Process.Kill()
	t.watch(workers)
	<-t.run.ended
	t.run = nil
}

// watch checks in the background that the workers end in time.
func (t *trial) watch(workers []int) {
	t.owed++
	go func() { t.orphan <- gone(t.p.path, workers) }()
}

func signalAll(pids []int, s syscall.Signal) {
	for _, p := range pids {
		syscall.Kill(p, s)
	}
}
