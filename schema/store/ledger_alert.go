package store

import (
	"context"
	"encoding/json"
	"time"
)

// Alerts returns the rows of an alert by key.
func (s *Store) Alerts(ctx context.Context, report int64) ([]AlertRow, error) {
	var rows []AlertRow
	err := s.read(ctx, "read the alerts of", func(t *tx) error {
		return t.alertCells(report, func(key string, c alertCells) error {
			r, err := c.alertRow(key)
			rows = append(rows, r)
			return err
		})
	})
	return rows, err
}

// PutAlerts replaces the rows of an alert, claims the events and moves its
// Last as Claim does, all in one transaction. Keys are unique. Rows that are
// as they were cost no write.
func (s *Store) PutAlerts(ctx context.Context, epoch, report int64, last time.Time, rows []AlertRow, events []Issue) ([]Issue, error) {
	var claimed []Issue
	err := s.writeLedger(ctx, "write the state of an alert to", func(t *tx) error {
		var err error
		claimed, err = t.putAlerts(epoch, report, last, rows, events)
		return err
	})
	return claimed, err
}

func (t *tx) putAlerts(epoch, report int64, last time.Time, rows []AlertRow, events []Issue) ([]Issue, error) {
	claimed, err := t.claim(epoch, report, last, events)
	if err == nil {
		err = t.putAlertRows(report, rows)
	}
	return claimed, err
}

// alertCells are the columns of an AlertRow after its key.
type alertCells struct {
	firing            bool
	count             int
	slots, row, since string // slots as a JSON array
}

func cellsOf(r AlertRow) alertCells {
	slots := make([]string, len(r.Slots))
	for i, t := range r.Slots {
		slots[i] = slotText(t)
	}
	text, _ := json.Marshal(slots) // of strings, which cannot fail
	return alertCells{r.Firing, r.Count, string(text), string(r.Row), slotText(r.Since)}
}

func (c alertCells) alertRow(key string) (AlertRow, error) {
	r := AlertRow{Key: key, Firing: c.firing, Count: c.count, Since: unstamp(c.since)}
	if c.row != "" {
		r.Row = []byte(c.row)
	}
	var slots []string
	err := json.Unmarshal([]byte(c.slots), &slots)
	for _, s := range slots {
		r.Slots = append(r.Slots, unstamp(s))
	}
	return r, err
}

func (t *tx) alertCells(report int64, f func(key string, c alertCells) error) error {
	return t.all("SELECT key, firing, count, slots, row, since FROM windrow_alert_data WHERE report = ? ORDER BY key", []any{report},
		func(scan func(...any) error) error {
			var key string
			var c alertCells
			if err := scan(&key, &c.firing, &c.count, &c.slots, &c.row, &c.since); err != nil {
				return err
			}
			return f(key, c)
		})
}

func (t *tx) putAlertRows(report int64, rows []AlertRow) error {
	old := map[string]alertCells{}
	err := t.alertCells(report, func(key string, c alertCells) error {
		old[key] = c
		return nil
	})
	for _, r := range rows {
		c := cellsOf(r)
		if was, ok := old[r.Key]; err == nil && (!ok || was != c) {
			_, err = t.exec("REPLACE INTO windrow_alert_data (report, key, firing, count, slots, row, since) VALUES (?, ?, ?, ?, ?, ?, ?)",
				report, r.Key, c.firing, c.count, c.slots, c.row, c.since)
		}
		delete(old, r.Key)
	}
	for key := range old {
		if err == nil {
			_, err = t.exec("DELETE FROM windrow_alert_data WHERE report = ? AND key = ?", report, key)
		}
	}
	return err
}
