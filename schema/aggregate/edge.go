package aggregate

import (
	"bytes"
	"cmp"
	"math"

	"github.com/windrow/windrow/schema/exact"
	"github.com/windrow/windrow/schema/value"
)

func planFirst(types []value.Type, args []string) (Plan, error) {
	return planEdge("first", false, types[0], args[0])
}

func planLast(types []value.Type, args []string) (Plan, error) {
	return planEdge("last", true, types[0], args[0])
}

func planEdge(name string, last bool, t value.Type, arg string) (Plan, error) {
	if err := needType(name, t, arg); err != nil {
		return Plan{}, err
	}
	part := Part{Name: kindName(name, t), Columns: []Column{
		{"", stored(t)}, {"_time", "INTEGER"}, {"_split", "INTEGER"}, {"_offset", "INTEGER"},
	}}
	part.New = func() State { return &edge{part: part.Name, last: last, codec: codec{typ: t}} }
	return Plan{Result: t, Parts: []Part{part}, View: viewFirst}, nil
}

// edge is the value of the first or last event of each group that has one, by
// (event time, split, offset). Should two values claim one place, the lesser
// is taken, so that even then order makes no difference. Cells are the value
// and its place, or NULLs.
type edge struct {
	part string
	last bool
	codec
	at   []place
	num  []int64 // integers, or the bits of reals
	text texts
}

type place struct {
	time, split, offset int64
	set                 bool
}

func (p *place) compare(q *place) int {
	return cmp.Or(cmp.Compare(p.time, q.time), cmp.Compare(p.split, q.split), cmp.Compare(p.offset, q.offset))
}

func (s *edge) Grow(n int) {
	old := len(s.at)
	s.at = grown(s.at, n)
	clear(s.at[old:])
	if s.typ.Kind() == value.KindText {
		s.text.grow(n)
	} else {
		s.num = grown(s.num, n)
	}
}

func (s *edge) Add(groups, rows []int32, args []*value.Column, at *Positions) {
	col, want := args[0], s.typ.Kind()
	rows = rows[:len(groups)]
	for i, g := range groups {
		r := rows[i]
		t, b := at.Time[r], &s.at[g]
		if col.Kind[r] != want || b.set && t != b.time && t > b.time != s.last {
			continue
		}
		p := place{t, at.Split, at.Offset[r], true}
		switch want {
		case value.KindInt:
			s.offerNum(int(g), &p, col.Int[r])
		case value.KindReal:
			if x := col.Real[r]; exact.Finite(x) {
				s.offerNum(int(g), &p, int64(math.Float64bits(x+0))) // + 0: no -0
			}
		case value.KindText:
			s.offerText(int(g), &p, col.Text[r])
		}
	}
}

// wins returns 1 if p replaces the place of a group, -1 if not, 0 if they are
// the same.
func (s *edge) wins(group int, p *place) int {
	b := &s.at[group]
	if !b.set {
		return 1
	}
	c := p.compare(b)
	if s.last {
		return c
	}
	return -c
}

func (s *edge) offerNum(group int, p *place, x int64) {
	if w := s.wins(group, p); w > 0 || w == 0 && s.less(x, s.num[group]) {
		s.at[group], s.num[group] = *p, x
	}
}

func (s *edge) less(x, y int64) bool {
	if s.typ == value.Real {
		return math.Float64frombits(uint64(x)) < math.Float64frombits(uint64(y))
	}
	return x < y
}

func (s *edge) offerText(group int, p *place, b []byte) {
	if w := s.wins(group, p); w > 0 || w == 0 && bytes.Compare(b, s.text.get(group)) < 0 {
		s.at[group] = *p
		s.text.set(group, b)
	}
}

func (s *edge) Cell(group, col int) any {
	p := &s.at[group]
	switch {
	case !p.set:
		return nil
	case col == 1:
		return p.time
	case col == 2:
		return p.split
	case col == 3:
		return p.offset
	}
	switch s.typ.Kind() {
	case value.KindText:
		return stringOf(s.text.get(group))
	case value.KindReal:
		return math.Float64frombits(uint64(s.num[group]))
	}
	return s.intCell(s.num[group])
}

func (s *edge) Merge(group int, cells []any) error {
	if allNull(cells, 4) {
		return nil
	}
	if len(cells) != 4 || !s.mergeCells(group, cells) {
		return notState(s.part, cells)
	}
	return nil
}

func (s *edge) mergeCells(group int, cells []any) (ok bool) {
	p := place{set: true}
	for i, to := range []*int64{&p.time, &p.split, &p.offset} {
		if *to, ok = cells[1+i].(int64); !ok {
			return false
		}
	}
	var x int64
	switch s.typ.Kind() {
	case value.KindText:
		b, ok := textCell(cells[0])
		if ok {
			s.offerText(group, &p, b)
		}
		return ok
	case value.KindReal:
		var f float64
		f, ok = readReal(cells[0])
		x = int64(math.Float64bits(f))
	default:
		x, ok = s.readInt(cells[0])
	}
	if ok {
		s.offerNum(group, &p, x)
	}
	return ok
}

func (s *edge) Bytes() int {
	return sizeOf(s.at) + sizeOf(s.num) + sizeOf(s.text.slot) + s.text.bytes()
}

func (s *edge) Reset() {
	s.at, s.num = s.at[:0], s.num[:0]
	s.text.reset()
}
