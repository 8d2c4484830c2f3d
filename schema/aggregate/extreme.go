package aggregate

import "github.com/windrow/windrow/schema/value"

func planMin(types []value.Type, args []string) (Plan, error) {
	return planExtreme("min", false, types[0], args[0])
}

func planMax(types []value.Type, args []string) (Plan, error) {
	return planExtreme("max", true, types[0], args[0])
}

func planExtreme(name string, greatest bool, t value.Type, arg string) (Plan, error) {
	if err := needType(name, t, arg); err != nil {
		return Plan{}, err
	}
	part := Part{Name: kindName(name, t), Columns: []Column{{"", stored(t)}}}
	switch t.Kind() {
	case value.KindReal:
		part.New = func() State { return &extremeReal{part: part.Name, greatest: greatest} }
	case value.KindText:
		part.New = func() State { return &extremeText{part: part.Name, greatest: greatest} }
	default:
		part.New = func() State { return &extremeInt{part: part.Name, greatest: greatest, codec: codec{typ: t}} }
	}
	return Plan{Result: t, Parts: []Part{part}, View: viewFirst}, nil
}

// extremeInt is the least or greatest INTEGER, BOOLEAN or TIMESTAMP of each
// group.
type extremeInt struct {
	part     string
	greatest bool
	best     []optional
	codec
}

type optional struct {
	v   int64
	set bool
}

func (s *extremeInt) Grow(n int) {
	old := len(s.best)
	s.best = grown(s.best, n)
	clear(s.best[old:])
}

func (s *extremeInt) Add(groups, rows []int32, args []*value.Column, _ *Positions) {
	kinds, xs := args[0].Kind, args[0].Int
	rows, best := rows[:len(groups)], s.best
	if s.greatest {
		for i, g := range groups {
			r := rows[i]
			if b := &best[g]; kinds[r] == value.KindInt && (xs[r] > b.v || !b.set) {
				*b = optional{xs[r], true}
			}
		}
		return
	}
	for i, g := range groups {
		r := rows[i]
		if b := &best[g]; kinds[r] == value.KindInt && (xs[r] < b.v || !b.set) {
			*b = optional{xs[r], true}
		}
	}
}

func (s *extremeInt) Cell(group, _ int) any {
	if b := s.best[group]; b.set {
		return s.intCell(b.v)
	}
	return nil
}

func (s *extremeInt) Merge(group int, cells []any) error {
	if allNull(cells, 1) {
		return nil
	}
	if len(cells) == 1 {
		if x, ok := s.readInt(cells[0]); ok {
			if b := &s.best[group]; !b.set || x < b.v != s.greatest && x != b.v {
				*b = optional{x, true}
			}
			return nil
		}
	}
	return notState(s.part, cells)
}

func (s *extremeInt) Bytes() int { return sizeOf(s.best) }
func (s *extremeInt) Reset()     { s.best = s.best[:0] }
