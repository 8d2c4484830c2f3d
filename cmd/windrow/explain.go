package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
)

type explainCmd struct {
	Window string `required:"" placeholder:"NAME@TIME" help:"The window of rollup NAME that holds TIME, in any ISO form; without an offset it is UTC."`
	JSON   bool   `name:"json" help:"One object, for programs."`
}

// Help implements kong.HelpProvider.
func (explainCmd) Help() string {
	return `Says whether a window is final, and if not, what its watermark waits for. It reads the store only, during a run as well as after its end.

Examples:

	windrow explain --window latency_1m@2026-03-02T18:59:30Z
	windrow explain --window 'latency_1m@2026-03-02 19:59+01:00' --json`
}

func (c *explainCmd) Run(ctx context.Context, s *streams, g *globals) error {
	name, at, err := splitWindow(c.Window)
	if err != nil {
		return err
	}
	db, err := openReader(g.Store)
	if err != nil {
		return err
	}
	defer db.Close()
	x, err := explainWindow(ctx, db, name, at)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(s.out)
		e.SetIndent("", "  ")
		return e.Encode(x)
	}
	return x.print(s.out)
}

// splitWindow reads NAME@TIME.
func splitWindow(s string) (string, value.Time, error) {
	i := strings.LastIndexByte(s, '@')
	if i <= 0 {
		return "", 0, usageError{fmt.Errorf("--window needs the name of a rollup and a time, like latency_1m@2026-03-02T18:59:30Z, not %q", s), "windrow explain"}
	}
	at, ok := value.ParseTime(s[i+1:], nil)
	if !ok {
		return "", 0, usageError{fmt.Errorf("%q is not a time; write %s@2026-03-02T18:59:30Z", s[i+1:], s[:i]), "windrow explain"}
	}
	return s[:i], at, nil
}

// The states of a window.
const (
	windowFinal   = "final"
	windowOpen    = "open"
	windowExpired = "expired"
)

// explanation is what is known about a window, and what --json prints.
type explanation struct {
	Rollup         string        `json:"rollup"`
	Stream         string        `json:"stream"`
	Attached       bool          `json:"attached"`
	WindowStart    string        `json:"window_start"`
	WindowEnd      string        `json:"window_end"`
	State          string        `json:"state"`    // final, open, expired
	Complete       bool          `json:"complete"` // not before complete_from
	Rows           int64         `json:"rows"`     // before HAVING
	FinalBefore    *string       `json:"final_before"`
	Horizon        *string       `json:"horizon"`
	CompleteFrom   *string       `json:"complete_from"`
	Watermark      *string       `json:"watermark"`
	DelaySeconds   float64       `json:"delay_seconds"`
	MissingSeconds *float64      `json:"missing_seconds"` // of event time, from the watermark to the window's end
	HeldBy         *holderReport `json:"held_by"`
	Paused         []splitReport `json:"paused"`
	Late           int64         `json:"late"` // records of the stream that were late when they were read
	Expired        int64         `json:"expired"`
}

func explainWindow(ctx context.Context, db *sqlx.DB, name string, at value.Time) (*explanation, error) {
	st, err := store.ReadStatus(ctx, db)
	if err != nil {
		return nil, err
	}
	s, c, u, err := findRollup(&st, name)
	if err != nil {
		return nil, err
	}
	w, err := windowOf(u.Definition)
	if err != nil {
		return nil, fmt.Errorf("cannot tell the windows of %s: %w", u.Name, err)
	}
	start := w.Start(at)
	x := &explanation{Rollup: u.Name, Stream: s.Name, Attached: u.Attached, WindowStart: start.Format(w.Frac()), WindowEnd: w.End(start).Format(w.Frac()),
		FinalBefore: text(u.FinalBefore), Horizon: text(u.Horizon), CompleteFrom: text(u.CompleteFrom), Watermark: eventTime(c.Watermark),
		DelaySeconds: s.Delay.Seconds(), Late: c.Late, Expired: u.Expired, Paused: []splitReport{}}
	x.judge()
	if x.State != windowFinal {
		x.wait(c, w.End(start))
	}
	err = db.GetContext(ctx, &x.Rows, fmt.Sprintf("SELECT count(*) FROM windrow_state_%d WHERE window_start = ?", u.ID), x.WindowStart)
	return x, err
}

