package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/windrow/windrow/schema/store"
)

// scheduledReport is a report or an alert in the report of status.
type scheduledReport struct {
	Name     string  `json:"name"`
	Kind     string  `json:"kind"` // report, alert
	Attached bool    `json:"attached"`
	Since    *string `json:"since"`     // when a run first had it
	LastSlot *string `json:"last_slot"` // claimed
	LastDone *string `json:"last_done"` // newest slot that went to all its targets
	Open     int64   `json:"open"`      // issues that are due or waiting
	// Waiting is the oldest that waits for final windows, Failing the oldest
	// that is to be tried again, Failed the last one, if it was given up.
	Waiting    *issueReport   `json:"waiting"`
	Failing    *issueReport   `json:"failing"`
	Failed     *issueReport   `json:"failed"`
	Firing     int64          `json:"firing"`      // rows of an alert
	FiringRows []firingReport `json:"firing_rows"` // the first of them

	later int64 // of Open: those of slots after that of Waiting
}

type issueReport struct {
	Slot     *string         `json:"slot"`
	Event    string          `json:"event"` // of an alert: firing, resolved, withdrawn; or evaluation
	Key      json.RawMessage `json:"key"`   // of an alert: the row that it is about
	Revision int             `json:"revision"`
	Attempts int             `json:"attempts"` // that failed
	Began    *string         `json:"began"`    // when it was claimed
	NextTry  *string         `json:"next_try"` // not before
	Ended    *string         `json:"ended"`
	Note     string          `json:"note"`
	Target   string          `json:"target"` // the first that was not reached
	Error    string          `json:"error"`  // of its last try
}

type firingReport struct {
	Key   json.RawMessage `json:"key"`
	Since *string         `json:"since"` // first slot
	Row   json.RawMessage `json:"row"`   // its last values
}

// raw is JSON that the store has as text; null for none.
func raw(text string) json.RawMessage {
	switch {
	case text == "":
		return nil
	case json.Valid([]byte(text)):
		return json.RawMessage(text)
	}
	quoted, _ := json.Marshal(text) // of a string, which cannot fail
	return quoted
}

func newScheduledReport(s *store.ReportStatus) scheduledReport {
	r := scheduledReport{Name: s.Name, Kind: "report", Attached: s.Attached, Since: moment(s.Since), LastSlot: moment(s.Last), LastDone: moment(s.Done),
		Open: s.Open, Waiting: newIssueReport(s.Waiting), Failing: newIssueReport(s.Failing), Failed: newIssueReport(s.Failed),
		Firing: s.Firing, FiringRows: []firingReport{}, later: s.Later}
	if s.Alert {
		r.Kind = "alert"
	}
	for _, a := range s.Rows {
		r.FiringRows = append(r.FiringRows, firingReport{raw(a.Key), moment(a.Since), raw(a.Row)})
	}
	return r
}

func newIssueReport(i *store.IssueStatus) *issueReport {
	if i == nil {
		return nil
	}
	r := &issueReport{Slot: moment(i.Slot), Key: raw(i.Key), Revision: i.Revision, Attempts: i.Attempts, Began: moment(i.Began),
		NextTry: moment(i.Try), Ended: moment(i.Ended), Note: i.Note, Target: i.Target, Error: i.Error}
	if i.Kind != store.IssueReport {
		r.Event = string(i.Kind)
	}
	return r
}

// of names an issue of something called name.
func (i *issueReport) of(name string) string {
	s := fmt.Sprintf("%s of %s", name, second(i.Slot))
	if i.Revision > 1 {
		s += fmt.Sprintf(" (revision %d)", i.Revision)
	}
	if i.Event != "" {
		s += " (" + strings.TrimSpace(i.Event+" "+short(string(i.Key), keyWidth)) + ")"
	}
	return s
}

// reason says why an issue is not done.
func (i *issueReport) reason() string {
	switch {
	case i.Error != "" && !strings.Contains(i.Error, i.Target):
		return i.Target + ": " + i.Error
	case i.Error != "":
		return i.Error
	case i.Note != "":
		return i.Note
	}
	return "it did not say why"
}

// judgeReport says what could not be delivered.
func (r *report) judgeReport(s *scheduledReport) {
	if !s.Attached {
		return
	}
	if i := s.Failing; i != nil {
		r.look("%s fails: %s", i.of(s.Name), i.reason())
	}
	if i := s.Failed; i != nil {
		r.look("%s was given up: %s", i.of(s.Name), i.reason())
	}
	// One slot waits for a while where windows become final late; it should not
	// be overtaken by the next one.
	if i := s.Waiting; i != nil && s.later > 0 && r.Run.State == runRunning {
		r.look("%s still waits, and %s after it; UP TO would limit that", i.of(s.Name), count(s.later, "slot"))
	}
}

const (
	keyWidth   = 30 // of an alert's row in the text of status
	mostFiring = 5  // rows of one alert
)

func (p *printer) reports() {
	if len(p.Reports) == 0 {
		return
	}
	c := columns{{"report", "kind", "last slot", "last done", ">open", ">firing"}}
	var notes []string
	for i := range p.Reports {
		s := &p.Reports[i]
		firing := "-"
		if s.Kind == "alert" {
			firing = brief(s.Firing)
		}
		c = append(c, []string{short(s.Name, nameWidth), s.Kind, second(s.LastSlot), second(s.LastDone), brief(s.Open), firing})
		notes = append(notes, s.notes()...)
	}
	p.line("")
	c.write(p, "")
	for _, n := range notes {
		p.line("  %s", n)
	}
}

func tries(n int) string {
	if n == 1 {
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}

// next says when an issue is tried again.
func (i *issueReport) next() string {
	if i.NextTry == nil {
		return "at once"
	}
	return "at " + clock(second(i.NextTry))
}

// notes are what is special about a report or an alert.
func (s *scheduledReport) notes() []string {
	var notes []string
	name := short(s.Name, nameWidth)
	switch {
	case !s.Attached && s.Since == nil:
		return []string{name + " was only run by hand so far"}
	case !s.Attached:
		return []string{name + " is no longer defined; what it did stays in windrow_issues"}
	}
	if i := s.Waiting; i != nil {
		notes = append(notes, fmt.Sprintf("%s waits %s", i.of(name), short(strings.TrimPrefix(i.reason(), "waits "), 80)))
	}
	if i := s.Failing; i != nil {
		notes = append(notes, fmt.Sprintf("%s: %s since %s, next %s", i.of(name), tries(i.Attempts), second(i.Began), i.next()))
	}
	if i := s.Failed; i != nil {
		notes = append(notes, fmt.Sprintf("%s: %s, the last at %s", i.of(name), tries(max(i.Attempts, 1)), second(i.Ended)))
	}
	for n, f := range s.FiringRows {
		if n == mostFiring && s.Firing > mostFiring+1 {
			notes = append(notes, fmt.Sprintf("%s: %s more; see windrow_alerts", name, count(s.Firing-mostFiring, "row")))
			break
		}
		notes = append(notes, fmt.Sprintf("%s is firing since %s: %s", name, second(f.Since), short(string(f.Key), keyWidth)))
	}
	return notes
}
