package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/windrow/windrow/query/querytest"
)

const bomb = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c"

// TestInterrupt sends Ctrl-C to a real process that would never end.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "s.db")
	querytest.Create(t, db, querytest.Rollup)
	for _, c := range []struct {
		name string
		args []string
		file bool // the result goes to a file
	}{
		{"rows on a pipe", []string{"query", bomb}, false},
		{"no first row", []string{"query", "SELECT count(*) FROM (" + bomb + ")", "-o", "out.csv.gz"}, true},
		{"no second row", []string{"query", bomb + " WHERE x = 1 OR x < 0", "-o", "out.json"}, true},
		{"export", []string{"export", bomb, "-o", "out.csv.zst"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			// On a busy machine one of a few times must be short.
			var took time.Duration
			for range 5 {
				if took = interrupted(t, db, c.args, c.file); took <= 200*time.Millisecond || t.Failed() {
					return
				}
			}
			t.Errorf("it took %v to end", took)
		})
	}
}

// interrupted runs the program, interrupts it in the middle, checks what it
// leaves, and returns how long it took to end.
func interrupted(t *testing.T, db string, args []string, file bool) time.Duration {
	t.Helper()
	out := t.TempDir()
	cmd := exec.Command("windrow", append(args, "--store", db)...)
	cmd.Dir = out
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	if file {
		waitForFile(t, out)
	} else if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
		t.Errorf("ended with %v", err)
	}
	took := time.Since(start)
	if stderr.String() != "windrow: interrupted\n" {
		t.Errorf("it says %q", stderr.String())
	}
	if left, _ := filepath.Glob(filepath.Join(out, ".*")); len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, " "))
	}
	if left, _ := filepath.Glob(filepath.Join(out, "*")); len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, " "))
	}
	return took
}

// waitForFile waits until a file shows that the query is about to run.
func waitForFile(t *testing.T, dir string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 10_000 {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) > 0 {
			return
		}
		<-tick.C
	}
	t.Fatal("no file appears")
}
