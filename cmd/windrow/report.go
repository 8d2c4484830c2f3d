package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/scheduler"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
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

// reports reads the definitions and returns those of reports and alerts.
func (f *definedFiles) reports(command string) (scheduler.Definitions, error) {
	defs, err := readDefinitions(f.Files)
	if err != nil {
		if u := (usageError{}); errors.As(err, &u) {
			u.help = command
			return scheduler.Definitions{}, u
		}
		return scheduler.Definitions{}, err
	}
	return issuedBy(defs.pipeline), nil
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
	var problems schema.Problems
	check := func(file string, s schema.Section) error {
		err := query.Check(ctx, db, query.Query{SQL: s.SQL, Name: file, Text: defs.text(file), Offset: s.Pos, Offered: slotParams})
		var mistake *query.Error
		if errors.As(err, &mistake) {
			problems = append(problems, mistake.Problem)
			return nil
		}
		return err
	}
	for _, r := range p.Reports {
		for _, s := range r.Sections {
			if err := check(r.File, s); err != nil {
				return fmt.Errorf("report %s: %w", r.Name, err)
			}
		}
	}
	for _, a := range p.Alerts {
		if err := check(a.File, a.Section); err != nil {
			return fmt.Errorf("alert %s: %w", a.Name, err)
		}
	}
	if len(problems) > 0 {
		return &problemsError{problems, problems.Format()}
	}
	return nil
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
