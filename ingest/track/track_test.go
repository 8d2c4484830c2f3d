package track

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema"
)

// put writes a file at once.
func put(t testing.TB, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

// lines returns the lines [from, to).
func lines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		b.WriteString(line(i) + "\n")
	}
	return b.String()
}

// total is how many lines were absorbed, those that came twice counted twice.
func (s *sim) total() int {
	n := 0
	for _, k := range s.lines {
		n += k
	}
	return n
}

// notes are the notes of all splits.
func (s *sim) notes() string {
	var all []string
	for _, p := range s.splits {
		if p.Note != "" {
			all = append(all, p.Note)
		}
	}
	return strings.Join(all, "\n")
}

// Two hosts' files with the same bytes are two files; the second waits until
// it is clear that it is no copy in the making.
func TestEqualFiles(t *testing.T) {
	dir := t.TempDir()
	s := newSim(t, 1, filepath.Join(dir, "*.log"))
	put(t, filepath.Join(dir, "a.log"), lines(0, 5))
	put(t, filepath.Join(dir, "b.log"), lines(0, 5))
	s.drain()
	if s.total() != 10 || len(s.splits) != 2 {
		t.Fatal(s.total(), len(s.splits))
	}
	s.kill()
	put(t, filepath.Join(dir, "b.log"), lines(0, 7))
	s.drain()
	if s.total() != 12 || len(s.splits) != 2 || s.lines[line(5)] != 1 {
		t.Fatal(s.total(), len(s.splits))
	}
}

// A packed file beside its original waits until the original is removed.
func TestPackedBesideOriginal(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "app.log")
	s := newSim(t, 1, path+"*")
	put(t, path, lines(0, 50))
	s.drain()
	zipFile(&writer{s: s}, path, path+".gz")
	s.drain()
	if s.total() != 50 || len(s.splits) != 1 {
		t.Fatal(s.total(), len(s.splits))
	}
	must(t, os.Remove(path))
	s.wait(2 * linger)
	s.drain()
	s.check(50)
	if p := s.splits[0]; len(s.splits) != 1 || filepath.Base(p.Path) != "app.log.gz" || !p.Ended || p.Gone || p.Size != int64(len(lines(0, 50))) {
		t.Errorf("%+v", s.splits)
	}
}

// A line that is written in many parts is taken when it is whole.
func TestLineInParts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	s := newSim(t, 1, path)
	text := lines(0, 4)
	for i := range len(text) {
		put(t, path, text[:i+1])
		s.drain()
		if n := strings.Count(text[:i+1], "\n"); s.total() != n {
			t.Fatalf("%d lines after %q", s.total(), text[:i+1])
		}
	}
}

// What was appended before a file was packed away, out of the paths, while
// nobody looked, is read also if the packing ends only later.
func TestPackedAwayLate(t *testing.T) {
	dir := t.TempDir()
	path, aside := filepath.Join(dir, "app.log"), filepath.Join(t.TempDir(), "aside")
	s := newSim(t, 1, filepath.Join(dir, "*.log"))
	put(t, path, lines(0, 30))
	s.drain()
	s.check(30)
	must(t, os.Remove(path))
	s.kill()
	s.scan()
	put(t, aside, lines(0, 60))
	zipFile(&writer{s: s}, aside, path+"-1.gz")
	s.drain()
	s.check(60)
}

// A file that was moved over another one while nobody looked goes on growing:
// its last line is not whole before it has its end.
func TestReplacedByLonger(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	s := newSim(t, 1, path)
	put(t, path, lines(0, 30)+line(30)[:5])
	s.drain()
	s.check(30)
	s.kill()
	put(t, path+".new", lines(0, 50)+line(50)[:5])
	must(t, os.Rename(path+".new", path))
	s.drain()
	s.wait(2 * linger)
	s.drain()
	s.check(50)
	put(t, path, lines(0, 51))
	s.drain()
	s.check(51)
}

