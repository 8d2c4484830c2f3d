// Package ingest reads the sources of streams and has worker processes absorb
// them: it finds the files, decides who reads which range, supervises the
// workers, and hands out the right to commit.
package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/wire"
)

// Config is what a run needs.
type Config struct {
	Files   []wire.File       // the definition files, for the workers
	Env     map[string]string // what their ${VAR}s stood for
	Store   *store.Store
	Refs    []store.Ref // of Store.Register
	Epoch   int64
	Build   string // names this build; workers of another are refused
	Workers int    // per stream; 0 for one per CPU
	Flush   time.Duration
	Close   bool // at the end, windows that are still running are final, too
	// BlockBytes is the size of the blocks that workers get, and BudgetBytes
	// the size of partials over which they commit early; 0 for the defaults.
	BlockBytes, BudgetBytes int64
	openFiles               int // files of one cohort that are open at a time
	// Durability of commits: "power" or "process".
	Durability string
	// Command makes a worker process. Its stdin, stdout and stderr are set here.
	Command func() *exec.Cmd
	Log     *slog.Logger
	// Progress, if set, is called about four times a second.
	Progress func(Progress)
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
	Records  int64 // committed in this run
	Restarts int
	Problems []source.Problem
}

const (
	budget     = 24 << 20 // bytes of partials in a worker before it commits early
	beatEvery  = time.Second
	walLimit   = 48 << 20 // bytes of the -wal file after which a checkpoint is due
	credits    = 3        // blocks a worker has at a time
	tickEvery  = 250 * time.Millisecond
	inlineBufs = 2 // inline blocks that may wait, per worker
)

// Once absorbs everything that the sources hold now and ends. When ctx ends it
// stops reading, has the workers commit what they have, and returns nil as
// well. The error is about the run itself; sources that could not be read are
// the Report's problems.
func Once(ctx context.Context, c Config) (Report, error) {
	if c.Workers <= 0 {
		c.Workers = runtime.NumCPU()
	}
	c.fillIn()
	marks, err := watermarks(ctx, c.Store)
	if err != nil {
		return Report{}, err
	}
	r := &runner{c: c, token: &Token{}, marks: marks}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { defer close(done); r.shared.show(c.Progress, stop) }()
	var wg sync.WaitGroup
	for _, ref := range c.Refs {
		wg.Go(func() { r.stream(ctx, ref) })
	}
	wg.Wait()
	close(stop)
	<-done
	return r.total, errors.Join(r.errs...)
}

// runner is what the streams of a run share.
type runner struct {
	c      Config
	token  *Token
	marks  map[int64]int64
	shared counters

	mu    sync.Mutex
	total Report
	errs  []error
}

// stream absorbs one stream for all its cohorts.
func (r *runner) stream(ctx context.Context, ref store.Ref) {
	src, err := discover(ctx, r.c, ref, r.token)
	defer src.close()
	r.add(ref, Report{Problems: src.problems}, err)
	if err != nil {
		return
	}
	var wg sync.WaitGroup
	for _, cohort := range ref.Cohorts {
		wg.Go(func() {
			g := newIngestor(r.c, ref, cohort, r.token, &r.shared)
			g.watermark = r.marks[cohort.ID]
			err := g.run(ctx, src)
			r.add(ref, g.report, err)
		})
	}
	wg.Wait()
}

// add adds what was done for a stream.
func (r *runner) add(ref store.Ref, done Report, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total.add(done)
	if err != nil {
		r.errs = append(r.errs, fmt.Errorf("stream %s: %w", ref.Stream.Name, err))
	}
}

// watermarks returns the watermark of each cohort that has one.
func watermarks(ctx context.Context, s *store.Store) (map[int64]int64, error) {
	totals, err := s.Totals(ctx)
	if err != nil {
		return nil, err
	}
	marks := map[int64]int64{}
	for _, c := range totals.Cohorts {
		marks[c.ID] = int64(value.MinTime)
		if t, ok := value.ParseTime(c.Watermark, nil); ok {
			marks[c.ID] = int64(t)
		}
	}
	return marks, nil
}

func (c *Config) fillIn() {
	cohorts := 0
	for _, r := range c.Refs {
		cohorts += len(r.Cohorts)
	}
	// Each worker takes some descriptors for its pipes, the store a few.
	c.openFiles = max((maxOpenFiles()-64-cohorts*c.Workers*6)/max(cohorts, 1), 8)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Flush <= 0 {
		c.Flush = time.Second
	}
	if c.BudgetBytes <= 0 {
		c.BudgetBytes = budget
	}
}

func (r *Report) add(o Report) {
	r.Records += o.Records
	r.Restarts += o.Restarts
	for _, p := range o.Problems {
		if !r.has(p) {
			r.Problems = append(r.Problems, p)
		}
	}
}

func (r *Report) has(p source.Problem) bool {
	for _, q := range r.Problems {
		if q.Error() == p.Error() {
			return true
		}
	}
	return false
}
