package workers

import (
	"sort"
	"testing"

	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
	"pgregory.net/rapid"
)

// Blocks in any order become the ranges they cover, joined where they touch,
// and counts per split.
func TestPendingJoinsNeighbours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var blocks []store.Range
		for split := range int64(2) {
			lo := int64(0)
			for range rapid.IntRange(0, 8).Draw(t, "blocks") {
				lo += rapid.SampledFrom([]int64{0, 0, 0, 5}).Draw(t, "gap")
				hi := lo + rapid.Int64Range(1, 9).Draw(t, "size")
				blocks = append(blocks, store.Range{Split: split, Lo: lo, Hi: hi, Records: 1, TailLen: int(hi), TailEnd: hi})
				lo = hi
			}
		}
		var want []store.Range
		for _, b := range blocks {
			if n := len(want); n > 0 && want[n-1].Split == b.Split && want[n-1].Hi == b.Lo {
				want[n-1] = want[n-1].Join(b)
			} else {
				want = append(want, b)
			}
		}
		var p pending
		for i, b := range rapid.Permutation(blocks).Draw(t, "order") {
			p.add(int64(i), taken{Range: b, unusable: b.Lo % 2})
		}
		counts := map[int64]wire.SplitCount{}
		for _, b := range blocks {
			c := counts[b.Split]
			counts[b.Split] = wire.SplitCount{Split: b.Split, Records: c.Records + 1, Unusable: c.Unusable + b.Lo%2}
		}
		if len(p.splits) != len(counts) {
			t.Fatalf("counts %+v, want %+v", p.splits, counts)
		}
		for _, c := range p.splits {
			if c != counts[c.Split] {
				t.Fatalf("counts %+v, want %+v", p.splits, counts)
			}
		}
		sort.Slice(p.ranges, func(i, j int) bool {
			a, b := p.ranges[i], p.ranges[j]
			return a.Split < b.Split || a.Split == b.Split && a.Lo < b.Lo
		})
		if len(p.ranges) != len(want) || len(p.blocks) != len(blocks) {
			t.Fatalf("%+v, want %+v", p.ranges, want)
		}
		for i := range want {
			if p.ranges[i] != want[i] {
				t.Fatalf("range %d: %+v, want %+v", i, p.ranges[i], want[i])
			}
		}
	})
}
