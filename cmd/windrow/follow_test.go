//go:build linux

package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// followed is a pipeline in a folder of its own, with a run that follows it.
type followed struct {
	*background
	t       *testing.T
	dir     string
	written int // records
}

const followedStream = `SET flush_interval = '20 milliseconds';
CREATE STREAM s (ts TIMESTAMP, k TEXT, n INTEGER, WATERMARK FOR ts) WITH (path = 'logs/*.ndjson');
`

const followedRollup = `CREATE ROLLUP r AS SELECT window_start, count(*) AS n, sum(n) AS total FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY 1;
`

// follow begins to follow logs/*.ndjson in a new folder.
func follow(t *testing.T, definitions string, args ...string) *followed {
	t.Helper()
	f := toFollow(t, definitions)
	f.start(args...)
	return f
}

// toFollow makes a new folder in which logs/*.ndjson can be followed.
func toFollow(t *testing.T, definitions string) *followed {
	t.Helper()
	f := &followed{t: t, dir: t.TempDir()}
	if err := os.Mkdir(filepath.Join(f.dir, "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, f.dir, "windrow.sql", definitions)
	return f
}

func (f *followed) start(args ...string) {
	f.t.Helper()
	f.startAs(exec.Command("windrow", append([]string{"run", "--poll", "20ms", "--settle", "300ms", "--workers", "2"}, args...)...))
}

func (f *followed) startAs(cmd *exec.Cmd) {
	f.t.Helper()
	b := &background{Cmd: cmd, store: filepath.Join(f.dir, "windrow.db")}
	b.Dir, b.Stdout, b.Stderr = f.dir, &b.out, &b.err
	if err := b.Start(); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { b.Process.Kill(); b.Wait() })
	f.background = b
}

// append adds n records to a file.
func (f *followed) append(name string, n int) {
	f.t.Helper()
	var b strings.Builder
	for range n {
		fmt.Fprintf(&b, `{"ts":%d,"k":"k%d","n":1}`+"\n", 1772366400+f.written/50, f.written%5)
		f.written++
	}
	f.add(name, b.String())
}

func (f *followed) add(name, text string) {
	f.t.Helper()
	file, err := os.OpenFile(filepath.Join(f.dir, "logs", name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = file.WriteString(text)
		file.Close()
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// until waits until a query gives a value.
func (f *followed) until(want, query string) {
	f.t.Helper()
	got := ""
	if !soon(patience, func() bool { got = f.ask(query); return got == want }) {
		f.t.Fatalf("%s is %q, want %q\n%s%s", query, got, want, &f.out, &f.err)
	}
}

// await waits until something is so.
func (f *followed) await(what string, cond func() bool) {
	f.t.Helper()
	if !soon(patience, cond) {
		f.t.Fatalf("not within %v: %s\n%s", patience, what, f.logged())
	}
}

// patience is how long other processes have to do what a test waits for.
const patience = 30 * time.Second

// soon reports whether something becomes so within a time.
func soon(limit time.Duration, cond func() bool) bool {
	for deadline := time.Now().Add(limit); !cond(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			return false
		}
	}
	return true
}

// says reports whether the log has a text by now.
func (f *followed) says(text string) func() bool {
	return func() bool { return strings.Contains(f.logged(), text) }
}

// noWorkers reports whether all worker processes have ended.
func (f *followed) noWorkers() bool { return len(f.children(f.t)) == 0 }

// lockStore takes the store's write lock, as another program does, until it is
// released.
func (f *followed) lockStore() (release func()) {
	f.t.Helper()
	db, err := sql.Open("sqlite", "file:"+f.store+"?mode=rw&_busy_timeout=5000&_txlock=immediate")
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { db.Close() })
	tx, err := db.BeginTx(f.t.Context(), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	return func() {
		f.t.Helper()
		if err := tx.Rollback(); err != nil {
			f.t.Fatal(err)
		}
	}
}

// ask gives the one value of a query; errors as text.
func (f *followed) ask(query string) string {
	db, err := openReader(f.store)
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	var s sql.NullString
	if err := db.Get(&s, query); err != nil {
		return err.Error()
	}
	return s.String
}

// all waits until every record that was written is in rollup r.
func (f *followed) all() {
	f.t.Helper()
	f.until(fmt.Sprint(f.written), "SELECT sum(n) FROM r")
}

// end ends the run as users do.
func (f *followed) end() {
	f.t.Helper()
	f.Process.Signal(os.Interrupt)
	if err := f.Wait(); err != nil {
		f.t.Fatalf("%v\n%s%s", err, &f.out, &f.err)
	}
}

// Files that are there, that grow, that come later and that are renamed are
// absorbed once, and a run that ends says what it did.
func TestFollow(t *testing.T) {
	f := follow(t, followedStream+followedRollup)
	f.append("a.ndjson", 100)
	f.all()
	f.append("b.ndjson", 1)
	f.add("a.ndjson", `{"ts":1772366400,"k":"half`)
	f.append("b.ndjson", 1000)
	f.all()
	f.add("a.ndjson", `","n":1}`+"\n")
	f.written++
	f.all()
	if err := os.Rename(filepath.Join(f.dir, "logs", "a.ndjson"), filepath.Join(f.dir, "logs", "a.1.ndjson")); err != nil {
		t.Fatal(err)
	}
	f.append("a.ndjson", 10)
	f.append("a.1.ndjson", 10)
	f.all()
	f.end()
	if !strings.Contains(f.err.String(), "following s into windrow.db") || !strings.Contains(f.out.String(), "s: 1,122 events") {
		t.Errorf("it said\n%s%s", &f.out, &f.err)
	}
	f.append("a.ndjson", 5)
	f.start()
	f.all()
	f.end()
}

// More files than may be open at a time are followed all the same, also those
// that were absorbed before, and are read once.
func TestManyFiles(t *testing.T) {
	f := toFollow(t, followedStream+followedRollup)
	few := func(args ...string) *exec.Cmd {
		return exec.Command("sh", append([]string{"-c", `ulimit -n 150; exec windrow run --workers 2 "$@"`, "sh"}, args...)...)
	}
	each := func() {
		for i := range 300 {
			f.append(fmt.Sprint(i, ".ndjson"), 3)
		}
	}
	each()
	for range 2 {
		f.startAs(few("--poll", "20ms", "--settle", "300ms"))
		f.all()
		each()
		f.all()
		f.end()
		if strings.Contains(f.logged(), "too many open files") {
			t.Errorf("it opens too many files:\n%s", f.logged())
		}
	}
	each()
	cmd := few("--once")
	cmd.Dir = f.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	f.all()
}

// A worker that stands still is killed and replaced.
func TestStoppedWorkerIsReplaced(t *testing.T) {
	f := follow(t, followedStream+followedRollup, "--hang-limit", "500ms")
	f.append("a.ndjson", 100)
	f.all()
	f.append("b.ndjson", 100)
	f.append("a.ndjson", 100)
	f.all()
	// Workers that are stopped in a commit have more time: stop them again then.
	for try := 0; !strings.Contains(f.logged(), "it made no progress for 500ms"); try++ {
		if try == 5 {
			t.Fatalf("stopped workers are not killed\n%s", f.logged())
		}
		stopped := f.children(t)
		signalAll(stopped, syscall.SIGSTOP)
		f.append("a.ndjson", 100)
		f.append("b.ndjson", 100)
		soon(3*time.Second, f.says("no progress"))
		signalAll(stopped, syscall.SIGCONT)
		f.all()
	}
	f.end()
}

func signalAll(pids []int, s syscall.Signal) {
	for _, pid := range pids {
		syscall.Kill(pid, s)
	}
}

// While another program has the write lock nothing is lost, and everything
// goes on when it lets go.
func TestForeignWriteLock(t *testing.T) {
	t.Parallel() // it takes the time that writers wait for the lock
	f := follow(t, followedStream+followedRollup)
	f.append("a.ndjson", 100)
	f.all()
	release := f.lockStore()
	f.append("a.ndjson", 100)
	f.append("b.ndjson", 100)
	f.await("it says why it waits", f.says("another program is writing the store"))
	release()
	f.all()
	f.end()
}

// logged is what the run has written to stderr up to now.
func (f *followed) logged() string { return f.err.String() }

// A source of which most records are of no use is paused, says so, and does
// not hold up others.
func TestBreaker(t *testing.T) {
	f := follow(t, followedStream+followedRollup, "--block-bytes", "10000")
	f.append("good.ndjson", 100)
	f.all()
	f.add("bad.ndjson", strings.Repeat("this is no event\n", 400_000))
	f.until("1", "SELECT count(*) FROM windrow_splits WHERE path LIKE '%bad.ndjson' AND note LIKE 'paused: %'")
	f.append("good.ndjson", 100)
	f.all()
	if n := f.ask("SELECT count(*) < 300000 FROM windrow_quarantine"); n != "1" {
		t.Errorf("%s records are in the quarantine", f.ask("SELECT count(*) FROM windrow_quarantine"))
	}
	f.end()
}

// A rollup that is added while others are followed is filled from the start
// and then joins them; definitions with a mistake change nothing.
func TestReload(t *testing.T) {
	f := follow(t, followedStream+followedRollup)
	f.append("a.ndjson", 2000)
	f.all()
	write(t, f.dir, "windrow.sql", followedStream+followedRollup+"CREATE ROLLUP r2 AS SELECT nothing;")
	f.Process.Signal(syscall.SIGHUP)
	f.append("a.ndjson", 100)
	f.all()
	write(t, f.dir, "windrow.sql", followedStream+followedRollup+
		"CREATE ROLLUP r2 AS SELECT window_start, k, count(*) AS n FROM TUMBLE(s, INTERVAL '1 hour') GROUP BY 1, 2;")
	f.Process.Signal(syscall.SIGHUP)
	f.until(fmt.Sprint(f.written), "SELECT sum(n) FROM r2")
	f.append("a.ndjson", 100)
	f.until(fmt.Sprint(f.written), "SELECT sum(n) FROM r2")
	f.all()
	f.until("1", "SELECT count(DISTINCT cohort) FROM windrow_rollups")
	f.append("a.ndjson", 100)
	f.append("b.ndjson", 100)
	f.until(fmt.Sprint(f.written), "SELECT sum(n) FROM r2")
	f.all()
	write(t, f.dir, "windrow.sql", followedStream+strings.ReplaceAll(followedRollup, "minute", "hour"))
	f.Process.Signal(syscall.SIGHUP)
	f.append("a.ndjson", 100)
	f.all()
	f.await("it says that a rollup has changed", f.says("rollup r has changed"))
	f.append("a.ndjson", 100)
	f.all()
	f.end()
	for _, want := range []string{"1 mistake in the definitions", "rollup r has changed"} {
		if !strings.Contains(f.logged(), want) {
			t.Errorf("it does not say %q:\n%s", want, f.logged())
		}
	}
}

// A rollup is rebuilt beside the old one, which stays readable until then.
func TestRebuild(t *testing.T) {
	f := follow(t, followedStream+followedRollup)
	f.append("a.ndjson", 2000)
	f.all()
	f.end()
	write(t, f.dir, "windrow.sql", followedStream+`CREATE ROLLUP r AS SELECT window_start, k, count(*) AS n FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY 1, 2;`)
	refused := exec.Command("windrow", "run", "--once")
	refused.Dir = f.dir
	if out, err := refused.CombinedOutput(); err == nil || !strings.Contains(string(out), "--rebuild r") {
		t.Errorf("%v\n%s", err, out)
	}
	f.start("--rebuild", "r")
	f.append("a.ndjson", 100)
	f.until("5", "SELECT count(DISTINCT k) FROM r")
	f.all()
	f.append("a.ndjson", 100)
	f.all()
	f.end()
}

// Workers without work end after a while, and are there again for new work;
// status knows what they did.
func TestWorkersRest(t *testing.T) {
	f := follow(t, followedStream+followedRollup, "--rest", "100ms")
	f.append("a.ndjson", 100)
	f.all()
	f.await("the workers end", f.noWorkers)
	f.append("a.ndjson", 100)
	f.all()
	f.end()
	if got := f.ask("SELECT sum(records) FROM windrow_workers"); got != "200" {
		t.Errorf("the workers have %s records", got)
	}
	if note := f.ask("SELECT note FROM windrow_run"); note != "stopped by a signal" {
		t.Errorf("the note is %q", note)
	}
}

// A run that is told to end while the store takes no commits ends all the
// same; the next one reads again what was not committed.
func TestEndWithoutCommit(t *testing.T) {
	f := follow(t, followedStream+followedRollup, "--stop-limit", "200ms")
	f.append("a.ndjson", 100)
	f.all()
	release := f.lockStore()
	f.append("a.ndjson", 100)
	f.Process.Signal(syscall.SIGTERM)
	f.await("the workers end", f.noWorkers)
	release()
	if err := f.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, f.logged())
	}
	f.start()
	f.all()
	f.end()
}

// A file that has not grown for the idle timeout no longer holds back the
// watermark; one that grows does.
func TestIdleFile(t *testing.T) {
	idle := strings.Replace(followedStream, "'logs/*.ndjson'", "'logs/*.ndjson', idle_timeout = '1500 milliseconds'", 1)
	f := follow(t, idle+followedRollup)
	f.add("slow.ndjson", `{"ts":"2026-03-01T12:00:00Z","n":1}`+"\n")
	f.add("fast.ndjson", `{"ts":"2026-03-01T13:00:00Z","n":1}`+"\n")
	f.until("2026-03-01 11:59:55", "SELECT max(watermark) FROM windrow_rollups")
	f.until("2026-03-01 12:59:55", "SELECT max(watermark) FROM windrow_rollups")
	f.add("slow.ndjson", `{"ts":"2026-03-01T12:00:01Z","n":1}`+"\n")
	f.add("fast.ndjson", `{"ts":"2026-03-01T14:00:00Z","n":1}`+"\n")
	f.until("4", "SELECT sum(n) FROM r")
	f.until("1", "SELECT sum(late) FROM windrow_late")
	f.until("2026-03-01 13:59:55", "SELECT max(watermark) FROM windrow_rollups")
	f.until("2026-03-01 13:59:00", "SELECT final_before FROM windrow_rollups")
	f.end()
}

// Windows beyond the retention go, and events for them are counted as expired.
func TestRetention(t *testing.T) {
	f := follow(t, followedStream+strings.Replace(followedRollup, "r AS", "r WITH (retention = '10 minutes') AS", 1))
	for i := range 60 {
		f.add("a.ndjson", fmt.Sprintf(`{"ts":"2026-03-01T12:%02d:30Z","n":1}`+"\n", i))
	}
	f.until("2026-03-01 12:49:00", "SELECT min(window_start) FROM r")
	f.add("a.ndjson", `{"ts":"2026-03-01T12:20:00Z","n":1}`+"\n")
	f.until("1", "SELECT expired > 0 FROM windrow_rollups")
	f.until("61", "SELECT absorbed + expired FROM windrow_rollups")
	f.until("2026-03-01 12:49:00", "SELECT min(window_start) FROM r")
	f.until("11", "SELECT sum(n) FROM r")
	f.end()
}

// A rollup that can use nothing does not stop others of its stream.
func TestUselessRollup(t *testing.T) {
	f := follow(t, followedStream+followedRollup, "--block-bytes", "10000")
	f.append("a.ndjson", 5000)
	f.all()
	write(t, f.dir, "windrow.sql", followedStream+followedRollup+
		"CREATE ROLLUP r2 AS SELECT window_start, sum(n * 9223372036854775807 * 2) AS n FROM TUMBLE(s, INTERVAL '1 hour') GROUP BY 1;")
	f.Process.Signal(syscall.SIGHUP)
	f.until("1", "SELECT quarantined >= 5000 FROM windrow_rollups WHERE name = 'r2'")
	f.append("a.ndjson", 5000)
	f.all()
	f.append("a.ndjson", 5000)
	f.all()
	f.end()
}

// A signal ends a run also while it waits for the store to take new definitions.
func TestEndWhileReloading(t *testing.T) {
	f := follow(t, followedStream+followedRollup)
	f.append("a.ndjson", 100)
	f.all()
	defer f.lockStore()()
	f.Process.Signal(syscall.SIGHUP)
	f.await("the round ends", f.noWorkers)
	f.Process.Signal(syscall.SIGTERM)
	ended := make(chan error, 1)
	go func() { ended <- f.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("%v\n%s", err, f.logged())
		}
	case <-time.After(15 * time.Second):
		t.Fatalf("it does not end\n%s", f.logged())
	}
}

// What a rebuild would lose is said before, also if a file was removed only
// since the last run.
func TestRebuildWithoutFiles(t *testing.T) {
	f := follow(t, followedStream+followedRollup)
	f.append("a.ndjson", 1000)
	f.append("b.ndjson", 1000)
	f.all()
	f.end()
	if err := os.Remove(filepath.Join(f.dir, "logs", "a.ndjson")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("windrow", "run", "--once", "--rebuild", "r")
	cmd.Dir = f.dir
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "add --discard 1\n") {
		t.Errorf("%v\n%s", err, out)
	}
	f.until("2000", "SELECT sum(n) FROM r")
	cmd = exec.Command("windrow", "run", "--once", "--rebuild", "r", "--discard", "1")
	cmd.Dir = f.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	f.until("1000", "SELECT sum(n) FROM r")
	f.until("1", "SELECT complete_from IS NOT NULL FROM windrow_rollups")
}
