package scheduler

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/syntax"
)

// Outcome is what ByHand has done.
type Outcome struct {
	Name             string // as defined
	Alert            bool
	Slot, Start, End time.Time // the slot covers [Start, End)
	Zone             *time.Location
	Rows             int64             // of all sections; of an alert, those that its statement gives for the slot
	Notes            []string          // what is not final
	Places           []Place           // one a target; none if nothing was delivered
	Firing           []json.RawMessage // of an alert: the rows that fire, each an object
}

// Place is where something was delivered.
type Place struct {
	Target string // as written in the definition
	Place  string // path, addresses or URL, without secrets; "" after an error
	Bytes  int64
	Err    error
}

// ByHand makes the issue of a report or an alert for the last slot at or
// before a moment, from the store as it is: nothing is waited for, and the
// schedule does not notice. It is delivered to each target once and recorded
// as made by hand. With dryRun the document is written there instead (as text
// where the report's format is none for a pipe), nothing is delivered or
// recorded, and Config.Store may be nil.
//
// Of an alert, the rows that the statement gives for the slot and for the
// FOR-1 slots before it are announced as firing, whatever is known of the
// alert; what is known stays as it is. A dry run writes the records that would
// be announced, one a line.
//
// The error says what failed as a whole; deliveries have errors of their own.
func ByHand(ctx context.Context, c Config, d Definitions, name string, at time.Time, dryRun io.Writer) (Outcome, error) {
	c.Epoch = 0
	h := &hand{shop: newShop(c, spoolOf(c.Path)), dry: dryRun}
	var err error
	if h.job, err = findJob(d, name); err != nil {
		return Outcome{}, err
	}
	if h.slot = h.job.schedule.Prev(at); h.slot.IsZero() {
		return Outcome{}, fmt.Errorf("the %s %s has no slot at or before %s", h.job.kind(), h.job.name, stamp(at))
	}
	m := h.job.message(h.slot)
	h.out = Outcome{Name: h.job.name, Alert: h.job.alert, Slot: h.slot, Start: m.Start, End: m.End, Zone: h.job.zone()}
	if h.job.alert {
		err = h.alert(ctx, &h.out)
	} else {
		err = h.report(ctx, &h.out)
	}
	return h.out, err
}

func findJob(d Definitions, name string) (*job, error) {
	var names []string
	for _, j := range jobs(d) {
		if strings.EqualFold(j.name, name) {
			return j, nil
		}
		names = append(names, j.name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no report or alert %s: the definitions have none", name)
	}
	if near := syntax.Nearest(name, names); near != "" {
		return nil, fmt.Errorf("there is no report or alert %s; did you mean %s?", name, near)
	}
	slices.Sort(names)
	return nil, fmt.Errorf("there is no report or alert %s; there are %s", name, strings.Join(names, ", "))
}

// hand makes one issue by hand.
type hand struct {
	*shop
	job  *job
	slot time.Time
	dry  io.Writer
	out  Outcome
}

// report makes a report, or only shows it.
func (h *hand) report(ctx context.Context, out *Outcome) error {
	o := order{job: h.job, slot: h.slot, revision: 1, byHand: true}
	if h.dry != nil {
		return h.show(ctx, o, out)
	}
	dir, err := h.spool.byHand()
	if err != nil {
		return err
	}
	defer h.spool.leave()
	defer os.RemoveAll(dir)
	c, err := h.render(ctx, o, dir)
	if err != nil {
		return err
	}
	out.Rows, out.Notes = c.rows, c.notes
	i := h.job.issue(h.slot, h.Now())
	i.Rows, i.Note, i.Fingerprint = c.rows, strings.Join(c.notes, "; "), c.print[:]
	return h.send(ctx, out, []store.Issue{i}, c)
}

// show writes the document to where a dry run goes.
func (h *hand) show(ctx context.Context, o order, out *Outcome) error {
	format := h.job.format
	if format == "xlsx" || format == "parquet" {
		format = "text"
	}
	w := bufio.NewWriter(h.dry)
	err := h.snapshot(ctx, h.job, h.slot, func(ctx context.Context, v *view) error {
		m, err := o.write(ctx, v, format, w)
		out.Rows, out.Notes = m.rows, m.notes
		return err
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// alert finds out what fires, and announces or shows it.
func (h *hand) alert(ctx context.Context, out *Outcome) error {
	rows, err := h.firing(ctx, out)
	if err != nil {
		return err
	}
	rollups, err := h.rollups(ctx, h.job)
	if err != nil {
		return err
	}
	out.Notes = notFinal(unfinal(rollups, h.slot))
	var issues []store.Issue
	for _, r := range rows {
		out.Firing = append(out.Firing, r.Row)
		i := h.job.issue(h.slot, h.Now())
		i.Kind, i.Key, i.Body = store.IssueFiring, r.Key, h.job.record(event{store.IssueFiring, h.slot, r}, true)
		issues = append(issues, i)
	}
	if h.dry == nil {
		return h.send(ctx, out, issues, nil)
	}
	for _, i := range issues {
		if _, err := fmt.Fprintf(h.dry, "%s\n", i.Body); err != nil {
			return err
		}
	}
	return nil
}

// firing returns the rows that are there at the slot and the FOR-1 slots
// before it.
func (h *hand) firing(ctx context.Context, out *Outcome) ([]store.AlertRow, error) {
	slots := []time.Time{h.slot}
	for len(slots) < h.job.need {
		slots = append(slots, h.job.schedule.Prev(slots[len(slots)-1].Add(-1)))
	}
	var rows []store.AlertRow
	for _, slot := range slices.Backward(slots) {
		now, err := h.ask(ctx, h.job, slot, rows)
		if err != nil {
			return nil, err
		}
		rows, _ = step(rows, now, slot, h.job.need, false)
		out.Rows = int64(len(now))
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return slices.DeleteFunc(rows, func(r store.AlertRow) bool { return !r.Firing }), nil
}

// send records issues, delivers them, and records what came of that.
func (h *hand) send(ctx context.Context, out *Outcome, issues []store.Issue, c *content) error {
	if len(issues) == 0 {
		return nil
	}
	for _, t := range h.job.targets {
		out.Places = append(out.Places, Place{Target: t.Text})
	}
	refs, err := h.Store.RegisterReports(ctx, 0, []store.ReportDef{h.job.def()}, h.Now())
	if err != nil {
		return err
	}
	for n := range issues {
		issues[n].ByHand = true
	}
	claimed, err := h.Store.Claim(ctx, 0, refs[0].ID, time.Time{}, issues)
	if err != nil {
		return err
	}
	e := newEntry(h.shop, h.job, refs[0])
	for _, i := range claimed {
		if err := e.sendByHand(ctx, out, &issue{Issue: i, content: c}); err != nil {
			return err
		}
	}
	return nil
}

// sendByHand tries each delivery of an issue once.
func (e *entry) sendByHand(ctx context.Context, out *Outcome, i *issue) error {
	for n := range i.Deliveries {
		d, p := &i.Deliveries[n], &out.Places[n]
		r, err := e.bring(ctx, e.job, i, e.job.targets[n])
		if err != nil {
			d.Failed, d.Error, p.Err = true, err.Error(), err
			continue
		}
		*d = store.Delivery{Target: d.Target, Done: true, Ended: e.Now(), Place: r.Place, Bytes: r.Bytes, SHA256: r.SHA256[:]}
		p.Place, p.Bytes = r.Place, p.Bytes+r.Bytes
	}
	i.settle(e.Now())
	calm, cancel := lasting(ctx)
	defer cancel()
	return e.Store.PutIssue(calm, 0, i.Issue)
}
