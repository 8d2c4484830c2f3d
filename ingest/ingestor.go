package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/supervise"
	"github.com/windrow/windrow/ingest/track"
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
	stream *stream
	// watermark of the cohort, microseconds.
	watermark int64

	events  chan func()
	ended   chan struct{} // closed after run
	splits  map[int64]*splitState
	plan    *plan
	ready   []cutBlock // from cutters, not yet given to a worker
	toCut   []cutJob
	cutters int
	uncut   int64           // bytes that they have still to bring
	reading context.Context // of the cutters
	room    []chan struct{} // bounds the blocks that cutters have made, for any worker and for each
	bufs    sync.Pool
	workers []*worker
	nextID  int64

	lone     *worker    // tries suspects, one at a time
	trying   *suspect   // what the lone worker has, or gets again
	suspects []*suspect // what it gets after that
	probing  int        // suspects that are being cut into pieces
	refused  map[int64]int

	observed   time.Time // when the states were noted
	complained time.Time // when it was last said that the store takes no commits
	fullSince  time.Time // since when it takes none because its disk is full; zero if it does
	background int       // writes to the store under way
	inLine     int       // workers that wait for the commit token
	ease       ease
	stopping   bool
	holding    bool // what is told is to be committed at once
	err        error
	report     Report

	behind atomic.Int64                        // bytes that are known and not committed, as of the last tick: see reckon
	states atomic.Pointer[[]store.WorkerState] // for those who ask how it goes
}

func newIngestor(c Config, ref store.Ref, cohort store.Cohort, token *Token, shared *counters) *ingestor {
	g := &ingestor{c: c, ref: ref, cohort: cohort, token: token, shared: shared, events: make(chan func(), 256), ended: make(chan struct{}),
		splits: map[int64]*splitState{}, refused: map[int64]int{}}
	block := c.BlockBytes
	if block <= 0 {
		block = blockSize
	}
	g.plan = newPlan(c.Workers, block)
	g.room = append(g.room, make(chan struct{}, inlineBufs*c.Workers))
	for i := range c.Workers {
		g.room = append(g.room, make(chan struct{}, ahead))
		g.workers = append(g.workers, newWorker(g, i))
	}
	g.lone = newWorker(g, c.Workers)
	if c.follow {
		g.plan.serves = func(lane int) bool {
			s := g.workers[lane].life.State
			return s == supervise.Running || s == supervise.Starting || s == supervise.Stopped
		}
	}
	return g
}

// all returns all workers, the lone one last.
func (g *ingestor) all() []*worker { return append(g.workers[:len(g.workers):len(g.workers)], g.lone) }

// post has f run in the ingestor's goroutine, unless that has ended.
func (g *ingestor) post(f func()) {
	select {
	case g.events <- f:
	case <-g.ended:
	}
}

// run absorbs everything and ends when nothing is left or, while following,
// when ctx ends; then everything that was begun is committed. troubled says
// that not all sources could be read.
func (g *ingestor) run(ctx context.Context, files []track.File, troubled bool) error {
	if err := g.planReading(context.WithoutCancel(ctx), files); err != nil {
		return err
	}
	// The end of ctx is an event like others: what is begun ends in order.
	reading, stopCutters := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCutters()
	g.reading = reading
	g.startCutters()
	g.feedAll()
	g.reckon()
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	done := ctx.Done()
	var late <-chan time.Time
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
			late = time.After(g.c.StopLimit)
		case <-late:
			g.c.Log.Warn("the workers do not end; what they have is read again by the next run", "stream", g.ref.Stream.Name)
			g.killAll()
		}
		if g.err != nil {
			stopCutters()
			g.killAll()
		}
	}
	g.observe(true)
	if g.err != nil || g.stopping || troubled || len(g.report.Problems) > 0 {
		return g.err
	}
	return g.token.Do(func() error { return g.c.Store.FinishOnce(ctx, g.c.Epoch, g.cohort.ID, g.c.Close) })
}

// finished tells that nothing is left to do and no process to wait for.
func (g *ingestor) finished() bool {
	if g.cutters > 0 || g.background > 0 || g.inLine > 0 {
		return false
	}
	for _, w := range g.all() {
		if w.proc != nil {
			return false
		}
	}
	return g.err != nil || g.stopping || !g.c.follow && !g.hasWork()
}

// hasWork tells that there are blocks to hand out, now or later.
func (g *ingestor) hasWork() bool {
	return len(g.ready) > 0 || !g.plan.empty() || len(g.toCut) > 0 || g.cutters > 0 || len(g.suspects) > 0 || g.trying != nil || g.probing > 0
}

