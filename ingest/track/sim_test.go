package track

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// sim plays the ingestor and the store: it absorbs what the Changes of a
// Tracker say, through the descriptors that they carry, and keeps what a store
// keeps. It can be killed at any moment; only the store's part is left then.
type sim struct {
	t      testing.TB
	stream *schema.Stream
	clock  time.Time
	rand   *rand.Rand
	follow bool
	files  int
	log    strings.Builder // what happened, for the report of a failure

	// the store
	splits []store.Split
	ranges map[int64]store.Range
	lines  map[string]int // how often each line was absorbed

	// the process
	tracker  *Tracker
	live     map[int64]*Change
	problems []source.Problem
	last     []Change
}

func newSim(t testing.TB, seed uint64, paths ...string) *sim {
	s := &sim{
		t: t, clock: time.Unix(1e9, 0), rand: rand.New(rand.NewPCG(seed, 1)), follow: true,
		stream: &schema.Stream{Options: schema.Options{Paths: paths, Format: schema.FormatJSON, MaxRecord: 1 << 20, OnRewrite: schema.RewritePause}},
		ranges: map[int64]store.Range{}, lines: map[string]int{},
	}
	s.start()
	t.Cleanup(func() {
		s.tracker.Close()
		if t.Failed() {
			t.Log(s.log.String())
		}
	})
	return s
}

func (s *sim) note(format string, args ...any) { fmt.Fprintf(&s.log, format+"\n", args...) }

func (s *sim) start() {
	s.tracker = New(s.stream, Options{Follow: s.follow, OpenFiles: s.files, Known: s.known, Log: slog.New(slog.DiscardHandler)})
	s.tracker.now = func() time.Time { return s.clock }
	s.tracker.bell.open = func() (*fsnotify.Watcher, error) { return nil, errors.New("not in a simulation") }
	s.live = map[int64]*Change{}
}

// kill ends the process; a new one knows what the store has.
func (s *sim) kill() {
	s.note("KILL")
	s.tracker.Close()
	s.start()
}

func (s *sim) known(context.Context) ([]source.Known, error) {
	var out []source.Known
	for _, p := range s.splits {
		var ranges []store.Range
		if r, ok := s.ranges[p.Number]; ok {
			ranges = append(ranges, r)
		}
		out = append(out, source.NewKnown(p, ranges))
	}
	return out, nil
}

// scan looks once, without the names of files: at everything.
func (s *sim) scan() []Change {
	s.t.Helper()
	s.tracker.bell.take()
	return s.take()
}

// glance looks only at files that are said to have changed.
func (s *sim) glance() {
	s.t.Helper()
	s.tracker.bell.take()
	for path := range s.tracker.byPath {
		s.tracker.bell.heard(fsnotify.Event{Name: path, Op: fsnotify.Write})
	}
	s.take()
}

func (s *sim) take() []Change {
	s.t.Helper()
	changes, problems, err := s.tracker.Scan(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	s.problems, s.last = problems, changes
	for i := range changes {
		c := &changes[i]
		s.note("change %s split %d gen %d [%d,%d) ended %v gone %v idle %v note %q new %v row %v read %v moved %v over %v", filepath.Base(c.Path), c.Number, c.Generation,
			c.Start, c.Size, c.Ended, c.Gone, c.Idle, c.Note, c.New, c.Row, c.Read, c.Moved, c.Over)
		switch {
		case c.New:
			if c.Number != 0 {
				s.t.Fatal("a new split has a number")
			}
			s.tracker.Registered(c, int64(len(s.splits)+1))
			s.splits = append(s.splits, c.Split)
		case c.Row:
			s.splits[c.Number-1] = c.Split
		}
		switch {
		case c.Over:
			delete(s.live, c.Number)
		case c.Read || s.live[c.Number] != nil:
			s.live[c.Number] = c
		}
	}
	return changes
}

// absorb reads some of what there is to read; all of it if all.
func (s *sim) absorb(all bool) {
	s.t.Helper()
	for n := int64(1); n <= int64(len(s.splits)); n++ {
		c := s.live[n]
		if c == nil || !all && s.rand.IntN(3) == 0 {
			continue
		}
		if c.Cut {
			s.cut(c)
			continue
		}
		at := max(c.Start, s.ranges[n].Hi)
		if at >= c.Size {
			continue
		}
		hi := c.Size
		if !all {
			hi = at + 1 + s.rand.Int64N(c.Size-at)
		}
		s.block(c, at, hi)
	}
}

// block absorbs the lines that begin in [lo, hi), as a worker does: it checks
// what the main process has seen before and after reading.
func (s *sim) block(c *Change, lo, hi int64) {
	s.t.Helper()
	file, err := c.Found.Open()
	if err != nil {
		s.note("cannot open %s: %v", c.Path, err)
		return
	}
	buf := make([]byte, c.Size)
	n, err := file.ReadAt(buf, 0)
	if int64(n) < c.Size || !bytes.HasSuffix(buf, c.Tail) {
		s.note("returned split %d: %d of %d bytes, %v", c.Number, n, c.Size, err)
		return
	}
	if hi < c.Size { // to the end of a line: the next begins there
		if i := bytes.IndexByte(buf[hi:], '\n'); i >= 0 && buf[hi-1] != '\n' {
			hi += int64(i) + 1
		}
	}
	data := buf[lo:hi]
	s.count(data, lo == c.Start || buf[lo-1] == '\n')
	s.note("absorbed split %d [%d,%d) %.10q ... %q", c.Number, lo, hi, data, data[max(0, len(data)-10):])
	tail := buf[max(lo, hi-4096):hi]
	s.commit(c, lo, hi, tail)
}

func (s *sim) commit(c *Change, lo, hi int64, tail []byte) {
	r := store.Range{Split: c.Number, Lo: lo, Hi: hi, TailLen: len(tail), TailEnd: hi, Tail: sha256.Sum256(tail)}
	if old, ok := s.ranges[c.Number]; ok {
		if old.Hi != lo {
			s.t.Fatalf("[%d, %d) after %d", lo, hi, old.Hi)
		}
		r = old.Join(r)
	}
	s.ranges[c.Number] = r
}

func (s *sim) count(data []byte, begins bool) {
	for i, l := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if l = strings.TrimSpace(l); l != "" && (i > 0 || begins) {
			s.lines[l]++
		}
	}
}

