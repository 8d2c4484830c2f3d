package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/scheduler"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/syntax"
)

type reportCmd struct {
	List    reportListCmd    `cmd:"" help:"Say when the reports are due next, and how they are."`
	Run     reportRunCmd     `cmd:"" help:"Make a report now."`
	History reportHistoryCmd `cmd:"" help:"Say what was sent where, and what has failed."`
}

type alertCmd struct {
	List    alertListCmd    `cmd:"" help:"Say which alerts there are, and what fires."`
	Run     alertRunCmd     `cmd:"" help:"Evaluate an alert now."`
	History alertHistoryCmd `cmd:"" help:"Say what has fired, and where that was sent."`
}

// definedFiles are the definition files of a command.
type definedFiles struct {
	Files []string `arg:"" optional:"" name:"file" help:"Definition files, or folders of *.sql files (./windrow.sql)."`
}

// reports reads the definitions and returns those of reports and alerts, to
// send something or only to look at them.
func (f *definedFiles) reports(command, storePath string, send bool) (scheduler.Definitions, error) {
	read := readToLook
	if send {
		read = readDefinitions
	}
	defs, err := read(f.Files)
	if err != nil {
		if u := (usageError{}); errors.As(err, &u) {
			u.help = command
			return scheduler.Definitions{}, u
		}
		return scheduler.Definitions{}, err
	}
	return issuedBy(defs.pipeline), checkPlaces(storePath, defs)
}

// issuedBy returns what of a pipeline the scheduler does.
func issuedBy(p *schema.Pipeline) scheduler.Definitions {
	return scheduler.Definitions{Reports: p.Reports, Alerts: p.Alerts, Settings: p.Settings}
}

// checkIssued lets SQLite say whether the statements of reports and alerts are
// right, in a store that has the rollups. All mistakes are told at once.
func checkIssued(ctx context.Context, path string, defs *definitions) error {
	p := defs.pipeline
	if len(p.Reports)+len(p.Alerts) == 0 {
		return nil
	}
	db, err := store.OpenReader(path, store.ReaderOptions{})
	if err != nil {
		return err
	}
	defer db.Close()
	c := issuedCheck{ctx, db, defs, nil}
	for _, r := range p.Reports {
		for _, sec := range r.Sections {
			if err := c.section(r.File, sec, "partition_by", partitionColumn(r.Options)); err != nil {
				return fmt.Errorf("report %s: %w", r.Name, err)
			}
		}
	}
	var rollups []string
	for _, r := range p.Rollups {
		rollups = append(rollups, r.Name)
	}
	for _, a := range p.Alerts {
		if err := c.add(scheduler.CheckAlert(a, defs.text(a.File), rollups)); err != nil {
			return fmt.Errorf("alert %s: %w", a.Name, err)
		}
		if err := c.section(a.File, a.Section, "key", a.Options.Key); err != nil {
			return fmt.Errorf("alert %s: %w", a.Name, err)
		}
	}
	if len(c.problems) > 0 {
		return &problemsError{c.problems, c.problems.Format()}
	}
	return nil
}

// partitionColumn is the column by which a report is partitioned, if it is one.
func partitionColumn(o schema.ReportOptions) []string {
	switch {
	case o.PartitionBy == "":
		return nil
	case strings.EqualFold(o.PartitionBy, "day"):
		return []string{"window_start"}
	}
	return []string{o.PartitionBy}
}

// issuedCheck collects the mistakes in statements of reports and alerts.
type issuedCheck struct {
	ctx      context.Context
	db       *sqlx.DB
	defs     *definitions
	problems schema.Problems
}

// section checks a statement, and that it has the columns that an option needs.
func (c *issuedCheck) section(file string, s schema.Section, option string, needs []string) error {
	text := c.defs.text(file)
	q := query.Query{SQL: s.SQL, Name: file, Text: text, Offset: s.Pos, Offered: slotParams, Timeout: time.Minute}
	err := query.Check(c.ctx, c.db, q)
	var columns []string
	if err == nil && len(needs) > 0 {
		columns, err = query.Columns(c.ctx, c.db, q)
	}
	if err != nil {
		return c.add(err)
	}
	for _, n := range needs {
		if slices.ContainsFunc(columns, func(have string) bool { return strings.EqualFold(have, n) }) {
			continue
		}
		hint := "its columns are " + strings.Join(columns, ", ")
		if near := syntax.Nearest(n, columns); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		c.problems = append(c.problems, schema.NewProblem(file, text, s.Pos, s.Pos+len(strings.Fields(s.SQL)[0]),
			fmt.Sprintf("%s needs the column %s, which this statement does not give", option, n), hint))
	}
	return nil
}

// add collects a mistake, and returns other errors.
func (c *issuedCheck) add(err error) error {
	var mistake *query.Error
	if errors.As(err, &mistake) {
		c.problems = append(c.problems, c.ofStream(mistake.Problem))
		return nil
	}
	return err
}

// ofStream gives who asks a stream a better hint.
func (c *issuedCheck) ofStream(p schema.Problem) schema.Problem {
	for _, s := range c.defs.pipeline.Streams {
		if strings.EqualFold(p.Message, "no such table: "+s.Name) {
			p.Hint = s.Name + " is a stream, which keeps nothing: read a rollup of it"
		}
	}
	return p
}

// slotParams are the parameters that a statement of a report may have.
var slotParams = map[string]string{"slot_start": "2026-03-01 08:00:00", "slot_end": "2026-03-02 08:00:00"}

// text returns the text of a definition file.
func (d *definitions) text(file string) string {
	for _, s := range d.sources {
		if s.Name == file {
			return s.Text
		}
	}
	return ""
}

// slotTime shows a slot in the zone of its schedule.
func slotTime(t time.Time, zone *time.Location) string {
	switch {
	case t.IsZero():
		return "-"
	case zone == nil || zone == time.UTC:
		return t.UTC().Format("2006-01-02 15:04:05Z")
	}
	return t.In(zone).Format("2006-01-02 15:04:05-07:00")
}