// reckon notes how much is not committed, for cohorts that may meet. It goes
// through all that is planned, so it is not for every event.
func (g *ingestor) reckon() {
	if g.c.follow && len(g.stream.ingestors) > 1 {
		g.behind.Store(g.notCommitted())
	}
}

// notCommitted is about how many bytes are known and not in the store.
func (g *ingestor) notCommitted() int64 {
	n := g.plan.left()
	for _, w := range g.all() {
		for _, b := range w.blocks {
			n += b.Hi - b.Lo
		}
	}
	if len(g.ready)+len(g.toCut)+g.cutters+len(g.suspects)+g.probing > 0 || g.trying != nil {
		n += meetWithin + 1
	}
	return n
}

// hold has everything that is known committed at once, or no longer.
func (g *ingestor) hold(on bool) {
	g.holding = on
	g.feedAll()
	g.reckon()
}

// stop ends the reading: what workers have is committed, no more is handed out.
func (g *ingestor) stop() {
	g.stopping = true
	g.toCut, g.suspects, g.trying = nil, nil, nil
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
}

// refusedCommit takes why the store took no commit. A full disk is waited out,
// but not for ever by a run that is to end. Nothing is lost: what is not
// committed is read by the next one.
func (g *ingestor) refusedCommit(reason string) {
	switch {
	case g.c.follow || !strings.Contains(reason, store.ErrFull.Error()): // workers say it in words
		g.fullSince = time.Time{}
	case g.fullSince.IsZero():
		g.fullSince = time.Now()
	case time.Since(g.fullSince) > fullStops*g.c.StopLimit:
		g.fail(fmt.Errorf("nothing could be committed for %v: %s; make room and run it again, it goes on from what is committed",
			fullStops*g.c.StopLimit, reason))
	}
}

// fail ends the run with an error, the first one of which is kept.
func (g *ingestor) fail(err error) {
	if g.err == nil {
		g.err = err
	}
	g.stopping = true
	g.toCut, g.suspects, g.trying = nil, nil, nil
	g.dropReady()
}

func (g *ingestor) killAll() {
	for _, w := range g.all() {
		w.event(supervise.Event{Kind: supervise.Kill, Reason: "the run has failed"})
		if w.life.State == supervise.Backoff {
			w.event(supervise.Event{Kind: supervise.Drain}) // no process to kill, and none to start
		}
	}
}

func (g *ingestor) problem(path string, err error) {
	g.report.note(source.Problem{Path: path, Err: err})
	g.c.Log.Warn("cannot read "+path, "stream", g.ref.Stream.Name, "err", err)
}

// tick posts the time to all workers.
func (g *ingestor) tick() {
	for _, w := range g.all() {
		w.event(supervise.Event{Kind: supervise.Tick, Busy: w.busy()})
	}
	g.observe(false)
	g.tryBack()
	g.feedAll()
	g.reckon()
}

// feedAll gives every worker that can take them blocks, starts workers where
// there is work, and ends them where there is none.
func (g *ingestor) feedAll() {
	for _, w := range g.workers {
		g.feed(w)
	}
	g.feedLone()
}

