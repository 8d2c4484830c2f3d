package ingest

import "slices"

// blockSize is how many bytes of a file one block refers to by default.
const blockSize = 4 << 20

// extent is a part of a split that is still to be handed out, in blocks.
type extent struct {
	split  int64
	lo, hi int64
}

func (e extent) size() int64 { return e.hi - e.lo }

// plan holds what is to be read from plain files: for each worker the extents
// it goes through from front to back. A backlog is cut into one contiguous
// part per worker, so that workers touch different windows.
type plan struct {
	lanes [][]extent
	block int64 // bytes of one block
	// serves tells whether the worker of a lane takes blocks soon. Little work is
	// left to it then: what follows each other is better in one table. nil: no.
	serves func(lane int) bool
}

func newPlan(workers int, block int64) *plan {
	return &plan{lanes: make([][]extent, workers), block: block}
}

// rest returns how many bytes are left in a lane.
func (p *plan) rest(lane int) int64 {
	var n int64
	for _, e := range p.lanes[lane] {
		n += e.size()
	}
	return n
}

// left returns how many bytes are left in all lanes.
func (p *plan) left() int64 {
	var n int64
	for lane := range p.lanes {
		n += p.rest(lane)
	}
	return n
}

// pieces returns how many extents are left in all lanes.
func (p *plan) pieces() int {
	n := 0
	for _, l := range p.lanes {
		n += len(l)
	}
	return n
}

func (p *plan) empty() bool {
	for i := range p.lanes {
		if len(p.lanes[i]) > 0 {
			return false
		}
	}
	return true
}

// spread deals extents, in order, into equal contiguous parts.
func (p *plan) spread(work []extent) {
	var total int64
	for _, e := range work {
		total += e.size()
	}
	share := max(total/int64(len(p.lanes)), p.block/4) + 1
	lane, room := 0, share
	for _, e := range work {
		for e.size() > 0 {
			n := min(e.size(), room)
			if lane == len(p.lanes)-1 {
				n = e.size()
			}
			p.lanes[lane] = append(p.lanes[lane], extent{e.split, e.lo, e.lo + n})
			e.lo += n
			if room -= n; room <= 0 && lane < len(p.lanes)-1 {
				lane, room = lane+1, share
			}
		}
	}
}

// grow adds what was appended to a split: a little to the lane that has had
// the bytes before it, much to all.
func (p *plan) grow(e extent) {
	if e.size() > p.block*int64(len(p.lanes)) {
		p.spread([]extent{e})
		return
	}
	lane := int(e.split) % len(p.lanes)
	if l := p.lanes[lane]; len(l) > 0 && l[len(l)-1].split == e.split && l[len(l)-1].hi == e.lo {
		l[len(l)-1].hi = e.hi
		return
	}
	p.lanes[lane] = append(p.lanes[lane], e)
}

// add puts an extent at the front of a lane.
func (p *plan) add(lane int, e extent) {
	p.lanes[lane] = append([]extent{e}, p.lanes[lane]...)
}

// next takes the next block for a lane; an empty lane first takes the far half
// of the largest rest.
func (p *plan) next(lane int) (extent, bool) {
	if len(p.lanes[lane]) == 0 {
		p.steal(lane)
	}
	if len(p.lanes[lane]) == 0 {
		return extent{}, false
	}
	e := &p.lanes[lane][0]
	b := *e
	if e.size() > p.block {
		b.hi = e.lo + p.block
		e.lo = b.hi
	} else {
		p.lanes[lane] = p.lanes[lane][1:]
	}
	return b, true
}

// last returns the last extent of a lane that is not empty.
func (p *plan) last(lane int) extent { return p.lanes[lane][len(p.lanes[lane])-1] }

func (p *plan) steal(lane int) {
	from, most := -1, int64(0)
	for i := range p.lanes {
		if n := p.rest(i); n > most {
			from, most = i, n
		}
	}
	if from < 0 || most < p.block/2 && p.serves != nil && p.serves(from) {
		return
	}
	want := most / 2
	if most <= p.block/2 {
		want = p.last(from).size() // not worth cutting, nor more than one file
	}
	var got []extent // from the back to the front
	l := p.lanes[from]
	for want > 0 {
		e := &l[len(l)-1]
		n := min(want, e.size())
		got = append(got, extent{e.split, e.hi - n, e.hi})
		want -= n
		if e.hi -= n; e.size() == 0 {
			l = l[:len(l)-1]
		}
	}
	p.lanes[from] = l
	slices.Reverse(got)
	p.lanes[lane] = got
}

// has tells whether something of a split is left.
func (p *plan) has(split int64) bool {
	for _, l := range p.lanes {
		if slices.ContainsFunc(l, func(e extent) bool { return e.split == split }) {
			return true
		}
	}
	return false
}

// drop forgets all extents of a split and returns what they were.
func (p *plan) drop(split int64) []gap {
	var dropped []gap
	for i, l := range p.lanes {
		keep := l[:0]
		for _, e := range l {
			if e.split != split {
				keep = append(keep, e)
			} else {
				dropped = append(dropped, gap{Lo: e.lo, Hi: e.hi})
			}
		}
		p.lanes[i] = keep
	}
	return dropped
}
