package output

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"github.com/windrow/windrow/schema/value"
)

// openSheet reads a workbook.
func openSheet(t failer, file string) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// rawCell is what stands in a cell, without its number format.
func rawCell(t failer, f *excelize.File, sheet string, col, row int) (string, excelize.CellType) {
	t.Helper()
	name, _ := excelize.CoordinatesToCellName(col+1, row+1)
	s, err := f.GetCellValue(sheet, name, excelize.Options{RawCellValue: true})
	if err != nil {
		t.Fatal(err)
	}
	kind, err := f.GetCellType(sheet, name)
	if err != nil {
		t.Fatal(err)
	}
	return s, kind
}

// checkCell holds a cell against the value that it was made of.
func checkCell(t *testing.T, f *excelize.File, col, row int, v any) {
	t.Helper()
	got, kind := rawCell(t, f, f.GetSheetName(0), col, row)
	text := kind == excelize.CellTypeInlineString
	switch v := v.(type) {
	case nil:
		if got != "" || text {
			t.Errorf("NULL is %q", got)
		}
	case int64:
		if got != strconv.FormatInt(v, 10) || text != (v > 1<<53 || v < -1<<53) {
			t.Errorf("%d is %q, text %v", v, got, text)
		}
	case float64:
		back, err := strconv.ParseFloat(got, 64)
		if err != nil || math.Float64bits(back) != math.Float64bits(v) {
			t.Errorf("%v is %q, %v", v, got, err)
		}
		if a := math.Abs(v); text != (a > 9.99999999999999e307 || a > 0 && a < 2.3e-308) {
			t.Errorf("%v is text: %v", v, text)
		}
	case []byte:
		if got != fmt.Sprintf("%x", v) || !text {
			t.Errorf("%x is %q", v, got)
		}
	case string:
		at, ok := value.ParseTime(v, nil)
		// Dates begin in March 1900, and this one would be rounded into the year 10000.
		if !ok || !IsTime(v) || at < -2203891200*value.Time(value.Second) || at == value.MaxTime {
			if got != v || !text {
				t.Errorf("%q is %q, text %v", v, got, text)
			}
			return
		}
		if serial, err := strconv.ParseFloat(got, 64); err != nil || text || fromSerial(serial) != at {
			t.Errorf("%s is %q, which is %s", v, got, fromSerial(serial).Format(-1))
		}
	}
}

// fromSerial reads a spreadsheet's date, to the microsecond.
func fromSerial(serial float64) value.Time {
	day, part := math.Modf(serial)
	return value.Time(int64(day)-25569)*value.Time(value.Day) + value.Time(math.Round(part*float64(value.Day)))
}

func TestXLSX(t *testing.T) {
	rows := append([][]any{}, nasty...)
	f := openSheet(t, encode(t, Find("xlsx"), nastyCols, rows))
	defer f.Close()
	for i, c := range nastyCols {
		if got, _ := rawCell(t, f, "Sheet1", i, 0); got != c.Name {
			t.Errorf("column %d is %q", i, got)
		}
	}
	for r, row := range rows {
		for c, v := range row {
			checkCell(t, f, c, r+1, v)
		}
	}
}

