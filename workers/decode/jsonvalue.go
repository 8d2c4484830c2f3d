package decode

import (
	"bytes"
	"unicode/utf8"

	"github.com/windrow/windrow/schema/value"
)

// value reads the value at i for a wanted field and returns the index after
// it, or -1. It tries the usual spelling of the column's type and leaves all
// else to any.
func (d *jsonDecoder) value(f *field, i int) int {
	b := d.data
	if i+1 >= len(b) {
		return d.any(f, i)
	}
	switch f.read {
	case readText:
		if b[i] != '"' {
			break
		}
		if end, odd := stringEnd(b, i+1); end >= 0 && (odd == 0 || odd == nonASCII && utf8.Valid(b[i+1:end])) {
			f.one.setText(d.row, b[i+1:end])
			return end + 1
		}
	case readInteger:
		if n, end := fastInteger(b, i); end > 0 && end < len(b) && (b[end] == ',' || b[end] == '}') {
			f.one.setInt(d.row, n)
			return end
		}
	case readReal:
		if x, end := fastReal(b, i); end > 0 && end < len(b) && (b[end] == ',' || b[end] == '}') {
			f.one.setReal(d.row, x)
			return end
		}
	case readTime:
		if end := d.time(f.one, i); end > 0 {
			return end
		}
	}
	return d.any(f, i)
}

// time reads a stamp in quotes or an epoch; 0 if it is unusual.
func (d *jsonDecoder) time(s *sink, i int) int {
	b := d.data
	if b[i] == '"' {
		if s.clock.mode != auto {
			return 0
		}
		t, end := s.clock.stamp(b, i+1)
		if end == 0 || end >= len(b) || b[end] != '"' {
			return 0
		}
		s.setInt(d.row, int64(t))
		return end + 1
	}
	n, end := fastInteger(b, i)
	if end == 0 || end >= len(b) || b[end] != ',' && b[end] != '}' {
		return 0
	}
	t, v := s.clock.epoch(integerDecimal(n))
	if v != fine {
		return 0
	}
	s.setInt(d.row, int64(t))
	return end
}

// any is the general twin of all fast paths.
func (d *jsonDecoder) any(f *field, i int) int {
	i = d.space(i)
	end := -1
	if f.sub != nil && i < len(d.data) && (d.data[i] == '{' && len(f.sub.fields) > 0 || d.data[i] == '[' && len(f.sub.indexes) > 0) {
		end = d.nested(f.sub, i)
	} else {
		end = d.skip(i)
	}
	if end < 0 {
		return -1
	}
	for _, s := range f.cols {
		d.cell(s, d.data[i:end])
	}
	return end
}

// cell stores a JSON value, given as it is written.
func (d *jsonDecoder) cell(s *sink, raw []byte) {
	switch c := raw[0]; {
	case string(raw) == "null":
	case s.typ == value.JSON:
		d.judge(s, s.json(d.row, raw), raw, false)
	case c == '"':
		d.stringCell(s, raw[1:len(raw)-1])
	case string(raw) == "true" || string(raw) == "false":
		d.judge(s, d.truth(s, raw), raw, false)
	case c == '{':
		d.bad(s, "an object is not "+article(s.typ))
	case c == '[':
		d.bad(s, "an array is not "+article(s.typ))
	case !validNumber(raw):
		d.judge(s, notJSON, raw, false)
	default:
		d.judge(s, s.text(d.row, raw), raw, false)
	}
}

// truth stores true or false, for columns that can hold it.
func (d *jsonDecoder) truth(s *sink, raw []byte) verdict {
	if s.typ != value.Boolean && s.typ != value.Text {
		return wrong
	}
	return s.text(d.row, raw)
}

// stringCell stores a string, given without its quotes.
func (d *jsonDecoder) stringCell(s *sink, raw []byte) {
	from := len(d.arena)
	text := raw
	if bytes.IndexByte(raw, '\\') >= 0 {
		var ok bool
		if d.arena, ok = appendUnescaped(d.arena, raw); !ok {
			d.judge(s, badEscape, raw, true)
			return
		}
		text = d.arena[from:len(d.arena):len(d.arena)]
	}
	d.judge(s, s.text(d.row, text), text, true)
}
