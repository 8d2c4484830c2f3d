package aggregate

import "github.com/windrow/windrow/schema/value"

var countPart = Part{Name: "count", Columns: []Column{{"", "INTEGER"}}, New: func() State { return new(count) }}

func planCount([]value.Type, []string) (Plan, error) {
	return Plan{Result: value.Integer, Parts: []Part{countPart}, View: viewFirst}, nil
}

// count is the number of rows, or of values if there is an argument. Its cell
// is never NULL.
type count struct {
	n []int64
}

func (s *count) Grow(n int) {
	old := len(s.n)
	s.n = grown(s.n, n)
	clear(s.n[old:])
}

func (s *count) Add(groups, rows []int32, args []*value.Column, _ *Positions) {
	if len(args) == 0 {
		for _, g := range groups {
			s.n[g]++
		}
		return
	}
	kind := args[0].Kind
	rows = rows[:len(groups)]
	for i, g := range groups {
		if k := kind[rows[i]]; k != value.KindNull && k != value.KindBad {
			s.n[g]++
		}
	}
}

func (s *count) Cell(group, _ int) any { return s.n[group] }

func (s *count) Merge(group int, cells []any) error {
	if len(cells) != 1 {
		return notState(countPart.Name, cells)
	}
	n, ok := cells[0].(int64)
	if !ok || n < 0 || s.n[group]+n < 0 {
		return notState(countPart.Name, cells)
	}
	s.n[group] += n
	return nil
}

func (s *count) Bytes() int { return sizeOf(s.n) }
func (s *count) Reset()     { s.n = s.n[:0] }
