package main

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/windrow/windrow/query/export"
	"github.com/windrow/windrow/query/output"
)

// cellFlags say how values are written.
type cellFlags struct {
	Delimiter     string `placeholder:"CHAR" help:"csv: what stands between the fields, like ';', '|' or tab (',')."`
	NoHeader      bool   `help:"csv, tsv: no line with the names of the columns."`
	Null          string `placeholder:"TEXT" help:"csv, tsv: how NULL is written (an empty field)."`
	TimeZone      string `placeholder:"ZONE" help:"Write times in this zone, like Europe/Berlin (UTC)."`
	TimeFormat    string `placeholder:"FORMAT" help:"Write times as iso, epoch_s, epoch_ms, or by a pattern like '%d.%m.%Y %H:%M'."`
	GuardFormulas bool   `help:"csv, tsv: put ' before text that a spreadsheet would take for a formula."`
}

// cells checks the flags, and that they mean something to the format.
func (c cellFlags) cells(f *output.Format) (output.Options, error) {
	o := output.Options{NoHeader: c.NoHeader, Null: c.Null, TimeFormat: c.TimeFormat, GuardFormulas: c.GuardFormulas}
	for _, flag := range []struct {
		name    string
		set     bool
		formats []string
	}{
		{"--delimiter", c.Delimiter != "", []string{"csv"}},
		{"--no-header", c.NoHeader, []string{"csv", "tsv"}},
		{"--null", c.Null != "", []string{"csv", "tsv"}},
		{"--guard-formulas", c.GuardFormulas, []string{"csv", "tsv"}},
	} {
		if flag.set && !slices.Contains(flag.formats, f.Name) {
			return o, wrongUsage("%s goes with %s, not with %s", flag.name, strings.Join(flag.formats, " and "), f.Name)
		}
	}
	switch d := c.Delimiter; {
	case d == "tab" || d == `\t`:
		o.Delimiter = '\t'
	case len(d) == 1:
		o.Delimiter = d[0]
	case d != "":
		return o, wrongUsage("--delimiter %q is more than one character: take ',' ';' '|' or tab", d)
	}
	if c.TimeZone != "" {
		zone, err := time.LoadLocation(c.TimeZone)
		if err != nil || c.TimeZone == "Local" {
			return o, wrongUsage("--time-zone: there is no zone %q; zones are like Europe/Berlin or UTC", c.TimeZone)
		}
		o.Zone = zone
	}
	if err := o.Check(); err != nil {
		return o, wrongUsage("%v", err)
	}
	return o, nil
}

// check finds flags that do not go together, and the format.
func (c *exportCmd) check(s *streams) (*output.Format, error) {
	switch {
	case c.Timeout < 0:
		return nil, wrongUsage("--timeout cannot be negative")
	case c.PartitionBy != "" && c.toStdout():
		return nil, wrongUsage("--partition-by makes a folder of files: name it with -o")
	case c.Manifest && c.toStdout():
		return nil, wrongUsage("--manifest stands beside a file: name it with -o")
	case c.Follow && c.PartitionBy != "":
		return nil, wrongUsage("--follow goes on in one file: leave out --partition-by")
	case c.Follow && c.Manifest:
		return nil, wrongUsage("--follow keeps FILE.cursor instead of a manifest: leave out --manifest")
	case c.Follow && (c.Timeout > 0 || len(c.Param) > 0):
		return nil, wrongUsage("--timeout and --param do not go with --follow; it ends with Ctrl-C, or when --until is reached")
	}
	f, err := c.formatOf(s)
	if err != nil {
		return nil, err
	}
	if c.Follow && !slices.Contains(export.FollowFormats, f.Name) {
		return nil, wrongUsage("--follow appends to a file, which %s cannot: take --format %s", f.Name, strings.Join(export.FollowFormats, ", "))
	}
	return f, nil
}

// formatOf is the format that was asked for. A folder and a growing file need not
// say it: they are csv.
func (c *exportCmd) formatOf(s *streams) (*output.Format, error) {
	o := c.outputFlags
	if c.PartitionBy != "" {
		o.Output = filepath.Clean(o.Output)
	}
	guess := !o.toStdout() && output.ForPath(o.Output) == nil && c.PartitionBy != "" || o.toStdout() && c.Follow
	if guess && o.Format == "" && !o.CSV && !o.JSON && !o.NDJSON && !o.Markdown {
		return output.Find("csv"), nil
	}
	return o.format(s.outTerminal())
}
