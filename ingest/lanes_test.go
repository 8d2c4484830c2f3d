package ingest

import (
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// A worker gets the blocks of its lane and of none in order. It takes another
// lane's last one only if that has more than its worker has in hand, or if no
// cutter will bring more.
func TestReadyFor(t *testing.T) {
	for _, tc := range []struct {
		name    string
		lanes   []int
		cutters int
		want    [2]int // for each of two workers
	}{
		{"none", nil, 1, [2]int{-1, -1}},
		{"each its own", []int{1, 1, 2, 2}, 1, [2]int{0, 2}},
		{"for any", []int{2, 0, 1}, 1, [2]int{1, 0}},
		{"few of another", []int{1, 1, 1}, 1, [2]int{0, -1}},
		{"many of another", []int{1, 1, 1, 1, 1}, 1, [2]int{0, 4}},
		{"the rest of another", []int{2, 2}, 0, [2]int{1, 0}},
	} {
		g := newIngestor(Config{Definitions: Definitions{Workers: 2}}, store.Ref{Stream: &schema.Stream{}}, store.Cohort{}, &Token{}, &counters{})
		g.cutters = tc.cutters
		for _, lane := range tc.lanes {
			g.ready = append(g.ready, cutBlock{Block: wire.Block{Mode: wire.Aligned}, lane: lane})
		}
		for i, w := range g.workers {
			if got := g.readyFor(w); got != tc.want[i] {
				t.Errorf("%s: worker %d gets block %d, want %d", tc.name, i, got, tc.want[i])
			}
		}
	}
}
