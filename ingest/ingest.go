// Package ingest reads the sources of streams and has worker processes absorb
// them: it finds the files, decides who reads which range, supervises the
// workers, and hands out the right to commit.
package ingest

import (
	"context"
	"log/slog"
	"os/exec"
	"runtime"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// Definitions are what a run computes, and how.
type Definitions struct {
	Files      []wire.File       // the definition files, for the workers
	Env        map[string]string // what their ${VAR}s stood for
	Pipeline   *schema.Pipeline
	Workers    int // per stream; 0 for one per CPU
	Flush      time.Duration
	Durability string // of commits: "power" or "process"
}

// Config is what a run needs.
type Config struct {
	Definitions
	Store *store.Store
	Refs  []store.Ref // of Store.Register
	Epoch int64
	Build string // names this build; workers of another are refused
	Close bool   // at the end of Once, windows that are still running are final, too
	// BlockBytes is the size of the blocks that workers get, and BudgetBytes
	// the size of partials over which they commit early; 0 for the defaults.
	BlockBytes, BudgetBytes int64
	// Poll, Settle and HangLimit replace the defaults of track.Options and of
	// package supervise; 0 for those.
	Poll, Settle, HangLimit time.Duration
	// StopLimit is how long workers may take for what they have when the run is
	// told to end; what they have not committed then is read again by the next
	// run. Once also ends, with an error, if the disk is full for three times as
	// long. Rest is how long they are kept without work while following. 0 for
	// the defaults.
	StopLimit, Rest time.Duration
	// Within, if set, holds the only ranges that are read, by the number of the split.
	Within map[int64][]store.Range
	// Reload gives Follow new definitions to go on with. Changed, if set, is told
	// of those that it goes on with; those that the store refuses change nothing.
	Reload  <-chan Definitions
	Changed func(Definitions)
	// Command makes a worker process. Its stdin, stdout and stderr are set here.
	Command func() *exec.Cmd
	// Warm holds processes of Command that were started already; nil for none.
	Warm *Warm
	Log  *slog.Logger
	// Progress, if set, is called about four times a second.
	Progress func(Progress)

	follow    bool
	began     time.Time
	openFiles int // files of one stream that are open at a time
}

// Progress is how far a run is.
type Progress struct {
	Records int64 // absorbed and committed in this run
	Bytes   int64 // read in this run, committed or not
	Total   int64 // bytes to read in this run, as far as known (compressed ones as they lie on disk)
	Workers int   // running
}

// Report is what a run did.
type Report struct {
	Refs     []store.Ref // as they were at the end
	Records  int64       // committed in this run
	Restarts int
	Problems []source.Problem

	noted map[string]bool // the Problems, as text
}

const (
	budget     = 48 << 20 // bytes of partials in a worker before it commits early
	beatEvery  = time.Second
	walLimit   = 48 << 20 // bytes of the -wal file after which a checkpoint is due
	credits    = 3        // blocks a worker has at a time
	tickEvery  = 250 * time.Millisecond
	ahead      = 8       // blocks of a plain file that may wait for a worker
	inlineBufs = 2       // inline blocks that may wait, per worker
	memory     = 1 << 30 // bytes of data a worker may have
	stopLimit  = 20 * time.Second
	fullStops  = 3 // times StopLimit: how long Once waits for room on the disk
	restLimit  = time.Minute
)

// Once absorbs everything that the sources hold now and ends. When ctx ends it
// stops reading, has the workers commit what they have, and returns nil as
// well. The error is about the run itself; sources that could not be read are
// the Report's problems.
func Once(ctx context.Context, c Config) (Report, error) {
	r := newRunner(c)
	defer r.close()
	r.round(ctx)
	r.settle(context.WithoutCancel(ctx))
	return r.end()
}

// Follow absorbs what the sources hold and what they will hold, until ctx
// ends; then it does what Once does at its end. A stream that has failed does
// not end the others.
func Follow(ctx context.Context, c Config) (Report, error) {
	c.follow = true
	r := newRunner(c)
	defer r.close()
	defer time.AfterFunc(r.c.Rest, c.Warm.Close).Stop()
	for r.round(ctx) {
		c.Warm.Close() // a round begins and ends without workers
		if err := r.register(ctx); err != nil {
			if ctx.Err() == nil {
				r.fail(err)
			}
			break
		}
	}
	return r.end()
}

func (c *Config) fillIn() {
	if c.Workers <= 0 {
		c.Workers = runtime.NumCPU()
	}
	cohorts := 0
	for _, r := range c.Refs {
		cohorts += len(r.Cohorts)
	}
	// Each worker takes some descriptors for its pipes and its blocks, a cutter
	// beside it one, the store and the rest a few.
	c.openFiles = max((maxOpenFiles()-64-cohorts*(c.Workers+1)*(6+credits+1))/max(len(c.Refs), 1), 8)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Flush <= 0 {
		c.Flush = time.Second
	}
	if c.BudgetBytes <= 0 {
		c.BudgetBytes = budget
	}
	if c.StopLimit <= 0 {
		c.StopLimit = stopLimit
	}
	if c.Rest <= 0 {
		c.Rest = restLimit
	}
	if c.began.IsZero() {
		c.began = time.Now()
	}
}

func (r *Report) add(o Report) {
	r.Records += o.Records
	r.Restarts += o.Restarts
	for _, p := range o.Problems {
		r.note(p)
	}
}

// note adds a problem, once.
func (r *Report) note(p source.Problem) {
	text := p.Error()
	if r.noted[text] {
		return
	}
	if r.noted == nil {
		r.noted = map[string]bool{}
	}
	r.noted[text] = true
	r.Problems = append(r.Problems, p)
}
