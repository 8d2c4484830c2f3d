package report

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// mailRows is how many rows of a table a mail shows: some readers of mail cut
// what is longer than 100 kB.
const mailRows = 50

// mailCourse is how many it shows where a chart told the rest.
const mailCourse = 10

// mailStyles are the styles of elements in a mail, by name or name.class. They
// stand at each element: many readers drop style sheets.
var mailStyles = map[string]string{
	"h1":         "margin:0 0 4px;font-size:24px;line-height:30px;font-weight:600",
	"h2":         "margin:28px 0 8px;font-size:17px;line-height:24px;font-weight:600",
	"p":          "margin:0 0 4px",
	"p.more":     "margin:6px 0 0;color:#676d78;font-size:13px",
	"p.quiet":    "margin:0;color:#676d78",
	"span.badge": "padding-left:6px;color:#2a6bd4;font-size:13px;font-weight:normal",
	"span.quiet": "color:#676d78",
	"span.null":  "color:#676d78",
	"aside":      "margin:12px 0 0;padding:8px 12px;border-left:3px solid #d9a520;background-color:#fdf6e3",
	"footer":     "margin-top:32px;padding-top:8px;border-top:1px solid #e4e5e9;color:#676d78;font-size:12px",
	"table":      "border-collapse:collapse;font-size:14px;line-height:19px",
	"th":         "border-bottom:1px solid #676d78;color:#676d78;font-weight:normal",
	"dt":         "color:#676d78;font-size:13px",
	"dd":         "margin:0 0 10px;font-size:24px;line-height:30px;font-weight:600",
}

// MailBody turns a page that the html format has written into one that readers
// of mail show well: without charts and style sheets, tables of at most 50
// rows, styles at each element. More is a last line, such as where the whole
// report is; it may be empty.
func MailBody(page io.Reader, more string) ([]byte, error) {
	root, err := html.Parse(page)
	if err != nil {
		return nil, fmt.Errorf("cannot make a mail of the page: %w", err)
	}
	title, main := find(root, "title"), find(root, "main")
	if title == nil || main == nil {
		return nil, fmt.Errorf("cannot make a mail of the page: it was not written by the html format of reports")
	}
	m := mail{most: mailRows}
	m.b.WriteString("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>")
	m.children(title)
	m.b.WriteString("</title></head>\n<body style=\"margin:0;padding:16px;color:#1d2026;background-color:#ffffff;font:15px/22px -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\">\n")
	m.children(main)
	if more != "" {
		fmt.Fprintf(&m.b, "<p style=\"%s\">%s</p>\n", mailStyles["p.more"], text(more))
	}
	m.b.WriteString("</body></html>\n")
	return m.b.Bytes(), nil
}

// mail writes a page's tree anew.
type mail struct {
	b    bytes.Buffer
	rows int // of the table that is being written
	most int // rows that it may have
}

func find(n *html.Node, name string) *html.Node {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && c.Data == name {
			return c
		}
	}
	return nil
}

func (m *mail) children(n *html.Node) {
	for c := range n.ChildNodes() {
		m.node(c)
	}
}

func (m *mail) node(n *html.Node) {
	if n.Type == html.TextNode {
		m.b.WriteString(html.EscapeString(n.Data))
		return
	}
	if n.Type != html.ElementNode {
		return
	}
	switch n.Data { // what is not named is left out: charts, and the handles of folded tables
	case "i": // a group of digits
		m.b.WriteString("\u202f")
		m.children(n)
	case "details":
		m.most = mailCourse
		m.children(n)
		m.most = mailRows
	case "div":
		m.div(n)
	case "dl", "section", "header", "time", "main":
		m.children(n)
	case "table":
		m.table(n)
	case "tr":
		m.row(n)
	case "th", "td":
		m.element(n, mailAlign(attr(n, "class")))
	case "p":
		if attr(n, "class") != "more" { // the table says it
			m.element(n, "")
		}
	case "h1", "h2", "span", "aside", "footer", "thead", "tbody", "dt", "dd":
		m.element(n, "")
	}
}

// element writes an element with its style and without its other attributes.
func (m *mail) element(n *html.Node, attrs string) {
	style, ok := mailStyles[n.Data+"."+attr(n, "class")]
	if !ok {
		style = mailStyles[n.Data]
	}
	if style != "" {
		attrs += ` style="` + style + `"`
	}
	fmt.Fprintf(&m.b, "<%s%s>", n.Data, attrs)
	m.children(n)
	fmt.Fprintf(&m.b, "</%s>", n.Data)
}

// div keeps the boxes of figures, so that they stand side by side.
func (m *mail) div(n *html.Node) {
	if n.Parent.Data != "dl" {
		m.children(n)
		return
	}
	m.b.WriteString(`<div style="display:inline-block;margin:0 32px 0 0;vertical-align:top">`)
	m.children(n)
	m.b.WriteString("</div>")
}

func (m *mail) table(n *html.Node) {
	m.rows = 0
	m.element(n, ` cellpadding="6" cellspacing="0" border="0"`)
	total, err := strconv.Atoi(attr(n, "data-rows"))
	if more := total - m.most; err == nil && more > 0 {
		fmt.Fprintf(&m.b, "\n<p style=\"%s\">… and %d more rows</p>", mailStyles["p.more"], more)
	}
}

// row writes a row, unless there are enough. Every other one is shaded.
func (m *mail) row(n *html.Node) {
	if n.Parent.Data != "tbody" {
		m.element(n, "")
		return
	}
	if m.rows++; m.rows > m.most {
		return
	}
	shade := ""
	if m.rows%2 == 0 {
		shade = ` bgcolor="#f5f6f8"`
	}
	m.element(n, shade)
	m.b.WriteByte('\n')
}

func mailAlign(class string) string {
	switch class {
	case "n":
		return ` align="right" nowrap`
	case "t":
		return ` align="left" nowrap`
	}
	return ` align="left"`
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}
