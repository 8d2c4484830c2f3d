package ingest

import (
	"errors"
	"slices"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/supervise"
	"github.com/windrow/windrow/workers/wire"
)

// worker is the ingestor's side of one worker process. It belongs to the
// ingestor's goroutine.
type worker struct {
	g        *ingestor
	number   int
	life     supervise.Worker
	proc     *process // nil without a process
	blocks   map[int64]*given
	undone   int           // of blocks: not yet in the worker's tables
	told     map[int64]int // splits announced to this process, with their descriptors
	waiting  bool          // in line for the commit token
	holding  bool          // has the commit token
	flushing bool          // it was asked to commit and has not yet
	blamed   *given        // the block that may have ended the last process
	began    time.Time     // of the process
	given    time.Time     // when it got its last block
	sum      *sum          // over all its processes
	eased    bool          // it was asked to commit before the end of the plan
	granted  time.Time     // when it got the token last
}

func newWorker(g *ingestor, number int) *worker {
	return &worker{g: g, number: number, life: supervise.Worker{Hang: g.c.HangLimit}, blocks: map[int64]*given{}, told: map[int64]int{}, sum: &sum{}}
}

// given is a block that a worker has and the store has not.
type given struct {
	wire.Block
	done bool          // it is in the worker's tables
	uses *source.Found // until then; may be nil
}

// read ends the use of the block's file.
func (b *given) read() {
	if b.uses != nil {
		b.uses.Done()
		b.uses = nil
	}
}

// event passes an event to the supervisor and does what it says.
func (w *worker) event(e supervise.Event) {
	e.At = time.Now()
	before := w.life.State
	var do []supervise.Action
	w.life, do = supervise.Next(w.life, e)
	if w.life.State != before {
		w.g.c.Log.Debug("worker "+w.life.State.String(), "stream", w.g.ref.Stream.Name, "worker", w.number, "was", before.String())
	}
	for _, a := range do {
		w.do(a)
	}
}

func (w *worker) do(a supervise.Action) {
	switch a {
	case supervise.Spawn:
		w.spawn()
	case supervise.CloseInput:
		w.proc.closeInput()
	case supervise.SendKill:
		w.proc.kill()
	case supervise.GiveBack:
		w.g.report.Restarts++
		w.sum.restarts++
		w.g.c.Log.Warn("worker ended", "stream", w.g.ref.Stream.Name, "worker", w.number, "reason", w.life.Reason, "next", w.life.Delay)
		if w == w.g.lone {
			w.forget()
			w.g.loneEnded(w.blamed != nil)
			return
		}
		w.g.giveBack(w, w.blamed)
	case supervise.GiveUp:
		w.g.fail(&WorkerError{w.life.Reason})
	}
}

// WorkerError says that workers end again and again.
type WorkerError struct{ Reason string }

func (e *WorkerError) Error() string {
	return "its workers end again and again; the last one: " + e.Reason
}

// spawn starts the process.
func (w *worker) spawn() {
	g := w.g
	clear(w.told)
	w.undone, w.flushing, w.waiting = 0, false, false
	c, err := g.c.Warm.take(g.c.Command)
	if err != nil {
		w.event(supervise.Event{Kind: supervise.Exited, Reason: err.Error()})
		return
	}
	var p *process
	p = speak(c, w.hello(), g.c.Log.With("stream", g.ref.Stream.Name, "worker", w.number),
		func(m message) { g.post(func() { w.got(p, m) }) },
		func(e exit) { g.post(func() { w.exited(e) }) })
	w.proc, w.began, w.given = p, time.Now(), time.Now()
	g.shared.workers.Add(1)
}

func (w *worker) hello() wire.Hello {
	g := w.g
	h := wire.Hello{Version: wire.Version, Build: g.c.Build, Worker: w.number, Store: g.c.Store.Path(), Durability: g.c.Durability,
		Epoch: g.c.Epoch, Files: g.c.Files, Env: g.c.Env, Stream: g.ref.Stream.Name, Cohort: g.cohort.ID,
		FlushEvery: g.c.Flush.Microseconds(), Budget: int(g.c.BudgetBytes), BeatEvery: beatEvery.Microseconds(), MemoryLimit: memory}
	for _, r := range g.cohort.Rollups {
		h.Rollups = append(h.Rollups, wire.Rollup{ID: r.ID, Name: r.Rollup.Name, Table: r.Table, Identity: r.Rollup.Identity})
	}
	return h
}