// A file of which the beginning was changed in place is not read again.
func TestEditedBeginning(t *testing.T) {
	for _, restart := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "app.log")
		s := newSim(t, 1, path)
		put(t, path, lines(0, 1000))
		s.drain()
		if restart {
			s.kill()
		}
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		must(t, err)
		_, err = f.WriteAt([]byte("edited"), 0)
		must(t, err)
		_, err = f.WriteAt([]byte(line(1000)+"\n"), int64(len(lines(0, 1000))))
		must(t, err)
		must(t, f.Close())
		s.drain()
		if s.total() != 1000 || !strings.Contains(s.notes(), noteRewritten) {
			t.Errorf("restart %v: %d lines, %q", restart, s.total(), s.notes())
		}
	}
}

// The last line has no end yet: it is taken when nothing can follow.
func TestLastLine(t *testing.T) {
	for name, end := range map[string]func(s *sim, path string){
		"removed": func(s *sim, p string) { os.Remove(p) },
		"renamed": func(s *sim, p string) { os.Rename(p, p+".1") },
		"once":    func(s *sim, p string) { s.follow = false; s.kill() },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "app.log")
			s := newSim(t, 1, path)
			put(t, path, lines(0, 3)+line(3))
			s.drain()
			s.check(3)
			end(s, path)
			s.drain()
			s.check(4)
			if !s.splits[0].Ended {
				t.Errorf("%+v", s.splits[0])
			}
		})
	}
}

func TestIdle(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	s := newSim(t, 1, path)
	s.stream.IdleTimeout = time.Minute
	put(t, path, lines(0, 3))
	s.drain()
	s.wait(time.Minute)
	if s.scan(); len(s.last) != 1 || !s.last[0].Idle || !s.last[0].Row {
		t.Fatal(s.last)
	}
	s.kill()
	if s.scan(); !s.splits[0].Idle {
		t.Error("a new run has forgotten that it is idle")
	}
	put(t, path, lines(0, 4))
	if s.scan(); s.splits[0].Idle || s.splits[0].Ended {
		t.Errorf("%+v", s.splits[0])
	}
}

// Arrays and CSV records with line breaks are cut while they grow.
func TestCutWhileGrowing(t *testing.T) {
	dir := t.TempDir()
	s := newSim(t, 1, filepath.Join(dir, "*.csv"))
	s.stream.Format, s.stream.CSV = schema.FormatCSV, schema.CSV{Delimiter: ',', Quote: '"', Header: true, Multiline: true}
	path := filepath.Join(dir, "a.csv")
	text := "n,s"
	step := func(more, want string) {
		t.Helper()
		text += more
		put(t, path, text)
		s.drain()
		if got := s.splitBytes(1); got != want {
			t.Errorf("after %q: %q, want %q", more, got, want)
		}
	}
	step("", "")
	step("\n", "")
	step("1,\"a\n", "")
	step("b\"\n2,", "1,\"a\nb\"\n")
	s.kill()
	step("c\n3,d", "1,\"a\nb\"\n2,c\n")
	must(t, os.Rename(path, path+".old"))
	s.drain()
	if got := s.splitBytes(1); got != "1,\"a\nb\"\n2,c\n3,d" || !s.splits[0].Ended {
		t.Errorf("%q, %+v", got, s.splits[0])
	}
}

// splitBytes returns the absorbed bytes of a split, read again.
func (s *sim) splitBytes(n int64) string {
	if int64(len(s.splits)) < n {
		return ""
	}
	r, data := s.ranges[n], []byte(nil)
	data, _ = os.ReadFile(s.splits[n-1].Path)
	return string(data[min(r.Lo, int64(len(data))):min(r.Hi, int64(len(data)))])
}

