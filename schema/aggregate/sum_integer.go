package aggregate

import (
	"fmt"

	"github.com/windrow/windrow/schema/value"
)

var sumIntegerPart = Part{
	Name:    "sum_integer",
	Columns: []Column{{"_hi", "INTEGER"}, {"_lo", "INTEGER"}},
	New:     func() State { return new(sumInteger) },
}

const (
	lowBits = 56
	lowMask = 1<<lowBits - 1
	isSet   = 1 << 63 // in wide.lo
)

// sumInteger is the exact sum of integers, hi * 2^56 + lo with 0 <= lo < 2^56,
// wide enough for 2^55 values of any size; both cells are NULL if there is none.
type sumInteger struct {
	sum []wide
}

type wide struct {
	hi int64
	lo uint64 // and isSet
}

// viewIntegerSum gives an INTEGER if the sum is one, else the nearest REAL but
// for an error in the last place. The constants are 2^56.
func viewIntegerSum(cols [][]string) string {
	hi, lo := cols[0][0], cols[0][1]
	return fmt.Sprintf("(CASE WHEN %s BETWEEN -128 AND 127 THEN %s * 72057594037927936 + %s ELSE %s * 7.2057594037927936e16 + %s END)",
		hi, hi, lo, hi, lo)
}

func (s *sumInteger) Grow(n int) {
	old := len(s.sum)
	s.sum = grown(s.sum, n)
	clear(s.sum[old:])
}

func (s *sumInteger) Add(groups, rows []int32, args []*value.Column, _ *Positions) {
	kind, ints, sum := args[0].Kind, args[0].Int, s.sum
	rows = rows[:len(groups)]
	for i, g := range groups {
		r := rows[i]
		if kind[r] == value.KindInt {
			x := ints[r]
			sum[g].add(x>>lowBits, uint64(x)&lowMask)
		}
	}
}

func (w *wide) add(hi int64, lo uint64) {
	lo += w.lo &^ isSet
	w.hi += hi + int64(lo>>lowBits)
	w.lo = lo&lowMask | isSet
}

func (s *sumInteger) Cell(group, col int) any {
	w := s.sum[group]
	switch {
	case w.lo == 0:
		return nil
	case col == 0:
		return w.hi
	}
	return int64(w.lo &^ isSet)
}

func (s *sumInteger) Merge(group int, cells []any) error {
	if allNull(cells, 2) {
		return nil
	}
	if len(cells) != 2 {
		return notState(sumIntegerPart.Name, cells)
	}
	hi, ok1 := cells[0].(int64)
	lo, ok2 := cells[1].(int64)
	w := &s.sum[group]
	if !ok1 || !ok2 || lo&^lowMask != 0 || !inRange(hi) || !inRange(hi+w.hi) {
		return notState(sumIntegerPart.Name, cells)
	}
	w.add(hi, uint64(lo))
	return nil
}

// inRange reports whether hi is one that 2^55 integers can reach.
func inRange(hi int64) bool { return -1<<62 <= hi && hi < 1<<62 }

func (s *sumInteger) Bytes() int { return sizeOf(s.sum) }
func (s *sumInteger) Reset()     { s.sum = s.sum[:0] }
