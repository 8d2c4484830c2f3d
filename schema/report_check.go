package schema

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/schedule"
	"github.com/windrow/windrow/schema/syntax"
)

// maxFor is the greatest number after FOR.
const maxFor = 10_000

// sending is what a report and an alert have in common, while it is checked.
type sending struct {
	f        *file
	kind     string // "report" or "alert"
	name     string
	targets  *[]Target
	placesOf []span // of the targets
	lost     bool   // some target has a mistake
	options  *ReportOptions
	given    map[string]bool    // options
	format   *ReportFormat      // nil if it is not known, and of alerts
	schedule *schedule.Schedule // nil if it is not known, and of alerts
	revise   bool
}

func (f *file) reports() {
	for _, st := range f.tree.Statements {
		switch {
		case st.Report != nil && f.take(st.Report.Name, "report"):
			f.l.pipeline.Reports = append(f.l.pipeline.Reports, f.report(st))
		case st.Report != nil:
			f.report(st)
		case st.Alert != nil && f.take(st.Alert.Name, "alert"):
			f.l.pipeline.Alerts = append(f.l.pipeline.Alerts, f.alert(st))
		case st.Alert != nil:
			f.alert(st)
		}
	}
}

// report checks one report. Clauses with mistakes of form are reported
// already, and missing.
func (f *file) report(st syntax.Statement) *Report {
	s := st.Report
	r := &Report{Name: s.Name.Text, Missed: MissedLast, Wait: s.Wait, Revise: s.Revise, Text: f.Text[st.Pos:st.End], File: f.Name, Pos: st.Pos}
	if s.Missed != "" {
		r.Missed = Missed(strings.ToLower(s.Missed))
	}
	d := &sending{f: f, kind: "report", name: r.Name, targets: &r.Targets, options: &r.Options, revise: r.Revise}
	d.lost = f.mistaken(st)
	r.Schedule = f.schedule(s)
	d.schedule = r.Schedule
	if s.WaitUpTo != nil {
		r.WaitUpTo = f.length(s.WaitUpTo, "UP TO", time.Second)
	}
	d.readTargets(s.Targets)
	d.readFormat(s)
	if d.format != nil {
		r.Format = d.format.Name
	}
	d.readOptions(s.Options)
	d.fitTargets()
	r.Sections = d.sections(s.Sections)
	return r
}

func (f *file) alert(st syntax.Statement) *Alert {
	s := st.Alert
	a := &Alert{Name: s.Name.Text, For: 1, Text: f.Text[st.Pos:st.End], File: f.Name}
	d := &sending{f: f, kind: "alert", name: a.Name, targets: &a.Targets, options: &a.Options}
	d.lost = f.mistaken(st)
	if s.Every != nil {
		a.Every = schedule.Every(f.length(s.Every, "EVERY", time.Second))
	}
	if s.For != nil {
		n, err := strconv.Atoi(s.For.Text)
		if err != nil || n < 1 || n > maxFor {
			f.problem(span{s.For.Pos, s.For.End}, "FOR 3: the row has to be there three times in a row", "FOR is a whole number from 1 to %d", maxFor)
		}
		a.For = n
	}
	d.readTargets(s.Targets)
	d.readOptions(s.Options)
	d.fitTargets()
	if found := d.sections([]syntax.Section{s.Query}); len(found) > 0 {
		a.Section = found[0]
	}
	return a
}

// mistaken reports whether a statement has a mistake of form.
func (f *file) mistaken(st syntax.Statement) bool {
	for _, e := range f.tree.Errors {
		if e.Pos >= st.Pos && e.Pos <= st.End {
			return true
		}
	}
	return false
}

// schedule reads SCHEDULE and TIME ZONE; nil if it cannot.
func (f *file) schedule(s *syntax.CreateReport) *schedule.Schedule {
	zone := time.UTC
	if s.Zone != nil {
		z, err := parseZone(s.Zone.Text)
		if err != nil {
			f.problem(span{s.Zone.Pos, s.Zone.End}, hintOf(err), "%v", err)
		} else {
			zone = z
		}
	}
	if s.Schedule == nil {
		return nil
	}
	sched, err := schedule.Parse(s.Schedule.Text, zone)
	if err == nil {
		return sched
	}
	at, hint, message := span{s.Schedule.Pos, s.Schedule.End}, "", err.Error()
	var e *schedule.Error
	if errors.As(err, &e) {
		hint, message = e.Hint, e.Message
		if f.Text[at.pos+1:at.end-1] == s.Schedule.Text && e.End > e.Pos {
			at = span{at.pos + 1 + e.Pos, at.pos + 1 + e.End}
		}
	}
	f.problem(at, hint, "%s", message)
	return nil
}

// length reads an interval of whole seconds.
func (f *file) length(l *syntax.Literal, clause string, least time.Duration) time.Duration {
	at := span{l.Pos, l.End}
	d, err := parseDuration(l.Text)
	switch {
	case err != nil:
		f.problem(at, "", "%s: %v", clause, err)
	case d < least:
		f.problem(at, "", "%s is at least %s", clause, lengthText(least))
	case d%time.Second != 0:
		f.problem(at, "", "%s is a whole number of seconds", clause)
	}
	return d
}

// sections checks the statements for SQLite, as far as that can be done
// without it.
func (d *sending) sections(list []syntax.Section) []Section {
	var out []Section
	titles := map[string]bool{}
	for i, s := range list {
		sec := Section{SQL: d.f.Text[s.Pos:s.End], Pos: s.Pos}
		if s.Title != nil {
			sec.Title = s.Title.Text
			d.sectionTitle(s, i, titles)
		}
		d.checkSQL(sec)
		out = append(out, sec)
	}
	return out
}

func (d *sending) sectionTitle(s syntax.Section, i int, titles map[string]bool) {
	at := span{s.Title.Pos, s.Title.End}
	switch low := strings.ToLower(s.Title.Text); {
	case i > 0 && d.format != nil && !d.format.Sections:
		d.f.problem(at, "make a report of each, or take a format with sections: html, markdown, text, json or xlsx", "FORMAT %s takes one section", d.format.Name)
	case strings.TrimSpace(low) == "" || hasControl(low):
		d.f.problem(at, "SECTION 'Slowest hosts' SELECT ...", "the title of a section is one line of text")
	case titles[low]:
		d.f.warn(at, "", "two sections have the title '%s'", clip(s.Title.Text))
	default:
		titles[low] = true
	}
}
