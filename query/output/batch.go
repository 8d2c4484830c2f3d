package output

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"unsafe"
)

// Batch is a number of rows whose values lie side by side, without a pointer
// or an allocation of their own. Its methods Null to Blob add the values of the
// rows one after the other, and copy bytes. The zero value is empty.
type Batch struct {
	cols  int
	blank int // rows, where there are no columns
	cells []cell
	bytes []byte // of texts and blobs
}

// cell is one value.
type cell struct {
	bits uint64 // an integer, the bits of a real, or where text begins in Batch.bytes
	size uint32 // of text; SQLite has none of 2 GiB
	kind cellKind
}

type cellKind uint8

const (
	cellNull cellKind = iota
	cellInteger
	cellReal
	cellText
	cellBlob
)

// Batched is an Encoder that takes many rows at once.
type Batched interface {
	Encoder
	// Rows writes all rows of b as Row would. It may change b, and keeps nothing
	// of it.
	Rows(b *Batch) error
}

// Reset empties b for rows of so many columns. One huge value is let go of.
func (b *Batch) Reset(cols int) {
	b.cols, b.blank, b.cells = cols, 0, b.cells[:0]
	if b.bytes = b.bytes[:0]; cap(b.bytes) > 16*flushAt {
		b.bytes = nil
	}
}

// Len returns the number of rows.
func (b *Batch) Len() int {
	if b.cols == 0 {
		return b.blank
	}
	return len(b.cells) / b.cols
}

// Size returns about how many bytes the values take.
func (b *Batch) Size() int { return len(b.bytes) + len(b.cells)*int(unsafe.Sizeof(cell{})) }

// Null adds NULL.
func (b *Batch) Null() { b.cells = append(b.cells, cell{}) }

// Integer adds an integer.
func (b *Batch) Integer(v int64) { b.cells = append(b.cells, cell{bits: uint64(v), kind: cellInteger}) }

// Real adds a real.
func (b *Batch) Real(v float64) {
	b.cells = append(b.cells, cell{bits: math.Float64bits(v), kind: cellReal})
}

// Text adds text.
func (b *Batch) Text(v []byte) { b.add(v, cellText) }

// Blob adds a blob.
func (b *Batch) Blob(v []byte) { b.add(v, cellBlob) }

func (b *Batch) add(v []byte, kind cellKind) {
	b.cells = append(b.cells, cell{uint64(len(b.bytes)), uint32(len(v)), kind})
	b.bytes = append(b.bytes, v...)
}

// addAny adds a value as Encoder.Row takes it.
func (b *Batch) addAny(v any) error {
	switch v := v.(type) {
	case nil:
		b.Null()
	case int64:
		b.Integer(v)
	case float64:
		b.Real(v)
	case string:
		b.cells = append(b.cells, cell{uint64(len(b.bytes)), uint32(len(v)), cellText})
		b.bytes = append(b.bytes, v...)
	case []byte:
		b.Blob(v)
	default:
		return fmt.Errorf("cannot write a value of type %T", v)
	}
	return nil
}

// addShown makes a value of what a clock shows, and adds it to no row.
func (b *Batch) addShown(v any) cell {
	switch v := v.(type) {
	case int64:
		return cell{bits: uint64(v), kind: cellInteger}
	case string:
		b.bytes = append(b.bytes, v...)
		return cell{uint64(len(b.bytes) - len(v)), uint32(len(v)), cellText}
	}
	return cell{}
}

// row returns the cells of a row.
func (b *Batch) row(i int) []cell { return b.cells[i*b.cols : (i+1)*b.cols] }

// text returns a text without copying it: it changes when b does. Its bytes
// are within b.bytes, as the slice expression has checked.
func (b *Batch) text(c cell) string { return unsafe.String(unsafe.SliceData(b.blob(c)), int(c.size)) }

// blob returns the bytes of a blob or a text.
func (b *Batch) blob(c cell) []byte { return b.bytes[c.bits:][:c.size] }

func (c cell) integer() int64 { return int64(c.bits) }
func (c cell) real() float64  { return math.Float64frombits(c.bits) }

// Row fills vals with row i as Encoder.Row takes it.
func (b *Batch) Row(i int, vals []any) {
	for j, c := range b.row(i) {
		switch c.kind {
		case cellNull:
			vals[j] = nil
		case cellInteger:
			vals[j] = c.integer()
		case cellReal:
			vals[j] = c.real()
		case cellText:
			vals[j] = strings.Clone(b.text(c))
		case cellBlob:
			vals[j] = b.blob(c)
		}
	}
}

// TextAt returns the text that row i has in a column; ok is false for other
// values. It is valid as long as b is not changed.
func (b *Batch) TextAt(i, column int) (text string, ok bool) {
	c := b.row(i)[column]
	if c.kind != cellText {
		return "", false
	}
	return b.text(c), true
}

// Same reports whether rows i and j have the same value in a column.
func (b *Batch) Same(i, j, column int) bool {
	x, y := b.row(i)[column], b.row(j)[column]
	if x.kind == cellText || x.kind == cellBlob {
		return x.kind == y.kind && bytes.Equal(b.blob(x), b.blob(y))
	}
	return x == y
}

// Slice returns rows from to to-1 of b, as long as b is not changed.
func (b *Batch) Slice(from, to int) Batch {
	return Batch{cols: b.cols, cells: b.cells[from*b.cols : to*b.cols], bytes: b.bytes}
}

// Feed gives the rows of b to an encoder, in the way that it likes best. vals
// has room for a row.
func Feed(e Encoder, b *Batch, vals []any) error {
	if e, ok := e.(Batched); ok {
		return e.Rows(b)
	}
	for i := range b.Len() {
		b.Row(i, vals)
		if err := e.Row(vals); err != nil {
			return err
		}
	}
	return nil
}

// single is a Batch of one row, for encoders whose Row is made of Rows.
type single struct{ Batch }

// of returns a batch with the row vals.
func (s *single) of(vals []any) (*Batch, error) {
	s.Reset(len(vals))
	s.blank = 1
	for _, v := range vals {
		if err := s.addAny(v); err != nil {
			return nil, err
		}
	}
	return &s.Batch, nil
}