// cut has a cutter read a split from its front.
func (s *sim) cut(c *Change) {
	s.t.Helper()
	cutter := source.Cutter{File: c.Found, Kind: c.Kind, Max: 1 << 20, Growing: c.Found.Codec == source.Plain && !c.Ended}
	if r, ok := s.ranges[c.Number]; ok {
		cutter.Done = []source.Gap{{Lo: r.Lo, Hi: r.Hi}}
	}
	end, err := cutter.Run(s.t.Context(), func(x source.Cut) error {
		if x.Data == nil {
			file, err := c.Found.Open()
			if err != nil {
				return err
			}
			x.Data = make([]byte, x.Hi-x.Lo)
			if _, err := file.ReadAt(x.Data, x.Lo); err != nil && err != io.EOF {
				return err
			}
		}
		s.note("cut split %d [%d,%d)", c.Number, x.Lo, x.Hi)
		s.count(x.Data, true)
		s.commit(c, x.Lo, x.Hi, x.Data[max(0, len(x.Data)-4096):])
		return nil
	})
	if err != nil {
		s.note("cannot cut %s: %v", c.Path, err)
		return
	}
	s.tracker.Reached(c.Number, end)
	s.note("reached %d of split %d", end, c.Number)
	if c.Found.Codec != source.Plain {
		delete(s.live, c.Number)
	}
}

// wait lets time pass.
func (s *sim) wait(d time.Duration) { s.clock = s.clock.Add(d) }

// drain absorbs all there is to absorb: time passes until nothing changes.
func (s *sim) drain() {
	s.t.Helper()
	for quiet := 0; quiet < 4; {
		s.scan()
		busy := len(s.last) > 0
		s.absorb(true)
		s.wait(3 * time.Second)
		if quiet++; busy {
			quiet = 0
		}
	}
}

// step lets a random number of things happen.
func (s *sim) step(kills bool) {
	for range s.rand.IntN(4) {
		switch s.rand.IntN(7) {
		case 0, 1:
			s.scan()
		case 6:
			s.glance()
		case 2, 3:
			s.absorb(false)
		case 4:
			s.wait(time.Duration(s.rand.IntN(4000)) * time.Millisecond)
		case 5:
			if kills && s.rand.IntN(2) == 0 {
				s.kill()
			}
		}
	}
}

// check fails unless each line of [0, n) was absorbed once.
func (s *sim) check(n int) {
	s.t.Helper()
	bad := 0
	for i := range n {
		if got := s.lines[line(i)]; got != 1 && bad < 10 {
			s.t.Errorf("line %d: %d times", i, got)
			bad++
		}
	}
	for l, got := range s.lines {
		if i, err := number(l); err != nil || i >= n {
			s.t.Errorf("unknown line %q, %d times", l, got)
		}
	}
	for _, p := range s.splits {
		if p.Note != "" {
			s.t.Errorf("split %d, %s: %s", p.Number, p.Path, p.Note)
		}
	}
}

func line(i int) string { return fmt.Sprintf(`{"n":%d}`, i) }

func number(l string) (int, error) {
	if !strings.HasPrefix(l, `{"n":`) || !strings.HasSuffix(l, "}") {
		return 0, errors.New("no line")
	}
	return strconv.Atoi(l[5 : len(l)-1])
}

// writer writes numbered lines to a file.
type writer struct {
	s    *sim
	path string
	file *os.File
	n    int
	rest string // of a line that is half written
}

func (w *writer) open(flags int) {
	w.s.t.Helper()
	if w.file != nil {
		w.file.Close()
	}
	f, err := os.OpenFile(w.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|flags, 0o644)
	if err != nil {
		w.s.t.Fatal(err)
	}
	w.file = f
}

// write appends lines, the last one perhaps in part.
func (w *writer) write(lines int) {
	text := w.rest
	w.rest = ""
	for range lines {
		text += line(w.n) + "\n"
		w.n++
	}
	if k := w.s.rand.IntN(8); k < len(text) && lines > 0 && w.s.rand.IntN(3) == 0 {
		text, w.rest = text[:len(text)-k], text[len(text)-k:]
	}
	w.s.note("write %q to %s", text, w.file.Name())
	if _, err := w.file.WriteString(text); err != nil {
		w.s.t.Fatal(err)
	}
}

func (w *writer) close() { w.file.Close() }
