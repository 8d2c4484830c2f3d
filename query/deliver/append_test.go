package deliver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func line(id string) string { return string(eventOf(id).Record) + "\n" }

func TestAppend(t *testing.T) {
	root := t.TempDir()
	to := fileTarget(root, "logs/alerts.ndjson")
	for _, id := range []string{"1", "2", "2", "1", "3"} {
		r := deliver(t, to, Config{}, eventOf(id))
		if r.Place != filepath.Join(root, "logs", "alerts.ndjson") || r.Bytes != int64(len(line(id))-1) {
			t.Errorf("receipt %+v", r)
		}
	}
	checkTree(t, root, map[string]string{"logs/": "", "logs/alerts.ndjson": line("1") + line("2") + line("3")})
}

// TestAppendEnds has what may lie at the end of a file.
func TestAppendEnds(t *testing.T) {
	long := strings.Repeat("x", searched+10)
	half := line("1")[:20]
	for _, c := range []struct{ name, before, want string }{
		{"empty", "", line("1")},
		{"torn", line("0") + half, line("0") + line("1")},
		{"torn at once", half, line("1")},
		{"one byte", line("0") + "{", line("0") + line("1")},
		{"only the line break is missing", line("0") + strings.TrimSpace(line("1")), line("0") + strings.TrimSpace(line("1"))},
		{"another without line break", strings.TrimSpace(line("0")), line("0") + line("1")},
		{"zeros", line("0") + "\x00\x00\x00", line("0") + line("1")},
		{"torn with zeros", line("0") + half + "\x00\x00", line("0") + line("1")},
		{"whole with zeros", strings.TrimSpace(line("0")) + "\x00\x00", line("0") + line("1")},
		{"somebody's text", "# my alerts", "# my alerts\n" + line("1")},
		{"there", line("1") + line("2"), line("1") + line("2")},
		{"there, after a torn line", line("1") + half, line("1") + half},
		{"id in another field", `{"id":"9","row":{"id":"1"}}` + "\n", `{"id":"9","row":{"id":"1"}}` + "\n" + line("1")},
		{"written by hand", `{ "alert" : "slow", "id" : "\u0031" }` + "\n", `{ "alert" : "slow", "id" : "\u0031" }` + "\n"},
		{"long line", long, long + "\n" + line("1")},
		{"after a long line", long + "\n" + half, long + "\n" + line("1")},
		{"too far back", line("1") + strings.Repeat(line("0"), searched/len(line("0"))+1), line("1") + strings.Repeat(line("0"), searched/len(line("0"))+1) + line("1")},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			if err := os.WriteFile(filepath.Join(root, "a"), []byte(c.before), 0o600); err != nil {
				t.Fatal(err)
			}
			deliver(t, fileTarget(root, "a"), Config{}, eventOf("1"))
			got, _ := os.ReadFile(filepath.Join(root, "a"))
			if string(got) != c.want {
				if len(got)+len(c.want) < 2000 {
					t.Errorf("got %q\nwant %q", got, c.want)
				}
				t.Errorf("got %d bytes, want %d", len(got), len(c.want))
			}
		})
	}
}

// Several appenders, each with its own open file as processes have it, while
// the file is renamed again and again: each event is in one file, once, whole.
func TestAppendRotation(t *testing.T) {
	const appenders, each, rotations = 4, 25, 10
	root := t.TempDir()
	to := fileTarget(root, "alerts.ndjson")
	var writers sync.WaitGroup
	done := make(chan struct{})
	for a := range appenders {
		writers.Go(func() {
			for i := range each {
				if _, err := Deliver(t.Context(), to, Config{}, eventOf(fmt.Sprint(a, "-", i))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var rotator sync.WaitGroup
	rotator.Go(func() {
		for n := 0; n < rotations; {
			select {
			case <-done:
				return
			default:
				if os.Rename(filepath.Join(root, "alerts.ndjson"), filepath.Join(root, fmt.Sprint("old.", n))) == nil {
					n++
				}
			}
		}
	})
	writers.Wait()
	close(done)
	rotator.Wait()
	count := map[string]int{}
	for _, content := range tree(t, root) {
		for l := range strings.Lines(content) {
			count[l]++
		}
	}
	for a := range appenders {
		for i := range each {
			l := line(fmt.Sprint(a, "-", i))
			if count[l] != 1 {
				t.Errorf("%q is there %d times", l, count[l])
			}
			delete(count, l)
		}
	}
	if len(count) > 0 {
		t.Errorf("other lines: %v", count)
	}
}

// A file that lost its name between opening and locking is not written to.
func TestAppendCurrent(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	f, err := openEvents(root, "a")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !current(root, "a", f) {
		t.Error("the file has its name")
	}
	if err := root.Rename("a", "a.1"); err != nil {
		t.Fatal(err)
	}
	if current(root, "a", f) {
		t.Error("nothing has the name")
	}
	deliver(t, fileTarget(dir, "a"), Config{}, eventOf("1"))
	if current(root, "a", f) {
		t.Error("another file has the name")
	}
}

func TestAppendLocked(t *testing.T) {
	root := t.TempDir()
	f, err := os.Create(filepath.Join(root, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if ok, err := tryLock(f); !ok || err != nil {
		t.Fatal(ok, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err = Deliver(ctx, fileTarget(root, "a"), Config{}, eventOf("1"))
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrPermanent) {
		t.Errorf("error %v", err)
	}
	f.Close()
	deliver(t, fileTarget(root, "a"), Config{}, eventOf("1"))
}

func TestAppendRefused(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(t.TempDir(), "outside"), filepath.Join(root, "out")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		address, record string
		forGood         bool
		words           string
	}{
		{"a", `{"id":"1"`, true, "no JSON"},
		{"a", `{"alert":"x"}`, true, "no id"},
		{"a", "{\"id\":\"1\",\n\"x\":1}", true, "more than one line"},
		{"folder", `{"id":"1"}`, false, "no regular file"},
		{"folder/", `{"id":"1"}`, true, "names a folder"},
		{"out", `{"id":"1"}`, true, "symbolic link"},
	} {
		m := eventOf("1")
		m.Record = []byte(c.record)
		refused(t, fileTarget(root, c.address), Config{}, m, c.forGood, c.words)
	}
}
