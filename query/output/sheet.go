package output

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/xuri/excelize/v2"

	"github.com/windrow/windrow/schema/value"
)

// sheet writes one sheet of a workbook: a bold, frozen header, numbers as
// numbers, times as dates. What a spreadsheet's numbers cannot hold (integers
// beyond 2^53, Inf) is text, and so are times before March 1900.
type sheet struct {
	book    *Workbook
	path    string
	clock   *clock // nil for times in UTC
	cols    []sheetColumn
	b       []byte // rows that are not yet written
	w       io.Writer
	rows    int // with the header
	written int64
}

// sheetColumn is what a sheet knows of a column.
type sheetColumn struct {
	name   string
	letter string
	width  int
	time   string // the last one
	cell   []byte // how it looks, from after the reference
}

var _ Encoder = (*sheet)(nil)

func (e *sheet) Begin(cols []Column) error {
	if e.book.open {
		return errors.New("BUG: a sheet begins before the one before it has ended")
	}
	if len(cols) > sheetColumns {
		return fmt.Errorf("a sheet holds %d columns and the result has %d: name fewer, or use csv or parquet", sheetColumns, len(cols))
	}
	e.book.open = true
	e.cols = make([]sheetColumn, len(cols))
	for i, c := range cols {
		letter, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		e.cols[i] = sheetColumn{name: c.Name, letter: letter}
	}
	return e.header()
}

func (e *sheet) header() (err error) {
	e.rows = 1
	e.b = append(e.b, `<row r="1">`...)
	for i := range e.cols {
		name := e.cols[i].name
		e.b = e.reference(e.b, i)
		if e.b, err = e.text(e.b, styleHead, i, name); err != nil {
			return err
		}
	}
	e.b = append(e.b, "</row>"...)
	return nil
}

func (e *sheet) Row(vals []any) (err error) {
	if e.rows == sheetRows {
		return fmt.Errorf("a sheet holds %d rows with its header and the result has more: use csv or parquet, or give a part of it with LIMIT or WHERE", sheetRows)
	}
	e.rows++
	b := append(e.b, `<row r="`...)
	b = append(strconv.AppendInt(b, int64(e.rows), 10), `">`...)
	for i, v := range vals {
		if v == nil {
			continue
		}
		b = e.reference(b, i)
		if b, err = e.value(b, i, v); err != nil {
			return err
		}
	}
	e.b = append(b, "</row>"...)
	if e.w == nil && e.rows <= sheetLook || len(e.b) < flushAt {
		return nil
	}
	return e.flush()
}

func (e *sheet) End() error {
	if err := e.flush(); err != nil {
		return err
	}
	e.book.open = false
	return e.write([]byte("</sheetData></worksheet>"))
}

// flush writes the rows that are kept, the first time with what stands before
// them: now it is known how wide the columns are.
func (e *sheet) flush() (err error) {
	if e.w == nil {
		if e.w, err = e.book.zip.Create(e.path); err != nil {
			return err
		}
		if err := e.write(e.begin()); err != nil {
			return err
		}
	}
	err = e.write(e.b)
	if e.b = e.b[:0]; cap(e.b) > 16*flushAt {
		e.b = make([]byte, 0, flushAt+4096)
	}
	return err
}

func (e *sheet) write(b []byte) error {
	if e.written += int64(len(b)); e.written > sheetBytes {
		return errors.New("a sheet of more than 4 GiB cannot be opened: use csv or parquet")
	}
	_, err := e.w.Write(b)
	return err
}

func (e *sheet) begin() []byte {
	b := []byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" +
		`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews>`)
	selected := ""
	if e.path == sheetPath(1) {
		selected = ` tabSelected="1"`
	}
	b = append(b, `<sheetView`+selected+` workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`...)
	b = append(b, `<selection pane="bottomLeft"/></sheetView></sheetViews>`...)
	if len(e.cols) > 0 {
		b = append(b, "<cols>"...)
		for i, c := range e.cols {
			b = fmt.Appendf(b, `<col min="%d" max="%d" width="%d" customWidth="1"/>`, i+1, i+1, max(sheetNarrow, min(c.width, sheetWide))+2)
		}
		b = append(b, "</cols>"...)
	}
	return append(b, "<sheetData>"...)
}

