package output

import (
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

func newNDJSON(w io.Writer, _ Options) Encoder { return &ndjson{buffer: newBuffer(w)} }

// ndjson writes one object a line.
type ndjson struct {
	buffer
	one  single
	keys [][]byte // `{"a":` for the first column, `,"b":` for the others
}

var _ Encoder = (*ndjson)(nil)

var _ Batched = (*ndjson)(nil)

func (e *ndjson) Begin(cols []Column) error {
	e.keys = jsonKeys(cols)
	return nil
}

func (e *ndjson) Row(vals []any) error {
	b, err := e.one.of(vals)
	if err != nil {
		return err
	}
	return e.Rows(b)
}

// Rows implements Batched.
func (e *ndjson) Rows(rows *Batch) error {
	for i := range rows.Len() {
		e.b = append(appendObject(e.b, e.keys, rows, i), '\n')
		if err := e.wrote(); err != nil {
			return err
		}
	}
	return nil
}

func (e *ndjson) End() error { return e.flush() }

// jsonKeys makes the keys of the objects: readers keep only one of two equal
// keys.
func jsonKeys(cols []Column) [][]byte {
	keys := make([][]byte, len(cols))
	for i, name := range uniqueNames(cols) {
		b := []byte{','}
		if i == 0 {
			b[0] = '{'
		}
		keys[i] = append(appendJSONText(b, name), ':')
	}
	return keys
}

// appendObject appends row i as a JSON object.
func appendObject(b []byte, keys [][]byte, rows *Batch, i int) []byte {
	if len(keys) == 0 {
		return append(b, "{}"...)
	}
	for j, c := range rows.row(i) {
		b = append(b, keys[j]...)
		switch c.kind {
		case cellNull:
			b = append(b, "null"...)
		case cellInteger:
			b = strconv.AppendInt(b, c.integer(), 10)
		case cellReal:
			if v := c.real(); math.IsInf(v, 0) || math.IsNaN(v) {
				b = append(b, "null"...)
			} else {
				b = appendReal(b, v)
			}
		case cellText:
			b = appendJSONText(b, rows.text(c))
		case cellBlob:
			b = append(appendHex(append(b, '"'), rows.blob(c)), '"')
		}
	}
	return append(b, '}')
}

// appendJSONText appends s quoted. Bytes that are no UTF-8 become U+FFFD.
func appendJSONText(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c < utf8.RuneSelf && c != 0x7f {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var r rune
			if r, size = utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		b = append(b, s[from:i]...)
		b = appendJSONEscape(b, c)
		i += size
		from = i
	}
	return append(append(b, s[from:]...), '"')
}

func appendJSONEscape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	if c >= utf8.RuneSelf {
		return append(b, "\ufffd"...)
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
}