// exited takes the end of the process.
func (w *worker) exited(e exit) {
	w.blamed = w.suspect(e)
	w.proc.closeInput()
	w.proc = nil
	clear(w.told)
	w.g.shared.workers.Add(-1)
	if w.holding {
		w.holding = false
		w.g.token.Release()
	}
	if w.life.State == supervise.Killed && w.life.Reason != "" {
		e.reason = w.life.Reason
	}
	w.sum.ended(e)
	w.event(supervise.Event{Kind: supervise.Exited, Reason: e.reason, Outside: e.outside && w.life.State != supervise.Killed || e.source, Blamed: w.blamed != nil})
	w.blamed = nil
	w.g.feedAll()
}

// suspect returns the block that may be to blame for the end of the process:
// the one that it was at. There is none if it was killed from outside, if a
// file has changed, or if it ended in a commit.
func (w *worker) suspect(e exit) *given {
	switch w.life.State {
	case supervise.Killed:
	case supervise.Running:
		if e.outside || e.source || e.reason == "" {
			return nil
		}
	default:
		return nil
	}
	if w.holding || e.store || w.g.err != nil {
		return nil
	}
	var at *given
	for _, b := range w.blocks {
		if !b.done && b.Mode != wire.Refused && (at == nil || b.ID < at.ID) {
			at = b
		}
	}
	return at
}

// got handles a message. Those of a process that has been replaced are late:
// its blocks are no longer here.
func (w *worker) got(p *process, m message) {
	if p != w.proc {
		return
	}
	switch m.t {
	case wire.TypeReady:
		w.event(supervise.Event{Kind: supervise.Ready})
	case wire.TypeDone:
		w.done(m.id)
		w.g.easeOut()
	case wire.TypeReturned:
		if b := w.blocks[m.id]; b != nil {
			w.done(m.id)
			w.g.shared.bytes.Add(b.Lo - b.Hi)
			if w == w.g.lone {
				w.g.trying = nil // it is read as ever
			}
			w.g.returned(b, m.returned) // before the split may be forgotten
			w.remove(m.id)
		}
	case wire.TypeBeat:
		w.event(supervise.Event{Kind: supervise.Beat, Progress: m.beat.Progress, Committing: m.beat.Committing})
	case wire.TypeWant:
		w.wants(p)
		return
	case wire.TypeCommitted:
		w.committed(m.commit)
	case wire.TypeReleased:
		w.released(m.released)
	case wire.TypeFailed:
		if m.failed.Final {
			w.g.fail(errors.New(m.failed.Reason))
		}
	}
	w.g.feed(w)
}

func (w *worker) done(id int64) {
	if b := w.blocks[id]; b != nil && !b.done {
		b.done = true
		b.read()
		w.undone--
		w.g.shared.bytes.Add(b.Hi - b.Lo)
		w.g.ease.read(b.Hi - b.Lo)
	}
}

// wants puts the worker in line for the commit token.
func (w *worker) wants(p *process) {
	w.waiting = true
	w.g.inLine++
	w.g.token.Acquire(func() {
		go w.g.post(func() {
			w.g.inLine--
			if w.proc != p {
				w.g.token.Release() // it has died in the meantime
				return
			}
			w.waiting, w.holding, w.granted = false, true, time.Now()
			p.send(outFrame{t: wire.TypeGrant, msg: struct{}{}})
		})
	})
}

func (w *worker) release() {
	if w.holding {
		w.holding = false
		w.g.token.Release()
	}
}

