package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/schedule"
	"github.com/windrow/windrow/schema/store"
)

// listFlags are those of report list and alert list.
type listFlags struct {
	definedFiles
	Slots int `default:"1" placeholder:"N" help:"Show the next N slots (${default})."`
}

type reportListCmd struct{ listFlags }

// Help implements kong.HelpProvider.
func (reportListCmd) Help() string {
	return `The next slots are computed from the definitions; what was done is in the store, if there is one.

Examples:

	windrow report list
	windrow report list pipelines/ --slots 5`
}

type alertListCmd struct{ listFlags }

// Help implements kong.HelpProvider.
func (alertListCmd) Help() string {
	return `Rows that fire are in the store, if there is one.

Examples:

	windrow alert list
	windrow query "SELECT alert, key, since FROM windrow_alerts WHERE state = 'firing'"`
}

func (c *reportListCmd) Run(ctx context.Context, s *streams, g *globals) error {
	d, err := c.reports("windrow report list", g.Store, false)
	if err != nil {
		return err
	}
	var listed []due
	for _, r := range d.Reports {
		listed = append(listed, due{r.Name, r.Schedule, r.Targets})
	}
	return c.write(ctx, s, g, "report", listed)
}

func (c *alertListCmd) Run(ctx context.Context, s *streams, g *globals) error {
	d, err := c.reports("windrow alert list", g.Store, false)
	if err != nil {
		return err
	}
	var listed []due
	for _, a := range d.Alerts {
		listed = append(listed, due{a.Name, a.Every, a.Targets})
	}
	return c.write(ctx, s, g, "alert", listed)
}

// due is something with a schedule.
type due struct {
	name     string
	schedule *schedule.Schedule
	targets  []schema.Target
}

func (c *listFlags) write(ctx context.Context, s *streams, g *globals, kind string, listed []due) error {
	if c.Slots < 1 {
		return wrongUsage("--slots is 1 or more")
	}
	if len(listed) == 0 {
		_, err := fmt.Fprintf(s.out, "the definitions have no CREATE %s\n", strings.ToUpper(kind))
		return err
	}
	known, err := issuedStates(ctx, g.Store, kind == "alert")
	if err != nil {
		return err
	}
	lines := columns{{kind, "schedule", "next", "last", "state"}}
	for _, d := range listed {
		st, zone := known[strings.ToLower(d.name)], d.schedule.Zone()
		lines = append(lines, []string{d.name, d.schedule.String(), slotTime(d.schedule.Next(time.Now()), zone), slotTime(st.Last, zone), issuedState(st, zone)})
	}
	lines.write(s.out, "")
	if c.Slots == 1 {
		return nil
	}
	for _, d := range listed {
		fmt.Fprintf(s.out, "\n%s is due at\n", d.name)
		at := time.Now()
		for range c.Slots {
			if at = d.schedule.Next(at); at.IsZero() {
				break
			}
			start, _ := d.schedule.Cover(at)
			fmt.Fprintf(s.out, "  %s, covering what is since %s\n", slotTime(at, d.schedule.Zone()), slotTime(start, d.schedule.Zone()))
		}
	}
	return nil
}

// issuedStates returns what the store says of reports or alerts, by name in
// lower case; nothing if there is no store, or one from before there were any.
func issuedStates(ctx context.Context, path string, alerts bool) (map[string]store.ReportStatus, error) {
	known := map[string]store.ReportStatus{}
	db, err := store.OpenReader(path, store.ReaderOptions{})
	if errors.Is(err, store.ErrMissing) {
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	defer db.Close()
	status, err := store.ReadStatus(ctx, db)
	if errors.Is(err, store.ErrOlder) {
		return known, nil
	}
	for _, r := range status.Reports {
		if r.Alert == alerts {
			known[strings.ToLower(r.Name)] = r
		}
	}
	return known, err
}

// issuedState is the state of a report or an alert in a few words.
func issuedState(r store.ReportStatus, zone *time.Location) string {
	switch {
	case r.Failing != nil:
		return fmt.Sprintf("failing since %s, next try at %s: %s", slotTime(r.Failing.Slot, zone), slotTime(r.Failing.Try.Truncate(time.Second), zone), shown(r.Failing.Reason()))
	case r.Failed != nil:
		return fmt.Sprintf("%s has failed: %s", slotTime(r.Failed.Slot, zone), shown(r.Failed.Reason()))
	case r.Waiting != nil:
		return fmt.Sprintf("%s waits: %s", slotTime(r.Waiting.Slot, zone), shown(r.Waiting.Note))
	case r.Firing > 0:
		return count(r.Firing, "row") + " firing"
	case r.Since.IsZero():
		return "no run has had it yet"
	}
	return "well"
}
