package store

import (
	"context"
	"fmt"
)

// DropReport removes a report or an alert, attached or not, with all that the
// ledger holds of it; of two of that name both. What has been delivered stays
// where it is. A later RegisterReports with that name begins anew.
//
// It needs no epoch. Dropping an attached one raises the epoch instead, as
// Drop does.
func (s *Store) DropReport(ctx context.Context, name string) error {
	return s.write(ctx, fmt.Sprintf("drop report %s from", name), func(t *tx) error {
		ids, err := t.integers("SELECT id FROM windrow_report_data WHERE name = ?", name)
		if err != nil {
			return err
		}
		if len(ids) == 0 {
			return t.noReportNamed(name)
		}
		_, err = t.exec(`UPDATE windrow_meta SET value = value + 1 WHERE name = 'epoch'
			AND EXISTS (SELECT 1 FROM windrow_report_data r WHERE r.name = ? AND r.attached)`, name)
		for _, id := range ids {
			if err == nil {
				err = t.dropReport(id)
			}
		}
		return err
	})
}

func (t *tx) dropReport(id int64) error {
	for _, query := range []string{
		"DELETE FROM windrow_delivery_data WHERE issue IN (SELECT id FROM windrow_issue_data WHERE report = ?)",
		"DELETE FROM windrow_issue_data WHERE report = ?",
		"DELETE FROM windrow_alert_data WHERE report = ?",
		"DELETE FROM windrow_report_data WHERE id = ?",
	} {
		if _, err := t.exec(query, id); err != nil {
			return err
		}
	}
	return nil
}

// noReportNamed says that there is no report of that name.
func (t *tx) noReportNamed(name string) error {
	var names []string
	err := t.all("SELECT name FROM windrow_report_data ORDER BY name", nil, func(scan func(...any) error) error {
		var n string
		err := scan(&n)
		names = append(names, n)
		return err
	})
	if err != nil {
		return err
	}
	return fmt.Errorf("it has no report %q%s", name, suggest(name, names))
}
