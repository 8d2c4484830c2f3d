//go:build linux

package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// settleLimit is how long a run may take, in the end, for what is still open.
const settleLimit = time.Minute

// check lets time nearly stand still until a run has done all that is due, and
// compares what there is with the store.
func (t *reportTrial) check(ctx context.Context) (string, error) {
	end := t.now()
	// Events after the end make the windows before it final.
	if err := t.load.until(end.Add(20 * time.Minute)); err != nil {
		return "", err
	}
	t.run.o.clock = end.UTC().Format("2006-01-02T15:04:05Z") + "@0.001"
	if err := t.run.begin(ctx); err != nil {
		return "", err
	}
	if err := t.settle(ctx, end); err != nil {
		return "", err
	}
	if err := t.run.terminate(); err != nil {
		return "", err
	}
	var found []string
	for _, f := range []func(context.Context) (string, error){t.checkFiles, t.checkParts, t.checkNothingElse, t.checkHooks, t.checkAlerts} {
		said, err := f(ctx)
		if err != nil {
			return "", err
		}
		if said != "" {
			found = append(found, said)
		}
	}
	return strings.Join(found, ", "), nil
}

// settle waits until nothing is open, all is absorbed, and late events have had
// their revisions.
func (t *reportTrial) settle(ctx context.Context, end time.Time) error {
	var state string
	for began := time.Now(); time.Since(began) < settleLimit; t.run.run.over(50 * time.Millisecond) {
		if ok, err := t.run.open(ctx); !ok {
			if err != nil {
				return err
			}
			continue
		}
		state, _ = t.text(ctx, `SELECT coalesce(group_concat(report || ' ' || slot || ' ' || state || ' ' || coalesce(error, note, ''), char(10)), '')
			FROM (SELECT * FROM windrow_issues WHERE NOT by_hand AND state IN ('due', 'waiting') ORDER BY slot LIMIT 20)`)
		behind, _ := t.text(ctx, "SELECT coalesce(group_concat(name || ' ' || coalesce(last_slot, ''), char(10)), '') FROM windrow_reports WHERE coalesce(last_slot, '') < ?",
			end.Add(-31*time.Minute).UTC().Format(time.DateTime))
		if state += behind; state != "" {
			continue
		}
		wrong, err := t.wrongFiles(ctx, "revised")
		if err != nil || len(wrong) == 0 {
			return err
		}
		state = "the files of revised differ from the store: " + strings.Join(wrong, ", ")
	}
	return violated("reports", "after %v this is still open:\n%s\n%s", settleLimit, state, t.run.run.stacks())
}

func (t *reportTrial) text(ctx context.Context, query string, args ...any) (s string, err error) {
	err = t.run.db.QueryRowContext(ctx, query, args...).Scan(&s)
	return s, err
}

// slots returns the slots that a report has to have done, in the form of
// {slot}, with what they cover: from the ledger's first to its last one, without
// a gap.
func (t *reportTrial) slots(ctx context.Context, report string) (map[string][2]string, error) {
	var since, last string
	err := t.run.db.QueryRowContext(ctx, "SELECT since, last_slot FROM windrow_reports WHERE name = ?", report).Scan(&since, &last)
	if err != nil {
		return nil, err
	}
	from, to, slots := readStamp(since), readStamp(last), map[string][2]string{}
	before := time.Time{}
	for m := from.Add(-3 * time.Hour).Truncate(time.Minute); !m.After(to); m = m.Add(time.Minute) {
		if !isDue(report, m) {
			continue
		}
		if m.After(from) && !before.IsZero() {
			slots[m.Format("20060102T150405Z")] = [2]string{before.Format(time.DateTime), m.Format(time.DateTime)}
		}
		before = m
	}
	return slots, nil
}

// isDue says when the reports are due, without cron. Berlin differs from UTC
// by whole hours.
func isDue(report string, m time.Time) bool {
	switch report {
	case "final":
		return m.Minute()%15 == 0
	case "revised":
		return m.Minute()%20 == 0
	}
	return m.Minute() == 7 || m.Minute() == 37
}

func readStamp(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.999", s)
	if err != nil {
		panic(err)
	}
	return t
}

const csvHead = "window_start,host,n,ms\n"

// wanted returns the lines that the file of a slot has, for one host or all.
func (t *reportTrial) wanted(ctx context.Context, rollup string, covers [2]string, host string) (string, error) {
	return t.text(ctx, `SELECT coalesce(group_concat(window_start || ',' || host || ',' || n || ',' || ms || char(10), ''), '') FROM (SELECT * FROM `+rollup+`
		WHERE window_start >= ? AND window_start < ? AND host LIKE ? ORDER BY window_start, host)`, covers[0], covers[1], host)
}

// wrongFiles returns the slots of a report whose files are missing or differ.
func (t *reportTrial) wrongFiles(ctx context.Context, report string) ([]string, error) {
	slots, err := t.slots(ctx, report)
	if err != nil {
		return nil, err
	}
	rollup := map[string]string{"final": "orderly_1m", "revised": "late_1m"}[report]
	var wrong []string
	for _, slot := range slices.Sorted(maps.Keys(slots)) {
		got, err := os.ReadFile(filepath.Join(t.dir, report, slot+".csv"))
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		want, err := t.wanted(ctx, rollup, slots[slot], "%")
		if err != nil {
			return nil, err
		}
		if string(got) != csvHead+want {
			wrong = append(wrong, fmt.Sprintf("%s has %d bytes, not %d", slot, len(got), len(csvHead+want)))
		}
	}
	return wrong, nil
}

