package aggregate

import (
	"math"

	"github.com/windrow/windrow/schema/exact"
	"github.com/windrow/windrow/schema/value"
)

// extremeReal is the least or greatest REAL of each group: infinite, beyond all
// values on the other side, where there is none.
type extremeReal struct {
	part     string
	greatest bool
	best     []float64
}

func (s *extremeReal) Grow(n int) {
	old := len(s.best)
	s.best = grown(s.best, n)
	none := math.Inf(1)
	if s.greatest {
		none = math.Inf(-1)
	}
	for i := range s.best[old:] {
		s.best[old+i] = none
	}
}

func (s *extremeReal) Add(groups, rows []int32, args []*value.Column, _ *Positions) {
	kinds, xs := args[0].Kind, args[0].Real
	rows, best := rows[:len(groups)], s.best
	if s.greatest {
		for i, g := range groups {
			r := rows[i]
			if x := xs[r]; x > best[g] && kinds[r] == value.KindReal && exact.Finite(x) {
				best[g] = x + 0 // no -0
			}
		}
		return
	}
	for i, g := range groups {
		r := rows[i]
		if x := xs[r]; x < best[g] && kinds[r] == value.KindReal && exact.Finite(x) {
			best[g] = x + 0 // no -0
		}
	}
}

func (s *extremeReal) Cell(group, _ int) any {
	if x := s.best[group]; !math.IsInf(x, 0) {
		return x
	}
	return nil
}

func (s *extremeReal) Merge(group int, cells []any) error {
	if allNull(cells, 1) {
		return nil
	}
	if len(cells) == 1 {
		if x, ok := readReal(cells[0]); ok {
			if b := &s.best[group]; x < *b != s.greatest && x != *b {
				*b = x
			}
			return nil
		}
	}
	return notState(s.part, cells)
}

func (s *extremeReal) Bytes() int { return sizeOf(s.best) }
func (s *extremeReal) Reset()     { s.best = s.best[:0] }
