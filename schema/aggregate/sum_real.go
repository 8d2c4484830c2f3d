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
	sum     []pair
	wide    []realSum // of the groups that two terms cannot hold
	spilled spills
	exp     expansion // of group cached, -1 for none
	cached  int
	in      expansion
}

// pair is a sum of two terms, as most are. If b is a NaN, the sum is the element
// of sumReal.wide that its lower half says. It is empty if a is -0, which
// adding a value other than -0 makes disappear.
type pair struct{ a, b float64 }

var emptySum = pair{a: math.Copysign(0, -1)}

const wideBits = 0x7ff8 << 48 // a NaN

func (p *pair) empty() bool  { return math.Float64bits(p.a) == 1<<63 }
func (p *pair) isWide() bool { return p.b != p.b }
func (p *pair) wide() int    { return int(uint32(math.Float64bits(p.b))) }

// realSum is a sum in full.
type realSum struct {
	t    exact.Terms
	slot int32
}

// load returns the sum of a group in full.
func (s *sumReal) load(group int) realSum {
	p := &s.sum[group]
	if p.isWide() {
		return s.wide[p.wide()]
	}
	return realSum{t: exact.Terms{p.a, p.b}}
}

// store keeps the sum of a group.
func (s *sumReal) store(group int, r realSum) {
	p := &s.sum[group]
	switch {
	case p.isWide():
		s.wide[p.wide()] = r
	case r.t[2] == 0 && r.slot == 0:
		*p = pair{r.t[0], r.t[1]}
	default:
		*p = pair{b: math.Float64frombits(wideBits | uint64(len(s.wide)))}
		s.wide = append(s.wide, r)
	}
}

// add adds x, whatever it takes. It ignores what is not finite.
func (s *sumReal) add(group int, x float64) {
	r := s.load(group)
	s.spilled.add(&r.t, &r.slot, x)
	s.store(group, r)
}

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
		a, e := exact.TwoSum(c.a, x)
		if fault.Is(fault.LossySum) {
			e = 0
		}
		b, f := exact.TwoSum(c.b, e)
		if f != 0 { // NaN too
			s.add(int(g), x)
			continue
		}
		c.a, c.b = a, b
	}
}

func (s *sumReal) Cell(group, col int) any {
	if s.sum[group].empty() {
		return nil
	}
	if s.cached != group {
		c := s.load(group)
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
	if fault.Is(fault.LossySum) {
		s.sum[group].a += s.in.terms[0]
		return nil
	}
	c := s.load(group)
	s.spilled.merge(&c.t, &c.slot, &s.in)
	s.store(group, c)
	return nil
}

func (s *sumReal) Bytes() int { return sizeOf(s.sum) + sizeOf(s.wide) + s.spilled.bytes() }

func (s *sumReal) Reset() {
	s.sum, s.wide, s.cached = s.sum[:0], s.wide[:0], -1
	s.spilled.reset()
}
