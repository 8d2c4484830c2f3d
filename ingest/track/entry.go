package track

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// state is what a split's file is good for.
type state uint8

const (
	// reading: its bytes are there, under a path or behind the open descriptor.
	reading state = iota
	// lost: its bytes are not where they were, and what has become of them is
	// not decided: a copy may have them, or its file is just being written anew.
	lost
	// stopped: its file is there, but nothing more is read of it.
	stopped
	// past: nothing is to be read of it and nobody looks for it. It comes back
	// if a file turns up that holds its bytes.
	past
)

// entry is a split and what the tracker knows of its file. Its Found is nil if
// the file was not found in this run.
type entry struct {
	File
	state state
	saved store.Split // its row, as the last Change gave it
	rowed time.Time   // when that was

	at        source.Stat            // as the file was when last looked at
	under     bool                   // it is under one of the stream's paths
	left      string                 // the path under which it is or was last
	real      string                 // the same without symbolic links
	changed   time.Time              // when it was last seen to change
	gone      time.Time              // when it was lost or had left its path
	scanned   int64                  // no line ends in [Size, scanned)
	copied    bool                   // it is a copy, to which nobody will append
	truncated fileID                 // the file that held its bytes before a copy took over
	proven    bool                   // the file was seen to hold what the store knows of it
	searched  map[fileID]source.Stat // since it was lost: files that are no copies of it
	shelves   []*shelf               // on which it is
	calm      int                    // the look in which its file was last seen not to change

	prefix   store.Range // what was absorbed when the store was asked last
	absorbed int64
	fade     time.Time // until then the number of lost bytes in its Note may still fall

	// what the next Change says
	fresh, read, moved, over bool
}

// add takes in a split.
func (t *Tracker) add(e *entry) {
	t.entries = append(t.entries, e)
	if e.left == "" {
		e.left = e.Path
	}
	t.shelve(filepath.Dir(e.left), e)
	t.filed(e)
}

// filed takes in which file a split is; those that it was are known, too.
func (t *Tracker) filed(e *entry) {
	id := fileID{e.Device, e.Inode}
	if !slices.Contains(t.byFile[id], e) {
		t.byFile[id] = append(t.byFile[id], e)
	}
}

// newFile returns the file that was found as a split of its own.
func (t *Tracker) newFile(f *source.Found) File {
	c := File{Split: f.New()}
	t.bind(&c, f)
	return c
}

// bind makes f the file of a split.
func (t *Tracker) bind(c *File, f *source.Found) {
	o := &t.stream.Options
	c.Found = f
	c.Kind = split.Of(string(o.Format), o.CSV.Delimiter, o.CSV.Quote, o.CSV.Multiline, f.Array)
	c.Cut = f.Codec != source.Plain || c.Kind != split.Lines
	c.Path, c.Device, c.Inode, c.Born = f.Path, f.Device, f.Inode, f.Born
}

// extent is up to where the split is known to have bytes.
func (e *entry) extent() int64 { return max(e.Size, e.prefix.Hi, e.Start) }

// whole reports whether every cohort has absorbed all that is known of it.
func (e *entry) whole() bool { return e.Size >= 0 && e.absorbed >= e.Size-e.Start }

// missing is how many known bytes are not absorbed.
func (e *entry) missing() int64 { return max(0, e.Size-e.Start-e.absorbed) }

// begun reports whether something of it was absorbed from its start on.
func (e *entry) begun() bool { return e.prefix.Hi > e.Start }

// plain reports whether the bytes of the split are those of its file.
func (e *entry) plain() bool { return e.Found != nil && e.Found.Codec == source.Plain }

// appends reports whether a file of which absorbed bytes have changed is read
// as new records.
func (t *Tracker) appends() bool { return t.stream.OnRewrite == schema.RewriteAppend }

// change returns what has become of an entry since its last Change.
func (t *Tracker) change(e *entry, first bool) (Change, bool) {
	c := Change{File: e.File, New: e.fresh, Read: e.read, Moved: e.moved, Over: e.over, Row: !e.fresh && t.rowDue(e), entry: e}
	if first && (e.under || e.state == reading) {
		c.Read = e.state == reading && e.proven
	} else if e.fresh && (e.state == lost || e.state == past) {
		return c, false // it was gone before anybody was told of it
	} else if !(c.New || c.Row || c.Read || c.Moved || c.Over) {
		return c, false
	}
	if e.Cut {
		c.Tail = nil
	}
	e.fresh, e.read, e.moved, e.over = false, false, false, false
	if c.New || c.Row {
		e.saved, e.rowed = e.Split, t.now()
	}
	return c, true
}

// rowDue reports whether the row of a split must be written. How long a file
// is now and how it begins changes all the time and may wait a little.
func (t *Tracker) rowDue(e *entry) bool {
	if e.Split == e.saved {
		return false
	}
	growth := e.saved
	growth.Size, growth.First, growth.HeadLen, growth.Head = e.Size, e.First, e.HeadLen, e.Head
	return growth != e.Split || t.now().Sub(e.rowed) >= rowPace
}

// noteRewritten begins the Note of a split whose file was written over.
const noteRewritten = "its file was written over"

// rewritten reports whether the split's file was written over.
func (e *entry) rewritten() bool { return strings.HasPrefix(e.Note, noteRewritten) }

// stop stops the reading of a split whose file is there.
func (e *entry) stop(note string) {
	e.state, e.over, e.read, e.Note = stopped, true, false, note
}