// feed fills one worker's credits.
func (g *ingestor) feed(w *worker) {
	if w == g.lone {
		g.feedLone()
		return
	}
	if w.life.State == supervise.Stopped && !g.stopping && g.workFor(w) {
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
	// While following it waits for more, and commits in its own time.
	resting := g.c.follow && !g.stopping && (len(w.blocks) > 0 || time.Since(w.given) < g.c.Rest)
	if len(w.blocks) > 0 {
		if !resting || g.holding {
			w.flush()
		}
	} else if w.life.State == supervise.Running && !resting {
		w.event(supervise.Event{Kind: supervise.Drain})
	}
}

// workFor tells whether there is work that a worker which is not there could do.
func (g *ingestor) workFor(w *worker) bool {
	if len(g.ready) > 0 || len(g.plan.lanes[w.number]) > 0 {
		return true
	}
	if g.plan.serves == nil {
		return !g.plan.empty()
	}
	return g.plan.left() >= g.plan.block
}

// nextBlock takes the next block for a worker.
func (g *ingestor) nextBlock(w *worker) (cutBlock, bool) {
	if i := g.readyFor(w); i >= 0 {
		b := g.ready[i]
		g.ready = slices.Delete(g.ready, i, i+1)
		return b, true
	}
	e, ok := g.plan.next(w.number)
	if !ok {
		return cutBlock{}, false
	}
	s := g.splits[e.split]
	return cutBlock{Block: wire.Block{Split: e.split, Mode: wire.ByLine, Lo: e.lo, Hi: e.hi, Limit: s.Size, Tail: s.Tail}}, true
}

// readyFor returns which of the blocks that are ready a worker gets: the first
// of its lane or of none, or else the last one of another lane that has many, or
// will not get more. -1 for none.
func (g *ingestor) readyFor(w *worker) int {
	lanes := make([]int, len(g.room))
	for i, b := range g.ready {
		if b.lane == 0 || b.lane == w.number+1 {
			return i
		}
		lanes[b.lane]++
	}
	for i, b := range slices.Backward(g.ready) {
		if lanes[b.lane] > credits || g.cutters == 0 {
			return i
		}
	}
	return -1
}

// giveBack hands out again what a dead worker had and the store does not. The
// one block that may be to blame for its end is tried alone.
func (g *ingestor) giveBack(w *worker, blamed *given) {
	if len(w.blocks) == 0 || g.err != nil {
		w.forget()
		return
	}
	ranges, err := g.c.Store.Ranges(context.Background(), g.cohort.ID)
	if err != nil {
		g.fail(err)
		return
	}
	lost := w.inOrder()
	w.forget()
	for _, b := range lost {
		todo := undone(gapsOf(ranges[b.Split]), b.Lo, b.Hi)
		if fault.Is(fault.NoRangeCheck) {
			todo = []gap{{Lo: b.Lo, Hi: b.Hi}}
		}
		if len(todo) == 0 {
			continue
		}
		if b.done {
			g.shared.bytes.Add(b.Lo - b.Hi) // counted when it was in the tables
		}
		switch {
		case g.stopping:
		case b == blamed && len(todo) == 1 && todo[0] == gap{Lo: b.Lo, Hi: b.Hi}:
			g.suspect(b)
		default:
			for _, t := range slices.Backward(todo) {
				g.again(w.number, b.Split, t)
			}
		}
	}
	for _, s := range g.splits {
		g.cutAgain(s)
		g.finish(s)
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

// again plans once more what was lost.
func (g *ingestor) again(lane int, number int64, t gap) {
	s := g.splits[number]
	switch {
	case s == nil || s.over:
	case !s.Cut:
		g.plan.add(lane%len(g.plan.lanes), extent{number, t.Lo, t.Hi})
	default:
		s.lost = append(s.lost, t)
	}
}

// returned takes a block back that a worker could not read. A file that is
// followed has changed under it: the tracker will tell, or it works next time.
func (g *ingestor) returned(b *given, r wire.Returned) {
	s := g.splits[b.Split]
	switch {
	case s == nil || s.over:
	case g.c.follow:
		g.tryLater(s, b, r.Reason)
	default:
		s.over = true
		g.plan.drop(b.Split)
		g.problem(s.Path, errors.New(r.Reason))
	}
}

const (
	tryEvery   = 200 * time.Millisecond // at first, then ever more seldom
	tryAtLeast = time.Minute
	patience   = 10 * time.Second // until it is said that a file cannot be read
)

func (g *ingestor) tryLater(s *splitState, b *given, reason string) {
	g.wrong(s, errors.New(reason))
	if s.Cut {
		s.lost = append(s.lost, gap{Lo: b.Lo, Hi: b.Hi})
	} else {
		s.back = append(s.back, gap{Lo: b.Lo, Hi: b.Hi})
	}
	for _, w := range g.all() {
		delete(w.told, s.Number)
	}
}

// wrong notes that a split could not be read; it is tried again, the later the
// longer that has been so.
func (g *ingestor) wrong(s *splitState, err error) {
	now := time.Now()
	if s.wrongSince.IsZero() {
		s.wrongSince = now
	}
	lasted := now.Sub(s.wrongSince)
	if lasted > patience && s.wrongSaid.IsZero() {
		s.wrongSaid = now
		g.problem(s.Path, err)
	}
	s.tryNext = now.Add(min(max(lasted, tryEvery), tryAtLeast))
}

// tryBack plans again what workers could not read a while ago.
func (g *ingestor) tryBack() {
	now := time.Now()
	for _, s := range g.splits {
		if s.tryNext.IsZero() || now.Before(s.tryNext) || g.stopping {
			continue
		}
		s.tryNext = time.Time{}
		for _, b := range joinGaps(s.back) {
			g.plan.grow(extent{s.Number, b.Lo, b.Hi})
		}
		s.back = nil
		if s.more {
			g.recut(s)
		}
		g.cutAgain(s)
		g.startCutters()
	}
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
