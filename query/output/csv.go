package output

import (
	"fmt"
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
	quote    [256]bool // bytes that make quotes necessary wherever they stand
}

var _ Encoder = (*delimited)(nil)

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
		e.text(c.Name)
	}
	e.b = append(e.b, '\n')
	return nil
}

func (e *delimited) Row(vals []any) error {
	b := e.b
	for i, v := range vals {
		if i > 0 {
			b = append(b, e.comma)
		}
		switch v := v.(type) {
		case nil:
			b = append(b, e.null...)
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case float64:
			b = appendReal(b, v)
		case string:
			e.b = b
			e.text(v)
			b = e.b
		case []byte:
			if len(v) == 0 {
				b = append(b, `""`...)
			}
			b = appendHex(b, v)
		default:
			return fmt.Errorf("cannot write a value of type %T", v)
		}
	}
	e.b = append(b, '\n')
	return e.wrote()
}

func (e *delimited) End() error { return e.flush() }

func (e *delimited) text(s string) {
	if e.guard && isFormula(s) {
		s = "'" + s
	}
	if !e.mustQuote(s) {
		e.b = append(e.b, s...)
		return
	}
	b := append(e.b, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	e.b = append(b, '"')
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
