package wire

// Hello is the first frame to a worker: everything it needs but the work.
type Hello struct {
	Version    int
	Build      string // of the main process; a worker of another build refuses
	Worker     int    // number, for logs
	Store      string // path
	Durability string
	Epoch      int64
	Files      []File            // the definition files, which the worker reads again
	Env        map[string]string // values of the ${VAR}s in them
	Stream     string
	Cohort     int64
	Rollups    []Rollup
	FlushEvery int64 // microseconds
	Budget     int   // bytes of partials after which a worker asks to commit
	BeatEvery  int64 // microseconds
	// MemoryLimit is how many bytes of data a worker may have before the system
	// refuses more and it ends; 0 for no limit.
	MemoryLimit int64
}

// File is the text of a definition file.
type File struct{ Name, Dir, Text string }

// Rollup names a rollup of the stream and where its states are.
type Rollup struct {
	ID       int64
	Name     string
	Table    string
	Identity [32]byte
}

// Split describes a split to a worker.
type Split struct {
	Number int64
	Path   string
	// FD is the main process's descriptor of the file, which the worker opens
	// through /proc where there is one, so that a renamed file stays the same.
	FD            int
	Device, Inode uint64
	Start         int64    // offset of the first record
	Header        []string // CSV
	Array         bool     // JSON
	// Over says that no more blocks of the split will come: the worker closes
	// its file and forgets it. Nothing but Number is set then.
	Over bool `json:",omitempty"`
}

// Mode says how the records of a block are found.
type Mode uint8

const (
	ByLine  Mode = iota // read [Lo, Hi) from the file: the lines that begin in it
	Aligned             // read [Lo, Hi) from the file: it holds whole records
	Inline              // the frame's data is [Lo, Hi): whole records
	TooLong             // the frame's data is the beginning of the one record [Lo, Hi)
	Refused             // the same; the record is not decoded, but rejected for Reason
)

// Block is a range of a split to absorb.
type Block struct {
	ID     int64
	Split  int64
	Mode   Mode
	Lo, Hi int64
	// DataLo is the offset of the data's first byte. The data of lines holds
	// those that begin in [Lo, Hi), which may begin and end inside a line.
	DataLo int64
	// Limit is the end of the split as it is known now: a line that begins
	// before Hi may reach up to it.
	Limit     int64
	Watermark int64 // of the stream, microseconds
	// Tail are the bytes before Limit as the main process has seen them, at most
	// 64, for a file that may be cut off and written anew at any time. If they
	// differ after the block was read, the file is not what it was.
	Tail   []byte `json:",omitempty"`
	Reason string `json:",omitempty"` // Refused
}

// Flush has the worker commit what is in its tables.
type Flush struct {
	// Soon says that there is more to read: the worker asks for the token now, and
	// goes on until it comes.
	Soon bool `json:",omitempty"`
}

// Ready answers Hello.
type Ready struct {
	Version int
	Build   string
	PID     int
}

// Done says that a block is in the tables.
type Done struct{ Block int64 }

// Returned says why a block was not read.
type Returned struct {
	Block  int64
	Reason string
}

// Committed names the blocks that are now in the store.
type Committed struct {
	Blocks    []int64
	Records   int64
	Watermark int64        // of the cohort after the commit, microseconds
	Splits    []SplitCount // what the commit has of each split
}

// SplitCount counts the records of one split in a commit.
type SplitCount struct {
	Split    int64
	Records  int64
	Unusable int64 // of them: no rollup could use them
}

// Released gives the token back without a commit.
type Released struct {
	Reason string // empty if there was nothing to commit
}

// Beat is a sign of life. Progress grows with every record; it is what counts.
type Beat struct {
	Progress   int64
	Committing bool
}

// Failed is the last word of a worker. Final says that another worker would
// end in the same way.
type Failed struct {
	Reason string
	Final  bool
	// Source says that a file has changed while it was read. Nobody is to blame;
	// what the worker had is read again.
	Source bool
	// Store says that the store has refused a commit for good, or that its disk
	// reports errors. No record is to blame; a new process opens the store anew.
	Store bool
}
