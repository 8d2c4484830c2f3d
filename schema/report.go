package schema

import (
	"strings"
	"time"

	"github.com/windrow/windrow/schema/schedule"
)

// ReportFormats is the table of formats that reports have.
var ReportFormats = []ReportFormat{
	{Name: "html", Endings: []string{".html", ".htm"}, Sections: true},
	{Name: "markdown", Endings: []string{".md", ".markdown"}, Sections: true},
	{Name: "text", Endings: []string{".txt"}, Sections: true},
	{Name: "csv", Endings: []string{".csv"}, Partitions: true},
	{Name: "tsv", Endings: []string{".tsv"}, Partitions: true},
	{Name: "json", Endings: []string{".json"}, Sections: true},
	{Name: "ndjson", Endings: []string{".ndjson", ".jsonl"}, Partitions: true},
	{Name: "xlsx", Endings: []string{".xlsx"}, Sections: true},
	{Name: "parquet", Endings: []string{".parquet"}, Partitions: true},
}

// ReportFormat is a format of reports.
type ReportFormat struct {
	Name       string
	Endings    []string // of file names, in lower case
	Sections   bool     // it takes several sections
	Partitions bool     // it can be written into a folder, a file for each partition
}

// Report is a checked CREATE REPORT.
type Report struct {
	Name     string
	Schedule *schedule.Schedule
	Missed   Missed
	Wait     bool          // WAIT FOR FINAL
	WaitUpTo time.Duration // 0 for as long as it takes
	Revise   bool
	Format   string // html, markdown, text, csv, tsv, json, ndjson, xlsx, parquet
	Targets  []Target
	Options  ReportOptions
	Sections []Section
	Text     string // the statement as written, variables not expanded
	File     string
	Pos      int
}

// Missed says what happens with slots for which no run was there.
type Missed string

const (
	MissedAll  Missed = "all"
	MissedLast Missed = "last" // only the last one
	MissedNone Missed = "none"
)

// Section is one result of a report.
type Section struct {
	Title string // "" for the only section without one
	SQL   string // one statement for SQLite; it may name :slot_start and :slot_end
	Pos   int    // byte offset of SQL in the definition file
}

// Alert is a checked CREATE ALERT.
type Alert struct {
	Name    string
	Every   *schedule.Schedule
	For     int // evaluations in a row that have the row; at least 1
	Targets []Target
	Options ReportOptions
	Section
	Text string
	File string
}

// ReportOptions are the checked WITH options of a report or an alert.
type ReportOptions struct {
	Title         string   // placeholders allowed; the name by default
	Subject       string   // of mails, placeholders allowed; "" for one that says what it is
	Attach        bool     // mail: as attachment only
	Secret        string   // of webhooks
	Key           []string // alerts: the columns by which a row is known; nil for all without numbers
	Delimiter     byte     // csv; 0 for ','
	NoHeader      bool
	Null          string
	Zone          *time.Location // times are shown in it; nil: people's formats in the schedule's zone, others in UTC
	TimeFormat    string
	GuardFormulas bool
	PartitionBy   string // "day" or a column
	Manifest      bool
	Timeout       time.Duration // of all statements of an issue together; 10 minutes by default
	ReviseFor     time.Duration // 24 hours by default
}

// Report returns the report of that name in any case, or nil.
func (p *Pipeline) Report(name string) *Report {
	for _, r := range p.Reports {
		if strings.EqualFold(r.Name, name) {
			return r
		}
	}
	return nil
}

// Alert returns the alert of that name in any case, or nil.
func (p *Pipeline) Alert(name string) *Alert {
	for _, a := range p.Alerts {
		if strings.EqualFold(a.Name, name) {
			return a
		}
	}
	return nil
}
