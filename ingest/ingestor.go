package ingest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/supervise"
	"github.com/windrow/windrow/schema/fault"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// ingestor reads the sources of one stream for one cohort of rollups. All its
// state belongs to the goroutine of run; others post functions to it.
type ingestor struct {
	c      Config
	ref    store.Ref
	cohort store.Cohort
	token  *Token
	shared *counters
	// watermark of the cohort when the run began, microseconds.
	watermark int64

	events  chan func()
	splits  map[int64]*splitState
	plan    *plan
	ready   []cutBlock // from cutters, not yet given to a worker
	toCut   []cutJob
	cutters int
	reading context.Context // of the cutters
	room    chan struct{}   // bounds the blocks that cutters have made
	bufs    sync.Pool
	workers []*worker
	nextID  int64

	complained time.Time // when it was last said that the store takes no commits
	background int       // writes to the store under way
	inLine     int       // workers that wait for the commit token
	stopping   bool
	err        error
	report     Report
}

func newIngestor(c Config, ref store.Ref, cohort store.Cohort, token *Token, shared *counters) *ingestor {
	g := &ingestor{c: c, ref: ref, cohort: cohort, token: token, shared: shared, events: make(chan func(), 256), splits: map[int64]*splitState{}}
	block := c.BlockBytes
	if block <= 0 {
		block = blockSize
	}
	g.plan = newPlan(c.Workers, block)
	g.room = make(chan struct{}, inlineBufs*c.Workers)
	for i := range c.Workers {
		g.workers = append(g.workers, &worker{g: g, number: i, blocks: map[int64]*given{}, told: map[int64]bool{}})
	}
	return g
}

// post has f run in the ingestor's goroutine.
func (g *ingestor) post(f func()) { g.events <- f }

// run absorbs everything and ends when nothing is left, or everything that was
// begun when ctx ends.
func (g *ingestor) run(ctx context.Context, src *sources) error {
	if err := g.planReading(ctx, src); err != nil {
		return err
	}
	// The end of ctx is an event like others: what is begun ends in order.
	reading, stopCutters := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCutters()
	g.reading = reading
	g.startCutters()
	g.feedAll()
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	done := ctx.Done()
	for !g.finished() {
		select {
		case f := <-g.events:
			f()
		case <-tick.C:
			g.tick()
		case <-done:
			done = nil
			g.stop()
			stopCutters()
		}
		if g.err != nil {
			stopCutters()
			g.killAll()
		}
	}
	if g.err != nil || g.stopping || len(src.problems)+len(g.report.Problems) > 0 {
		return g.err
	}
	return g.token.Do(func() error { return g.c.Store.FinishOnce(ctx, g.c.Epoch, g.cohort.ID, g.c.Close) })
}

// finished tells that nothing is left to do and no process to wait for.
func (g *ingestor) finished() bool {
	if g.cutters > 0 || g.background > 0 || g.inLine > 0 {
		return false
	}
	for _, w := range g.workers {
		if w.proc != nil {
			return false
		}
	}
	return g.err != nil || g.stopping || !g.hasWork()
}

// hasWork tells that there are blocks to hand out, now or later.
func (g *ingestor) hasWork() bool {
	return len(g.ready) > 0 || !g.plan.empty() || len(g.toCut) > 0 || g.cutters > 0
}

// stop ends the reading: what workers have is committed, no more is handed out.
func (g *ingestor) stop() {
	g.stopping = true
	g.toCut = nil
	g.dropReady()
	for i := range g.plan.lanes {
		g.plan.lanes[i] = nil
	}
	g.feedAll()
}

func (g *ingestor) dropReady() {
	for _, b := range g.ready {
		g.freeBlock(b)
	}
	g.ready = nil
}

func (g *ingestor) freeBlock(b cutBlock) {
	if b.free != nil {
		b.free()
	}
	<-g.room
}

// fail ends the run with an error, the first one of which is kept.
func (g *ingestor) fail(err error) {
	if g.err == nil {
		g.err = err
	}
	g.stopping = true
	g.toCut = nil
	g.dropReady()
}

func (g *ingestor) killAll() {
	for _, w := range g.workers {
		w.event(supervise.Event{Kind: supervise.Kill, Reason: "the run has failed"})
		if w.life.State == supervise.Backoff {
			w.event(supervise.Event{Kind: supervise.Drain}) // no process to kill, and none to start
		}
	}
}

