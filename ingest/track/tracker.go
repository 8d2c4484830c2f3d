package track

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema"
)

// tailLen is how many bytes before the published size are remembered.
const tailLen = 64

// Tracker follows the files of a stream. It is used by one goroutine.
type Tracker struct {
	stream *schema.Stream
	o      Options
	wake   chan struct{}
	stop   chan struct{}
	begun  bool
	files  map[[2]uint64]*File
	paused map[int64]string
}

// New returns a Tracker for a stream; nothing is looked at yet. A Tracker is
// used by one goroutine.
func New(s *schema.Stream, o Options) *Tracker {
	if o.Poll == 0 {
		o.Poll = 250 * time.Millisecond
	}
	t := &Tracker{stream: s, o: o, wake: make(chan struct{}, 1), stop: make(chan struct{}), files: map[[2]uint64]*File{}, paused: map[int64]string{}}
	go t.poll()
	return t
}

func (t *Tracker) poll() {
	tick := time.NewTicker(t.o.Poll)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			select {
			case t.wake <- struct{}{}:
			default:
			}
		case <-t.stop:
			return
		}
	}
}

// Wake is signalled when a look may be worth while: files have changed, as far
// as the system tells, or it is time to poll.
func (t *Tracker) Wake() <-chan struct{} { return t.wake }

// Scan looks at the sources and returns what has changed since the last Scan,
// in the order of names. The first one returns all files that are there, and
// those of the store's splits that are not there any more and whose row must
// change. Problems are those that hold now, each time all of them. The error
// is about the store (Known).
func (t *Tracker) Scan(ctx context.Context) ([]Change, []source.Problem, error) {
	found, problems := source.Find(t.stream)
	var changes []Change
	if !t.begun {
		known, err := t.o.Known(ctx)
		if err != nil {
			return nil, problems, err
		}
		which, verdict, err := source.Match(found, known)
		if err != nil {
			return nil, problems, err
		}
		t.begun = true
		for i, f := range found {
			c := Change{File: t.file(f), New: which[i] < 0, Read: true}
			if k := which[i]; k >= 0 {
				now := c.Split
				c.Split = known[k].Split
				if !known[k].Begun {
					c.Split = now
					c.Number, c.Generation = known[k].Number, known[k].Generation
				}
				c.Path, c.Device, c.Inode = now.Path, now.Device, now.Inode
				c.Over = verdict[i] == source.Rewritten
			}
			if c.Over {
				c.Read, c.Note = false, errRewritten.Error()
				problems = append(problems, source.Problem{Path: c.Path, Err: errRewritten})
			}
			changes = append(changes, t.see(c, which[i] < 0 || true))
		}
		return changes, problems, nil
	}
	for _, f := range found {
		old := t.files[[2]uint64{f.Device, f.Inode}]
		if old == nil {
			changes = append(changes, t.see(Change{File: t.file(f), New: true, Read: true}, true))
			continue
		}
		c := Change{File: *old}
		if c.Path != f.Path {
			c.Path, c.Row = f.Path, true
		}
		old.Found.Bytes = f.Bytes
		if c = t.see(c, false); c.Row || c.Read {
			changes = append(changes, c)
		}
	}
	for n, note := range t.paused {
		for _, f := range t.files {
			if f.Number == n {
				f.Note = note
				changes = append(changes, Change{File: *f, Row: true, Over: true})
			}
		}
		delete(t.paused, n)
	}
	return changes, problems, nil
}

var errRewritten = errors.New("bytes that are absorbed already have changed; nothing more of it is read")

// see finds how far the file reaches now and remembers it.
func (t *Tracker) see(c Change, all bool) Change {
	size := c.Size
	switch {
	case c.Over || c.Cut:
		c.Read = c.Read || c.Cut && c.Disk != c.Found.Bytes
		c.Disk = c.Found.Bytes
	case !t.o.Follow:
		c.Size, c.Ended, c.Disk = c.Found.Bytes, true, c.Found.Bytes
	default:
		if file, err := c.Found.Open(); err == nil {
			buf := make([]byte, max(0, c.Found.Bytes-max(c.Size, c.Start)))
			n, _ := file.ReadAt(buf, max(c.Size, c.Start))
			for n > 0 && buf[n-1] != '\n' {
				n--
			}
			c.Size = max(c.Size, c.Start) + int64(n)
			c.Tail = make([]byte, min(tailLen, c.Size))
			if _, err := file.ReadAt(c.Tail, c.Size-int64(len(c.Tail))); err != nil && err != io.EOF {
				c.Tail = nil
			}
		}
	}
	if c.Size != size {
		c.Row, c.Read = true, !c.Over
	}
	c.Row = c.Row || all
	f := c.File
	t.files[[2]uint64{f.Device, f.Inode}] = &f
	return c
}

func (t *Tracker) file(f *source.Found) File {
	o := &t.stream.Options
	kind := split.Of(string(o.Format), o.CSV.Delimiter, o.CSV.Quote, o.CSV.Multiline, f.Array)
	return File{Split: f.New(), Found: f, Kind: kind, Cut: f.Codec != source.Plain || kind != split.Lines}
}

// Registered tells the number that a new split was given. It is to be called
// for each Change that is New before the next Scan.
func (t *Tracker) Registered(c *Change, number int64) {
	c.Number = number
	t.files[[2]uint64{c.Device, c.Inode}].Number = number
}

// Pause stops the reading of a split for a reason, as if it had been written over: its
// next Change is Over with that Note.
func (t *Tracker) Pause(number int64, note string) { t.paused[number] = note }

// Close closes all files.
func (t *Tracker) Close() {
	close(t.stop)
	for _, f := range t.files {
		f.Found.Close()
	}
}
