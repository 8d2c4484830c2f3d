package report

import (
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/windrow/windrow/query/output"
)

func newText(w io.Writer, o output.Options) Writer {
	return &prose{w: w, o: o, format: output.Find("table"), style: plainText{}}
}

func newMarkdown(w io.Writer, o output.Options) Writer {
	return &prose{w: w, o: o, format: output.Find("markdown"), style: markdownText{}}
}

// prose writes paragraphs and tables. Rows pass through to the tables.
type prose struct {
	w      io.Writer
	o      output.Options
	format *output.Format
	style  style
	b      strings.Builder
}

var _ Writer = (*prose)(nil)

// style is how the parts of a document of text look.
type style interface {
	title(s string) string
	heading(s string) string
	line(s string) string
	note(s string) string
}

func (p *prose) Begin(h Head) error {
	p.o = h.forPeople(p.o)
	p.b.WriteString(p.style.title(h.title()))
	if c := h.covers(); c != "" {
		p.b.WriteString(p.style.line(c + " (" + h.zone().String() + ")"))
	}
	if r := h.revised(); r != "" {
		p.b.WriteString(p.style.line(upperFirst(r)))
	}
	for _, n := range h.Notes {
		p.b.WriteString(p.style.note(n))
	}
	return p.flush()
}

func (p *prose) Section(title string) (output.Encoder, error) {
	p.b.WriteByte('\n')
	if title != "" {
		p.b.WriteString(p.style.heading(title))
	}
	if err := p.flush(); err != nil {
		return nil, err
	}
	return &rounded{Encoder: p.format.New(p.w, p.o), w: p.w}, nil
}

func (p *prose) End() error { return nil }

func (p *prose) flush() error {
	_, err := io.WriteString(p.w, p.b.String())
	p.b.Reset()
	return err
}

// rounded passes rows on with reals as people read them. Where there are none
// it says so instead of showing an empty table.
type rounded struct {
	output.Encoder
	w     io.Writer
	cols  []output.Column
	begun bool
	row   []any
}

func (r *rounded) Begin(cols []output.Column) error {
	r.cols = cols
	return nil
}

func (r *rounded) Row(vals []any) error {
	if !r.begun {
		if err := r.Encoder.Begin(r.cols); err != nil {
			return err
		}
		r.begun = true
	}
	r.row = append(r.row[:0], vals...)
	for i, v := range r.row {
		if f, ok := v.(float64); ok {
			r.row[i] = round(f)
		}
	}
	return r.Encoder.Row(r.row)
}

func (r *rounded) End() error {
	if r.begun {
		return r.Encoder.End()
	}
	_, err := io.WriteString(r.w, "no rows\n")
	return err
}

type plainText struct{}

func (plainText) title(s string) string   { return underlined(s, "=") }
func (plainText) heading(s string) string { return underlined(s, "-") }
func (plainText) line(s string) string    { return visible(s, false) + "\n" }
func (plainText) note(s string) string    { return "! " + visible(s, false) + "\n" }

func underlined(s, with string) string {
	s = visible(s, false)
	return s + "\n" + strings.Repeat(with, max(1, runewidth.StringWidth(s))) + "\n"
}

type markdownText struct{}

func (markdownText) title(s string) string   { return "# " + markdown(s) + "\n" }
func (markdownText) heading(s string) string { return "## " + markdown(s) + "\n\n" }
func (markdownText) line(s string) string    { return "\n" + markdown(s) + "\n" }
func (markdownText) note(s string) string    { return "\n> " + markdown(s) + "\n" }

// markdown escapes what Markdown could take for its own.
func markdown(s string) string {
	s = visible(s, false)
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; c {
		case '<':
			b.WriteString("&lt;")
			continue
		case '&':
			b.WriteString("&amp;")
			continue
		case '\\', '`', '*', '[', ']', '~', '#', '|', '!', '>':
			b.WriteByte('\\')
		case '_': // inside a word it is plain
			if i == 0 || i == len(s)-1 || !wordByte(s[i-1]) || !wordByte(s[i+1]) {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// upperFirst makes the first letter a capital.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
