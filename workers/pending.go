package workers

import (
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// pending is what the tables hold and the store does not: blocks, the ranges
// they cover, adjacent ones joined, and how many records of each split.
type pending struct {
	blocks []int64
	ranges []store.Range
	splits []wire.SplitCount
}

func (p *pending) empty() bool { return len(p.blocks) == 0 }

func (p *pending) reset() { p.blocks, p.ranges, p.splits = p.blocks[:0], p.ranges[:0], p.splits[:0] }

func (p *pending) records() int64 {
	var n int64
	for i := range p.ranges {
		n += p.ranges[i].Records
	}
	return n
}

// add takes a block that is in the tables.
func (p *pending) add(id int64, t taken) {
	p.blocks = append(p.blocks, id)
	p.count(t)
	r := t.Range
	for i := range p.ranges {
		q := &p.ranges[i]
		if q.Split == r.Split && q.Hi == r.Lo {
			*q = q.Join(r)
			p.closeGap(i)
			return
		}
		if q.Split == r.Split && q.Lo == r.Hi {
			*q = r.Join(*q)
			p.closeGap(i)
			return
		}
	}
	p.ranges = append(p.ranges, r)
}

// count adds to the counts of a split, which is mostly that of the last block.
func (p *pending) count(t taken) {
	for i := len(p.splits) - 1; i >= 0; i-- {
		if c := &p.splits[i]; c.Split == t.Split {
			c.Records += t.Records
			c.Unusable += t.unusable
			return
		}
	}
	p.splits = append(p.splits, wire.SplitCount{Split: t.Split, Records: t.Records, Unusable: t.unusable})
}

// closeGap joins range i, which has grown, with another that it now touches.
func (p *pending) closeGap(i int) {
	for j := range p.ranges {
		if j == i || p.ranges[j].Split != p.ranges[i].Split {
			continue
		}
		a, b := p.ranges[i], p.ranges[j]
		if a.Lo == b.Hi {
			a, b = b, a
		}
		if a.Hi == b.Lo {
			p.ranges[min(i, j)] = a.Join(b)
			last := len(p.ranges) - 1
			p.ranges[max(i, j)] = p.ranges[last]
			p.ranges = p.ranges[:last]
			return
		}
	}
}
