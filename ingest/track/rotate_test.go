package track

import (
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var seeds = flag.Int("seeds", 2, "random runs of each kind of rotation")

// rotation is one way in which log files are replaced.
type rotation struct {
	name  string
	paths []string // relative to the folder
	// known: what is rotated must have been seen, because no path names it after.
	// drained: it must have been absorbed, because its bytes are nowhere after.
	known, drained bool
	lines          int // about so many between two rotations
	turn           func(w *writer, i int)
}

var rotations = []rotation{
	{name: "rename", paths: []string{"app.log*"}, lines: 60, turn: turnRename},
	{name: "rename out of the paths", paths: []string{"app.log"}, known: true, lines: 60, turn: turnRename},
	{name: "rename to another folder", paths: []string{"app.log"}, drained: true, lines: 60, turn: turnAway},
	{name: "copytruncate", paths: []string{"app.log*"}, lines: 60, turn: turnCopy},
	{name: "copytruncate out of the paths", paths: []string{"app.log"}, known: true, lines: 60, turn: turnCopy},
	{name: "gzip", paths: []string{"app.log*"}, lines: 60, turn: turnGzip},
	{name: "gzip out of the paths", paths: []string{"app.log"}, known: true, lines: 60, turn: turnGzip},
	{name: "gzip the one after", paths: []string{"app.log*"}, lines: 60, turn: turnGzipLater},
	{name: "gzip the one after, without .gz", paths: []string{"app.log", "app.log.1"}, known: true, lines: 60, turn: turnGzipLater},
	{name: "copy, gzip, truncate", paths: []string{"app.log*"}, lines: 60, turn: turnCopyGzip},
	{name: "truncate", paths: []string{"app.log"}, drained: true, lines: 60, turn: turnTruncate},
	{name: "delete", paths: []string{"app.log"}, drained: true, lines: 60, turn: turnDelete},
	{name: "symlink", paths: []string{"app.log"}, known: true, lines: 60, turn: turnLink},
	{name: "symlink in the paths", paths: []string{"app.log", "real-*"}, lines: 60, turn: turnLink},
	{name: "tiny, rename", paths: []string{"app.log*"}, lines: 1, turn: turnRename},
	{name: "tiny, copytruncate", paths: []string{"app.log*"}, lines: 1, turn: turnCopy},
	{name: "tiny, delete", paths: []string{"app.log"}, drained: true, lines: 1, turn: turnDelete},
	{name: "tiny, truncate", paths: []string{"app.log"}, drained: true, lines: 1, turn: turnTruncate},
	{name: "edited by a new file", paths: []string{"app.log"}, lines: 20, turn: turnEdit},
	{name: "edited in place", paths: []string{"app.log"}, lines: 20, turn: turnEditInPlace},
	{name: "edited, the old one kept", paths: []string{"app.log"}, lines: 20, turn: turnEditKeep},
}

// Every line of every generation is absorbed once, whatever happens between
// looks, with and without kills.
func TestRotations(t *testing.T) {
	for _, r := range rotations {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			for seed := range *seeds {
				for _, kills := range []bool{false, true} {
					ok := t.Run(fmt.Sprintf("%d/%v", seed, kills), func(t *testing.T) { r.run(t, uint64(seed), kills) })
					if !ok {
						return
					}
				}
			}
		})
	}
}

func (r *rotation) run(t *testing.T, seed uint64, kills bool) {
	dir := t.TempDir()
	var paths []string
	for _, p := range r.paths {
		paths = append(paths, filepath.Join(dir, p))
	}
	s := newSim(t, seed, paths...)
	w := &writer{s: s, path: filepath.Join(dir, "app.log")}
	if strings.HasPrefix(r.name, "symlink") {
		w.path = filepath.Join(dir, "real-0")
		must(t, os.Symlink(w.path, filepath.Join(dir, "app.log")))
	}
	w.open(0)
	defer w.close()
	if strings.HasPrefix(r.name, "edited") {
		w.write(10) // too short a file may as well be a new one
	}
	for i := range 20 {
		for range 1 + s.rand.IntN(3) {
			w.write(1 + s.rand.IntN(r.lines))
			s.step(kills)
		}
		switch {
		case r.drained:
			w.flush()
			s.drain()
		case r.known:
			w.flush()
			s.see(w)
		}
		s.note("--- turn %d", i)
		r.turn(w, i)
		s.step(kills)
	}
	w.flush()
	s.drain()
	s.check(w.n)
}

// flush ends a half written line.
func (w *writer) flush() {
	if w.rest != "" {
		w.write(0)
	}
}

