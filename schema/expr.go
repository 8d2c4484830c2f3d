package schema

import "github.com/windrow/windrow/schema/value"

// Walk calls f for e and everything in it, parents first. It does not go into
// the arguments of an expression for which f returns false. A nil e is allowed.
func (e *Expr) Walk(f func(*Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	for _, a := range e.Args {
		a.Walk(f)
	}
}

// Affinity says how SQLite converts the other side of a comparison.
type Affinity uint8

const (
	AffinityNone    Affinity = iota // literals, operators, functions: convert nothing
	AffinityText                    // TEXT and JSON columns, CAST AS TEXT
	AffinityNumeric                 // INTEGER, REAL and BOOLEAN columns, CAST AS INTEGER or REAL
)

// Affinity returns the affinity of an expression. In a comparison of two
// values, if one side is numeric and the other is not, text on the other side
// that looks like a number becomes one; else, if one side is text and the
// other is none, a number on the other side becomes text. x IN (a, b) applies
// x's affinity only.
func (e *Expr) Affinity() Affinity {
	if e.Op != OpColumn && e.Op != OpCast {
		return AffinityNone
	}
	switch e.Type {
	case value.Integer, value.Real, value.Boolean:
		return AffinityNumeric
	case value.Text, value.JSON:
		return AffinityText
	}
	return AffinityNone
}
