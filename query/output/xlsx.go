package output

import (
	"io"

	"github.com/xuri/excelize/v2"
)

const (
	sheetLook    = 100 // rows that are looked at to size the columns
	sheetNarrow  = 8   // least and greatest width of a column, in digits
	sheetWide    = 60
	sheetRows    = excelize.TotalRows
	sheetColumns = excelize.MaxColumns
	sheetCell    = excelize.TotalCellChars
	sheetBytes   = 4<<30 - 64<<20 // Excel refuses larger ones as Go's zip writes them
	sheetInteger = 1 << 53        // greater ones are not exact in a spreadsheet
	sheetReal    = 9.99999999999999e307
	sheetSmall   = 2.2250738585072014e-308 // less is 0 there
)

func newXLSX(w io.Writer, o Options) Encoder {
	b := NewWorkbook(w, o)
	return &xlsx{b, b.Sheet(o.Title)}
}

// xlsx is a workbook of one sheet.
type xlsx struct {
	book *Workbook
	Encoder
}

var _ Encoder = (*xlsx)(nil)

func (e *xlsx) End() error {
	if err := e.Encoder.End(); err != nil {
		return err
	}
	return e.book.End()
}
