package eval

import (
	"strconv"

	"github.com/windrow/windrow/schema/value"
)

// cell is one value on its way through the evaluator; its text is borrowed
// from the batch or from the arena.
type cell struct {
	kind value.Kind
	i    int64
	r    float64
	t    []byte
}

var (
	null = cell{}
	zero = cell{kind: value.KindInt}
	one  = cell{kind: value.KindInt, i: 1}
)

func integer(i int64) cell { return cell{kind: value.KindInt, i: i} }
func text(t []byte) cell   { return cell{kind: value.KindText, t: t} }

// real makes a REAL; SQLite has no NaN, it is NULL.
func real(r float64) cell {
	if r != r {
		return null
	}
	return cell{kind: value.KindReal, r: r}
}

func boolean(b bool) cell {
	if b {
		return one
	}
	return zero
}

func literal(v value.Value) cell {
	return cell{kind: v.Kind, i: v.Int, r: v.Real, t: []byte(v.Text)}
}

// load reads a cell of a column.
func load(c *value.Column, row int32) cell {
	switch k := c.Kind[row]; k {
	case value.KindInt:
		return cell{kind: k, i: c.Int[row]}
	case value.KindReal:
		return cell{kind: k, r: c.Real[row]}
	case value.KindText:
		return cell{kind: k, t: c.Text[row]}
	default:
		return cell{kind: k}
	}
}

// store writes a cell into a column of n rows.
func store(c *value.Column, row int32, v cell, n int) {
	c.Kind[row] = v.kind
	switch v.kind {
	case value.KindInt:
		c.Int = sized(c.Int, n)
		c.Int[row] = v.i
	case value.KindReal:
		c.Real = sized(c.Real, n)
		c.Real[row] = v.r
	case value.KindText:
		c.Text = sized(c.Text, n)
		c.Text[row] = v.t
	}
}

// sized makes room for n elements and keeps those that are there.
func sized[T any](s []T, n int) []T {
	if len(s) >= n {
		return s
	}
	if cap(s) >= n {
		return s[:n]
	}
	t := make([]T, n)
	copy(t, s)
	return t
}

// arena holds the texts that one Eval makes. Blocks that are full stay alive
// as long as something points into them.
type arena struct{ b []byte }

func (a *arena) reset() { a.b = a.b[:0] }

// take returns an empty slice with room for n bytes, which is the caller's:
// appending at most n bytes to it does not disturb others.
func (a *arena) take(n int) []byte {
	if cap(a.b)-len(a.b) < n {
		a.b = make([]byte, 0, max(2*cap(a.b), n, 4096))
	}
	from := len(a.b)
	a.b = a.b[:from+n]
	return a.b[from : from : from+n]
}

// text returns the text of a value that is not NULL, as CAST AS TEXT gives it.
func (m *machine) text(v cell) []byte {
	switch v.kind {
	case value.KindText:
		return v.t
	case value.KindInt:
		return strconv.AppendInt(m.arena.take(20), v.i, 10)
	case value.KindReal:
		return appendReal(m.arena.take(32), v.r)
	}
	return nil
}

// asText is text as a cell; NULL and KindBad stay.
func (m *machine) asText(v cell) cell {
	if v.kind == value.KindInt || v.kind == value.KindReal {
		return text(m.text(v))
	}
	return v
}
