//go:build linux

package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"syscall"
	"time"
)

// kill is a way to kill. do reports whether there was something to kill; after
// it, the trial's run is nil if the main process is dead.
type kill struct {
	name  string
	often int
	do    func(*trial, context.Context) (bool, error)
}

// The kills. The last three do not leave it to chance where a worker is: they
// hold the store's write lock, so that a worker that was granted the commit
// waits for it.
var kills = []kill{
	{"main", 35, (*trial).killsMain},
	{"worker", 30, (*trial).killsWorker},
	{"all", 20, (*trial).killsAll},
	{"recovery", 15, (*trial).killsRecovery},
	{"making", 0, nil}, // only at the beginning: see killsMaking
	{"before commit", 5, (*trial).killsBeforeCommit},
	{"before answer", 5, (*trial).killsBeforeAnswer},
	{"old run", 5, (*trial).wakesOldRun},
}

// aimedAt is how often each of those is drawn where a fault is planted.
const aimedAt = 40

func drawKill(r *rand.Rand, aimed bool) kill {
	total := 0
	weight := func(i int) int {
		if aimed && i >= len(kills)-3 {
			return aimedAt
		}
		return kills[i].often
	}
	for i := range kills {
		total += weight(i)
	}
	at := r.IntN(total)
	for i := range kills {
		if at -= weight(i); at < 0 {
			return kills[i]
		}
	}
	panic("BUG: no kill drawn")
}

func (t *trial) killsMain(context.Context) (bool, error) {
	t.killMain()
	return true, nil
}

func (t *trial) killsWorker(context.Context) (bool, error) {
	workers := t.run.workers()
	if len(workers) == 0 {
		return false, nil
	}
	t.dead++
	return syscall.Kill(pick(t.r, workers), syscall.SIGKILL) == nil, nil
}

// killsRecovery kills the main process, begins the next run, and kills that
// while it finds out where the last one was.
func (t *trial) killsRecovery(ctx context.Context) (bool, error) {
	t.killMain()
	if err := t.begin(ctx); err != nil {
		return false, err
	}
	over := t.run.over(time.Duration(t.r.Int64N(int64(60 * time.Millisecond))))
	t.killMain()
	return !over, nil
}

// killsMaking kills the first runs while they make the store, if it is drawn:
// soon after its journal is there, or at once when its first page is.
func (t *trial) killsMaking(ctx context.Context) error {
	for range t.r.IntN(4) {
		if err := t.begin(ctx); err != nil {
			return err
		}
		name, wait := t.o.store, time.Duration(0)
		if t.r.IntN(2) == 0 {
			name, wait = t.o.store+"-journal", time.Duration(t.r.Int64N(int64(3*time.Millisecond)))
		}
		for until := time.Now().Add(50 * time.Millisecond); sizeOf(name) == 0 && time.Now().Before(until); {
			runtime.Gosched()
		}
		time.Sleep(wait)
		t.run.cmd.Process.Kill()
		t.killMain()
		t.kills++
		t.counts("making")
	}
	return nil
}

func (t *trial) killsAll(context.Context) (bool, error) {
	workers := t.run.workers()
	if t.r.IntN(2) == 0 {
		signalAll(workers, syscall.SIGKILL)
	}
	t.killMain()
	signalAll(workers, syscall.SIGKILL)
	return true, nil
}

// lock takes the store's write lock, as another program might. unlock is nil
// if there is no store yet or the run has taken the lock for long.
func (t *trial) lock(ctx context.Context) (unlock func(), err error) {
	if err := t.look(ctx); err != nil || t.last == nil || t.run.over(0) {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+t.o.store+"?mode=rw&_busy_timeout=5000")
	if err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err == nil {
		_, err = conn.ExecContext(ctx, "BEGIN IMMEDIATE")
	}
	if err != nil {
		db.Close()
		return nil, nil
	}
	return func() {
		conn.ExecContext(ctx, "ROLLBACK")
		conn.Close()
		db.Close()
	}, nil
}

// granted gives a worker time to get the commit token and wait for the lock.
func (t *trial) granted() { t.run.over(100 * time.Millisecond) }

// killsBeforeCommit kills the workers while one of them waits to write.
func (t *trial) killsBeforeCommit(ctx context.Context) (bool, error) {
	unlock, err := t.lock(ctx)
	if unlock == nil {
		return false, err
	}
	defer unlock()
	t.granted()
	workers := t.run.workers()
	signalAll(workers, syscall.SIGKILL)
	t.dead++
	return len(workers) > 0, nil
}

