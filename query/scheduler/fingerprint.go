package scheduler

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"io"
	"math"

	"github.com/windrow/windrow/query/output"
)

// fingerprint tells contents apart: 4 bytes for the statements, 28 for the
// values of all rows and the titles of the sections, before any formatting.
type fingerprint [32]byte

// sameStatements reports whether two contents come from the same statements:
// otherwise they cannot be compared.
func sameStatements(a, b []byte) bool {
	return len(a) == len(fingerprint{}) && len(b) == len(a) && string(a[:4]) == string(b[:4])
}

// printer computes a fingerprint.
type printer struct{ h hash.Hash }

func newPrinter() printer { return printer{sha256.New()} }

func (p printer) section(title string) {
	p.h.Write([]byte{'S'})
	writeText(p.h, title)
}

func (p printer) sum(j *job) fingerprint {
	var f fingerprint
	p.h.Sum(f[:0])
	statements := j.statements()
	copy(f[:], statements[:])
	return f
}

// row adds a row: each value with its type, so that 1 and '1' differ.
func (p printer) row(vals []any) {
	p.h.Write([]byte{'R'})
	for _, v := range vals {
		switch v := v.(type) {
		case int64:
			p.number('i', uint64(v))
		case float64:
			p.number('f', math.Float64bits(v))
		case string:
			p.h.Write([]byte{'t'})
			writeText(p.h, v)
		case []byte:
			p.number('b', uint64(len(v)))
			p.h.Write(v)
		default:
			p.h.Write([]byte{'n'})
		}
	}
}

func (p printer) number(kind byte, v uint64) {
	p.h.Write(binary.BigEndian.AppendUint64([]byte{kind}, v))
}

func writeText(w io.Writer, s string) {
	w.Write(binary.BigEndian.AppendUint64(nil, uint64(len(s))))
	io.WriteString(w, s)
}

// printed is an encoder whose rows are fingerprinted on their way.
type printed struct {
	output.Encoder
	p printer
}

// Row implements output.Encoder.
func (e printed) Row(vals []any) error {
	e.p.row(vals)
	return e.Encoder.Row(vals)
}

// printedTyped is printed for encoders that want to know the kinds.
type printedTyped struct {
	printed
	typed output.Typed
}

// Kinds implements output.Typed.
func (e printedTyped) Kinds(kinds []output.Kind) { e.typed.Kinds(kinds) }

var _ output.Typed = printedTyped{}

// through returns an encoder that fingerprints what it passes on to enc.
func (p printer) through(enc output.Encoder) output.Encoder {
	if t, ok := enc.(output.Typed); ok {
		return printedTyped{printed{enc, p}, t}
	}
	return printed{enc, p}
}

// nowhere is an encoder that drops all.
type nowhere struct{}

func (nowhere) Begin([]output.Column) error { return nil }
func (nowhere) Row([]any) error             { return nil }
func (nowhere) End() error                  { return nil }

var _ output.Encoder = nowhere{}
