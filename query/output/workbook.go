package output

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf16"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"
)

// Workbook writes an xlsx file: sheets one after the other, then End. The rows
// go straight into the file: nothing is kept but one buffer, and there are no
// temporary files. A workbook that is given up needs no End.
type Workbook struct {
	zip    *zip.Writer
	o      Options
	err    error    // a mistake in the options
	titles []string // of the sheets
	open   bool     // a sheet has begun and not ended
}

// NewWorkbook makes a workbook that writes to w. Of the options, those of
// times count.
func NewWorkbook(w io.Writer, o Options) *Workbook {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.DefaultCompression) })
	return &Workbook{zip: z, o: o, err: o.Check()}
}

// Sheet adds a sheet. The encoder of the sheet before must have ended. Titles
// are changed where Excel takes others only: too long, used already, with one
// of : \ / ? * [ ].
func (b *Workbook) Sheet(title string) Encoder {
	if b.err != nil {
		return mistaken{b.err}
	}
	b.titles = append(b.titles, b.sheetTitle(title))
	return &sheet{book: b, path: sheetPath(len(b.titles)), clock: clockOf(b.o)}
}

func sheetPath(n int) string { return fmt.Sprintf("xl/worksheets/sheet%d.xml", n) }

// The styles of cells, in the order in which addStyles makes them.
const (
	styleHead = iota + 1
	styleTime
	styleFraction
)

func addStyles(f *excelize.File) error {
	whole, parts := "yyyy-mm-dd hh:mm:ss", "yyyy-mm-dd hh:mm:ss.000"
	for i, s := range []excelize.Style{{Font: &excelize.Font{Bold: true}}, {CustomNumFmt: &whole}, {CustomNumFmt: &parts}} {
		if id, err := f.NewStyle(&s); err != nil || id != i+1 {
			return fmt.Errorf("BUG: style %d has the number %d: %v", i+1, id, err)
		}
	}
	return nil
}

// End writes what makes the sheets a workbook. It does not close the writer.
func (b *Workbook) End() error {
	switch {
	case b.err != nil:
		return b.err
	case b.open:
		return errors.New("BUG: the last sheet of the workbook has not ended")
	case len(b.titles) == 0: // Excel wants one
		s := b.Sheet("")
		if err := errors.Join(s.Begin(nil), s.End()); err != nil {
			return err
		}
	}
	f := excelize.NewFile()
	defer f.Close()
	if err := addStyles(f); err != nil {
		return err
	}
	for i, t := range b.titles {
		if err := addSheet(f, i, t); err != nil {
			return err
		}
	}
	// excelize collects the parts and writes them here; our sheets are there already.
	f.SetZipWriter(func(io.Writer) excelize.ZipWriter { return parts{b.zip, len(b.titles)} })
	return f.Write(io.Discard)
}

func addSheet(f *excelize.File, i int, title string) error {
	if i == 0 {
		return f.SetSheetName(f.GetSheetName(0), title)
	}
	_, err := f.NewSheet(title)
	return err
}

// parts takes the parts of a workbook but for its sheets.
type parts struct {
	*zip.Writer
	sheets int
}

var _ excelize.ZipWriter = parts{}

func (p parts) Create(name string) (io.Writer, error) {
	for n := 1; n <= p.sheets; n++ {
		if name == sheetPath(n) {
			return io.Discard, nil
		}
	}
	return p.Writer.Create(name)
}

func (parts) AddFS(fs.FS) error { return errors.New("BUG: a workbook has no files") }

// sheetTitle makes a title that Excel takes and no other sheet has.
func (b *Workbook) sheetTitle(title string) string {
	title = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]`, r) || hidden(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(title, "\ufffd"))
	title = strings.Trim(title, " '")
	if title == "" {
		title = fmt.Sprintf("Sheet%d", len(b.titles)+1)
	}
	if strings.EqualFold(title, "History") { // Excel keeps it for itself
		title += "_"
	}
	name := cutUTF16(title, excelize.MaxSheetNameLength)
	for n := 2; b.taken(name); n++ {
		tail := fmt.Sprintf(" (%d)", n)
		name = cutUTF16(title, excelize.MaxSheetNameLength-len(tail)) + tail
	}
	return name
}

func (b *Workbook) taken(name string) bool {
	for _, t := range b.titles {
		if strings.EqualFold(t, name) {
			return true
		}
	}
	return false
}

// cutUTF16 shortens s to at most n units of UTF-16.
func cutUTF16(s string, n int) string {
	for i, r := range s {
		if n -= utf16.RuneLen(r); n < 0 {
			return strings.TrimRight(s[:i], " '")
		}
	}
	return s
}