func (g *ingestor) problem(path string, err error) {
	g.report.Problems = append(g.report.Problems, source.Problem{Path: path, Err: err})
	g.c.Log.Warn("cannot read "+path, "stream", g.ref.Stream.Name, "err", err)
}

// tick posts the time to all workers.
func (g *ingestor) tick() {
	for _, w := range g.workers {
		w.event(supervise.Event{Kind: supervise.Tick, Busy: w.busy()})
	}
	g.feedAll()
}

// feedAll gives every worker that can take them blocks, starts workers where
// there is work, and ends them where there is none.
func (g *ingestor) feedAll() {
	for _, w := range g.workers {
		g.feed(w)
	}
}

// feed fills one worker's credits.
func (g *ingestor) feed(w *worker) {
	if w.life.State == supervise.Stopped && (len(g.ready) > 0 || !g.plan.empty()) && !g.stopping {
		w.event(supervise.Event{Kind: supervise.Start})
	}
	if w.life.State != supervise.Running && w.life.State != supervise.Starting || w.proc == nil {
		return
	}
	for w.credits() > 0 {
		b, ok := g.nextBlock(w)
		if !ok {
			break
		}
		w.give(b)
	}
	if w.credits() < credits || g.hasWork() && !g.stopping {
		return // it has blocks to do, or will get some
	}
	if len(w.blocks) > 0 {
		w.flush()
	} else if w.life.State == supervise.Running {
		w.event(supervise.Event{Kind: supervise.Drain})
	}
}

// nextBlock takes the next block for a worker.
func (g *ingestor) nextBlock(w *worker) (cutBlock, bool) {
	if len(g.ready) > 0 {
		b := g.ready[0]
		g.ready = g.ready[1:]
		return b, true
	}
	e, ok := g.plan.next(w.number)
	if !ok {
		return cutBlock{}, false
	}
	return cutBlock{Block: wire.Block{Split: e.split, Mode: wire.ByLine, Lo: e.lo, Hi: e.hi, Limit: e.limit}}, true
}

// giveBack hands out again what a dead worker had and the store does not.
func (g *ingestor) giveBack(w *worker) {
	if len(w.blocks) == 0 || g.err != nil {
		clear(w.blocks)
		return
	}
	ranges, err := g.c.Store.Ranges(context.Background(), g.cohort.ID)
	if err != nil {
		g.fail(err)
		return
	}
	for _, b := range w.inOrder() {
		if covered(ranges[b.Split], b.Lo, b.Hi) && !fault.Is(fault.NoRangeCheck) {
			continue
		}
		if b.done {
			g.shared.bytes.Add(b.Lo - b.Hi) // counted when it was in the tables
		}
		if !g.stopping {
			g.again(w.number, b)
		}
	}
	clear(w.blocks)
	for _, s := range g.splits {
		g.cutAgain(s)
	}
	g.startCutters() // all of them may have ended
}

func covered(ranges []store.Range, lo, hi int64) bool {
	for _, r := range ranges {
		if r.Lo <= lo && hi <= r.Hi {
			return true
		}
	}
	return false
}

// again plans a lost block once more.
func (g *ingestor) again(lane int, b *given) {
	s := g.splits[b.Split]
	switch {
	case s.failed:
	case b.Mode == wire.ByLine:
		g.plan.add(lane, extent{b.Split, b.Lo, b.Hi, b.Limit})
	default:
		s.lost = append(s.lost, gap{Lo: b.Lo, Hi: b.Hi})
	}
}

// returned takes a block back that a worker could not read.
func (g *ingestor) returned(b *given, r wire.Returned) {
	s := g.splits[b.Split]
	if s.failed {
		return
	}
	s.failed = true
	g.plan.drop(b.Split)
	g.problem(s.Path, fmt.Errorf("%s", r.Reason))
}

// checkpoint moves the -wal file into the store when it has grown.
func (g *ingestor) checkpoint() {
	if g.background > 0 || g.c.Store.WALSize() < walLimit {
		return
	}
	g.background++
	g.token.Acquire(func() {
		go func() {
			err := g.c.Store.Checkpoint(context.Background())
			g.token.Release()
			g.post(func() {
				g.background--
				if err != nil {
					g.c.Log.Warn("cannot move the -wal file into the store", "err", err)
				}
			})
		}()
	})
}