func (t *reportTrial) checkFiles(ctx context.Context) (string, error) {
	n := 0
	for _, report := range []string{"final", "revised"} {
		wrong, err := t.wrongFiles(ctx, report)
		if err != nil {
			return "", err
		}
		if len(wrong) > 0 {
			return "", violated("reports", "the files of %s differ from the store: %s", report, strings.Join(wrong, ", "))
		}
		slots, err := t.slots(ctx, report)
		if err != nil {
			return "", err
		}
		n += len(slots)
		files, err := os.ReadDir(filepath.Join(t.dir, report))
		if err != nil {
			return "", err
		}
		for _, f := range files {
			if _, ok := slots[strings.TrimSuffix(f.Name(), ".csv")]; !ok {
				return "", violated("reports", "%s has the file %s, which no slot has", report, f.Name())
			}
		}
	}
	var revisions int
	err := t.run.db.QueryRowContext(ctx, "SELECT count(*) FROM windrow_issues WHERE report = 'revised' AND revision > 1").Scan(&revisions)
	return fmt.Sprintf("%d slots with one right file each, %d revisions", n, revisions), err
}

// checkParts compares the folders of the report that is written by host.
func (t *reportTrial) checkParts(ctx context.Context) (string, error) {
	slots, err := t.slots(ctx, "parts")
	if err != nil {
		return "", err
	}
	for slot, covers := range slots {
		want := map[string]bool{"_manifest.json": true}
		for _, host := range []string{"h0", "h1", "h2"} {
			lines, err := t.wanted(ctx, "orderly_1m", covers, host)
			if err != nil {
				return "", err
			}
			if lines == "" {
				continue
			}
			name := "host=" + host + "/parts.csv"
			want[name] = true
			got, err := os.ReadFile(filepath.Join(t.dir, "parts", slot, name))
			if err != nil || string(got) != csvHead+lines {
				return "", violated("reports", "parts/%s/%s has %d bytes, not %d (%v)", slot, name, len(got), len(csvHead+lines), err)
			}
		}
		root := filepath.Join(t.dir, "parts", slot)
		err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
			name, _ := filepath.Rel(root, path)
			if err == nil && !e.IsDir() && !want[name] {
				err = violated("reports", "parts/%s has the file %s too much", slot, name)
			}
			delete(want, name)
			return err
		})
		if err != nil {
			return "", err
		}
		if len(want) > 0 {
			return "", violated("reports", "parts/%s lacks %v", slot, want)
		}
	}
	return fmt.Sprintf("%d folders", len(slots)), nil
}

// checkNothingElse looks for what was left behind.
func (t *reportTrial) checkNothingElse(context.Context) (string, error) {
	return "", filepath.WalkDir(t.dir, func(path string, e fs.DirEntry, err error) error {
		name := e.Name()
		if err == nil && (strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".tmp") || strings.Contains(path, "spool") && !e.IsDir()) {
			err = violated("reports", "%s was left behind", path)
		}
		return err
	})
}

// checkHooks: each slot has come to the web server, with a key of its own.
func (t *reportTrial) checkHooks(ctx context.Context) (string, error) {
	bodies, messages, err := t.hooks.of("/final")
	if err != nil {
		return "", err
	}
	slots, err := t.slots(ctx, "final")
	if err != nil {
		return "", err
	}
	if len(bodies) != len(slots) {
		return "", violated("webhook", "%d slots, and messages with %d keys", len(slots), len(bodies))
	}
	return fmt.Sprintf("%d webhooks for them", messages), nil
}

// event is a line of an alert's file, as far as it is looked at.
type alertLine struct {
	ID    any
	Kind  string
	Alert string
	Key   json.RawMessage
	Slot  string
}

// checkAlerts: each event of the ledger is in the file once, and those of a key
// take turns.
func (t *reportTrial) checkAlerts(ctx context.Context) (string, error) {
	n := 0
	for alert, file := range map[string]string{"slow": "alerts.ndjson", "doubtful": "doubts.ndjson"} {
		text, err := os.ReadFile(filepath.Join(t.dir, file))
		if err != nil {
			return "", err
		}
		ids, firing := map[string]bool{}, map[string]bool{}
		for line := range bytes.Lines(text) {
			var e alertLine
			if err := json.Unmarshal(line, &e); err != nil {
				return "", violated("alerts", "%s has the line %q: %v", file, line, err)
			}
			id, key := fmt.Sprint(e.ID), string(e.Key)
			if ids[id] {
				return "", violated("alerts", "%s has the event %s twice", file, id)
			}
			ids[id] = true
			if firing[key] == (e.Kind == "firing") {
				return "", violated("alerts", "%s: %s is %s out of turn: %s", file, key, e.Kind, line)
			}
			firing[key] = e.Kind == "firing"
		}
		var events int
		err = t.run.db.QueryRowContext(ctx, "SELECT count(*) FROM windrow_issues WHERE report = ? AND NOT by_hand", alert).Scan(&events)
		if err != nil && err != sql.ErrNoRows {
			return "", err
		}
		if events != len(ids) {
			return "", violated("alerts", "%s has %d events and the ledger %d", file, len(ids), events)
		}
		n += events
	}
	return fmt.Sprintf("%d alerts written once each", n), nil
}
