//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const everySecond = `
SET flush_interval = '20 milliseconds';
CREATE STREAM s (ts TIMESTAMP, k TEXT NOT NULL, n INTEGER, WATERMARK FOR ts AS ts - INTERVAL '1 second')
WITH (connector = 'file', path = 'logs/*.ndjson', format = 'json', timestamp_format = 'epoch_s');
CREATE ROLLUP r AS SELECT window_start, k, count(*) AS n FROM TUMBLE(s, INTERVAL '1 second') GROUP BY window_start, k;
`

const finalOfR = "SELECT final_before FROM windrow_rollups"

// beat is the pace at which events are written. When a follower is killed is
// left to chance; nothing is expected to have happened by then.
const beat = 2 * time.Millisecond

// TestFollowIsKilled kills a follower at random moments, while a run absorbs a
// growing file into the same store, and moves the file away, before a kill or
// after it. In the end each final window is exactly once in one of the files.
func TestFollowIsKilled(t *testing.T) {
	const kills = 12
	f := follow(t, everySecond)
	f.append("a.ndjson", 500)
	f.until("1", "SELECT final_before IS NOT NULL FROM windrow_rollups")
	path := filepath.Join(f.dir, "r.csv")
	var whole string // the greatest end that a cursor has known
	var moved []string
	torn := 0
	move := func() {
		to := filepath.Join(f.dir, "old", fmt.Sprintf("r.csv.%d", len(moved)+1))
		if err := os.Rename(path, to); err == nil {
			moved = append(moved, to)
		}
	}
	if err := os.Mkdir(filepath.Join(f.dir, "old"), 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range kills {
		p := followInto(t, f, path)
		for end := time.Now().Add(time.Duration(50+rand.IntN(250)) * time.Millisecond); time.Now().Before(end); time.Sleep(beat) {
			f.append("a.ndjson", 20)
		}
		for deadline := time.Now().Add(20 * time.Second); i%2 == 1 && !ahead(t, path) && time.Now().Before(deadline); {
			f.append("a.ndjson", 1) // until it is in the midst of writing
		}
		if i%4 == 1 || i%4 == 2 { // in the midst of writing, or at any moment
			move()
		}
		if i%4 == 2 {
			for end := time.Now().Add(time.Duration(rand.IntN(60)) * time.Millisecond); time.Now().Before(end); time.Sleep(beat) {
				f.append("a.ndjson", 20)
			}
		}
		p.Process.Kill()
		p.Wait()
		if ahead(t, path) {
			torn++
		}
		if i%4 == 3 {
			move()
		}
		if now := cursorOf(t, path).Before; now < whole {
			t.Fatalf("the cursor went back from %s to %s", whole, now)
		} else {
			whole = now
		}
	}
	t.Logf("%d of %d kills left bytes that the cursor does not know; %d files were moved", torn, kills, len(moved))
	if len(moved) < kills/4 {
		t.Errorf("only %d files were moved", len(moved))
	}
	f.append("a.ndjson", 200)
	last := f.written - 200
	f.until("1", fmt.Sprintf("SELECT final_before >= datetime(%d, 'unixepoch') FROM windrow_rollups", 1772366400+last/50))

	// Up to what is final now. Told to end it leaves a file that is whole.
	until := f.ask(finalOfR)
	p := followInto(t, f, path)
	f.await("the file gets to "+until, func() bool { return cursorOf(t, path).Before >= until })
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("told to end it says %v: %s", err, p.Stderr)
	}
	compareFollowed(t, f, path, moved)
}

// ahead reports whether the file holds more than its cursor knows.
func ahead(t *testing.T, path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > cursorOf(t, path).Size
}

// followInto begins to follow the rollup r into a file.
func followInto(t *testing.T, f *followed, path string) *exec.Cmd {
	t.Helper()
	p := exec.Command("windrow", "export", "r", "--follow", "--store", f.store, "-o", path)
	p.Stderr = &bytes.Buffer{}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill(); p.Wait() })
	return p
}

// compareFollowed compares the files, those that were moved first, with the rows
// of the windows that the cursor says they have.
func compareFollowed(t *testing.T, f *followed, path string, moved []string) {
	t.Helper()
	const head = "window_start,k,n\n"
	c := cursorOf(t, path)
	got := head
	for _, p := range append(moved, path) {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		rows, ok := strings.CutPrefix(string(b), head)
		if !ok && len(b) > 0 {
			t.Errorf("%s begins without header", p)
		}
		got += rows
		if p == path && int64(len(b)) != c.Size {
			t.Errorf("the file has %d bytes, the cursor says %d", len(b), c.Size)
		}
	}
	code, want, errors := call(t, "", "export", "r", "--store", f.store, "--until", c.Before)
	if code != exitDone || got != want || len(want) < 1000 {
		t.Errorf("code %d: %s; the files have %d bytes, the rollup before %s has %d\n%s",
			code, errors, len(got), c.Before, len(want), firstDifference(got, want))
	}
	if left, _ := filepath.Glob(path + ".cursor.*"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

type cursorFile struct {
	Size   int64
	Before string
}

// cursorOf reads the cursor of a file; it is empty if there is none yet.
func cursorOf(t *testing.T, path string) (c cursorFile) {
	t.Helper()
	b, err := os.ReadFile(path + ".cursor")
	if os.IsNotExist(err) {
		return c
	}
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		t.Fatalf("the cursor is broken: %v: %s", err, b)
	}
	return c
}
