package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestDiskError runs itself under strace, which makes the first fsync or write
// of the thread fail: what is under way is rolled back, the connection is
// given up, and the same thing is done on a new one.
func TestDiskError(t *testing.T) {
	if what := os.Getenv("WINDROW_TEST_IOERR"); what != "" {
		failOnce(t, what)
		return
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("there is no strace here, which makes calls of the system fail")
	}
	if out, err := exec.Command(strace, "-f", "-o", os.DevNull, "-e", "inject=fsync:error=EIO", "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %s", out)
	}
	const sync, write, once, always = "fsync,fdatasync", "pwrite64", "1", "1+"
	tests := []struct{ name, what, calls, when string }{
		{"fsync in a commit", "commit fsync", sync, once},
		{"write in a commit", "commit write", write, once},
		{"fsync in other writes", "splits fsync", sync, once},
		{"fsync in the ledger", "ledger fsync", sync, once},
		{"write in the ledger", "ledger write", write, once},
		{"fsync in a checkpoint", "checkpoint fsync", sync, once},
		{"write in a checkpoint", "checkpoint write", write, once},
		{"fsync for ever", "always fsync", sync, always},
		{"write for ever", "always write", write, always},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFixture(t)
			if err := f.Commit(bg, f.commitOf(0, 10, map[key]state{keyA: one(1), keyB: one(2)})); err != nil {
				t.Fatal(err)
			}
			must(f.RegisterReports(bg, f.epoch, ledgerDefs, day))(t)
			cmd := exec.Command(strace, "-f", "-o", os.DevNull, "-e", "trace="+tt.calls, "-e", "inject="+tt.calls+":error=EIO:when="+tt.when,
				os.Args[0], "-test.run=^TestDiskError$", "-test.v")
			cmd.Env = append(os.Environ(), "WINDROW_TEST_IOERR="+tt.what, "WINDROW_TEST_STORE="+f.path, "WINDROW_TEST_EPOCH="+strconv.FormatInt(f.epoch, 10))
			if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS: TestDiskError") {
				t.Fatalf("%v\n%s", err, out)
			}
			want := map[key]state{keyA: one(1), keyB: one(2)}
			if strings.HasPrefix(tt.what, "commit") {
				want[keyA], want[key{at(3), "b", ""}] = one(1).plus(one(3)), one(4)
			}
			equalViews(t, f.view(), want)
			f.intact()
		})
	}
}

// failOnce does one thing twice in the other process: the first time the disk
// fails.
func failOnce(t *testing.T, what string) {
	runtime.LockOSThread() // strace counts calls by thread
	defer runtime.UnlockOSThread()
	epoch, _ := strconv.ParseInt(os.Getenv("WINDROW_TEST_EPOCH"), 10, 64)
	f := workerFixture(t, os.Getenv("WINDROW_TEST_STORE"), epoch)
	f.Close()
	f.Store = mustOpen(t, f.path, Options{Worker: true, BusyTimeout: time.Minute}) // with fsync in each commit
	what, step, _ := strings.Cut(what, " ")
	commit := f.commitOf(10, 20, map[key]state{keyA: one(3), {at(3), "b", ""}: one(4)})
	give := func() error { return f.Commit(bg, commit) }
	do := map[string]func() error{
		"commit":     give,
		"always":     give,
		"checkpoint": func() error { return f.CheckpointTruncate(bg) },
		"splits": func() error {
			_, err := f.AddSplits(bg, f.epoch, 1, []Split{{Path: "b"}})
			return err
		},
		"ledger": func() error {
			_, err := f.PutAlerts(bg, f.epoch, 2, day, []AlertRow{{Key: "a"}}, []Issue{event(IssueFiring, day, "a")})
			return err
		},
	}[what]
	before := append(dump(f), f.ledgerDump())
	if _, err := f.conn.ExecContext(bg, "CREATE TEMP TABLE of_this_connection (x)"); err != nil {
		t.Fatal(err)
	}
	wantError(t, do(), ErrIO, "store", "the disk reports an error ("+step+")", "system's log")
	if f.conn != nil {
		t.Error("the connection is still there")
	}
	if got := f.text("SELECT count(*) FROM sqlite_temp_schema WHERE name = 'of_this_connection'"); got != "0" {
		t.Error("the next connection is the old one")
	}
	if after := append(dump(f), f.ledgerDump()); fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("something was written:\n%v\n%v", before, after)
	}
	if what == "always" {
		wantError(t, do(), ErrIO)
		return
	}
	if err := do(); err != nil {
		t.Errorf("the second time: %v", err)
	}
	if what == "commit" {
		if err := do(); !errors.Is(err, ErrOverlap) {
			t.Errorf("the third time: %v", err)
		}
	}
}
