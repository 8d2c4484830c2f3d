package track

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema"
)

const (
	tailLen = 64          // bytes before the published size that are remembered
	linger  = time.Minute // how long a file that has left its path is still looked at
	rowPace = time.Second // how often the size of a growing file is written to the store
	share   = 20          // a look at everything takes at most one part in so many of the time
	patient = 12          // times Settle: a file that never rests is judged as it is
	defPoll = 250 * time.Millisecond
	defRest = 5 * time.Second
)

// Tracker follows the files of a stream. It is used by one goroutine.
type Tracker struct {
	stream *schema.Stream
	o      Options
	now    func() time.Time
	bell   *bell

	loaded bool          // what the store knows was taken in
	begun  bool          // the first Scan has returned
	due    time.Time     // of the next look at everything
	looked time.Time     // when the last one ended
	cost   time.Duration // what it took

	entries  []*entry            // all splits, those of the past included, in the order in which they came
	numbers  map[int64]*entry    // the registered ones
	here     map[fileID]*entry   // those that have a file
	byPath   map[string]*entry   // those under a path, by the name that the system tells
	byDir    map[string]*shelf   // all, by the folders in which they were
	byFile   map[fileID][]*entry // all, by the files that they were
	latest   map[string]*entry   // the last one that was at a path
	arrivals map[fileID]*arrival // files that are no splits yet
	listed   map[string]*folder  // what was found in folders in this look
	touched  []*entry            // by Pause and Reached
	closing  []*source.Found     // nobody needs them any more once the last Changes have been seen
	knownAt  time.Time           // when Known was last asked
	problems []source.Problem
	looks    int  // at everything
	open     int  // about how many files are open
	missed   bool // a closed file was not at its path any more
}

// fileID is what tells a file from others as long as it exists.
type fileID struct{ device, inode uint64 }

func idOf(s source.Stat) fileID { return fileID{s.Device, s.Inode} }

