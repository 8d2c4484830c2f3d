package aggregate

import (
	"fmt"
	"math"

	"github.com/windrow/windrow/schema/exact"
)

// spills holds the accumulators of the few exact sums that three terms cannot
// hold. A sum refers to its own by slot; slot 0 is none.
type spills struct {
	accs []*exact.Accumulator
	used int
}

// of returns the accumulator of a slot, making one if there is none yet.
func (s *spills) of(slot *int32) *exact.Accumulator {
	if *slot == 0 {
		if s.used == len(s.accs) {
			s.accs = append(s.accs, nil)
			s.accs[s.used] = new(exact.Accumulator)
		}
		*s.accs[s.used] = exact.Accumulator{}
		s.used++
		*slot = int32(s.used)
	}
	return s.accs[*slot-1]
}

// get returns the accumulator of a slot, or nil.
func (s *spills) get(slot int32) *exact.Accumulator {
	if slot == 0 {
		return nil
	}
	return s.accs[slot-1]
}

// add adds x to the sum in t and slot. It ignores what is not finite.
func (s *spills) add(t *exact.Terms, slot *int32, x float64) {
	if t.Add(x) || !exact.Finite(x) {
		return
	}
	a := s.of(slot)
	a.AddTerms(t)
	a.Add(x)
	*t = exact.Terms{}
}

// addSquare adds x*x, whatever its size.
func (s *spills) addSquare(t *exact.Terms, slot *int32, x float64) {
	if !exact.Squarable(x) {
		if x != 0 {
			s.of(slot).AddProduct(x, x)
		}
		return
	}
	p, e := exact.TwoProduct(x, x)
	s.add(t, slot, p)
	if e != 0 {
		s.add(t, slot, e)
	}
}

func (s *spills) bytes() int { return s.used * exact.AccumulatorSize }
func (s *spills) reset()     { s.used = 0 }

// expansion is an exact sum as it is stored: terms, and the whole value
// encoded where they are not enough.
type expansion struct {
	terms exact.Terms
	n     int // terms in use, 2 or 3
	more  []byte
	acc   exact.Accumulator // more, decoded
}

// set makes e the canonical expansion of a sum.
func (e *expansion) set(t *exact.Terms, more *exact.Accumulator) {
	e.terms = exact.Terms{}
	e.more = t.Expand(more, e.terms[:e.n], e.more[:0])
}

// blob returns the cell of the encoded value.
func (e *expansion) blob() any {
	if len(e.more) == 0 {
		return nil
	}
	return e.more
}

// read takes an expansion from its cells and accepts only canonical ones.
func (e *expansion) read(terms []any, more any) error {
	var in exact.Terms
	for i, c := range terms[:e.n] {
		x, ok := c.(float64)
		if !ok {
			return fmt.Errorf("not the terms of a sum")
		}
		in[i] = x
	}
	var t exact.Terms
	var acc *exact.Accumulator
	blob, ok := more.([]byte)
	if ok {
		if err := e.acc.Decode(blob); err != nil {
			return err
		}
		acc = &e.acc
	} else if more == nil {
		t = in
	} else {
		return fmt.Errorf("not the terms of a sum")
	}
	e.set(&t, acc)
	if !sameBits(e.terms, in) || ok != (len(e.more) > 0) {
		return fmt.Errorf("not the canonical form of a sum")
	}
	return nil
}

func sameBits(a, b exact.Terms) bool {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) {
			return false
		}
	}
	return true
}

// merge adds what was read to the sum in t and slot.
func (s *spills) merge(t *exact.Terms, slot *int32, e *expansion) {
	if len(e.more) > 0 {
		s.of(slot).AddAccumulator(&e.acc)
		t[0] += 0 // an empty sum is one no longer
		return
	}
	s.add(t, slot, e.terms[0])
	for _, x := range e.terms[1:e.n] {
		if x != 0 {
			s.add(t, slot, x)
		}
	}
}