// What cannot be read is a problem as long as it lasts.
func TestProblems(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	s := newSim(t, 1, filepath.Join(dir, "**", "*.log"))
	want := func(what ...string) {
		t.Helper()
		s.drain()
		if len(s.problems) != len(what) {
			t.Fatalf("problems %v, want %v", s.problems, what)
		}
		for i, p := range s.problems {
			if !strings.Contains(p.Error(), what[i]) {
				t.Errorf("problem %v, want %s", p, what[i])
			}
		}
	}
	want("does not exist")
	must(t, os.MkdirAll(filepath.Join(dir, "x"), 0o755))
	want("no file matches")
	path := filepath.Join(dir, "x", "a.log")
	put(t, path, lines(0, 5))
	want()
	must(t, os.Rename(dir, dir+".away"))
	want("does not exist")
	must(t, os.Rename(dir+".away", dir))
	put(t, path, lines(0, 8))
	want()
	s.check(8)
}

// A pipe or a device under a path is a problem, and nothing else is.
func TestNotRegular(t *testing.T) {
	dir := t.TempDir()
	s := newSim(t, 1, filepath.Join(dir, "*"))
	put(t, filepath.Join(dir, "a.log"), lines(0, 5))
	must(t, os.Symlink(os.DevNull, filepath.Join(dir, "null")))
	must(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	s.drain()
	must(t, os.Remove(filepath.Join(dir, "a.log")))
	s.drain()
	s.wait(linger)
	s.drain()
	s.check(5)
	if !s.splits[0].Gone || len(s.problems) == 0 {
		t.Errorf("%+v, problems %v", s.splits, s.problems)
	}
}

// A damaged packed file that is removed does not stay open.
func TestDamagedPackedFileRemoved(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log.gz")
	s := newSim(t, 1, path)
	put(t, path+".plain", lines(0, 5000))
	zipFile(&writer{s: s}, path+".plain", path)
	must(t, os.Truncate(path, 500))
	s.drain()
	must(t, os.Remove(path))
	s.wait(2 * linger)
	s.drain()
	s.wait(2 * linger)
	s.drain()
	if len(s.splits) != 1 || !s.splits[0].Gone || s.splits[0].Note == "" {
		t.Errorf("%+v", s.splits)
	}
}

// Runs that do not follow know what earlier ones have read.
func TestOnceAgain(t *testing.T) {
	for _, turn := range []func(*writer, int){turnRename, turnCopy, turnGzip, turnGzipLater, turnCopyGzip} {
		dir := t.TempDir()
		s := newSim(t, 1, filepath.Join(dir, "app.log*"))
		w := &writer{s: s, path: filepath.Join(dir, "app.log")}
		w.open(0)
		for i := range 8 {
			w.write(1 + s.rand.IntN(50))
			w.flush()
			s.follow = false
			for range s.rand.IntN(3) {
				s.kill()
				s.scan()
				s.absorb(s.rand.IntN(2) == 0)
			}
			s.follow = true
			s.kill()
			turn(w, i)
			w.flush()
		}
		s.follow = false
		s.kill()
		s.scan()
		s.absorb(true)
		s.check(w.n)
		w.close()
	}
}

func TestPause(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	s := newSim(t, 1, path)
	put(t, path, lines(0, 10))
	s.drain()
	s.tracker.Pause(1, "mostly bad")
	put(t, path, lines(0, 20))
	if s.scan(); len(s.last) != 1 || !s.last[0].Over || s.splits[0].Note != "mostly bad" {
		t.Fatal(s.last)
	}
	s.drain()
	if s.total() != 10 || len(s.problems) != 1 {
		t.Error(s.total(), s.problems)
	}
	s.kill() // the next run tries again
	s.drain()
	s.check(20)
}

// No more files are open than may be, and those that grow are read all the same.
func TestOpenFiles(t *testing.T) {
	dir := t.TempDir()
	s := newSim(t, 1, filepath.Join(dir, "*.log"))
	s.files = 10
	s.kill()
	for i := range 50 {
		put(t, filepath.Join(dir, fmt.Sprint(i, ".log")), lines(i*10, i*10+5))
	}
	s.drain()
	open := func() (n int) {
		for _, e := range s.tracker.entries {
			if e.Found.Opened() != nil {
				n++
			}
		}
		return n
	}
	if n := open(); n > 10 {
		t.Errorf("%d files are open", n)
	}
	for i := range 50 {
		os.Rename(filepath.Join(dir, fmt.Sprint(i, ".log")), filepath.Join(dir, fmt.Sprint(i, "x.log")))
		put(t, filepath.Join(dir, fmt.Sprint(i, "x.log")), lines(i*10, i*10+10))
	}
	s.drain()
	if n := open(); n > 10 {
		t.Errorf("%d files are open", n)
	}
	s.check(500)
}

// Files of which it is not clear what they are are not kept open beyond that
// either.
func TestOpenArrivals(t *testing.T) {
	dir := t.TempDir()
	s := newSim(t, 1, filepath.Join(dir, "*.log"))
	s.files = 10
	s.kill()
	for i := range 50 {
		put(t, filepath.Join(dir, fmt.Sprint(i, ".log")), lines(0, 5))
	}
	for range 3 {
		s.scan()
		if len(s.tracker.arrivals) != 49 {
			t.Fatal(len(s.tracker.arrivals), "arrivals")
		}
		n := 0
		for _, a := range s.tracker.arrivals {
			if a.found.Opened() != nil {
				n++
			}
		}
		if n > 10 {
			t.Errorf("%d files are open", n)
		}
	}
}

// Where the system cannot tell of changes, looking is enough; it is said once.
func TestNoWatches(t *testing.T) {
	var log strings.Builder
	dir := t.TempDir()
	s := newSim(t, 1, filepath.Join(dir, "*.log"))
	s.tracker.bell.log = slog.New(slog.NewTextHandler(&log, nil))
	s.tracker.bell.open = func() (*fsnotify.Watcher, error) { return nil, errors.New("too many open files") }
	put(t, filepath.Join(dir, "a.log"), lines(0, 5))
	s.drain()
	put(t, filepath.Join(dir, "b.log"), lines(5, 9))
	s.drain()
	s.check(9)
	if n := strings.Count(log.String(), "the system does not tell of changes"); n != 1 {
		t.Errorf("said %d times: %s", n, log.String())
	}
}

// An append is seen through the message about it, long before the next look.
func TestWake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	put(t, path, lines(0, 1))
	tr := New(&schema.Stream{Options: schema.Options{Paths: []string{path}, Format: schema.FormatJSON}},
		Options{Follow: true, Poll: time.Hour, Known: newSim(t, 1, path).known})
	defer tr.Close()
	await := func() Change {
		t.Helper()
		for deadline := time.After(10 * time.Second); ; {
			select {
			case <-tr.Wake():
			case <-deadline:
				t.Fatal("no change")
			}
			changes, _, err := tr.Scan(t.Context())
			must(t, err)
			for i := range changes {
				if changes[i].New {
					tr.Registered(&changes[i], 1)
				}
				return changes[i]
			}
		}
	}
	await()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	defer f.Close()
	size := int64(len(line(0)) + 1)
	for i := range 20 {
		n, _ := f.WriteString(line(i) + "\n")
		size += int64(n)
		if c := await(); c.Size != size || !c.Read {
			t.Fatalf("size %d, want %d", c.Size, size)
		}
	}
	must(t, os.Rename(path, path+".1"))
	put(t, path, lines(100, 101))
	for !await().New {
	}
}

// The device and inode are those that the workers compare.
func TestIdentity(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	put(t, path, lines(0, 1))
	f, err := source.Look(path, &schema.Stream{Options: schema.Options{Format: schema.FormatJSON}})
	must(t, err)
	defer f.Close()
	st, err := source.StatPath(path)
	if err != nil || st.Device != f.Device || st.Inode != f.Inode || st.Born != f.Born {
		t.Error(st, f)
	}
}