// reference appends the beginning of a cell of the current row.
func (e *sheet) reference(b []byte, col int) []byte {
	b = append(append(b, `<c r="`...), e.cols[col].letter...)
	return append(strconv.AppendInt(b, int64(e.rows), 10), '"')
}

// value appends the rest of a cell.
func (e *sheet) value(b []byte, col int, v any) ([]byte, error) {
	switch v := v.(type) {
	case int64:
		if v < -sheetInteger || v > sheetInteger {
			return e.text(b, 0, col, strconv.FormatInt(v, 10))
		}
		return e.number(b, col, func(b []byte) []byte { return strconv.AppendInt(b, v, 10) }), nil
	case float64:
		if a := math.Abs(v); a > sheetReal || a < sheetSmall && a > 0 {
			return e.text(b, 0, col, string(appendReal(nil, v)))
		}
		return e.number(b, col, func(b []byte) []byte { return strconv.AppendFloat(b, v, 'G', -1, 64) }), nil
	case string:
		if IsTime(v) {
			return e.time(b, col, v)
		}
		return e.text(b, 0, col, v)
	case []byte:
		return e.text(b, 0, col, string(appendHex(nil, v)))
	}
	return b, fmt.Errorf("cannot write a value of type %T", v)
}

func (e *sheet) number(b []byte, col int, digits func([]byte) []byte) []byte {
	b = append(b, "><v>"...)
	n := len(b)
	b = digits(b)
	e.look(col, len(b)-n)
	return append(b, "</v></c>"...)
}

// look notes how wide a cell is.
func (e *sheet) look(col, width int) {
	if e.w == nil {
		e.cols[col].width = max(e.cols[col].width, width)
	}
}

// time appends a time as a date. Windows come many rows at a time.
func (e *sheet) time(b []byte, col int, s string) (_ []byte, err error) {
	c := &e.cols[col]
	if c.time != s {
		if c.cell, err = e.date(c.cell[:0], col, s); err != nil {
			return b, err
		}
		c.time = s
	}
	return append(b, c.cell...), nil
}

func (e *sheet) date(b []byte, col int, s string) ([]byte, error) {
	if e.clock != nil && e.clock.format != "" {
		switch v := e.clock.show(s).(type) {
		case string:
			return e.text(b, 0, col, v)
		default:
			return e.value(b, col, v)
		}
	}
	at := parseTime(s)
	if e.clock != nil {
		_, offset := at.Std().In(e.clock.zone).Zone()
		at += value.Time(int64(offset) * value.Second)
	}
	serial, ok := serialOf(at)
	if !ok {
		if e.clock != nil {
			s = e.clock.show(s).(string)
		}
		return e.text(b, 0, col, s)
	}
	style := styleTime
	if len(s) > 19 {
		style = styleFraction
	}
	e.look(col, len(s))
	b = fmt.Appendf(b, ` s="%d"><v>`, style)
	return append(strconv.AppendFloat(b, serial, 'f', -1, 64), "</v></c>"...), nil
}

// text appends the rest of a cell of text.
func (e *sheet) text(b []byte, style, col int, s string) ([]byte, error) {
	if n := len(s); n > sheetCell {
		if n = unitsUTF16(s); n > sheetCell {
			name := e.cols[col].name
			return b, fmt.Errorf("%s in row %d has %d characters and a sheet's cell holds %d: write substr(%s, 1, %d), or use csv or parquet",
				appendVisible(nil, name), e.rows, n, sheetCell, appendVisible(nil, name), sheetCell)
		}
	}
	if e.w == nil {
		e.look(col, twwidth.Width(firstLine(s)))
	}
	if style > 0 {
		b = fmt.Appendf(b, ` s="%d"`, style)
	}
	b = append(b, ` t="inlineStr"><is><t`...)
	if s != "" && (s[0] <= ' ' || s[len(s)-1] <= ' ') {
		b = append(b, ` xml:space="preserve"`...)
	}
	return append(appendSheetText(append(b, '>'), s), "</t></is></c>"...), nil
}