// findRollup finds a rollup by its name in any case.
func findRollup(st *store.Status, name string) (*store.StreamStatus, *store.CohortStatus, *store.RollupStatus, error) {
	var names []string
	for i := range st.Streams {
		s := &st.Streams[i]
		for j := range s.Cohorts {
			for k := range s.Cohorts[j].Rollups {
				u := &s.Cohorts[j].Rollups[k]
				if strings.EqualFold(u.Name, name) {
					return s, &s.Cohorts[j], u, nil
				}
				names = append(names, u.Name)
			}
		}
	}
	if len(names) == 0 {
		return nil, nil, nil, fmt.Errorf("no rollup named %s; the store holds none yet", name)
	}
	return nil, nil, nil, fmt.Errorf("no rollup named %s; there are %s", name, strings.Join(names, ", "))
}

func (x *explanation) judge() {
	x.Complete = x.CompleteFrom == nil || x.WindowStart >= *x.CompleteFrom
	switch {
	case x.Horizon != nil && x.WindowStart < *x.Horizon:
		x.State = windowExpired
	case x.FinalBefore != nil && x.WindowStart < *x.FinalBefore:
		x.State = windowFinal
	default:
		x.State = windowOpen
	}
}

// wait says what an open window waits for.
func (x *explanation) wait(c *store.CohortStatus, end value.Time) {
	if c.Watermark.Valid() {
		missing := max(0, (end.Std().Sub(c.Watermark.Std())).Seconds())
		x.MissingSeconds = &missing
	}
	for i := range c.Splits {
		if p := &c.Splits[i]; splitState(p) == "paused" {
			x.Paused = append(x.Paused, splitReport{p.Number, p.Path, "paused", p.Note, p.Size, p.Absorbed, p.Behind()})
		}
	}
	if h := c.Holder(); h != nil {
		x.HeldBy = newHolderReport(h)
	}
}

func (x *explanation) print(w io.Writer) error {
	var b strings.Builder
	rows := "empty"
	if x.Rows > 0 {
		rows = count(x.Rows, "row")
	}
	fmt.Fprintf(&b, "%s from %s to %s: %s, %s\n", x.Rollup, x.WindowStart, x.WindowEnd, x.State, rows)
	for _, s := range x.sentences() {
		b.WriteString("  " + shown(s) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// sentences say why the window is what it is.
func (x *explanation) sentences() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if !x.Attached {
		say("%s is no longer defined; it stays as it is", x.Rollup)
	}
	if !x.Complete {
		say("it may lack events: the files with those before %s were gone when %s was filled; see windrow_coverage", *x.CompleteFrom, x.Rollup)
	}
	switch x.State {
	case windowExpired:
		say("its rows were deleted when the retention of %s moved to %s", x.Rollup, *x.Horizon)
		if x.Expired > 0 {
			say("%s came later than that, for this window or others", count(x.Expired, "event"))
		}
		return out
	case windowFinal:
		say("windows before %s are final: the watermark, %s, has passed their end", *x.FinalBefore, orDash(x.Watermark))
	default:
		out = append(out, x.waiting()...)
	}
	if x.Late > 0 {
		say("%s to %s so far: late events count in their windows, final ones too; which ones they were for is not kept",
			count(x.Late, "late event")+" came", x.Stream)
	}
	return out
}

// waiting says what keeps the window open.
func (x *explanation) waiting() []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if x.MissingSeconds == nil {
		say("%s has no watermark yet; the window is final when it reaches %s", x.Stream, x.WindowEnd)
	} else {
		say("the watermark of %s is at %s; the window is final when it reaches %s: %s of event time are missing",
			x.Stream, *x.Watermark, x.WindowEnd, ago(seconds(*x.MissingSeconds)))
	}
	switch {
	case x.HeldBy == nil && x.Attached:
		say("no file holds it back: all are read to their ends; it moves when later events come, or with windrow run --once --close")
	case x.HeldBy != nil:
		say("it waits for %s: %s%s", x.HeldBy.Path, x.reason(), x.silence())
	}
	for _, p := range x.Paused {
		say("%s is paused: %s", p.Path, p.Note)
	}
	return out
}

// reason says how far the file is that holds the watermark back.
func (x *explanation) reason() string {
	switch x.HeldBy.Reason {
	case "paused":
		return "it is paused"
	case "unread":
		return "nothing of its beginning is absorbed yet"
	case "no time":
		return "no event in it has a usable time so far"
	}
	return fmt.Sprintf("its newest event is of %s, and the watermark stays %s behind", *x.HeldBy.Newest, ago(seconds(x.DelaySeconds)))
}

func (x *explanation) silence() string {
	if x.HeldBy.written.IsZero() {
		return ""
	}
	return fmt.Sprintf("; it was last written %s ago", ago(time.Since(x.HeldBy.written)))
}
