package output

import "io"

func newMarkdown(w io.Writer, _ Options) Encoder { return &markdown{buffer: newBuffer(w)} }

// markdown writes a table in GitHub's dialect. It streams, so its columns are
// not padded; a column is right-aligned if its first value is a number.
type markdown struct {
	buffer
	cols []Column
	some bool // the head has been written
	cell []byte
}

var _ Encoder = (*markdown)(nil)

func (e *markdown) Begin(cols []Column) error {
	e.cols = cols
	return nil
}

func (e *markdown) Row(vals []any) (err error) {
	if !e.some {
		e.head(vals)
	}
	for _, v := range vals {
		if e.cell, err = appendPlain(e.cell[:0], v); err != nil {
			return err
		}
		e.write(v)
	}
	e.b = append(e.b, "|\n"...)
	return e.wrote()
}

func (e *markdown) End() error {
	if !e.some {
		e.head(nil)
	}
	return e.flush()
}

func (e *markdown) head(first []any) {
	e.some = true
	for _, c := range e.cols {
		e.cell = appendVisible(e.cell[:0], c.Name)
		e.write("")
	}
	e.b = append(e.b, "|\n"...)
	for i := range e.cols {
		if first != nil && isNumber(first[i]) {
			e.b = append(e.b, "| ---: "...)
		} else {
			e.b = append(e.b, "| --- "...)
		}
	}
	e.b = append(e.b, "|\n"...)
}

// write appends the cell with what Markdown would take for its own escaped.
// Numbers and blobs need none.
func (e *markdown) write(v any) {
	e.b = append(e.b, '|', ' ')
	text, ok := v.(string)
	switch {
	case !ok:
		e.b = append(e.b, e.cell...)
	default:
		// Line breaks are <br>; every other control stays visible.
		if hasBreak(text) {
			e.b = appendLines(e.b, text)
			break
		}
		e.b = appendMarkdown(e.b, e.cell)
	}
	e.b = append(e.b, ' ')
}

func hasBreak(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' {
			return true
		}
	}
	return false
}

func appendLines(b []byte, text string) []byte {
	from := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] != '\n' {
			continue
		}
		end := i
		if end > from && i < len(text) && text[end-1] == '\r' {
			end--
		}
		b = appendMarkdown(b, appendVisible(nil, text[from:end]))
		if i < len(text) {
			b = append(b, "<br>"...)
		}
		from = i + 1
	}
	return b
}

func appendMarkdown(b, cell []byte) []byte {
	for i, c := range cell {
		switch c {
		case '|', '\\', '`', '*', '[', ']', '~':
			b = append(b, '\\')
		case '_': // inside a word it is plain
			if i == 0 || i == len(cell)-1 || !wordByte(cell[i-1]) || !wordByte(cell[i+1]) {
				b = append(b, '\\')
			}
		case '<':
			b = append(b, "&lt;"...)
			continue
		case '&':
			b = append(b, "&amp;"...)
			continue
		}
		b = append(b, c)
	}
	return b
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}
