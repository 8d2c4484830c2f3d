package output

import (
	"fmt"
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

const (
	tableRows  = 1000 // rows that are looked at to size the columns
	tableCell  = 120  // cells are cut to this many columns of a terminal
	tableLater = 24   // least width of a column once rows are streamed: any number fits
)

func newTable(w io.Writer, _ Options) Encoder { return &table{w: w} }

// table writes aligned columns and the number of rows. It sizes the columns by
// the first tableRows rows; results that are longer go on with these widths.
type table struct {
	w      io.Writer
	names  []any
	head   [][]string // rows not yet written
	number []bool     // all values so far are numbers
	some   []bool     // there was a value that is not NULL
	stream *tablewriter.Table
	row    []string // reused once streaming
	rows   int
	cell   []byte
}

var _ Encoder = (*table)(nil)

func (e *table) Begin(cols []Column) error {
	e.number, e.some = make([]bool, len(cols)), make([]bool, len(cols))
	for i, c := range cols {
		e.names = append(e.names, e.cut(appendVisible(nil, c.Name)))
		e.number[i] = true
	}
	return nil
}

func (e *table) Row(vals []any) error {
	row := e.row
	if e.stream == nil {
		row = make([]string, len(vals))
	}
	for i, v := range vals {
		var err error
		if e.cell, err = appendPlain(e.cell[:0], v); err != nil {
			return err
		}
		row[i] = e.cut(e.cell)
		if v != nil {
			e.some[i] = true
			e.number[i] = e.number[i] && isNumber(v)
		}
	}
	e.rows++
	if e.stream != nil {
		return e.stream.Append(row)
	}
	if e.head = append(e.head, row); len(e.head) <= tableRows {
		return nil
	}
	return e.startStream()
}

func (e *table) End() error {
	var err error
	switch {
	case len(e.names) == 0:
	case e.stream != nil:
		err = e.stream.Close()
	default:
		t := e.newTable()
		t.Header(e.names...)
		if err = t.Bulk(e.head); err == nil {
			err = t.Render()
		}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(e.w, count(e.rows))
	return err
}

func count(rows int) string {
	if rows == 1 {
		return "(1 row)"
	}
	return fmt.Sprintf("(%d rows)", rows)
}

// startStream writes the head and what was kept, with widths that stay.
func (e *table) startStream() error {
	widths := tw.NewMapper[int, int]()
	for i := range e.names {
		w := max(tableLater, twwidth.Width(e.names[i].(string)))
		for _, row := range e.head {
			w = max(w, twwidth.Width(row[i]))
		}
		widths.Set(i, w+2)
	}
	e.stream = e.newTable(tablewriter.WithStreaming(tw.StreamConfig{Enable: true}),
		tablewriter.WithColumnWidths(widths), tablewriter.WithRowAutoWrap(tw.WrapTruncate))
	if err := e.stream.Start(); err != nil {
		return err
	}
	e.stream.Header(e.names...)
	for _, row := range e.head {
		if err := e.stream.Append(row); err != nil {
			return err
		}
	}
	e.head, e.row = nil, make([]string, len(e.names))
	return nil
}

func (e *table) newTable(more ...tablewriter.Option) *tablewriter.Table {
	align := make([]tw.Align, len(e.names))
	for i := range align {
		if align[i] = tw.AlignLeft; e.number[i] && e.some[i] {
			align[i] = tw.AlignRight
		}
	}
	return tablewriter.NewTable(e.w, append([]tablewriter.Option{
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{Symbols: tw.NewSymbols(tw.StyleLight)})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone), tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithHeaderAlignmentConfig(tw.CellAlignment{PerColumn: align}),
		tablewriter.WithTrimSpace(tw.Off),
	}, more...)...)
}

// cut shortens text that is wider than a cell may be.
func (e *table) cut(text []byte) string {
	s := string(text)
	if len(s) <= tableCell || twwidth.Width(s) <= tableCell {
		return s
	}
	return twwidth.Truncate(s, tableCell, "…")
}