// beat is a frame of a worker that says that it lives.
var beat = []byte{12, 2, 0, 0, 0, 0, 0, 0, 0, '{', '}'}

// killsBeforeAnswer kills a worker that has committed and has not said so: the
// main process is stopped and the pipe to it filled, so that the answer stays
// in the worker.
func (t *trial) killsBeforeAnswer(ctx context.Context) (bool, error) {
	unlock, err := t.lock(ctx)
	if unlock == nil {
		return false, err
	}
	t.granted()
	workers := t.run.workers()
	t.run.cmd.Process.Signal(syscall.SIGSTOP)
	for _, w := range workers {
		fillOutput(w)
	}
	before, err := t.absorbed(ctx)
	unlock()
	t.dead++
	seen := err == nil && len(workers) > 0 && t.awaitCommit(ctx, before)
	signalAll(workers, syscall.SIGKILL)
	t.run.cmd.Process.Signal(syscall.SIGCONT)
	return seen, err
}

// fillOutput writes to a process's stdout until the pipe is full.
func fillOutput(pid int) {
	fd, err := syscall.Open(fmt.Sprintf("/proc/%d/fd/1", pid), syscall.O_WRONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer syscall.Close(fd)
	for range 1 << 20 {
		if _, err := syscall.Write(fd, beat); err != nil {
			return
		}
	}
}

// absorbed is how many records are in the store.
func (t *trial) absorbed(ctx context.Context) (n int64, err error) {
	err = t.db.QueryRowContext(ctx, "SELECT coalesce(sum(records), 0) FROM windrow_ranges").Scan(&n)
	return n, err
}

// awaitCommit waits a little for the next commit, and reports whether it came.
func (t *trial) awaitCommit(ctx context.Context, before int64) bool {
	for until := time.Now().Add(time.Second); time.Now().Before(until); time.Sleep(time.Millisecond) {
		if now, err := t.absorbed(ctx); err == nil && now != before {
			return true
		}
	}
	return false
}

// wakesOldRun stops workers that are about to commit, kills their main process
// while their input stays open, lets a new run begin, kills that, too, and
// wakes the old workers: they must not write.
func (t *trial) wakesOldRun(ctx context.Context) (bool, error) {
	unlock, err := t.lock(ctx)
	if unlock == nil {
		return false, err
	}
	t.granted()
	workers := t.run.workers()
	inputs := holdInputs(workers)
	signalAll(workers, syscall.SIGSTOP)
	defer signalAll(workers, syscall.SIGKILL)
	t.run.cmd.Process.Kill()
	<-t.run.ended
	t.run = nil
	unlock()
	if err := t.newEpoch(ctx); err != nil {
		return true, err
	}
	before := t.last
	signalAll(workers, syscall.SIGCONT)
	time.Sleep(100 * time.Millisecond)
	for _, f := range inputs {
		f.Close()
	}
	if err := gone(t.p.path, workers); err != nil {
		return true, err
	}
	if err := t.look(ctx); err != nil {
		return true, err
	}
	return true, t.last.equal(before)
}

// holdInputs opens the writing ends of the workers' stdin once more.
func holdInputs(workers []int) []*os.File {
	var open []*os.File
	for _, w := range workers {
		if f, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/0", w), os.O_WRONLY, 0); err == nil {
			open = append(open, f)
		}
	}
	return open
}

// newEpoch has a new run begin and kills it when it has. The store is looked
// at when all its processes are gone.
func (t *trial) newEpoch(ctx context.Context) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	epoch := t.last.epoch
	for now := epoch; now == epoch; time.Sleep(time.Millisecond) {
		if t.run.over(0) {
			break
		}
		if err := t.db.QueryRowContext(ctx, "SELECT value FROM windrow_meta WHERE name = 'epoch'").Scan(&now); err != nil {
			return err
		}
	}
	t.killMain()
	if err := t.settle(); err != nil {
		return err
	}
	return t.look(ctx)
}

// equal checks that nothing was absorbed between two snapshots.
func (s *snapshot) equal(before *snapshot) error {
	for file, spans := range s.spans {
		if fmt.Sprint(spans) != fmt.Sprint(before.spans[file]) {
			return violated("fence", "workers of an older run have written: of %s was absorbed %v, and now %v", file, before.spans[file], spans)
		}
	}
	return nil
}
