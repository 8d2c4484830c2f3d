package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// forTargets is the number of events from which on the targets hold.
const forTargets = 10_000_000

// A report is what all races have brought.
type report struct {
	machine string
	events  int
	entries []entry
	flat    []flatRow
}

// An entry is one race; outcome is nil if it was not run.
type entry struct {
	race    race
	outcome *outcome
	err     error
}

func (r *report) add(ra race, o *outcome, err error) {
	r.entries = append(r.entries, entry{ra, o, err})
}

// failed says whether a race failed or two results differ. What a machine
// lacks and targets that were missed are no failures.
func (r *report) failed() bool {
	for _, e := range r.entries {
		if e.wrong() != nil {
			return true
		}
	}
	return false
}

// wrong is the failure of a race, or nil.
func (e *entry) wrong() error {
	var lacks missing
	if e.err != nil && !errors.As(e.err, &lacks) {
		return fmt.Errorf("%s: %w", e.race.name, e.err)
	}
	if e.outcome != nil {
		return e.outcome.differ
	}
	return nil
}

var raceHeader = []string{"workload", "against", "ratio", "target", "wall s", "its", "CPU s", "its", "MB", "its", "pairs", "equal rows"}

// table is a line of cells for each race.
func (r *report) table() [][]string {
	lines := [][]string{raceHeader}
	for _, e := range r.entries {
		lines = append(lines, e.cells())
	}
	return lines
}

func (e *entry) cells() []string {
	target := "-"
	if e.race.target > 0 {
		target = fmt.Sprintf("%.4g", e.race.target)
	}
	if e.outcome == nil {
		state := "failed"
		if e.wrong() == nil {
			state = "not run"
		}
		return []string{e.race.title, e.race.b.name, state, target, "-", "-", "-", "-", "-", "-", "0", "-"}
	}
	o := e.outcome
	return []string{
		e.race.title, e.race.b.name, fmt.Sprintf("%.2f", o.ratio()), target,
		fmt.Sprintf("%.3f", o.over(func(p pair) float64 { return seconds(p.a.wall) })),
		fmt.Sprintf("%.3f", o.over(func(p pair) float64 { return seconds(p.b.wall) })),
		fmt.Sprintf("%.2f", o.over(func(p pair) float64 { return seconds(p.a.cpu) })),
		fmt.Sprintf("%.2f", o.over(func(p pair) float64 { return seconds(p.b.cpu) })),
		weight(o.pssA), weight(o.pssB),
		fmt.Sprint(len(o.pairs)), o.equal(),
	}
}

func (o *outcome) equal() string {
	if o.differ != nil {
		return "NOT EQUAL"
	}
	return grouped(o.rows)
}

// weight is a number of megabytes, "-" where it was not measured.
func weight(pss int64) string {
	if pss == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", megabytes(pss))
}

// notes are what the table has no room for, one a line.
func (r *report) notes() []string {
	var notes []string
	for _, e := range r.entries {
		switch {
		case e.wrong() != nil:
			notes = append(notes, e.wrong().Error())
		case e.err != nil:
			notes = append(notes, e.race.name+" not run: "+e.err.Error())
		case r.events >= forTargets:
			notes = append(notes, e.misses()...)
		}
	}
	return notes
}

// misses are the targets that a race has missed.
func (e *entry) misses() []string {
	var notes []string
	o := e.outcome
	if ratio := o.ratio(); ratio < e.race.target {
		notes = append(notes, fmt.Sprintf("target missed: %s against %s, %.2f of %.4g", e.race.name, e.race.b.name, ratio, e.race.target))
	}
	if strings.HasPrefix(e.race.b.name, "DuckDB") && o.pssA >= o.pssB && o.pssB > 0 {
		notes = append(notes, fmt.Sprintf("target missed: memory of %s, %.0f MB against %.0f", e.race.name, megabytes(o.pssA), megabytes(o.pssB)))
	}
	return notes
}

func (r *report) flatTable() [][]string {
	lines := [][]string{{"Windrow's memory", "events", "result rows", "MB"}}
	for _, f := range r.flat {
		lines = append(lines, []string{f.title, grouped(f.events), grouped(f.rows), weight(f.pss)})
	}
	return lines
}

// write prints the report.
func (r *report) write(out io.Writer, markdown bool) {
	para := func(s string) { fmt.Fprintln(out, s) }
	para(grouped(r.events) + " events; " + r.machine)
	if len(r.entries) > 0 {
		para("")
		writeTable(out, r.table(), markdown)
	}
	if len(r.flat) > 0 {
		para("")
		writeTable(out, r.flatTable(), markdown)
	}
	if notes := r.notes(); len(notes) > 0 {
		para("")
		for _, n := range notes {
			para("- " + n)
		}
	}
}

// publish prints the report, or puts it into the file of -into.
func (r *report) publish(o options, out io.Writer) error {
	r.write(out, o.markdown)
	if o.into == "" {
		return nil
	}
	var table bytes.Buffer
	r.write(&table, true)
	page, err := os.ReadFile(o.into)
	if err != nil {
		return err
	}
	page, err = between(page, table.Bytes())
	if err != nil {
		return fmt.Errorf("%s: %w", o.into, err)
	}
	return os.WriteFile(o.into, page, 0o666)
}
