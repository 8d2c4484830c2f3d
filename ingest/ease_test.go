package ingest

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/windrow/windrow/ingest/supervise"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// Near the end of the plan the workers are asked one after the other to commit
// while they read on, each once.
func TestEaseOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const block = 1 << 20
		g := newIngestor(Config{Definitions: Definitions{Workers: 2}, BlockBytes: block}, store.Ref{Stream: &schema.Stream{}}, store.Cohort{}, &Token{}, &counters{})
		g.plan.spread([]extent{{split: 1, hi: 100 * block}})
		for _, w := range g.workers {
			w.life.State = supervise.Running
			w.proc = &process{out: make(chan outFrame, outgoing)}
		}
		asked := map[int]int64{} // worker: bytes that were left
		for turn := 0; !g.plan.empty(); turn++ {
			w := g.workers[turn%2]
			e, ok := g.plan.next(w.number)
			if !ok {
				continue
			}
			time.Sleep(10 * time.Millisecond) // in the bubble: 10 ms a block
			g.ease.read(e.size())
			g.easeOut()
			for _, w := range g.workers {
				select {
				case f := <-w.proc.out:
					if m, ok := f.msg.(wire.Flush); f.t != wire.TypeFlush || !ok || !m.Soon || asked[w.number] != 0 {
						t.Errorf("worker %d got %v %v", w.number, f.t, f.msg)
					}
					asked[w.number] = g.plan.left()
				default:
				}
			}
		}
		// The last worker has its turn first; a turn is 60 ms.
		if asked[1] != 12*block || asked[0] != 6*block {
			t.Errorf("asked with %v bytes left", asked)
		}
	})
}

// Where more may come, or hardly anything was read, nobody is asked.
func TestEaseOutNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, change := range map[string]func(g *ingestor){
			"following":     func(g *ingestor) { g.c.follow = true },
			"decompressing": func(g *ingestor) { g.uncut = unknown - 1 },
			"much to cut":   func(g *ingestor) { g.uncut = 1 << 30 },
			"one worker":    func(g *ingestor) { g.workers = g.workers[:1] },
			"just begun":    func(g *ingestor) { g.plan.spread([]extent{{split: 1, hi: 9 << 20}}) },
			"many files":    func(g *ingestor) { g.plan.spread(make([]extent, 0)); g.plan.lanes[0] = make([]extent, easeExtents+1) },
			"committed it":  func(g *ingestor) { g.workers[0].granted, g.workers[1].granted = time.Now(), time.Now() },
		} {
			g := newIngestor(Config{Definitions: Definitions{Workers: 2}, BlockBytes: 1 << 20}, store.Ref{Stream: &schema.Stream{}}, store.Cohort{}, &Token{}, &counters{})
			for _, w := range g.workers {
				w.life.State = supervise.Running
				w.proc = &process{out: make(chan outFrame, outgoing)}
			}
			g.ease.read(1)
			time.Sleep(50 * time.Millisecond)
			g.ease.read(8 << 20)
			change(g)
			g.easeOut()
			for _, w := range g.workers {
				if len(w.proc.out) > 0 {
					t.Errorf("%s: worker %d was asked", name, w.number)
				}
			}
		}
	})
}
