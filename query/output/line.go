package output

import (
	"io"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
)

func newLine(w io.Writer, _ Options) Encoder { return &line{buffer: newBuffer(w)} }

// line writes `name = value` for each value, for rows too wide for a table.
type line struct {
	buffer
	names []string // padded on the left to one width
	some  bool
}

var _ Encoder = (*line)(nil)

func (e *line) Begin(cols []Column) error {
	widest := 0
	for _, c := range cols {
		name := string(appendVisible(nil, c.Name))
		e.names = append(e.names, name)
		widest = max(widest, twwidth.Width(name))
	}
	for i, n := range e.names {
		e.names[i] = strings.Repeat(" ", widest-twwidth.Width(n)) + n + " = "
	}
	return nil
}

func (e *line) Row(vals []any) (err error) {
	if e.some {
		e.b = append(e.b, '\n')
	}
	e.some = true
	for i, v := range vals {
		e.b = append(e.b, e.names[i]...)
		if e.b, err = appendPlain(e.b, v); err != nil {
			return err
		}
		e.b = append(e.b, '\n')
	}
	return e.wrote()
}

func (e *line) End() error { return e.flush() }