// see scans until the file that is written is a split that holds what is in it.
func (s *sim) see(w *writer) {
	s.t.Helper()
	st, err := w.file.Stat()
	must(s.t, err)
	for range 20 {
		s.scan()
		for _, e := range s.tracker.here {
			if e.Number > 0 && e.state == reading && e.Path == e.left && e.at.Bytes == st.Size() && e.under {
				return
			}
		}
		s.wait(s.tracker.o.Settle / 2)
	}
	s.t.Fatal("the file was not seen")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shift moves NAME.1 to NAME.2 and so on.
func shift(w *writer, suffix string, i int) {
	for k := i; k > 0; k-- {
		os.Rename(fmt.Sprintf("%s.%d%s", w.path, k, suffix), fmt.Sprintf("%s.%d%s", w.path, k+1, suffix))
	}
}

// reopen has the writer go on in a new file, sometimes a little later.
func (w *writer) reopen() {
	if w.rest != "" || w.s.rand.IntN(2) == 0 {
		w.write(w.s.rand.IntN(3))
		w.flush()
	}
	w.s.step(false)
	w.open(0)
}

func turnRename(w *writer, i int) {
	shift(w, "", i)
	must(w.s.t, os.Rename(w.path, w.path+".1"))
	w.reopen()
}

func turnAway(w *writer, i int) {
	dir := filepath.Join(filepath.Dir(w.path), "old")
	os.MkdirAll(dir, 0o755)
	must(w.s.t, os.Rename(w.path, filepath.Join(dir, fmt.Sprint(i))))
	w.open(0)
}

func turnCopy(w *writer, i int) {
	w.flush()
	shift(w, "", i)
	copyFile(w, w.path, w.path+".1")
	must(w.s.t, os.Truncate(w.path, 0))
}

// copyFile copies in two steps, with looks in between.
func copyFile(w *writer, from, to string) {
	data, err := os.ReadFile(from)
	must(w.s.t, err)
	f, err := os.Create(to)
	must(w.s.t, err)
	f.Write(data[:len(data)/2])
	w.s.step(false)
	f.Write(data[len(data)/2:])
	w.s.step(false)
	must(w.s.t, f.Close())
	w.s.note("copied %s to %s", from, to)
}

func zipFile(w *writer, from, to string) {
	data, err := os.ReadFile(from)
	if os.IsNotExist(err) {
		return
	}
	must(w.s.t, err)
	f, err := os.Create(to)
	must(w.s.t, err)
	z := gzip.NewWriter(f)
	z.Write(data[:len(data)/2])
	z.Flush()
	w.s.step(false)
	z.Write(data[len(data)/2:])
	must(w.s.t, z.Close())
	w.s.step(false)
	must(w.s.t, f.Close())
	w.s.note("zipped %s to %s", from, to)
}

func turnGzip(w *writer, i int) {
	shift(w, ".gz", i)
	must(w.s.t, os.Rename(w.path, w.path+".1"))
	w.reopen()
	zipFile(w, w.path+".1", w.path+".1.gz")
	must(w.s.t, os.Remove(w.path+".1"))
}

func turnGzipLater(w *writer, i int) {
	shift(w, ".gz", i)
	zipFile(w, w.path+".1", w.path+".2.gz")
	os.Remove(w.path + ".1")
	must(w.s.t, os.Rename(w.path, w.path+".1"))
	w.reopen()
}

func turnCopyGzip(w *writer, i int) {
	w.flush()
	shift(w, ".gz", i)
	zipFile(w, w.path, w.path+".1.gz")
	must(w.s.t, os.Truncate(w.path, 0))
}

func turnTruncate(w *writer, i int) { must(w.s.t, os.Truncate(w.path, 0)) }

func turnDelete(w *writer, i int) {
	w.file.Close()
	must(w.s.t, os.Remove(w.path))
	w.s.step(false)
	w.open(0)
}

func turnLink(w *writer, i int) {
	link := filepath.Join(filepath.Dir(w.path), "app.log")
	w.flush()
	w.path = filepath.Join(filepath.Dir(w.path), fmt.Sprintf("real-%d", i+1))
	w.open(0)
	must(w.s.t, os.Symlink(w.path, link+".new"))
	must(w.s.t, os.Rename(link+".new", link))
}

// edited returns the file's content with one more line.
func edited(w *writer) []byte {
	w.flush()
	data, err := os.ReadFile(w.path)
	must(w.s.t, err)
	w.n++
	return append(data, line(w.n-1)+"\n"...)
}

func turnEdit(w *writer, i int) {
	data := edited(w)
	must(w.s.t, os.Remove(w.path))
	w.s.step(false)
	must(w.s.t, os.WriteFile(w.path, data, 0o644))
	w.open(0)
}

func turnEditKeep(w *writer, i int) {
	data := edited(w)
	must(w.s.t, os.Rename(w.path, w.path+"~"))
	w.s.step(false)
	must(w.s.t, os.WriteFile(w.path, data, 0o644))
	w.s.step(false)
	if i%2 == 0 {
		must(w.s.t, os.Remove(w.path+"~"))
	}
	w.open(0)
}

func turnEditInPlace(w *writer, i int) {
	data := edited(w)
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_TRUNC, 0)
	must(w.s.t, err)
	w.s.step(false)
	f.Write(data[:len(data)/3])
	w.s.step(false)
	f.Write(data[len(data)/3:])
	f.Close()
}
