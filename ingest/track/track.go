// Package track follows the files of one stream while they grow, rotate and
// vanish, and says what there is to read. It decides which bytes are which
// split; it reads no records and writes no store.
package track

import (
	"context"
	"log/slog"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema/store"
)

// File is one split of the stream and the file in which it lies now.
type File struct {
	store.Split // Number is 0 until the split is registered
	// Found is the file. It stays the same file whatever becomes of its name,
	// and open as long as there may be more to read.
	Found *source.Found
	Kind  split.Kind
	// Cut: only a cutter can read it, from front to back.
	Cut bool
	// Tail are the up to 64 bytes before Size as they were seen; nil for files
	// that a cutter reads.
	Tail []byte
}

// Change says what has become of a split. Its File is a copy.
type Change struct {
	File
	New   bool // the store does not have it yet: it needs a number, see Registered
	Row   bool // its row in the store must be written anew
	Read  bool // there is, or may be, more to read: plain lines up to Size, others to the end of the file
	Moved bool // Found is not the one of the last Change: what is handed out by path or descriptor must be announced anew
	Over  bool // nothing more can be read of it: what is planned of it must be dropped. A later Change may say Read again

	entry *entry
}

// Options of a Tracker.
type Options struct {
	// Follow: files may grow. Otherwise all is taken as it is at the first Scan,
	// unfinished last lines included, and each split has Ended.
	Follow bool
	// OpenFiles is how many files may be open at a time.
	OpenFiles int
	// Known returns the splits in the store, with what is absorbed of them now.
	Known func(context.Context) ([]source.Known, error)
	// Poll is the time between looks at everything; 250 ms if 0.
	Poll time.Duration
	// Settle is how long a file must have stayed as it is before it is taken for
	// what it seems to be: a copy of a file that is still there, or a compressed
	// one in the making, or one that was cut off and may be written over;
	// 5 s if 0.
	Settle time.Duration
	Log    *slog.Logger
}
