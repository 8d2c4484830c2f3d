// Package value holds the types that Windrow knows and the values they have
// in records, in states and in the store. It computes nothing.
package value

// Type is the declared or derived type of a column or expression.
type Type uint8

const (
	Null      Type = iota // the type of the literal NULL
	Integer               // 64-bit signed
	Real                  // IEEE 754 double; never NaN, never infinite on input, -0.0 is read as 0.0
	Text                  // bytes, normally UTF-8
	Boolean               // 0 or 1, in memory and in the store
	Timestamp             // a Time; text in the store
	JSON                  // the text of one JSON value
	Interval              // microseconds; exists only inside expressions
	Any                   // every value has its own kind: what ->> and json_extract give
)

var typeNames = [...]string{"NULL", "INTEGER", "REAL", "TEXT", "BOOLEAN", "TIMESTAMP", "JSON", "INTERVAL", "ANY"}

func (t Type) String() string { return typeNames[t] }

// Kind returns the kind of a value of this type that is not NULL.
// For Null and Any it returns KindNull: there it differs from value to value.
func (t Type) Kind() Kind {
	switch t {
	case Integer, Boolean, Timestamp, Interval:
		return KindInt
	case Real:
		return KindReal
	case Text, JSON:
		return KindText
	}
	return KindNull
}

// Numeric reports whether the type is INTEGER, REAL or BOOLEAN.
func (t Type) Numeric() bool { return t == Integer || t == Real || t == Boolean }

// Kind says which of a Value's or Column's slots is in use.
type Kind uint8

const (
	KindNull Kind = iota
	KindInt       // Integer, Boolean, Timestamp, Interval
	KindReal
	KindText
	KindBad // the record has a value here that does not convert to the column's type
)

// Value is one value. The zero Value is NULL.
type Value struct {
	Kind Kind
	Int  int64
	Real float64
	Text string
}

// Int64, Float64 and String make values.
func Int64(i int64) Value     { return Value{Kind: KindInt, Int: i} }
func Float64(f float64) Value { return Value{Kind: KindReal, Real: f} }
func String(s string) Value   { return Value{Kind: KindText, Text: s} }

// Column holds one column of a batch, row by row. Only the slice that belongs
// to the kinds in use has meaningful elements; Kind always has one per row.
// Text elements point into the batch's input or its arena and live as long as
// the batch. A Column is used by one goroutine.
type Column struct {
	Type Type
	Kind []Kind
	Int  []int64
	Real []float64
	Text [][]byte
}

// Resize makes room for n rows, allocating only the slices that the type can
// use (all of them for Any). Contents are undefined afterwards.
func (c *Column) Resize(n int) {
	c.Kind = resize(c.Kind, n)
	k := c.Type.Kind()
	if k == KindInt || c.Type == Any {
		c.Int = resize(c.Int, n)
	}
	if k == KindReal || c.Type == Any {
		c.Real = resize(c.Real, n)
	}
	if k == KindText || c.Type == Any {
		c.Text = resize(c.Text, n)
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// At returns the value of a row, copying text. For tests and cold paths.
func (c *Column) At(row int) Value {
	switch c.Kind[row] {
	case KindInt:
		return Int64(c.Int[row])
	case KindReal:
		return Float64(c.Real[row])
	case KindText:
		return String(string(c.Text[row]))
	}
	return Value{Kind: c.Kind[row]}
}

// Set stores v in a row; its text is not copied again.
func (c *Column) Set(row int, v Value) {
	c.Kind[row] = v.Kind
	switch v.Kind {
	case KindInt:
		c.Int[row] = v.Int
	case KindReal:
		c.Real[row] = v.Real
	case KindText:
		c.Text[row] = []byte(v.Text)
	}
}
