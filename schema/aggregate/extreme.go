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
		part.New = func() State { return &extremeReal{extreme[float64]{part: part.Name, greatest: greatest}} }
	case value.KindText:
		part.New = func() State { return &extremeText{part: part.Name, greatest: greatest} }
	default:
		part.New = func() State { return &extremeInt{extreme[int64]{part: part.Name, greatest: greatest}, codec{typ: t}} }
	}
	return Plan{Result: t, Parts: []Part{part}, View: viewFirst}, nil
}

// extreme is the least or greatest number of each group.
type extreme[T int64 | float64] struct {
	part     string
	greatest bool
	best     []optional[T]
}

type optional[T int64 | float64] struct {
	v   T
	set bool
}

func (s *extreme[T]) Grow(n int) {
	old := len(s.best)
	s.best = grown(s.best, n)
	clear(s.best[old:])
}

func (s *extreme[T]) add(groups, rows []int32, kinds []value.Kind, kind value.Kind, xs []T) {
	rows, best := rows[:len(groups)], s.best
	if s.greatest {
		for i, g := range groups {
			r := rows[i]
			if b := &best[g]; kinds[r] == kind && (xs[r] > b.v || !b.set) {
				b.take(xs[r])
			}
		}
		return
	}
	for i, g := range groups {
		r := rows[i]
		if b := &best[g]; kinds[r] == kind && (xs[r] < b.v || !b.set) {
			b.take(xs[r])
		}
	}
}

// take makes x the best, -0 as 0. It ignores what is not finite.
func (b *optional[T]) take(x T) {
	if rest := x - x; rest == 0 {
		*b = optional[T]{x + 0, true}
	}
}

func (s *extreme[T]) merge(group int, x T) {
	b := &s.best[group]
	if !b.set || x < b.v != s.greatest && x != b.v {
		*b = optional[T]{x, true}
	}
}

func (s *extreme[T]) Bytes() int { return 0 }
func (s *extreme[T]) Reset()     { s.best = s.best[:0] }

// extremeInt is the extreme of INTEGER, BOOLEAN and TIMESTAMP.
type extremeInt struct {
	extreme[int64]
	codec
}

func (s *extremeInt) Add(groups, rows []int32, args []*value.Column, _ *Positions) {
	s.add(groups, rows, args[0].Kind, value.KindInt, args[0].Int)
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
			s.merge(group, x)
			return nil
		}
	}
	return notState(s.part, cells)
}

// extremeReal is the extreme of REAL.
type extremeReal struct {
	extreme[float64]
}

func (s *extremeReal) Add(groups, rows []int32, args []*value.Column, _ *Positions) {
	s.add(groups, rows, args[0].Kind, value.KindReal, args[0].Real)
}

func (s *extremeReal) Cell(group, _ int) any {
	if b := s.best[group]; b.set {
		return b.v
	}
	return nil
}

func (s *extremeReal) Merge(group int, cells []any) error {
	if allNull(cells, 1) {
		return nil
	}
	if len(cells) == 1 {
		if x, ok := readReal(cells[0]); ok {
			s.merge(group, x)
			return nil
		}
	}
	return notState(s.part, cells)
}