// What spreadsheets show: a bold head that stays, dates as dates, widths.
func TestXLSXLooks(t *testing.T) {
	cols, rows := []Column{{"at"}, {"n"}, {"text"}, {"long"}}, [][]any{
		{"2026-03-01 12:00:00", int64(12), "=1+1", strings.Repeat("x", 200)}, {"2026-03-01 12:00:00.25", 0.5, " a\nb ", nil},
	}
	f := openSheet(t, encodeWith(t, Find("xlsx"), Options{Title: "Hosts: a/b", Zone: zone(t, "Europe/Berlin")}, cols, rows))
	defer f.Close()
	if got := f.GetSheetList(); len(got) != 1 || got[0] != "Hosts  a b" {
		t.Errorf("sheets are %q", got)
	}
	sheet := f.GetSheetName(0)
	for cell, want := range map[string]string{"A2": "2026-03-01 13:00:00", "B2": "12", "B3": "0.5", "C2": "=1+1", "C3": " a\nb "} {
		if got, err := f.GetCellValue(sheet, cell); got != want || err != nil {
			t.Errorf("%s shows %q, want %q (%v)", cell, got, want, err)
		}
	}
	if formula, _ := f.GetCellFormula(sheet, "C2"); formula != "" {
		t.Errorf("text became the formula %q", formula)
	}
	id, _ := f.GetCellStyle(sheet, "A3")
	if style, err := f.GetStyle(id); err != nil || style.CustomNumFmt == nil || *style.CustomNumFmt != "yyyy-mm-dd hh:mm:ss.000" {
		t.Errorf("the style of a fraction is %+v, %v", style, err)
	}
	panes, err := f.GetPanes(sheet)
	if err != nil || !panes.Freeze || panes.YSplit != 1 || panes.TopLeftCell != "A2" {
		t.Errorf("panes are %+v, %v", panes, err)
	}
	id, _ = f.GetCellStyle(sheet, "A1")
	if style, err := f.GetStyle(id); err != nil || style.Font == nil || !style.Font.Bold {
		t.Errorf("the head's style is %+v, %v", style, err)
	}
	for col, want := range map[string]float64{"A": 24, "B": sheetNarrow + 2, "D": sheetWide + 2} {
		if got, err := f.GetColWidth(sheet, col); got != want || err != nil {
			t.Errorf("column %s is %v wide, want %v (%v)", col, got, want, err)
		}
	}
}

func TestXLSXTimes(t *testing.T) {
	for _, c := range []struct {
		o    Options
		in   string
		want string
		kind excelize.CellType
	}{
		{Options{TimeFormat: "iso", Zone: zone(t, "Europe/Berlin")}, "2026-03-01 12:00:00", "2026-03-01T13:00:00+01:00", excelize.CellTypeInlineString},
		{Options{TimeFormat: "epoch_s"}, "2026-03-01 12:00:00", "1772366400", excelize.CellTypeUnset},
		{Options{}, "1900-03-01 00:00:00", "61", excelize.CellTypeUnset},
		{Options{}, "1900-02-28 23:59:59", "1900-02-28 23:59:59", excelize.CellTypeInlineString},
		{Options{Zone: zone(t, "Asia/Tokyo")}, "9999-12-31 23:59:59", "10000-01-01 08:59:59", excelize.CellTypeInlineString},
	} {
		f := openSheet(t, encodeWith(t, Find("xlsx"), c.o, []Column{{"at"}}, [][]any{{c.in}, {c.in}}))
		for row := range 2 {
			if got, kind := rawCell(t, f, "Sheet1", 0, row+1); got != c.want || kind != c.kind {
				t.Errorf("%+v: %s is %q, %v, want %q", c.o, c.in, got, kind, c.want)
			}
		}
		f.Close()
	}
}

