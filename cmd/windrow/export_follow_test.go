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

// beat is how often the tests look whether the world has acted.
const beat = 2 * time.Millisecond

// TestFollowIsKilled kills a follower at random moments, while a run absorbs a
// growing file into the same store. In the end the file has each final window
// exactly once.
func TestFollowIsKilled(t *testing.T) {
	const kills = 10
	f := follow(t, everySecond)
	f.append("a.ndjson", 500)
	f.until("1", "SELECT final_before IS NOT NULL FROM windrow_rollups")
	path := filepath.Join(f.dir, "r.csv")
	var whole int64 // the greatest size that a cursor has known
	torn := 0
	for i := range kills {
		p := followInto(t, f, path)
		for end := time.Now().Add(time.Duration(50+rand.IntN(250)) * time.Millisecond); time.Now().Before(end); time.Sleep(beat) {
			f.append("a.ndjson", 20)
		}
		for deadline := time.Now().Add(20 * time.Second); i%2 == 1 && !ahead(t, path) && time.Now().Before(deadline); {
			f.append("a.ndjson", 1) // until it is in the midst of writing
		}
		p.Process.Kill()
		p.Wait()
		if ahead(t, path) {
			torn++
		}
		size := cursorOf(t, path).Size
		if size < whole {
			t.Fatalf("the cursor went back from %d to %d", whole, size)
		}
		whole = size
	}
	t.Logf("%d of %d kills left bytes that the cursor does not know", torn, kills)
	f.append("a.ndjson", 200)
	last := f.written - 200
	f.until("1", fmt.Sprintf("SELECT final_before >= datetime(%d, 'unixepoch') FROM windrow_rollups", 1772366400+last/50))

	// Up to what is final now. Told to end it leaves a file that is whole.
	until := f.ask(finalOfR)
	p := followInto(t, f, path)
	for deadline := time.Now().Add(20 * time.Second); cursorOf(t, path).Before < until; time.Sleep(beat) {
		if time.Now().After(deadline) {
			t.Fatalf("the file does not get to %s: %s", until, p.Stderr)
		}
	}
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		t.Errorf("told to end it says %v: %s", err, p.Stderr)
	}
	compareFollowed(t, f, path)
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

// compareFollowed compares the file with the rows of the windows that it says
// it has.
func compareFollowed(t *testing.T, f *followed, path string) {
	t.Helper()
	c := cursorOf(t, path)
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	code, want, errors := call(t, "", "export", "r", "--store", f.store, "--until", c.Before)
	if code != exitDone || string(got) != want || int64(len(want)) != c.Size || len(want) < 1000 {
		t.Errorf("code %d: %s; the file has %d bytes, the cursor says %d, the rollup before %s has %d\n%s",
			code, errors, len(got), c.Size, c.Before, len(want), firstDifference(string(got), want))
	}
	if left, _ := filepath.Glob(path + "*.lock"); len(left) > 0 {
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
