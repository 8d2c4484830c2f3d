package ingest

import (
	"sort"
	"testing"

	"pgregory.net/rapid"
)

// However the work is spread, stolen and taken, every byte is handed out once.
func TestPlanHandsOutEverythingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := newPlan(rapid.IntRange(1, 8).Draw(t, "workers"), blockSize)
		var work []extent
		var total int64
		for i := range rapid.IntRange(0, 6).Draw(t, "splits") {
			lo := rapid.Int64Range(0, 1000).Draw(t, "lo")
			n := rapid.Int64Range(1, 9*blockSize).Draw(t, "size")
			work = append(work, extent{int64(i), lo, lo + n})
			total += n
		}
		p.spread(work)
		got := map[int64][]extent{}
		for !p.empty() {
			lane := rapid.IntRange(0, len(p.lanes)-1).Draw(t, "lane")
			b, ok := p.next(lane)
			if !ok {
				t.Fatal("nothing for an idle worker while there is work")
			}
			if b.size() <= 0 || b.size() > blockSize {
				t.Fatalf("a block of %d bytes", b.size())
			}
			got[b.split] = append(got[b.split], b)
		}
		for _, e := range work {
			bs := got[e.split]
			sort.Slice(bs, func(i, j int) bool { return bs[i].lo < bs[j].lo })
			at := e.lo
			for _, b := range bs {
				if b.lo != at {
					t.Fatalf("split %d: a block at %d, want %d", e.split, b.lo, at)
				}
				at = b.hi
				total -= b.size()
			}
		}
		if total != 0 {
			t.Fatalf("%d bytes are missing", total)
		}
	})
}

// Workers get contiguous parts: as long as nobody steals, each block follows
// the one before it.
func TestPlanIsContiguous(t *testing.T) {
	p := newPlan(2, blockSize)
	p.spread([]extent{{1, 0, 10 * blockSize}, {2, 0, 10 * blockSize}})
	var last [2]extent
	for i := range 8 {
		for lane := range 2 {
			b, _ := p.next(lane)
			if i > 0 && (b.split != last[lane].split || b.lo != last[lane].hi) {
				t.Fatalf("lane %d: %v after %v", lane, b, last[lane])
			}
			last[lane] = b
		}
	}
	if last[0].split == last[1].split {
		t.Error("both workers read the same split")
	}
}

func TestPlanSmallWorkIsOneWorkers(t *testing.T) {
	p := newPlan(4, blockSize)
	p.spread([]extent{{1, 0, 1000}})
	if p.rest(0) != 1000 {
		t.Error(p.lanes)
	}
}

// Many small files are planned, stolen and handed out in time that grows with
// their number and not with its square.
func TestPlanManySmallFiles(t *testing.T) {
	const files = 200_000
	p := newPlan(2, blockSize)
	var work []extent
	for i := range int64(files) {
		work = append(work, extent{i, 0, 100})
	}
	p.spread(work)
	n := 0
	for ; !p.empty(); n++ {
		if _, ok := p.next(1); !ok {
			t.Fatal("nothing for an idle worker while there is work")
		}
	}
	if n < files || n > files+100 {
		t.Errorf("%d blocks of %d files", n, files)
	}
}

// What is appended goes to the lane that has what is before it, as one
// extent, and stays there while its worker takes blocks; much goes to all.
func TestPlanGrows(t *testing.T) {
	p := newPlan(2, blockSize)
	serves := true
	p.serves = func(int) bool { return serves }
	p.grow(extent{3, 0, 100})
	p.grow(extent{3, 100, 250})
	if len(p.lanes[1]) != 1 || p.lanes[1][0] != (extent{3, 0, 250}) {
		t.Errorf("the lanes are %v", p.lanes)
	}
	if b, ok := p.next(0); ok {
		t.Errorf("another worker got %v", b)
	}
	serves = false
	if b, ok := p.next(0); !ok || b != (extent{3, 0, 250}) {
		t.Errorf("while its worker is away: %v, %v", b, ok)
	}
	serves = true
	p.grow(extent{3, 250, 250 + 20*blockSize})
	if len(p.lanes[0]) == 0 || len(p.lanes[1]) == 0 {
		t.Errorf("much was not spread: %v", p.lanes)
	}
	if n := p.left(); n != 20*blockSize {
		t.Errorf("%d bytes are left", n)
	}
	if got := joinGaps(p.drop(3)); len(got) != 1 || got[0] != (gap{Lo: 250, Hi: 250 + 20*blockSize}) || p.has(3) || !p.empty() {
		t.Errorf("dropped %v, left %v", got, p.lanes)
	}
}
