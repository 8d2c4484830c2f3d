package aggregate

import (
	"math"

	"github.com/windrow/windrow/schema/exact"
	"github.com/windrow/windrow/schema/value"
)

// CellColumn is a State that gives the cells of many groups at once. Where a
// table is written row by row in the order of its keys, its groups lie anywhere
// in memory: a loop over one array has several of them on their way at a time,
// a call per cell waits for each.
type CellColumn interface {
	State
	// CellColumn sets out.Kind[i], and Int[i], Real[i] or Text[i], which have room,
	// to what Cell(groups[i], col) gives. False: out is undefined, and Cell is to
	// be asked, as where one of the cells is a BLOB.
	CellColumn(groups []int32, col int, out *value.Column) bool
}

func (s *count) CellColumn(groups []int32, _ int, out *value.Column) bool {
	kind, ints := out.Kind[:len(groups)], out.Int[:len(groups)]
	for i, g := range groups {
		kind[i], ints[i] = value.KindInt, s.n[g]
	}
	return true
}

func (s *sumInteger) CellColumn(groups []int32, col int, out *value.Column) bool {
	kind, ints := out.Kind[:len(groups)], out.Int[:len(groups)]
	for i, g := range groups {
		w := s.sum[g]
		kind[i] = value.KindNull
		if w.lo != 0 {
			kind[i] = value.KindInt
		}
		if ints[i] = w.hi; col == 1 {
			ints[i] = int64(w.lo &^ isSet)
		}
	}
	return true
}

func (s *sumReal) CellColumn(groups []int32, col int, out *value.Column) bool {
	kind, reals := out.Kind[:len(groups)], out.Real[:len(groups)]
	for i, g := range groups {
		c := &s.sum[g]
		a, b := exact.TwoSum(c.a, c.b)
		if !exact.Finite(b) {
			return false // an expansion that takes more, and may have a BLOB
		}
		kind[i] = value.KindReal
		if reals[i] = a + 0; col == 1 {
			reals[i] = b + 0
		}
		if col == 2 || c.empty() {
			kind[i] = value.KindNull
		}
	}
	return true
}

func (s *extremeReal) CellColumn(groups []int32, _ int, out *value.Column) bool {
	kinds, xs := out.Kind[:len(groups)], out.Real[:len(groups)]
	for i, g := range groups {
		x := s.best[g]
		if xs[i], kinds[i] = x, value.KindReal; math.IsInf(x, 0) {
			kinds[i] = value.KindNull
		}
	}
	return true
}

// CellColumn leaves times, which are stored as texts, to Cell.
func (s *extremeInt) CellColumn(groups []int32, _ int, out *value.Column) bool {
	if s.typ == value.Timestamp {
		return false
	}
	kinds, xs := out.Kind[:len(groups)], out.Int[:len(groups)]
	for i, g := range groups {
		b := &s.best[g]
		if xs[i], kinds[i] = b.v, value.KindInt; !b.set {
			kinds[i] = value.KindNull
		}
	}
	return true
}
