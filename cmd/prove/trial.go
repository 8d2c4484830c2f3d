//go:build linux

package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"time"

	"modernc.org/sqlite"
)

// trial is one store that is filled by runs of which most are killed.
type trial struct {
	p        *program
	r        *rand.Rand
	in       input
	o        runOptions
	tally    *tally
	db       *sql.DB // read-only, nil until there is a store
	last     *snapshot
	expected *expectation
	run      *running
	runs     []*running      // all so far
	orphan   chan error      // one per main process that was killed
	owed     int             // of them not yet received
	kills    int             // also those that came too early or too late
	dead     int             // times that workers of this run were killed
	looked   func(*snapshot) // is told each snapshot that was right; may be nil
}

func newTrial(p *program, r *rand.Rand, in input, o runOptions, t *tally) *trial {
	return &trial{p: p, r: r, in: in, o: o, tally: t, expected: newExpectation(), orphan: make(chan error, 1000)}
}

// tally counts over all trials. It is safe for concurrent use.
type tally struct {
	mu        sync.Mutex
	kills     map[string]int
	byKind    [kindsOfRounds]int
	snapshots int
	stores    int
	void      int // stores that proved nothing, as this process was held up
	runs      int
	begins    int // that were timed
	slow      int // of them, over a second
	slowest   time.Duration
}

func (t *tally) count(n *int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*n++
}

func (t *tally) kill(name string, kind int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kills[name]++
	t.byKind[kind]++
}

func (t *tally) ofKind(kind int) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byKind[kind]
}

func (t *tally) begin(took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.begins++
	if t.slowest = max(t.slowest, took); took > time.Second {
		t.slow++
	}
}

func (t *tally) total() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, k := range t.kills {
		n += k
	}
	return n
}

// workerKills bounds how often workers of one run are killed: it waits longer
// each time before it starts new ones.
const workerKills = 2

func (t *trial) begin(ctx context.Context) (err error) {
	t.tally.count(&t.tally.runs)
	t.dead = 0
	if t.run, err = t.p.start(ctx, t.o); err == nil {
		t.runs = append(t.runs, t.run)
	}
	return err
}

// beginLimit is how long a run may take to begin, whatever was killed before.
const beginLimit = 5 * time.Second

// begun waits until the run has raised the epoch, or has ended.
func (t *trial) begun(ctx context.Context) error {
	began := time.Now()
	var epoch int64
	if t.last != nil {
		epoch = t.last.epoch
	}
	for {
		now, err := t.epoch(ctx)
		if err != nil {
			return err
		}
		took := time.Since(began)
		if now > epoch || t.run.over(0) {
			t.tally.begin(took)
			return nil
		}
		if took > beginLimit {
			return violated("begin", "the run has not begun within %v\n%s", beginLimit, t.run.stacks())
		}
		t.run.over(2 * time.Millisecond)
	}
}

// epoch is that of the store, 0 if there is none yet.
func (t *trial) epoch(ctx context.Context) (n int64, err error) {
	if err := t.open(); err != nil || t.db == nil {
		return 0, err
	}
	err = t.db.QueryRowContext(ctx, "SELECT value FROM windrow_meta WHERE name = 'epoch'").Scan(&n)
	if t.last == nil && err != nil {
		return 0, nil // it is being made
	}
	return n, err
}

// end stops what still runs.
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

// counts enters a kill in the tally.
func (t *trial) counts(name string) {
	kind := 1
	if t.o.once {
		kind = 0
	}
	t.tally.kill(name, kind)
}

// keepLogs writes what the runs have said beside the store.
func (t *trial) keepLogs() {
	var said []byte
	for i, r := range t.runs {
		said = fmt.Appendf(said, "-- run %d, process %d\n%s", i+1, r.pid(), r.out.String())
	}
	os.WriteFile(t.o.store+".log", said, 0o644)
}

// strike kills with k and looks at the store.
func (t *trial) strike(ctx context.Context, k kill) error {
	if t.dead == workerKills {
		k = kills[0]
	}
	done, err := k.do(t, ctx)
	if t.kills++; err == nil {
		if done {
			t.counts(k.name)
		}
		err = t.look(ctx)
	}
	if err == nil {
		err = t.integrity(ctx, "quick_check")
	}
	if err == nil && t.run == nil && t.r.IntN(2) == 0 {
		err = t.settle()
	}
	if err != nil {
		return fmt.Errorf("after kill %d of this store (%s): %w", t.kills, k.name, err)
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

// open opens the store for reading once it is there.
func (t *trial) open() (err error) {
	if t.db != nil {
		return nil
	}
	if st, err := os.Stat(t.o.store); err != nil || st.Size() == 0 {
		return nil
	}
	t.db, err = openStore(t.o.store)
	return err
}

// look takes a snapshot and checks it.
func (t *trial) look(ctx context.Context) error {
	if err := t.open(); err != nil || t.db == nil {
		return err
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
	t.tally.count(&t.tally.snapshots)
	if err := s.check(t.in, t.expected); err != nil {
		return err
	}
	if t.looked != nil {
		t.looked(s)
	}
	return nil
}

// half reports whether a read-only connection cannot read a store because its
// very making was killed: only a writer can roll that back.
func half(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code() == 776 // SQLITE_READONLY_ROLLBACK
}

// integrity has SQLite check the file, with integrity_check or, faster,
// quick_check.
func (t *trial) integrity(ctx context.Context, pragma string) error {
	if t.last == nil {
		return nil
	}
	found, err := readTable(ctx, t.db, "PRAGMA "+pragma)
	if err != nil {
		return fmt.Errorf("cannot check the store: %w", err)
	}
	if said := found.dump(); said != "\"ok\"\n" {
		return violated("integrity", "%s", said)
	}
	return nil
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
