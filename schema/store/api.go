package store

import (
	"errors"
	"fmt"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// Errors that callers act on. All are wrapped with what could not be done.
var (
	ErrMissing  = errors.New("no such store")
	ErrNotStore = errors.New("not a Windrow store")
	ErrNewer    = errors.New("written by a newer Windrow")
	ErrOlder    = errors.New("it is of an older format; the next windrow run brings it up to date")
	ErrFenced   = errors.New("a newer run owns this store")          // the epoch has risen
	ErrOverlap  = errors.New("a range is already absorbed")          // nothing was written
	ErrBusy     = errors.New("another program is writing the store") // nothing was written; try again
	ErrFull     = errors.New("the disk is full")                     // nothing was written; try again later
	// ErrIO: a write or an fsync has failed. All is rolled back, and the Store
	// goes on with a new connection; what was to be written may be tried again.
	// In a rare case it turns up after all, which shows as ErrOverlap.
	ErrIO = errors.New("the disk reports an error")
)

// ChangedError says that the store holds another definition of a rollup.
type ChangedError struct {
	Rollup string
	Hint   string
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("rollup %s has changed: %s", e.Rollup, e.Hint)
}

// Ref connects a definition with its rows in the store.
type Ref struct {
	Stream  *schema.Stream
	ID      int64 // windrow_streams.id
	Cohorts []Cohort
}

// Cohort is a set of rollups of one stream with equal progress.
type Cohort struct {
	ID      int64
	Rollups []RollupRef
}

// RollupRef is a rollup and where its states are.
type RollupRef struct {
	ID     int64
	Rollup *schema.Rollup
	Table  string
}

// Split is one file (or spool, or partition) of a stream.
type Split struct {
	Number     int64 // given by AddSplits, ascending in the order of the argument; 0 before
	Path       string
	Device     uint64
	Inode      uint64
	HeadLen    int // bytes hashed at the front (uncompressed), up to 1024
	Head       [32]byte
	Generation int64
	Start      int64 // offset of the first record: after a BOM, a CSV header, a '['
	Size       int64 // uncompressed bytes known; -1 if not yet known
	Ended      bool  // nothing will be appended to Size
	Disk       int64 // bytes of the file, as it lies there, when Ended was set

	Born  int64  // when the inode was made, ns since 1970; 0 if the file system does not tell
	First string // the bytes from Start on, up to FirstLen; fewer if there were not more yet
	// Idle: nothing was appended for the stream's idle timeout. Once all of Size
	// is absorbed, an idle split does not hold back the watermark.
	Idle bool
	// Gone: its file is no more, or holds other bytes now. What is not absorbed
	// of it never will be; it does not hold back the watermark.
	Gone bool
	Note string // why nothing more of it is read, or what was lost; "" if all is well
}

// FirstLen is how many bytes of Split.First tell a file that begins anew from
// one that was written over.
const FirstLen = 64

// Range is a part [Lo, Hi) of a split that is absorbed, with what was found in it.
// Adjacent ranges of a split are kept as one: counters are added, MaxTime is
// the greater, Tail that of the right one if it tells enough.
type Range struct {
	Split   int64
	Lo, Hi  int64
	MaxTime value.Time // greatest event time that may move the watermark; value.MinTime-1 if none
	Records int64      // usable or not
	Late    int64      // behind the watermark when read
	Future  int64      // too far ahead of the clock to move the watermark
	TailLen int        // so many bytes before TailEnd, at most 4096, are hashed in Tail
	TailEnd int64      // at Hi or before it
	Tail    [32]byte
}

// tailEnough is how many bytes of the right one of two neighbours tell enough
// about the content; a shorter tail does not replace a longer one.
const tailEnough = 1024

// Join returns the range of r and the one that follows it without a gap.
func (r Range) Join(next Range) Range {
	j := next
	j.Lo = r.Lo
	j.MaxTime = max(r.MaxTime, next.MaxTime)
	j.Records += r.Records
	j.Late += r.Late
	j.Future += r.Future
	if next.TailLen < tailEnough && next.TailLen < r.TailLen {
		j.TailLen, j.TailEnd, j.Tail = r.TailLen, r.TailEnd, r.Tail
	}
	return j
}

// Commit is what one transaction of a worker writes. It may be given again,
// unchanged, after an error that allows it: see Store.Commit.
type Commit struct {
	Epoch   int64
	Cohort  int64
	Ranges  []Range        // disjoint; adjacent ones already joined
	Rollups []RollupCommit // exactly the cohort's

	// Watermark is set by Store.Commit: the cohort's, value.MinTime-1 if it has none.
	Watermark value.Time

	marks map[int64]*mark // by rollup: what an earlier try has merged
}

// RollupCommit is the part of a Commit that concerns one rollup.
type RollupCommit struct {
	RollupRef
	Rows     Rows
	Absorbed int64
	Filtered int64
	Rejects  []Reject
	CPU      time.Duration // spent on the rollup in the worker since the last commit
}

// Rows are partials of one rollup, sorted by primary key, in the columns of
// Rollup.Layout.
type Rows interface {
	Len() int
	// Cell gives a value as stored: nil, int64, float64, string or []byte,
	// valid until the next call.
	Cell(row, col int) any
	// Merge folds a stored row into a row: cells are those of the FromPart
	// columns in layout order. After it Cell gives the merged state.
	Merge(row int, cells []any) error
	// Records is how many records are in a row, those that Merge has folded into
	// it not counted. It is asked for rows below the horizon only, and so for
	// rollups that have or had a Retention: they are counted as expired and not
	// written.
	Records(row int) int64
}

// ColumnRows are Rows that give the cells of many rows at once, which spares a
// call and a conversion for each.
type ColumnRows interface {
	Rows
	// Column sets the elements of out, which has room for them, to what Cell gives
	// for a column of the rows: Kind, and Int, Real or Text. Texts are valid until
	// the next call, all of them. False: Cell is to be asked, as for blobs.
	Column(rows []int32, col int, out *value.Column) bool
}

// Reject is a record that a rollup cannot use.
type Reject struct {
	Split  int64
	Offset int64
	Reason string
	Record []byte // cut to 4 KiB
}