func TestWorkbookOfSheets(t *testing.T) {
	var out bytes.Buffer
	b := NewWorkbook(&out, Options{})
	titles := []string{"", "Hosts", "hosts", "'a'", strings.Repeat("é", 40), strings.Repeat("é", 40), strings.Repeat("👩", 20), "history", "[x]*?", "tab\tnew\nline"}
	for i, title := range titles {
		e := b.Sheet(title)
		if err := e.Begin([]Column{{"n"}}); err != nil {
			t.Fatal(err)
		}
		for range i {
			if err := e.Row([]any{int64(i)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.End(); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.End(); err != nil {
		t.Fatal(err)
	}
	f := openSheet(t, out.String())
	defer f.Close()
	want := []string{"Sheet1", "Hosts", "hosts (2)", "a", strings.Repeat("é", 31), strings.Repeat("é", 27) + " (2)", strings.Repeat("👩", 15), "history_", "x", "tab new line"}
	got := f.GetSheetList()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("sheets are %q\nwant %q", got, want)
	}
	for i, name := range got {
		rows, err := f.GetRows(name)
		if err != nil || len(rows) != i+1 || i > 0 && rows[i][0] != fmt.Sprint(i) {
			t.Errorf("sheet %q has the rows %q, %v", name, rows, err)
		}
	}
}

func TestWorkbookInOrder(t *testing.T) {
	b := NewWorkbook(io.Discard, Options{})
	first, second := b.Sheet("a"), b.Sheet("b")
	if err := first.Begin(nil); err != nil {
		t.Fatal(err)
	}
	if err := second.Begin(nil); err == nil {
		t.Error("two sheets are open")
	}
	if err := b.End(); err == nil {
		t.Error("a workbook ends before its sheet")
	}
	var out bytes.Buffer
	if err := NewWorkbook(&out, Options{}).End(); err != nil {
		t.Fatal(err)
	}
	f := openSheet(t, out.String())
	defer f.Close()
	if n := len(f.GetSheetList()); n != 1 {
		t.Errorf("an empty workbook has %d sheets", n)
	}
	if err := NewWorkbook(io.Discard, Options{TimeFormat: "x"}).Sheet("a").Begin(nil); err == nil {
		t.Error("a mistake in the options is not told")
	}
}

func TestXLSXLimits(t *testing.T) {
	cols := []Column{{"id"}, {"note"}}
	e := Find("xlsx").New(io.Discard, Options{})
	if err := e.Begin(cols); err != nil {
		t.Fatal(err)
	}
	if err := e.Row([]any{int64(1), strings.Repeat("é", sheetCell)}); err != nil {
		t.Errorf("a cell as long as may be: %v", err)
	}
	want := "note in row 3 has 32768 characters and a sheet's cell holds 32767: write substr(note, 1, 32767), or use csv or parquet"
	if err := e.Row([]any{int64(1), strings.Repeat("👩", sheetCell/2+1)}); err == nil || err.Error() != want {
		t.Errorf("a long cell: %v", err)
	}
	e = Find("xlsx").New(io.Discard, Options{})
	if err := e.Begin(make([]Column, sheetColumns+1)); err == nil || !strings.Contains(err.Error(), "a sheet holds 16384 columns and the result has 16385") {
		t.Errorf("many columns: %v", err)
	}
	e = Find("xlsx").New(io.Discard, Options{})
	if err := e.Begin(cols); err != nil {
		t.Fatal(err)
	}
	row := []any{int64(1), "x"}
	for i := range sheetRows - 1 {
		if err := e.Row(row); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
	want = "a sheet holds 1048576 rows with its header and the result has more: use csv or parquet, or give a part of it with LIMIT or WHERE"
	if err := e.Row(row); err == nil || err.Error() != want {
		t.Errorf("many rows: %v", err)
	}
	e.(*xlsx).Encoder.(*sheet).written = sheetBytes
	if err := e.End(); err == nil || !strings.Contains(err.Error(), "more than 4 GiB") {
		t.Errorf("a large sheet: %v", err)
	}
}

// The parts of the file are what the container says, each once.
func TestXLSXParts(t *testing.T) {
	file := encode(t, Find("xlsx"), sampleCols, sample)
	z, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, f := range z.File {
		seen[f.Name]++
	}
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml", "xl/worksheets/sheet1.xml"} {
		if seen[name] != 1 {
			t.Errorf("%s is there %d times", name, seen[name])
		}
	}
}

func FuzzSheetText(f *testing.F) {
	for _, row := range append(append([][]any{}, sample...), nasty...) {
		for _, v := range row {
			if s, ok := v.(string); ok && len(s) < 1000 {
				f.Add(s)
			}
		}
	}
	f.Add("_x005F_x0041_")
	f.Add("_x0041_x0042_")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > sheetCell || IsTime(s) {
			return
		}
		book := openSheet(t, encode(t, Find("xlsx"), []Column{{"a"}}, [][]any{{s}}))
		defer book.Close()
		got, _ := rawCell(t, book, "Sheet1", 0, 1)
		if want := string([]rune(s)); got != want {
			t.Errorf("%q is %q", want, got)
		}
	})
}
