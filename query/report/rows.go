package report

import (
	"fmt"
	"io"

	"github.com/windrow/windrow/query/output"
)

// newRows opens writers of formats that hold rows and nothing else.
func newRows(format string) func(io.Writer, output.Options) Writer {
	return func(w io.Writer, o output.Options) Writer {
		return &rows{w: w, format: output.Find(format), o: o}
	}
}

// rows writes the rows of one section, without a head. They pass through: what
// is kept is what the format's encoder keeps.
type rows struct {
	w      io.Writer
	format *output.Format
	o      output.Options
	some   bool
}

var _ Writer = (*rows)(nil)

func (r *rows) Begin(Head) error { return nil }

func (r *rows) Section(string) (output.Encoder, error) {
	if r.some {
		return nil, fmt.Errorf("%s holds the rows of one section: take html, markdown, text, json or xlsx for several", r.format.Name)
	}
	r.some = true
	return r.format.New(r.w, r.o), nil
}

func (r *rows) End() error { return nil }
