package ingest

import (
	"time"

	"github.com/windrow/windrow/ingest/supervise"
)

// When all is read every worker has its last commit to do, one after the
// other, and those whose turn it is not stand still. So shortly before the end
// of the plan the workers are asked, one by one, to commit while the others read
// on, and what is left for the last commits is little.

const (
	easeAtLeast = 60 * time.Millisecond // a worker's turn
	easeAtMost  = time.Second
	easeExtents = 256 // with more of them, files are small and the end is not near
)

// ease measures how fast an ingestor's workers read and commit.
type ease struct {
	bytes   int64 // read
	since   time.Time
	longest time.Duration // commit
}

func (e *ease) read(n int64) {
	if e.since.IsZero() {
		e.since = time.Now()
		return // the time that the first block took is not known
	}
	e.bytes += n
}

func (e *ease) committed(took time.Duration) { e.longest = max(e.longest, took) }

// turn is how long one worker's commit is expected to take, with some room.
func (e *ease) turn() time.Duration {
	return min(max(e.longest*3/2, easeAtLeast), easeAtMost)
}

// left returns how long it takes to read n more bytes, as far as can be known
// from what was read in the time that has passed.
func (e *ease) left(n int64, passed time.Duration) (time.Duration, bool) {
	if e.bytes <= 0 || passed <= 0 {
		return 0, false
	}
	d := time.Duration(float64(n) / float64(e.bytes) * float64(passed))
	return d, d < passed // else there is little in the tables that could be committed
}

// easeOut asks workers to commit early if the end of the plan is near.
func (g *ingestor) easeOut() {
	n, ok := g.nearEnd()
	if !ok {
		return
	}
	left, ok := g.ease.left(n, time.Since(g.ease.since))
	turn := g.ease.turn()
	for i, w := range g.workers {
		if !ok || left > turn*time.Duration(i+1) || w.eased || w.life.State != supervise.Running {
			continue
		}
		w.eased = true
		if time.Since(w.granted) > turn && !w.waiting && !w.holding && !w.flushing {
			w.flushSoon()
		}
	}
}

// nearEnd returns how many bytes are still to be read, unless more may come or
// there are very many pieces.
func (g *ingestor) nearEnd() (int64, bool) {
	if g.c.follow || g.stopping || g.uncut >= unknown/2 || len(g.toCut) > 0 || len(g.workers) == 1 || g.plan.pieces() > easeExtents {
		return 0, false
	}
	n := g.plan.left() + g.uncut
	for _, b := range g.ready {
		n += b.Hi - b.Lo
	}
	for _, w := range g.workers {
		n += int64(w.undone) * g.plan.block
	}
	return n, true
}
