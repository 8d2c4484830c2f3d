package report

import (
	"io"

	"github.com/windrow/windrow/query/output"
)

func newWorkbook(w io.Writer, o output.Options) Writer { return &workbook{w: w, o: o} }

// workbook writes one sheet a section. A section without a title has the
// report's.
type workbook struct {
	w    io.Writer
	o    output.Options
	head Head
	book *output.Workbook
}

var _ Writer = (*workbook)(nil)

func (b *workbook) Begin(h Head) error {
	b.head = h
	b.book = output.NewWorkbook(b.w, h.forPeople(b.o))
	return nil
}

func (b *workbook) Section(title string) (output.Encoder, error) {
	if title == "" {
		title = b.head.title()
	}
	return b.book.Sheet(title), nil
}

func (b *workbook) End() error { return b.book.End() }
