package output

import (
	"html"
	"io"
)

const htmlBegin = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>`

const htmlHead = `</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif }
table { border-collapse: collapse }
th, td { border: 1px solid #ccc; padding: 2px 8px; text-align: left; white-space: pre-wrap }
td.n { text-align: right; font-variant-numeric: tabular-nums }
td.null { color: #888 }
</style></head><body>
<table>
<thead><tr>`

func newHTML(w io.Writer, o Options) Encoder {
	if o.Title == "" {
		o.Title = "Result"
	}
	return &htmlTable{buffer: newBuffer(w), title: o.Title}
}

// htmlTable writes a small page of its own, so that a browser reads it as
// UTF-8; the table in it can be cut out by its tags.
type htmlTable struct {
	buffer
	title string
	cell  []byte
}

var _ Encoder = (*htmlTable)(nil)

func (e *htmlTable) Begin(cols []Column) error {
	e.b = append(e.b, htmlBegin...)
	e.b = append(e.b, html.EscapeString(string(appendVisible(nil, e.title)))...)
	e.b = append(e.b, htmlHead...)
	for _, c := range cols {
		e.b = append(e.b, "<th>"...)
		e.b = append(e.b, html.EscapeString(string(appendVisible(nil, c.Name)))...)
		e.b = append(e.b, "</th>"...)
	}
	e.b = append(e.b, "</tr></thead>\n<tbody>\n"...)
	return nil
}

func (e *htmlTable) Row(vals []any) (err error) {
	e.b = append(e.b, "<tr>"...)
	for _, v := range vals {
		switch {
		case v == nil:
			e.b = append(e.b, `<td class="null">`...)
		case isNumber(v):
			e.b = append(e.b, `<td class="n">`...)
		default:
			e.b = append(e.b, "<td>"...)
		}
		if e.cell, err = appendPlain(e.cell[:0], v); err != nil {
			return err
		}
		e.b = append(e.b, html.EscapeString(string(e.cell))...)
		e.b = append(e.b, "</td>"...)
	}
	e.b = append(e.b, "</tr>\n"...)
	return e.wrote()
}

func (e *htmlTable) End() error {
	e.b = append(e.b, "</tbody>\n</table>\n</body></html>\n"...)
	return e.flush()
}
