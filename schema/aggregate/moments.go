package aggregate

import (
	"github.com/windrow/windrow/schema/exact"
	"github.com/windrow/windrow/schema/value"
)

// momentsPart is the part of the variances of a type.
func momentsPart(t value.Type) Part {
	p := Part{Name: kindName("moments", t), Columns: []Column{
		{"_n", "INTEGER"}, {"_x", "REAL"}, {"_x_lo", "REAL"},
		{"_xx", "REAL"}, {"_xx_lo", "REAL"}, {"_xx_lo2", "REAL"},
		{"_x_more", "BLOB"}, {"_xx_more", "BLOB"},
	}}
	p.New = func() State {
		return &moments{
			part: p.Name, cached: -1,
			x: expansion{n: 2}, xx: expansion{n: 3}, inX: expansion{n: 2}, inXX: expansion{n: 3},
		}
	}
	return p
}

const momentsColumns = 8

// moments are the count, the exact sum and the exact sum of squares of the
// values. The sums are stored as sumReal stores its own, the squares in three
// terms, since two hold no more than one square. All cells are NULL if there
// is no value.
type moments struct {
	part    string
	sum     []moment
	spilled spills
	x, xx   expansion // of group cached, -1 for none
	cached  int
	inX     expansion
	inXX    expansion
}

type moment struct {
	n       int64
	x, xx   exact.Terms
	slot    int32 // of x
	squares int32 // of xx
}

func (s *moments) Grow(n int) {
	old := len(s.sum)
	s.sum = grown(s.sum, n)
	clear(s.sum[old:])
}

func (s *moments) Add(groups, rows []int32, args []*value.Column, _ *Positions) {
	s.cached = -1
	col := args[0]
	rows = rows[:len(groups)]
	if col.Type == value.Real {
		for i, g := range groups {
			if r := rows[i]; col.Kind[r] == value.KindReal && exact.Finite(col.Real[r]) {
				s.addReal(&s.sum[g], col.Real[r])
			}
		}
		return
	}
	for i, g := range groups {
		if r := rows[i]; col.Kind[r] == value.KindInt {
			s.addInt(&s.sum[g], col.Int[r])
		}
	}
}

// addReal adds x and x*x where they fit into the terms as they are, which they
// mostly do, and leaves the rest to addWide. The errors of both additions of
// the square's two halves go to the next term at once.
func (s *moments) addReal(m *moment, x float64) {
	a, e := exact.TwoSum(m.x[0], x)
	b, rest := m.x[1], 0.0
	if e != 0 {
		b, rest = exact.TwoSum(b, e)
	}
	p, q := exact.TwoProduct(x, x)
	c, f := exact.TwoSum(m.xx[0], p)
	d := m.xx[2]
	h, i := exact.TwoSum(m.xx[1], f)
	h, j := exact.TwoSum(h, q)
	if i != 0 || j != 0 {
		d, i = exact.TwoSum(d, i)
		d, j = exact.TwoSum(d, j)
	}
	if rest != 0 || i != 0 || j != 0 || !exact.Squarable(x) && x != 0 {
		s.addWide(m, x)
		return
	}
	m.n++
	m.x[0], m.x[1] = a, b
	m.xx = exact.Terms{c, h, d}
}

func (s *moments) addWide(m *moment, x float64) {
	m.n++
	s.spilled.add(&m.x, &m.slot, x)
	s.spilled.addSquare(&m.xx, &m.squares, x)
}

func (s *moments) addInt(m *moment, x int64) {
	if f := float64(x); -1<<53 <= x && x <= 1<<53 {
		s.addReal(m, f)
		return
	}
	// Two doubles h + l: the square is h² + 2hl + l².
	h, l := float64(x&^0x7ff), float64(x&0x7ff)
	m.n++
	s.spilled.add(&m.x, &m.slot, h)
	s.spilled.add(&m.x, &m.slot, l)
	s.spilled.addSquare(&m.xx, &m.squares, h)
	s.spilled.addSquare(&m.xx, &m.squares, l)
	p, e := exact.TwoProduct(2*h, l)
	s.spilled.add(&m.xx, &m.squares, p)
	s.spilled.add(&m.xx, &m.squares, e)
}

func (s *moments) Cell(group, col int) any {
	m := &s.sum[group]
	if m.n == 0 {
		return nil
	}
	if s.cached != group {
		s.x.set(&m.x, s.spilled.get(m.slot))
		s.xx.set(&m.xx, s.spilled.get(m.squares))
		s.cached = group
	}
	switch col {
	case 0:
		return m.n
	case 1, 2:
		return s.x.terms[col-1]
	case 3, 4, 5:
		return s.xx.terms[col-3]
	case 6:
		return s.x.blob()
	}
	return s.xx.blob()
}

func (s *moments) Merge(group int, cells []any) error {
	if allNull(cells, momentsColumns) {
		return nil
	}
	if len(cells) != momentsColumns {
		return notState(s.part, cells)
	}
	m := &s.sum[group]
	n, ok := cells[0].(int64)
	if !ok || n <= 0 || m.n+n < 0 || s.inX.read(cells[1:3], cells[6]) != nil || s.inXX.read(cells[3:6], cells[7]) != nil {
		return notState(s.part, cells)
	}
	s.cached = -1
	m.n += n
	s.spilled.merge(&m.x, &m.slot, &s.inX)
	s.spilled.merge(&m.xx, &m.squares, &s.inXX)
	return nil
}

func (s *moments) Bytes() int { return sizeOf(s.sum) + s.spilled.bytes() }

func (s *moments) Reset() {
	s.sum, s.cached = s.sum[:0], -1
	s.spilled.reset()
}
