package aggregate

import (
	"bytes"

	"github.com/windrow/windrow/schema/value"
)

// extremeText is the least or greatest text of each group, by bytes.
type extremeText struct {
	part     string
	greatest bool
	set      []bool
	best     texts
}

func (s *extremeText) Grow(n int) {
	old := len(s.set)
	s.set = grown(s.set, n)
	clear(s.set[old:])
	s.best.grow(n)
}

func (s *extremeText) Add(groups, rows []int32, args []*value.Column, _ *Positions) {
	kind, text := args[0].Kind, args[0].Text
	rows = rows[:len(groups)]
	for i, g := range groups {
		if r := rows[i]; kind[r] == value.KindText {
			s.offer(int(g), text[r])
		}
	}
}

func (s *extremeText) offer(group int, b []byte) {
	if s.set[group] {
		if c := bytes.Compare(b, s.best.get(group)); c == 0 || c > 0 != s.greatest {
			return
		}
	}
	s.set[group] = true
	s.best.set(group, b)
}

func (s *extremeText) Cell(group, _ int) any {
	if !s.set[group] {
		return nil
	}
	return stringOf(s.best.get(group))
}

func (s *extremeText) Merge(group int, cells []any) error {
	if allNull(cells, 1) {
		return nil
	}
	if len(cells) == 1 {
		if b, ok := textCell(cells[0]); ok {
			s.offer(group, b)
			return nil
		}
	}
	return notState(s.part, cells)
}

func (s *extremeText) Bytes() int { return sizeOf(s.set) + sizeOf(s.best.slot) + s.best.bytes() }

func (s *extremeText) Reset() {
	s.set = s.set[:0]
	s.best.reset()
}
