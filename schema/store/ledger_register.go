package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// RegisterReports finds or adds the rows of reports and alerts, and returns
// them in the order of defs. A report and an alert of one name are two. Since
// is now where no run has had it yet. With an epoch the definitions are noted,
// and what is not among defs becomes detached: it is kept, and shown as such.
// By hand (epoch 0) nothing that is there changes.
func (s *Store) RegisterReports(ctx context.Context, epoch int64, defs []ReportDef, now time.Time) ([]ReportRef, error) {
	var refs []ReportRef
	err := s.write(ctx, "register the reports in", func(t *tx) error {
		var err error
		refs, err = t.registerReports(epoch, defs, now)
		return err
	})
	return refs, err
}

func (t *tx) registerReports(epoch int64, defs []ReportDef, now time.Time) ([]ReportRef, error) {
	if err := t.checkRun(epoch); err != nil {
		return nil, err
	}
	var refs []ReportRef
	for _, d := range defs {
		r, err := t.putReport(d, epoch != 0, now)
		if err != nil {
			return nil, fmt.Errorf("report %s: %w", d.Name, err)
		}
		refs = append(refs, r)
	}
	if epoch == 0 {
		return refs, nil
	}
	return refs, t.detachReports(refs)
}

// checkRun is checkEpoch for what may also be done by hand, with epoch 0.
func (t *tx) checkRun(epoch int64) error {
	if epoch == 0 {
		return nil
	}
	return t.checkEpoch(epoch)
}

// putReport finds or adds one row; for a run, with its definition.
func (t *tx) putReport(d ReportDef, run bool, now time.Time) (ReportRef, error) {
	r := ReportRef{Name: d.Name, Since: unstamp(stamp(now))}
	var since, last sql.NullString
	var first any // when a run had it first
	if run {
		first = stamp(now)
	}
	found, err := t.find("SELECT id, since, last FROM windrow_report_data WHERE name = ? AND alert = ?", []any{d.Name, d.Alert}, &r.ID, &since, &last)
	switch {
	case err != nil:
	case !found:
		r.ID, err = t.insert("INSERT INTO windrow_report_data (name, alert, attached, definition, since) VALUES (?, ?, ?, ?, ?)",
			d.Name, d.Alert, run, d.Definition, first)
	case run:
		_, err = t.exec(`UPDATE windrow_report_data SET name = ?2, definition = ?3, since = coalesce(since, ?4), attached = 1
			WHERE id = ?1 AND (name, definition, attached) IS NOT (?2 COLLATE BINARY, ?3, 1)`, r.ID, d.Name, d.Definition, first)
	}
	if since.Valid {
		r.Since = unstamp(since.String)
	}
	r.Last = unstamp(last.String)
	return r, err
}

// detachReports marks all but those that the definitions have.
func (t *tx) detachReports(keep []ReportRef) error {
	attached, err := t.integers("SELECT id FROM windrow_report_data WHERE attached")
	for _, id := range attached {
		if err == nil && !slices.ContainsFunc(keep, func(r ReportRef) bool { return r.ID == id }) {
			_, err = t.exec("UPDATE windrow_report_data SET attached = 0 WHERE id = ?", id)
		}
	}
	return err
}

// moveLast moves the last slot of a report, never back; not for a zero time.
// It refuses a report that the store does not have.
func (t *tx) moveLast(report int64, last time.Time) error {
	var moves bool
	found, err := t.find("SELECT ?2 > coalesce(last, '') FROM windrow_report_data WHERE id = ?1", []any{report, slotText(last)}, &moves)
	switch {
	case err != nil:
	case !found:
		err = noReport(report)
	case moves:
		_, err = t.exec("UPDATE windrow_report_data SET last = ? WHERE id = ?", slotText(last), report)
	}
	return err
}

func noReport(id int64) error {
	return fmt.Errorf("it has no report %d; it was dropped, or never registered", id)
}
