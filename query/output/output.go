// Package output writes the rows of a result in the formats that the command
// line offers. Each format is one file and one row of Formats. Rows are
// streamed: no encoder keeps more than one buffer, except the table, which
// looks at the first 1,000 rows to size its columns, xlsx, which looks at 100,
// and parquet, which keeps a row group.
//
// Values are those of SQLite: nil, int64, float64, string and []byte. How they
// look, where a format does not say otherwise: integers in decimals; reals in
// the shortest form that reads back to the same bits and always looks like a
// real (1.0, 12.5, 1e+300, Inf); blobs as lower-case hex digits. Text that is
// a time of the store (IsTime) can be shown in another zone and form.
package output

import (
	"io"
	"strconv"
	"strings"
)

// Column is a column of a result.
type Column struct{ Name string }

// Encoder writes one result: Begin, Row for each row, End. It is used by one
// goroutine and is not reused. Once a method has returned an error the output
// is worthless.
type Encoder interface {
	// Begin is called once, before the first row. It keeps cols.
	Begin(cols []Column) error
	// Row writes one row, one value a column. It does not keep vals, nor the
	// bytes of a []byte; text it may keep.
	Row(vals []any) error
	// End writes what is left. It does not close the writer.
	End() error
}

// Format describes an output format.
type Format struct {
	Name    string
	Endings []string // of file names, with the dot; none where a file is not meant
	Help    string   // one line
	Binary  bool     // no text: nothing for a terminal
	// New makes an encoder that writes to w. Mistakes in o come from its Begin.
	New func(w io.Writer, o Options) Encoder
}

// Formats is the table of formats, in the order that help shows.
var Formats = []Format{
	{"table", []string{".txt"}, "aligned columns for reading; NULL is shown, long text is cut", false, made(newTable)},
	{"csv", []string{".csv"}, "RFC 4180 with a header; NULL is an empty field, empty text is \"\"", false, made(newCSV)},
	{"tsv", []string{".tsv", ".tab"}, "as csv, with tabs between the fields", false, made(newTSV)},
	{"json", []string{".json"}, "one array of objects; blobs are hex text, infinities null", false, made(newJSON)},
	{"ndjson", []string{".ndjson", ".jsonl"}, "one JSON object a line", false, made(newNDJSON)},
	{"markdown", []string{".md", ".markdown"}, "a table in GitHub's Markdown", false, made(newMarkdown)},
	{"html", []string{".html", ".htm"}, "a page with one table", false, made(newHTML)},
	{"xlsx", []string{".xlsx"}, "a workbook with one sheet; integers beyond 2^53 are text", true, checked(newXLSX)},
	{"parquet", []string{".parquet"}, "a Parquet file; the rows are read twice, to find the types first", true, checked(newParquet)},
	{"line", nil, "one value a line, records apart by an empty line", false, made(newLine)},
}

// Find returns the format of that name, or nil.
func Find(name string) *Format {
	for i := range Formats {
		if Formats[i].Name == name {
			return &Formats[i]
		}
	}
	return nil
}

// ForPath returns the format that a file name's ending asks for, looking
// through .gz and .zst, or nil.
func ForPath(path string) *Format {
	base, _ := splitCompression(strings.ToLower(path))
	for i := range Formats {
		for _, e := range Formats[i].Endings {
			if strings.HasSuffix(base, e) {
				return &Formats[i]
			}
		}
	}
	return nil
}

// Names returns the names of all formats.
func Names() []string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = f.Name
	}
	return names
}

// Endings returns the endings that ForPath knows.
func Endings() []string {
	var all []string
	for _, f := range Formats {
		all = append(all, f.Endings...)
	}
	return all
}

// uniqueNames returns the names of columns for formats in which they must
// differ. A name that came before gets _2, _3 and so on.
func uniqueNames(cols []Column) []string {
	taken := map[string]bool{}
	for _, c := range cols {
		taken[c.Name] = true
	}
	seen := map[string]bool{}
	names := make([]string, len(cols))
	for i, c := range cols {
		name := c.Name
		for n := 2; seen[name]; n++ {
			if try := c.Name + "_" + strconv.Itoa(n); !taken[try] {
				name = try
			}
		}
		seen[name], taken[name] = true, true
		names[i] = name
	}
	return names
}
