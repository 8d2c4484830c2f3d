package output

import (
	"io"
	"strconv"
	"strings"
)

func newCSV(w io.Writer, o Options) Encoder {
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	return newDelimited(w, o)
}

// delimited writes fields with a separator by the rules of RFC 4180, lines
// ending in \n. NULL is an empty field, or Options.Null, and text that looks
// the same is quoted. Where a row has only one column an empty NULL is quoted
// too: readers skip empty lines.
type delimited struct {
	buffer
	comma    byte
	noHeader bool
	guard    bool
	null     string
	one      single
	quote    [256]bool // bytes that make quotes necessary wherever they stand
}

var _ Batched = (*delimited)(nil)

// newDelimited takes the character between the fields from o.
func newDelimited(w io.Writer, o Options) Encoder {
	e := &delimited{buffer: newBuffer(w), comma: o.Delimiter, noHeader: o.NoHeader, guard: o.GuardFormulas, null: o.Null}
	if strings.IndexByte(e.null, e.comma) >= 0 {
		return mistaken{badNull(e.null)}
	}
	for _, c := range []byte{e.comma, '"', '\n', '\r', 0} {
		e.quote[c] = true
	}
	return e
}

func (e *delimited) Begin(cols []Column) error {
	if len(cols) == 1 && e.null == "" {
		e.null = `""`
	}
	if e.noHeader {
		return nil
	}
	for i, c := range cols {
		if i > 0 {
			e.b = append(e.b, e.comma)
		}
		e.b = e.text(e.b, c.Name)
	}
	e.b = append(e.b, '\n')
	return nil
}

func (e *delimited) Row(vals []any) error {
	b, err := e.one.of(vals)
	if err != nil {
		return err
	}
	return e.Rows(b)
}

// Rows implements Batched.
func (e *delimited) Rows(rows *Batch) error {
	for i := range rows.Len() {
		e.row(rows, rows.row(i))
		if err := e.wrote(); err != nil {
			return err
		}
	}
	return nil
}

func (e *delimited) row(rows *Batch, cells []cell) {
	b := e.b
	for i, c := range cells {
		if i > 0 {
			b = append(b, e.comma)
		}
		switch c.kind {
		case cellNull:
			b = append(b, e.null...)
		case cellInteger:
			b = strconv.AppendInt(b, c.integer(), 10)
		case cellReal:
			b = appendReal(b, c.real())
		case cellText:
			b = e.text(b, rows.text(c))
		case cellBlob:
			if c.size == 0 {
				b = append(b, `""`...)
			}
			b = appendHex(b, rows.blob(c))
		}
	}
	e.b = append(b, '\n')
}

func (e *delimited) End() error { return e.flush() }

// text appends a field.
func (e *delimited) text(b []byte, s string) []byte {
	if e.guard && isFormula(s) {
		s = "'" + s
	}
	if !e.mustQuote(s) {
		return append(b, s...)
	}
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

func (e *delimited) mustQuote(s string) bool {
	if s == "" || blank(s[0]) || blank(s[len(s)-1]) || s == e.null {
		return true
	}
	for i := 0; i < len(s); i++ {
		if e.quote[s[i]] {
			return true
		}
	}
	return false
}

func blank(c byte) bool { return c == ' ' || c == '\t' }

// isFormula reports whether a spreadsheet may take the text for something to
// compute.
func isFormula(s string) bool {
	return s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0
}
