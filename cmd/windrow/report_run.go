package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/windrow/windrow/query/output"
	documents "github.com/windrow/windrow/query/report"
	"github.com/windrow/windrow/query/scheduler"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
)

// byHandFlags are those of report run and alert run.
type byHandFlags struct {
	Name string `arg:"" help:"Which one."`
	definedFiles
	At     string `placeholder:"TIME" help:"Of the last slot at or before this time, like '2026-03-02 08:00:00+01:00' (now)."`
	DryRun bool   `help:"Only show it: deliver nothing, and note nothing in the history."`
}

type reportRunCmd struct {
	byHandFlags
	Format string `placeholder:"NAME" help:"With --dry-run: another format. By default what the ending of -o says, else text."`
	Output string `short:"o" placeholder:"FILE" help:"With --dry-run: write to FILE."`
}

// Help implements kong.HelpProvider.
func (reportRunCmd) Help() string {
	return `Makes the report of one slot from what the store holds now and delivers it to its targets, also beside a run. It does not wait for final
windows, but says which are not final, and changes nothing about when the report is due by its schedule.

Examples:

	windrow report run morning
	windrow report run morning --at '2026-03-02 08:00:00+01:00'
	windrow report run morning pipelines/ --dry-run
	windrow report run morning --dry-run -o look.html`
}

type alertRunCmd struct{ byHandFlags }

// Help implements kong.HelpProvider.
func (alertRunCmd) Help() string {
	return `Evaluates the alert for one slot, and for as many before it as its FOR says, from what the store holds now. Rows that fire are sent to its
targets, whatever was sent before. What a run knows of the alert stays as it is.

Examples:

	windrow alert run too_warm --dry-run
	windrow alert run too_warm --at '2026-03-02 13:12:00Z'`
}

func (c *reportRunCmd) Run(ctx context.Context, s *streams, g *globals) error {
	d, err := c.reports("windrow report run", g.Store, !c.DryRun)
	if err != nil {
		return err
	}
	if !c.DryRun {
		if c.Output != "" || c.Format != "" {
			return wrongUsage("--format and -o go with --dry-run; what a report writes and where is in its definition")
		}
		return c.deliver(ctx, s, g, d)
	}
	format, err := c.format()
	if err != nil {
		return err
	}
	if c.Output == "" || c.Output == "-" {
		return c.look(ctx, s, g, d, format, s.out)
	}
	file, err := output.Create(c.Output)
	if err != nil {
		return err
	}
	defer file.Abort()
	if err := c.look(ctx, s, g, d, format, file); err != nil {
		return err
	}
	return file.Commit()
}

// format chooses that of a report that is only looked at.
func (c *reportRunCmd) format() (string, error) {
	var names []string
	for _, f := range documents.Formats {
		names = append(names, f.Name)
		if c.Format == f.Name || c.Format == "" && c.Output != "" && strings.HasSuffix(strings.ToLower(c.Output), f.Ending) {
			return f.Name, nil
		}
	}
	if c.Format == "" && (c.Output == "" || c.Output == "-") {
		return "text", nil
	}
	return "", wrongUsage("which format? --format is one of %s", strings.Join(names, ", "))
}

func (c *alertRunCmd) Run(ctx context.Context, s *streams, g *globals) error {
	d, err := c.reports("windrow alert run", g.Store, !c.DryRun)
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.look(ctx, s, g, d, "", s.out)
	}
	return c.deliver(ctx, s, g, d)
}

// look shows what would be delivered.
func (c *byHandFlags) look(ctx context.Context, s *streams, g *globals, d scheduler.Definitions, format string, w io.Writer) error {
	db, err := openReader(g.Store) // which says what is wrong with the store
	if err != nil {
		return err
	}
	db.Close()
	at, err := c.at()
	if err != nil {
		return err
	}
	o, err := scheduler.ByHand(ctx, c.config(s, g), inFormat(d, format), c.Name, at, w)
	if err != nil {
		return err
	}
	c.notes(s, o)
	return nil
}

// inFormat returns the definitions with all reports in another format.
func inFormat(d scheduler.Definitions, format string) scheduler.Definitions {
	d.Reports = slices.Clone(d.Reports)
	for i, r := range d.Reports {
		other := *r
		other.Format = format
		d.Reports[i] = &other
	}
	return d
}

// deliver does the issue by hand and says where it went.
func (c *byHandFlags) deliver(ctx context.Context, s *streams, g *globals, d scheduler.Definitions) error {
	at, err := c.at()
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, g.Store, store.Options{Keep: true})
	if errors.Is(err, store.ErrMissing) {
		return fmt.Errorf("no store at %s; run `windrow run FILE` first or name one with --store", g.Store)
	}
	if err != nil {
		return err
	}
	defer st.Close()
	config := c.config(s, g)
	config.Store = st
	o, err := scheduler.ByHand(ctx, config, d, c.Name, at, nil)
	if err != nil {
		return err
	}
	c.notes(s, o)
	return c.say(s, o)
}

// at is the moment that the flag names.
func (c *byHandFlags) at() (time.Time, error) {
	if c.At == "" {
		return time.Now(), nil
	}
	t, ok := value.ParseTime(c.At, nil)
	if !ok {
		return time.Time{}, wrongUsage("--at: %q is not a time like '2026-03-02 08:00:00', which is in UTC, or '2026-03-02 08:00:00+01:00'", c.At)
	}
	return t.Std(), nil
}

func (c *byHandFlags) config(s *streams, g *globals) scheduler.Config {
	return scheduler.Config{Path: g.Store, Log: slog.New(slog.DiscardHandler), Stdout: s.out, Version: buildVersion()}
}

// notes says what one should know of the result.
func (c *byHandFlags) notes(s *streams, o scheduler.Outcome) {
	for _, n := range o.Notes {
		s.warn(n)
	}
}

// say says what was delivered. The error is of what could not be.
func (c *byHandFlags) say(s *streams, o scheduler.Outcome) error {
	kind, said := "report", count(o.Rows, "row")
	if o.Alert {
		kind, said = "alert", "nothing fires"
		if n := len(o.Firing); n > 0 {
			said = count(int64(n), "row") + " firing"
		}
	}
	fmt.Fprintf(s.err, "%s %s of %s, from %s: %s\n", kind, o.Name, slotTime(o.Slot, o.Zone), slotTime(o.Start, o.Zone), said)
	for _, row := range o.Firing {
		fmt.Fprintf(s.err, "  %s\n", shown(string(row)))
	}
	failed := 0
	for _, p := range o.Places {
		if p.Err != nil {
			failed++
			fmt.Fprintf(s.err, "  %s: %v\n", p.Target, p.Err)
			continue
		}
		fmt.Fprintf(s.err, "  to %s\n", p.Place)
	}
	if failed > 0 {
		return fmt.Errorf("%s of %s could not be delivered", count(int64(failed), "target"), kind+" "+o.Name)
	}
	return nil
}