// New returns a Tracker for a stream; nothing is looked at yet. A Tracker is
// used by one goroutine.
func New(s *schema.Stream, o Options) *Tracker {
	if o.Poll == 0 {
		o.Poll = defPoll
	}
	if o.Settle == 0 {
		o.Settle = defRest
	}
	if o.OpenFiles == 0 {
		o.OpenFiles = 256
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	t := &Tracker{
		stream: s, o: o, now: time.Now, numbers: map[int64]*entry{}, here: map[fileID]*entry{}, byPath: map[string]*entry{},
		byDir: map[string]*shelf{}, byFile: map[fileID][]*entry{}, latest: map[string]*entry{}, arrivals: map[fileID]*arrival{},
	}
	t.bell = newBell(o)
	return t
}

// Wake is signalled when a look may be worth while: files have changed, as far
// as the system tells, or it is time to poll.
func (t *Tracker) Wake() <-chan struct{} { return t.bell.ring }

// Scan looks at the sources and returns what has changed since the last Scan,
// in the order of names. The first one returns all files that are there, and
// those of the store's splits that are not there any more and whose row must
// change. Problems are those that hold now, each time all of them. The error
// is about the store (Known).
//
// When it was woken by the names of files alone, it looks at these only.
func (t *Tracker) Scan(ctx context.Context) ([]Change, []source.Problem, error) {
	for _, f := range t.closing {
		f.Close()
	}
	t.closing = nil
	names, all := t.bell.take()
	if t.begun && len(names)+len(t.touched) > 0 && !all && t.now().Before(t.due) {
		return t.glance(names), t.problems, nil
	}
	began := time.Now()
	err := t.look(ctx)
	t.cost, t.looked = time.Since(began), t.now()
	t.next(max(t.o.Poll, share*t.cost))
	if err != nil {
		return nil, t.problems, err
	}
	first := !t.begun
	t.begun, t.touched = true, nil
	return t.changes(t.entries, first), t.problems, nil
}

// next sets when everything is looked at again.
func (t *Tracker) next(wait time.Duration) {
	t.due = t.looked.Add(wait)
	t.bell.after(max(0, t.due.Sub(t.now())))
}

// glance looks at the files that have changed as the system says.
func (t *Tracker) glance(names map[string]bool) []Change {
	touched := t.touched
	t.touched = nil
	soon := false
	for name, moved := range names {
		e := t.byPath[name]
		if l := t.latest[name]; e == nil && l != nil && l.under { // a folder's name may be a link
			e = l
		}
		switch {
		case e != nil && !moved && e.state == reading:
			t.missed = false
			t.touch(e)
			soon = soon || e.state != reading || t.missed
			touched = append(touched, e)
		case e != nil || moved && t.matches(name) || t.arriving(name):
			soon = true // only a look at everything tells what it is
		}
	}
	if soon {
		t.next(min(t.due.Sub(t.looked), share*t.cost))
	}
	slices.SortFunc(touched, func(a, b *entry) int { return strings.Compare(a.Path, b.Path) })
	return t.changes(slices.Compact(touched), false)
}

// arriving reports whether a file that is no split yet is at a path.
func (t *Tracker) arriving(path string) bool {
	for _, a := range t.arrivals {
		if a.path == path {
			return true
		}
	}
	return false
}

// look looks at everything.
func (t *Tracker) look(ctx context.Context) error {
	t.problems, t.listed = nil, map[string]*folder{}
	t.looks++
	files, whole := t.list()
	if !t.loaded {
		if err := t.load(ctx, files); err != nil {
			return err
		}
		t.loaded = true
	}
	t.visit(files, whole)
	t.arrive(files)
	t.seek()
	if err := t.judge(ctx); err != nil {
		return err
	}
	if err := t.fates(ctx); err != nil {
		return err
	}
	t.complain()
	t.bell.watch(t.folders(files))
	return t.trim(ctx)
}

// changes collects what has become of the entries.
func (t *Tracker) changes(entries []*entry, first bool) []Change {
	var out []Change
	for _, e := range entries {
		if c, ok := t.change(e, first); ok {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// Registered tells the number that a new split was given. It is to be called
// for each Change that is New before the next Scan.
func (t *Tracker) Registered(c *Change, number int64) {
	c.Number, c.entry.Number, c.entry.saved.Number = number, number, number
	t.numbers[number] = c.entry
}

// Pause stops the reading of a split for a reason, as if it had been written over: its
// next Change is Over with that Note. The next run reads it again.
func (t *Tracker) Pause(number int64, note string) {
	if e := t.numbers[number]; e != nil && e.state == reading {
		e.stop(note)
		t.touched = append(t.touched, e)
		t.bell.now()
	}
}

// Reached tells how far a cutter has read a split that only a cutter can read:
// up to end, with all records before it whole. Its row has that Size from the
// next Scan on; a compressed file, which is read to its end, has Ended with it.
func (t *Tracker) Reached(number, end int64) {
	e := t.numbers[number]
	if e == nil || e.state != reading || !e.Cut || end <= e.Size && e.Ended {
		return
	}
	e.Size = max(e.Size, end)
	if e.Found.Codec != source.Plain {
		e.Ended, e.Disk = true, e.at.Bytes
	}
	t.touched = append(t.touched, e)
	t.bell.now()
}

// settled reports whether a file has stayed as it is for long enough to be
// taken for what it seems to be.
func (t *Tracker) settled(since time.Time) bool {
	return !t.o.Follow || t.now().Sub(since) >= t.o.Settle
}

// drop has a file closed once the Changes that replace it have been seen.
func (t *Tracker) drop(f *source.Found) {
	if f != nil {
		t.closing = append(t.closing, f)
	}
}

// Close closes all files.
func (t *Tracker) Close() {
	t.bell.close()
	for _, e := range t.entries {
		if e.Found != nil {
			e.Found.Close()
		}
	}
	for _, a := range t.arrivals {
		if a.found != nil {
			a.found.Close()
		}
	}
	for _, f := range t.closing {
		f.Close()
	}
}
