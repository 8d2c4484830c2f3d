package workers

import "github.com/windrow/windrow/schema/store"

// pending is what the tables hold and the store does not: blocks, and the
// ranges they cover, adjacent ones joined.
type pending struct {
	blocks []int64
	ranges []store.Range
}

func (p *pending) empty() bool { return len(p.blocks) == 0 }

func (p *pending) reset() { p.blocks, p.ranges = p.blocks[:0], p.ranges[:0] }

func (p *pending) records() int64 {
	var n int64
	for i := range p.ranges {
		n += p.ranges[i].Records
	}
	return n
}

// add takes a block that is in the tables.
func (p *pending) add(id int64, r store.Range) {
	p.blocks = append(p.blocks, id)
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
