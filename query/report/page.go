package report

import (
	"bufio"
	_ "embed"
	"fmt"
	"html"
	"io"
	"time"

	"github.com/windrow/windrow/query/output"
)

//go:embed page.css
var pageStyle string

// A page may load nothing and run nothing, whatever gets into it.
const pageHead = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>%s</title>
<style>
%s</style>
</head>
<body>
<main>
`

func newPage(w io.Writer, o output.Options) Writer {
	return &page{w: bufio.NewWriterSize(w, 64<<10), o: o}
}

// page writes a report as HTML: one file that needs no other. It keeps one
// section at a time: at most maxRows rows, and 12 bytes for each of at most
// maxValues values.
type page struct {
	w    *bufio.Writer
	o    output.Options
	head Head
}

var _ Writer = (*page)(nil)

func (p *page) Begin(h Head) error {
	p.head, p.o = h, h.forPeople(p.o)
	title, covers := h.title(), h.covers()
	if covers != "" {
		title += ", " + covers
	}
	fmt.Fprintf(p.w, pageHead, text(title), pageStyle)
	fmt.Fprintf(p.w, "<header>\n<h1>%s%s</h1>\n", text(h.title()), badge(h))
	if covers != "" {
		fmt.Fprintf(p.w, "<p class=\"covers\">%s <span class=\"quiet\">%s</span></p>\n", text(covers), text(h.zone().String()))
	}
	if len(h.Notes) > 0 {
		p.w.WriteString("<aside class=\"notes\">\n")
		for _, n := range h.Notes {
			fmt.Fprintf(p.w, "<p>%s</p>\n", text(upperFirst(n)))
		}
		p.w.WriteString("</aside>\n")
	}
	_, err := p.w.WriteString("</header>\n")
	return err
}

func badge(h Head) string {
	r := h.revised()
	if r == "" {
		return ""
	}
	return fmt.Sprintf(` <span class="badge">%s</span>`, upperFirst(r))
}

func (p *page) Section(title string) (output.Encoder, error) {
	return &section{title: title, done: p.section}, nil
}

// section writes a section that is complete.
func (p *page) section(s *section) error {
	fmt.Fprintf(p.w, "<section%s>\n", s.breadth())
	if s.title != "" {
		fmt.Fprintf(p.w, "<h2>%s</h2>\n", text(s.title))
	}
	forms := shapes(len(s.cols), s.rows, p.o)
	switch {
	case s.total == 0:
		p.w.WriteString("<p class=\"quiet\">no rows</p>\n")
	case s.total == 1 && len(s.cols) <= maxFigures:
		p.figures(s, forms)
	default:
		drawn, course := s.charts(p.o.Zone)
		p.w.WriteString(drawn)
		p.table(s, forms, course)
	}
	_, err := p.w.WriteString("</section>\n")
	return err
}

// breadth is the class of a section with many columns.
func (s *section) breadth() string {
	switch n := len(s.cols); {
	case n >= wider:
		return ` class="wide wider"`
	case n >= wide:
		return ` class="wide"`
	}
	return ""
}

// figures shows a single row as large values with their names.
func (p *page) figures(s *section, forms []shape) {
	p.w.WriteString("<dl class=\"figures\">\n")
	for i, c := range s.cols {
		if f, ok := s.rows[0][i].(float64); ok { // which shares its decimals with none
			forms[i].decimals = decimalsIn(shortReal(f))
		}
		content, title := forms[i].cell(s.rows[0][i])
		class := ""
		if forms[i].class == texts || forms[i].class == mixed {
			class = ` class="text"`
		}
		fmt.Fprintf(p.w, "<div%s><dt>%s</dt><dd%s>%s</dd></div>\n", class, text(c.name), titleOf(title), content)
	}
	p.w.WriteString("</dl>\n")
}

func titleOf(s string) string {
	if s == "" {
		return ""
	}
	return ` title="` + html.EscapeString(s) + `"`
}

// folded is how many rows, a month of days, a table whose course is drawn may
// have without being folded away.
const folded = 31

// From so many columns on a table is printed smaller and on pages that lie,
// and then numbers may be broken.
const wide, wider = 9, 25

func (p *page) table(s *section, forms []shape, drawn bool) {
	fold := drawn && s.total > folded
	if fold {
		fmt.Fprintf(p.w, "<details>\n<summary>%s rows</summary>\n", grouped(fmt.Sprint(s.total)))
	}
	fmt.Fprintf(p.w, "<div class=\"scroll\" role=\"region\" aria-label=\"Table\" tabindex=\"0\"><table data-rows=\"%d\">\n<thead><tr>", s.total)
	for i, c := range s.cols {
		fmt.Fprintf(p.w, "<th scope=\"col\"%s>%s</th>", forms[i].align(), text(c.name))
	}
	p.w.WriteString("</tr></thead>\n<tbody>\n")
	for _, r := range s.rows {
		p.w.WriteString("<tr>")
		for i, v := range r {
			content, title := forms[i].cell(v)
			fmt.Fprintf(p.w, "<td%s%s>%s</td>", forms[i].align(), titleOf(title), content)
		}
		p.w.WriteString("</tr>\n")
	}
	p.w.WriteString("</tbody>\n</table></div>\n")
	if more := s.total - int64(len(s.rows)); more > 0 {
		fmt.Fprintf(p.w, "<p class=\"more\">… and %s more rows</p>\n", grouped(fmt.Sprint(more)))
	}
	if fold {
		p.w.WriteString("</details>\n")
	}
}

func (p *page) End() error {
	h := p.head
	fmt.Fprintf(p.w, "<footer>%s", text(h.Name))
	if !h.Slot.IsZero() {
		fmt.Fprintf(p.w, " of <time datetime=\"%s\">%s</time>", h.Slot.UTC().Format(time.RFC3339), text(h.Slot.In(h.zone()).Format("2006-01-02 15:04 MST")))
	}
	if r := h.revised(); r != "" {
		p.w.WriteString(", " + r)
	}
	p.w.WriteString(" · Windrow</footer>\n</main>\n</body>\n</html>\n")
	return p.w.Flush()
}
