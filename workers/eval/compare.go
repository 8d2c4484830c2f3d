package eval

import (
	"bytes"
	"cmp"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// order says which outcomes of a comparison are true: bit c+1 for the outcome
// c, which is -1, 0 or 1.
type order uint8

const (
	less    order = 1
	equal   order = 2
	greater order = 4
)

var orders = map[schema.Op]order{
	schema.OpEq: equal, schema.OpNe: less | greater,
	schema.OpLt: less, schema.OpLe: less | equal,
	schema.OpGt: greater, schema.OpGe: greater | equal,
}

func (o order) holds(c int) bool { return o>>(c+1)&1 != 0 }

// not is the order that holds where o does not.
func (o order) not() order { return o ^ 7 }

// compareCells orders two values: NULL, then numbers, then text. Numbers
// compare by value, text by its bytes.
func compareCells(a, b cell) int {
	if a.kind == b.kind {
		switch a.kind {
		case value.KindInt:
			return cmp.Compare(a.i, b.i)
		case value.KindReal:
			return cmp.Compare(a.r, b.r)
		case value.KindText:
			return bytes.Compare(a.t, b.t)
		}
		return 0
	}
	switch {
	case a.kind == value.KindInt && b.kind == value.KindReal:
		return compareIntReal(a.i, b.r)
	case a.kind == value.KindReal && b.kind == value.KindInt:
		return -compareIntReal(b.i, a.r)
	}
	return cmp.Compare(a.kind, b.kind)
}

// compareIntReal compares without rounding the integer.
func compareIntReal(i int64, r float64) int {
	switch {
	case r < -9223372036854775808.0:
		return 1
	case r >= 9223372036854775808.0:
		return -1
	}
	if c := cmp.Compare(i, int64(r)); c != 0 {
		return c
	}
	return cmp.Compare(float64(i), r)
}

// affinity is what a comparison does to its operands first.
type affinity uint8

const (
	asIs    affinity = iota
	numbers          // text that looks like a number becomes one
	texts            // a number beside a text becomes text
)

// comparison returns the affinity for comparing a and b.
func comparison(a, b *schema.Expr) affinity {
	x, y := a.Affinity(), b.Affinity()
	switch {
	case x == schema.AffinityNumeric || y == schema.AffinityNumeric:
		return numbers
	case (x == schema.AffinityText) != (y == schema.AffinityText):
		return texts
	}
	return asIs
}

// membership returns the affinity for looking for a in a list.
func membership(a *schema.Expr) affinity {
	switch a.Affinity() {
	case schema.AffinityNumeric:
		return numbers
	case schema.AffinityText:
		return texts
	}
	return asIs
}

// compare applies the affinity to two values that are not NULL and compares.
func (m *machine) compare(a, b cell, how affinity) int {
	switch how {
	case numbers:
		if a.kind == value.KindText {
			a = withNumericAffinity(a)
		}
		if b.kind == value.KindText {
			b = withNumericAffinity(b)
		}
	case texts:
		if (a.kind == value.KindText) != (b.kind == value.KindText) {
			a, b = m.asText(a), m.asText(b)
		}
	}
	return compareCells(a, b)
}

// either is what a strict operation gives for operands of which one is NULL or
// KindBad; ok is true if neither is.
func either(a, b cell) (c cell, ok bool) {
	switch {
	case a.kind == value.KindBad || b.kind == value.KindBad:
		return cell{kind: value.KindBad}, false
	case a.kind == value.KindNull || b.kind == value.KindNull:
		return null, false
	}
	return null, true
}
