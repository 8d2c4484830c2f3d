package scheduler

import (
	"cmp"
	"crypto/sha256"
	"strings"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/deliver"
	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/schedule"
	"github.com/windrow/windrow/schema/store"
)

// job is a report or an alert, as the definitions have it.
type job struct {
	name     string
	alert    bool
	schedule *schedule.Schedule
	missed   schema.Missed
	wait     bool
	waitUpTo time.Duration
	revise   bool
	format   string
	need     int // FOR
	targets  []schema.Target
	options  schema.ReportOptions
	sections []schema.Section
	text     string // the statement as written
	pos      int    // of text in its file; -1 if unknown
	settings schema.Settings
}

func jobs(d Definitions) []*job {
	var all []*job
	for _, r := range d.Reports {
		all = append(all, &job{name: r.Name, schedule: r.Schedule, missed: r.Missed, wait: r.Wait, waitUpTo: r.WaitUpTo, revise: r.Revise,
			format: r.Format, targets: r.Targets, options: r.Options, sections: r.Sections, text: r.Text, pos: r.Pos, settings: d.Settings})
	}
	for _, a := range d.Alerts {
		all = append(all, &job{name: a.Name, alert: true, schedule: a.Every, need: max(1, a.For), format: "ndjson",
			targets: a.Targets, options: a.Options, sections: []schema.Section{a.Section}, text: a.Text, pos: -1, settings: d.Settings})
	}
	return all
}

func (j *job) def() store.ReportDef {
	return store.ReportDef{Name: j.name, Alert: j.alert, Definition: j.text}
}

// id tells jobs apart; names are the same in any case.
func (j *job) id() string {
	if j.alert {
		return "alert " + strings.ToLower(j.name)
	}
	return "report " + strings.ToLower(j.name)
}

func (j *job) zone() *time.Location { return j.schedule.Zone() }

func (j *job) timeout() time.Duration { return cmp.Or(j.options.Timeout, 10*time.Minute) }

func (j *job) reviseFor() time.Duration { return cmp.Or(j.options.ReviseFor, defaultReviseFor) }

// statements tells apart the statements that made a content.
func (j *job) statements() [4]byte {
	h := sha256.New()
	for _, s := range j.sections {
		writeText(h, s.Title)
		writeText(h, s.SQL)
	}
	return [4]byte(h.Sum(nil))
}

// query is the statement of a section for a slot.
func (j *job) query(s schema.Section, slot time.Time) query.Query {
	start, end := j.schedule.Cover(slot)
	q := query.Query{SQL: s.SQL, Name: j.kind() + " " + j.name, Offered: map[string]string{"slot_start": stamp(start), "slot_end": stamp(end)}}
	if at := j.offset(s); at >= 0 {
		q.Text, q.Offset = j.text, at
	}
	return q
}

// offset is the place of a section's SQL within the text, -1 if it is not
// there.
func (j *job) offset(s schema.Section) int {
	if at := s.Pos - j.pos; j.pos >= 0 && at >= 0 && at < len(j.text) && strings.HasPrefix(j.text[at:], s.SQL) {
		return at
	}
	return strings.Index(j.text, s.SQL)
}

func (j *job) kind() string {
	if j.alert {
		return "alert"
	}
	return "report"
}

// reads returns those of the rollups that the sections name.
func (j *job) reads(rollups []query.Rollup) []query.Rollup {
	names := make([]string, len(rollups))
	for i, r := range rollups {
		names[i] = r.Name
	}
	used := map[string]bool{}
	for _, s := range j.sections {
		for _, n := range query.Tables(s.SQL, names) {
			used[n] = true
		}
	}
	var read []query.Rollup
	for _, r := range rollups {
		if used[r.Name] {
			read = append(read, r)
		}
	}
	return read
}

// output are the options of the rows.
func (j *job) output() output.Options {
	o := j.options
	return output.Options{Delimiter: o.Delimiter, NoHeader: o.NoHeader, Null: o.Null, Zone: o.Zone, TimeFormat: o.TimeFormat, GuardFormulas: o.GuardFormulas}
}

// message is what all messages of a slot have in common.
func (j *job) message(slot time.Time) deliver.Message {
	start, end := j.schedule.Cover(slot)
	return deliver.Message{Report: j.name, Kind: string(store.IssueReport), Slot: slot, Start: start, End: end, Zone: j.zone(), Revision: 1}
}

// deliveries are those of a new issue.
func (j *job) deliveries() []store.Delivery {
	var list []store.Delivery
	for _, t := range j.targets {
		list = append(list, store.Delivery{Target: t.Text})
	}
	return list
}

// target returns the target of a delivery.
func (j *job) target(d store.Delivery) (schema.Target, bool) {
	for _, t := range j.targets {
		if t.Text == d.Target {
			return t, true
		}
	}
	return schema.Target{}, false
}

// adopt gives an issue the targets that the definition has now: those that
// are gone are dropped, unless something has arrived there.
func (j *job) adopt(old []store.Delivery) []store.Delivery {
	var list []store.Delivery
	known := map[string]bool{}
	for _, d := range old {
		if _, ok := j.target(d); ok || d.Done {
			list = append(list, d)
			known[d.Target] = true
		}
	}
	for _, d := range j.deliveries() {
		if !known[d.Target] {
			list = append(list, d)
		}
	}
	return list
}
