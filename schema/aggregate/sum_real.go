package aggregate

import (
	"math"

	"github.com/windrow/windrow/schema/exact"
	"github.com/windrow/windrow/schema/fault"
	"github.com/windrow/windrow/schema/value"
)

var sumRealPart = Part{
	Name:    "sum_real",
	Columns: []Column{{"", "REAL"}, {"_lo", "REAL"}, {"_more", "BLOB"}},
	New: func() State {
		return &sumReal{cached: -1, exp: expansion{n: 2}, in: expansion{n: 2}}
	},
}

// sumReal is the exact sum v of doubles. Its cells are a function of v alone:
// the double nearest to v, infinite if v is beyond the range; the double
// nearest to the rest; and NULL, or the encoding of v if that is not all. They
// are NULL if there is no value.
type sumReal struct {
	sum     []realSum
	spilled spills
	exp     expansion // of group cached, -1 for none
	cached  int
	in      expansion
}

// realSum is a sum; it is empty if the first term is -0, which adding a value
// other than -0 makes disappear.
type realSum struct {
	t    exact.Terms
	slot int32
}

var emptySum = realSum{t: exact.Terms{math.Copysign(0, -1)}}

func (r *realSum) empty() bool { return math.Float64bits(r.t[0]) == 1<<63 }

func (s *sumReal) Grow(n int) {
	old := len(s.sum)
	s.sum = grown(s.sum, n)
	for i := range s.sum[old:] {
		s.sum[old+i] = emptySum
	}
}

func (s *sumReal) Add(groups, rows []int32, args []*value.Column, _ *Positions) {
	s.cached = -1
	kind, reals, sum := args[0].Kind, args[0].Real, s.sum
	rows = rows[:len(groups)]
	for i, g := range groups {
		r := rows[i]
		if kind[r] != value.KindReal {
			continue
		}
		x := reals[r] + 0 // no -0
		c := &sum[g]
		// The error is added even where there is none: whether there is one
		// cannot be predicted, and a wrong guess costs more than the addition.
		a, e := exact.TwoSum(c.t[0], x)
		if fault.Is(fault.LossySum) {
			e = 0
		}
		b, f := exact.TwoSum(c.t[1], e)
		if f != 0 {
			s.spilled.add(&c.t, &c.slot, x)
			continue
		}
		c.t[0], c.t[1] = a, b
	}
}

func (s *sumReal) Cell(group, col int) any {
	c := &s.sum[group]
	if c.empty() {
		return nil
	}
	if s.cached != group {
		s.exp.set(&c.t, s.spilled.get(c.slot))
		s.cached = group
	}
	if col < s.exp.n {
		return s.exp.terms[col]
	}
	return s.exp.blob()
}

func (s *sumReal) Merge(group int, cells []any) error {
	if allNull(cells, 3) {
		return nil
	}
	if len(cells) != 3 || s.in.read(cells[:2], cells[2]) != nil {
		return notState(sumRealPart.Name, cells)
	}
	s.cached = -1
	c := &s.sum[group]
	if fault.Is(fault.LossySum) {
		c.t[0] += s.in.terms[0]
		return nil
	}
	s.spilled.merge(&c.t, &c.slot, &s.in)
	return nil
}

func (s *sumReal) Bytes() int { return s.spilled.bytes() }

func (s *sumReal) Reset() {
	s.sum, s.cached = s.sum[:0], -1
	s.spilled.reset()
}
