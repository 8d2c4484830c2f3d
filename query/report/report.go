// Package report writes reports as documents: a head that says what they
// cover, then sections, each the result of one statement. What is written
// depends on the head and the rows alone, never on the clock or the machine,
// so that the same report is the same bytes.
//
// Text from records is escaped in every format: it stays text, whatever it
// holds.
//
// In html, markdown and text, reals are for reading: each is rounded to 6
// significant digits, but not to fewer than 2 decimals nor up to the next whole
// number, and the zeros at its end are dropped but for one: 1234567.89,
// 31.0139, 0.9999996, 12.0. The reals of a column of a page share the decimals
// of the one that needs most, up to 6; the exact value is the title of the
// cell. Integers are exact everywhere. In the other formats all values are.
//
// A section of a page is: its figures, where it has one row of few columns; a
// line chart and a table, where it is a course over time; a bar chart and a
// table, where its rows are categories with different names; else a table. A
// long table below a line chart is folded.
package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/windrow/windrow/query/output"
)

// Head says what a report is about.
type Head struct {
	Name       string         // of the report
	Title      string         // Name if empty
	Slot       time.Time      // the point in time that the report is for
	Start, End time.Time      // what it covers: [Start, End); a zero Start is the beginning of time
	Zone       *time.Location // in which people read times; nil for UTC
	Revision   int            // 0 and 1 are the first
	Notes      []string       // what readers should know, such as what is not final; one sentence each
}

// Writer writes one report: Begin, then for each section Section and the
// encoder's Begin, Row for each row, End, then End. It is used by one
// goroutine and is not reused. Once a method has returned an error the
// document is worthless.
type Writer interface {
	Begin(h Head) error
	// Section begins the next section; the title is empty for an only section
	// without one. The encoder may be an output.Typed.
	Section(title string) (output.Encoder, error)
	// End writes what is left. It does not close what it writes to.
	End() error
}

// Format describes a format of reports.
type Format struct {
	Name      string
	Ending    string // of file names, with the dot
	MediaType string // as in a Content-Type
	Sections  bool   // takes several sections; the others take one
	Inline    bool   // fit for the body of a mail: text as it is, a page by MailBody
	Help      string // one line
	open      func(w io.Writer, o output.Options) Writer
}

// Formats is the table of formats, in the order that help shows.
var Formats = []Format{
	{"html", ".html", "text/html; charset=utf-8", true, true, "a page with tables and charts, for screen, print and mail", newPage},
	{"markdown", ".md", "text/markdown; charset=utf-8", true, true, "headings and tables in GitHub's Markdown", newMarkdown},
	{"text", ".txt", "text/plain; charset=utf-8", true, true, "aligned tables; long text is cut", newText},
	{"csv", ".csv", "text/csv; charset=utf-8", false, false, "the rows alone, as RFC 4180", newRows("csv")},
	{"tsv", ".tsv", "text/tab-separated-values; charset=utf-8", false, false, "the rows alone, with tabs", newRows("tsv")},
	{"json", ".json", "application/json", true, false, "one array of objects; with titled sections an object with the head and them", newJSON},
	{"ndjson", ".ndjson", "application/x-ndjson", false, false, "the rows alone, one JSON object a line", newRows("ndjson")},
	{"xlsx", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", true, false, "a workbook with one sheet a section", newWorkbook},
	{"parquet", ".parquet", "application/vnd.apache.parquet", false, false, "the rows alone, with typed columns", newRows("parquet")},
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

// Names returns the names of all formats.
func Names() []string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = f.Name
	}
	return names
}

// New returns a writer of the named format. Options are those of the rows.
// Where o.Zone is nil, formats for people (html, markdown, text, xlsx) show
// times in the head's zone, the others as the store writes them, in UTC. Title
// is the head's business and is ignored.
func New(format string, w io.Writer, o output.Options) (Writer, error) {
	f := Find(format)
	if f == nil {
		return nil, fmt.Errorf("no report format is called %q; there are %s", format, strings.Join(Names(), ", "))
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	return f.open(w, o), nil
}

// title returns what stands at the top.
func (h Head) title() string {
	if h.Title == "" {
		return h.Name
	}
	return h.Title
}

func (h Head) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// forPeople completes options with the head's zone.
func (h Head) forPeople(o output.Options) output.Options {
	if o.Zone == nil {
		o.Zone = h.zone()
	}
	return o
}
