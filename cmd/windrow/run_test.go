//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bigInput writes a pipeline and enough events that a run on them can be
// caught in the middle, and returns the definition file and the event count.
func bigInput(t *testing.T) (pipeline string, events int) {
	t.Helper()
	dir := t.TempDir()
	var b bytes.Buffer
	const n = 400_000
	for i := range n {
		fmt.Fprintf(&b, `{"ts":%d,"host":"host-%d","x":%d.25,"pad":"%0100d"}`+"\n", 1772366400+i/100, i%50, i%1000, i)
	}
	if err := os.WriteFile(filepath.Join(dir, "events.ndjson"), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	pipeline = filepath.Join(dir, "windrow.sql")
	text := `SET flush_interval = '5 milliseconds';
CREATE STREAM s (ts TIMESTAMP, host TEXT, x REAL, WATERMARK FOR ts) WITH (connector = 'file', path = 'events.ndjson');
CREATE ROLLUP r AS SELECT window_start, host, count(*) AS n, sum(x) AS total FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY window_start, host;`
	if err := os.WriteFile(pipeline, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return pipeline, n
}

// slow are the flags of a run that lasts long enough to be caught.
var slow = []string{"--block-bytes", "4096"}

// background is a run as a process of its own.
type background struct {
	*exec.Cmd
	out   printed
	err   printed
	store string
}

// printed is what a process has written up to now.
type printed struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *printed) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *printed) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func start(t *testing.T, pipeline string, args ...string) *background {
	t.Helper()
	b := &background{store: filepath.Join(filepath.Dir(pipeline), "windrow.db")}
	b.Cmd = exec.Command("windrow", append([]string{"run", "--once", "--store", b.store, pipeline}, args...)...)
	b.Stdout, b.Stderr = &b.out, &b.err
	if err := b.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Process.Kill(); b.Wait() })
	return b
}

// untilAbsorbed waits until some of the input is in the store.
func (b *background) untilAbsorbed(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		db, err := openReader(b.store)
		if err != nil {
			continue // not made yet
		}
		var n int
		err = db.Get(&n, "SELECT coalesce(sum(n), 0) FROM r")
		db.Close()
		if err == nil && n > 0 {
			return
		}
	}
	t.Fatalf("nothing was absorbed\n%s%s", &b.out, &b.err)
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// children returns the worker processes of a run.
func (b *background) children(t *testing.T) []int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", b.Process.Pid, b.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", b.Process.Pid))
	for _, f := range tasks {
		more, _ := os.ReadFile(f)
		text = append(append(text, ' '), more...)
	}
	var pids []int
	seen := map[int]bool{}
	for s := bufio.NewScanner(bytes.NewReader(bytes.ReplaceAll(text, []byte(" "), []byte("\n")))); s.Scan(); {
		if pid, err := strconv.Atoi(s.Text()); err == nil && !seen[pid] {
			seen[pid] = true
			pids = append(pids, pid)
		}
	}
	return pids
}

func total(t *testing.T, store string) int {
	t.Helper()
	n, err := strconv.Atoi(lastLine(windrow(t, "query", "--store", store, "SELECT sum(n) FROM r")))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A run that is told to end commits what it has, says so, and ends well; the
// next one goes on.
func TestInterruptedRunGoesOn(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			pipeline, n := bigInput(t)
			b := start(t, pipeline, slow...)
			b.untilAbsorbed(t)
			b.Process.Signal(sig)
			if err := b.Wait(); err != nil {
				t.Fatalf("%v\n%s%s", err, &b.out, &b.err)
			}
			if part := total(t, b.store); part == n {
				t.Fatal("the run was over before the signal")
			}
			if !strings.Contains(b.out.String(), "stopped before the end; the next run goes on from here") {
				t.Errorf("it said\n%s", &b.out)
			}
			windrow(t, "run", "--once", "--store", b.store, pipeline)
			if got := total(t, b.store); got != n {
				t.Errorf("%d events, want %d", got, n)
			}
		})
	}
}

// A second run on a store is refused while the first one is alive, and only then.
func TestSecondRunIsRefused(t *testing.T) {
	pipeline, n := bigInput(t)
	b := start(t, pipeline, slow...)
	b.untilAbsorbed(t)
	b.Process.Signal(syscall.SIGSTOP) // so that it does not end meanwhile
	second := start(t, pipeline)
	err := second.Wait()
	want := fmt.Sprintf("another run (process %d) is working on", b.Process.Pid)
	if err == nil || !strings.Contains(second.err.String(), want) {
		t.Errorf("%v\n%s, want %s", err, &second.err, want)
	}
	b.Process.Kill()
	b.Wait()
	windrow(t, "run", "--once", "--store", b.store, pipeline)
	if got := total(t, b.store); got != n {
		t.Errorf("%d events, want %d", got, n)
	}
}

// A killed worker is replaced, and nothing is lost or counted twice.
func TestKilledWorkerIsReplaced(t *testing.T) {
	pipeline, n := bigInput(t)
	b := start(t, pipeline, append(slow, "--workers", "2")...)
	b.untilAbsorbed(t)
	for _, pid := range b.children(t) {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	if err := b.Wait(); err != nil {
		t.Fatalf("%v\n%s%s", err, &b.out, &b.err)
	}
	if got := total(t, b.store); got != n {
		t.Errorf("%d events, want %d", got, n)
	}
}

// Workers whose main process is gone end by themselves.
func TestNoOrphans(t *testing.T) {
	pipeline, _ := bigInput(t)
	b := start(t, pipeline, append(slow, "--workers", "2")...)
	b.untilAbsorbed(t)
	pids := b.children(t)
	b.Process.Kill()
	b.Wait()
	deadline := time.Now().Add(2 * time.Second)
	for _, pid := range pids {
		for syscall.Kill(pid, 0) == nil {
			if state, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); bytes.Contains(state, []byte(") Z ")) {
				break // ended; nobody has waited for it yet
			}
			if time.Now().After(deadline) {
				t.Fatalf("worker %d is still there", pid)
			}
			runtime.Gosched()
		}
	}
}

// Stock clients read the store while a run writes it, and see what Windrow sees.
func TestOtherClientsRead(t *testing.T) {
	pipeline, n := bigInput(t)
	b := start(t, pipeline, slow...)
	b.untilAbsorbed(t)
	python := `import sqlite3,sys
c=sqlite3.connect("file:%s?mode=ro",uri=True)
a,b=c.execute("SELECT (SELECT sum(n) FROM r), (SELECT sum(records) FROM windrow_ranges)").fetchone()
assert a==b,(a,b)
print(a)`
	clients := map[string][]string{
		"sqlite3": {"-readonly", "file:" + b.store + "?mode=ro", "SELECT sum(n) FROM r"},
		"python3": {"-c", fmt.Sprintf(python, b.store)},
	}
	for name, args := range clients {
		if _, err := exec.LookPath(name); err != nil {
			t.Logf("%s is not installed", name)
			delete(clients, name)
			continue
		}
		if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
			t.Errorf("%s during the run: %v\n%s", name, err, out)
		}
	}
	if err := b.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &b.err)
	}
	for name, args := range clients {
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil || strings.TrimSpace(string(out)) != strconv.Itoa(n) {
			t.Errorf("%s after the run: %v %s, want %d", name, err, out, n)
		}
	}
}