func (w *worker) committed(c wire.Committed) {
	g := w.g
	for _, id := range c.Blocks {
		w.done(id)
		w.remove(id)
	}
	w.flushing = false
	w.sum.records += c.Records
	g.fullSince = time.Time{}
	g.ease.committed(time.Since(w.granted))
	g.watermark = max(g.watermark, c.Watermark)
	g.report.Records += c.Records
	g.shared.records.Add(c.Records)
	w.event(supervise.Event{Kind: supervise.Committed})
	w.release()
	if w == g.lone {
		g.acquitted()
	}
	for _, n := range c.Splits {
		g.judge(n)
	}
	g.checkpoint()
}

// remove forgets a block that the worker has no longer.
func (w *worker) remove(id int64) {
	b := w.blocks[id]
	if b == nil {
		return
	}
	b.read()
	delete(w.blocks, id)
	w.sum.bytes += b.Hi - b.Lo
	if s := w.g.splits[b.Split]; s != nil {
		s.out--
		s.wrongSince, s.wrongSaid = time.Time{}, time.Time{}
		w.g.finish(s)
	}
}

// forget forgets all blocks.
func (w *worker) forget() {
	for _, b := range w.blocks {
		b.read()
		if s := w.g.splits[b.Split]; s != nil {
			s.out--
		}
	}
	clear(w.blocks)
}

// complainEvery is how often it is said that the store takes no commits.
const complainEvery = 10 * time.Second

func (w *worker) released(r wire.Released) {
	w.release()
	if r.Reason == "" {
		return
	}
	w.g.refusedCommit(r.Reason)
	if time.Since(w.g.complained) > complainEvery {
		w.g.complained = time.Now()
		w.g.c.Log.Error("cannot commit yet, waiting", "stream", w.g.ref.Stream.Name, "reason", r.Reason)
	}
}

// busy tells that progress is due from the worker.
func (w *worker) busy() bool { return w.holding || w.undone > 0 && !w.waiting }

// credits is how many more blocks the worker may get.
func (w *worker) credits() int { return credits - w.undone }

// give sends a block, and before it the split it is of.
func (w *worker) give(b cutBlock) {
	g := w.g
	s := g.splits[b.Split]
	split, err := g.giveFile(s)
	if err != nil && b.data == nil {
		g.freeBlock(b)
		g.returned(&given{Block: b.Block}, wire.Returned{Reason: err.Error()})
		return
	}
	if err != nil {
		split = wire.Split{Number: s.Number, Path: s.Path, Start: s.Start, Header: s.Found.Header, Array: s.Found.Array}
	}
	if fd, ok := w.told[b.Split]; !ok || fd != split.FD {
		w.told[b.Split] = split.FD
		w.proc.send(outFrame{t: wire.TypeSplit, msg: split})
	}
	g.nextID++
	b.ID, b.Watermark = g.nextID, g.watermark
	w.blocks[b.ID] = &given{Block: b.Block}
	if g.c.follow && err == nil {
		w.blocks[b.ID].uses = s.Found
	}
	s.out++
	w.undone++
	w.given = time.Now()
	w.flushing = false
	f := outFrame{t: wire.TypeBlock, msg: b.Block, data: b.data}
	if b.free != nil {
		f.sent = func() { g.freeBlock(b) }
	}
	w.proc.send(f)
}

// leave tells the worker that no more of a split will come.
func (w *worker) leave(number int64) {
	if _, ok := w.told[number]; ok {
		delete(w.told, number)
		w.proc.offer(outFrame{t: wire.TypeSplit, msg: wire.Split{Number: number, Over: true}})
	}
}

// flush asks the worker to commit what it has.
func (w *worker) flush() {
	if !w.flushing {
		w.flushing = true
		w.proc.send(outFrame{t: wire.TypeFlush, msg: wire.Flush{}})
	}
}

// flushSoon asks the worker to commit while it reads on.
func (w *worker) flushSoon() { w.proc.send(outFrame{t: wire.TypeFlush, msg: wire.Flush{Soon: true}}) }

// inOrder returns the worker's blocks as they were given.
func (w *worker) inOrder() []*given {
	out := make([]*given, 0, len(w.blocks))
	for _, b := range w.blocks {
		out = append(out, b)
	}
	slices.SortFunc(out, func(a, b *given) int { return int(b.ID - a.ID) })
	return out
}
