package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/schema/window"
)

// advance moves a cohort's watermark up to what its splits allow, and with it
// the first window of each rollup that is not final.
func (t *tx) advance(cohort int64, rollups []RollupCommit) error {
	to, ok, err := t.reached(cohort)
	if err != nil || !ok {
		return err
	}
	moved, err := t.raise(cohort, to)
	if err != nil || !moved {
		return err
	}
	for _, r := range rollups {
		w := r.Rollup.Window
		if err := t.finalise(r.ID, w, w.Start(to)); err != nil {
			return err
		}
	}
	return nil
}

// reached computes the watermark: the least of the greatest event times in the
// absorbed fronts of the splits that are not finished, less the delay. A split
// without such a front holds it back. If all are finished it is the greatest
// of all.
func (t *tx) reached(cohort int64) (value.Time, bool, error) {
	var delay, open, silent int64
	var least, greatest sql.NullInt64
	// A split's front is the range that holds its first record.
	err := t.get(`WITH fronts AS (
		SELECT s.delay, a.max_time,
			p.ended AND p.size >= 0 AND coalesce(a.hi, p.start) >= p.size AS finished
		FROM windrow_cohorts c
		JOIN windrow_streams s ON s.id = c.stream
		JOIN windrow_split_data p ON p.stream = s.id
		LEFT JOIN windrow_range_data a ON a.cohort = c.id AND a.split = p.number AND a.lo <= p.start AND a.hi > p.start
		WHERE c.id = ?)
		SELECT coalesce(max(delay), 0), count(*) FILTER (WHERE NOT finished),
			count(*) FILTER (WHERE NOT finished AND max_time IS NULL),
			min(max_time) FILTER (WHERE NOT finished), max(max_time) FROM fronts`, []any{cohort},
		&delay, &open, &silent, &least, &greatest)
	at := least
	if open == 0 {
		at = greatest
	}
	if err != nil || silent > 0 || !at.Valid {
		return 0, false, err
	}
	w := value.Time(at.Int64 - delay)
	return w, w.Valid(), nil
}

// raise sets a cohort's watermark unless that would lower it.
func (t *tx) raise(cohort int64, to value.Time) (bool, error) {
	text := to.Format(-1)
	n, err := t.exec("UPDATE windrow_cohorts SET watermark = ?2 WHERE id = ?1 AND (watermark IS NULL OR watermark < ?2)", cohort, text)
	return n > 0, err
}

// finalise makes the windows of a rollup that start before to final. None is
// ever taken back.
func (t *tx) finalise(rollup int64, w window.Window, to value.Time) error {
	text := min(max(to, value.MinTime), value.MaxTime).Format(w.Frac())
	if to > value.MaxTime {
		text = value.MaxTime.Format(6) // sorts after every start
	}
	_, err := t.exec("UPDATE windrow_rollup_data SET final_before = ?2 WHERE id = ?1 AND (final_before IS NULL OR final_before < ?2)", rollup, text)
	return err
}

// Watermark returns the watermark of a cohort; ok is false while it has none.
func (s *Store) Watermark(ctx context.Context, cohort int64) (w value.Time, ok bool, err error) {
	err = s.read(ctx, "read the watermark of", func(t *tx) error {
		var text sql.NullString
		found, err := t.find("SELECT watermark FROM windrow_cohorts WHERE id = ?", []any{cohort}, &text)
		if err == nil && !found {
			err = fmt.Errorf("it has no cohort %d", cohort)
		}
		w, ok = value.ParseTime(text.String, nil)
		return err
	})
	return w, ok, err
}

// FinishOnce ends a run that absorbs what is there and no more: the watermark
// goes to the greatest event time absorbed. With close, the windows that are
// still running become final too. The cohort must be one that Register gave.
func (s *Store) FinishOnce(ctx context.Context, epoch, cohort int64, close bool) error {
	s.mu.Lock()
	rollups, ok := s.refs[cohort]
	s.mu.Unlock()
	if !ok {
		return fmt.Errorf("BUG: cohort %d is not one that Register gave", cohort)
	}
	return s.write(ctx, "finish the run on", func(t *tx) error {
		if err := t.checkEpoch(epoch); err != nil {
			return err
		}
		if err := t.finishAt(cohort, rollups); err != nil || !close {
			return err
		}
		for _, r := range rollups {
			if err := t.closeWindows(r); err != nil {
				return fmt.Errorf("rollup %s: %w", r.Rollup.Name, err)
			}
		}
		return nil
	})
}

func (t *tx) finishAt(cohort int64, rollups []RollupRef) error {
	var greatest sql.NullInt64
	err := t.get("SELECT max(max_time) FROM windrow_range_data WHERE cohort = ?", []any{cohort}, &greatest)
	if err != nil || !greatest.Valid {
		return err
	}
	to := value.Time(greatest.Int64)
	if _, err := t.raise(cohort, to); err != nil {
		return err
	}
	for _, r := range rollups {
		w := r.Rollup.Window
		if err := t.finalise(r.ID, w, w.Start(to)); err != nil {
			return err
		}
	}
	return nil
}

// closeWindows makes all stored windows of a rollup final.
func (t *tx) closeWindows(r RollupRef) error {
	column := ""
	for _, c := range r.Rollup.Layout() {
		if c.Source == schema.FromWindow {
			column = c.Name
		}
	}
	var last sql.NullString
	if err := t.get("SELECT max("+quote(column)+") FROM "+r.Table, nil, &last); err != nil || !last.Valid {
		return err
	}
	start, ok := value.ParseTime(last.String, nil)
	if !ok {
		return fmt.Errorf("%q is not the start of a window", last.String)
	}
	return t.finalise(r.ID, r.Rollup.Window, r.Rollup.Window.End(start))
}
