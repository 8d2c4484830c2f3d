package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/schema/window"
)

// noTime stands for a time that there is none of.
const noTime = value.MinTime - 1

// advance moves a cohort's watermark up to what its splits allow, and with it
// the first window of each rollup that is not final. It returns the watermark,
// noTime if there is none.
func (t *tx) advance(cohort int64, rollups []RollupRef) (value.Time, error) {
	p, err := t.progress(cohort)
	if err != nil {
		return noTime, err
	}
	to, err := t.reached(cohort, p)
	if err != nil || to <= p.mark {
		return p.mark, err
	}
	return to, t.raise(cohort, rollups, to)
}

// progress is what a cohort's watermark depends on besides the splits.
type progress struct {
	stream int64
	delay  int64      // microseconds
	newest value.Time // the greatest event time absorbed, or noTime
	mark   value.Time // the watermark now, or noTime
}

func (t *tx) progress(cohort int64) (progress, error) {
	var p progress
	var newest sql.NullInt64
	var mark sql.NullString
	// A cohort that Register has just made of another one has no newest yet.
	found, err := t.find(`SELECT s.id, s.delay, c.watermark,
			coalesce(c.newest, (SELECT max(max_time) FROM windrow_range_data a WHERE a.cohort = c.id))
		FROM windrow_cohorts c JOIN windrow_streams s ON s.id = c.stream WHERE c.id = ?`, []any{cohort},
		&p.stream, &p.delay, &mark, &newest)
	if err == nil && !found {
		err = fmt.Errorf("it has no cohort %d", cohort)
	}
	p.newest, p.mark = noTime, noTime
	if newest.Valid {
		p.newest = value.Time(newest.Int64)
	}
	if w, ok := value.ParseTime(mark.String, nil); ok {
		p.mark = w
	}
	return p, err
}

// heldBack asks for the splits that hold back the watermark of cohort ?1 of
// stream ?2. A split's front is the range that holds its first record. Splits
// of the past, which are many, are not looked at: windrow_split_data_here has
// none of them.
const heldBack = `WITH fronts AS (
	SELECT a.max_time, (p.ended OR p.idle) AND p.size >= 0 AND coalesce(a.hi, p.start) >= p.size AS finished
	FROM windrow_split_data p
	LEFT JOIN windrow_range_data a ON a.cohort = ?1 AND a.split = p.number AND a.lo <= p.start AND a.hi > p.start
	WHERE p.stream = ?2 AND NOT p.gone)
	SELECT count(*), count(*) FILTER (WHERE max_time IS NULL), min(max_time) FROM fronts WHERE NOT finished`

// reached computes the watermark: the least of the greatest event times in the
// absorbed fronts of the splits that may still bring something, less the
// delay. A split without such a front holds it back. If there is no such
// split it is the greatest of all.
func (t *tx) reached(cohort int64, p progress) (value.Time, error) {
	var open, silent int64
	var least sql.NullInt64
	err := t.get(heldBack, []any{cohort, p.stream}, &open, &silent, &least)
	at := p.newest
	if open > 0 {
		at = value.Time(least.Int64)
	}
	if err != nil || silent > 0 || at == noTime {
		return noTime, err
	}
	if at -= value.Time(p.delay); !at.Valid() {
		return noTime, nil
	}
	return at, nil
}

// raise sets a cohort's watermark, which is to be lower now, and what is final.
func (t *tx) raise(cohort int64, rollups []RollupRef, to value.Time) error {
	if _, err := t.exec("UPDATE windrow_cohorts SET watermark = ? WHERE id = ?", to.Format(-1), cohort); err != nil {
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

// noteNewest keeps the greatest event time that a cohort has absorbed.
func (t *tx) noteNewest(cohort int64, ranges []Range) error {
	newest := noTime
	for _, r := range ranges {
		newest = max(newest, r.MaxTime)
	}
	if newest == noTime {
		return nil
	}
	_, err := t.exec(`UPDATE windrow_cohorts SET newest = max(?2, coalesce(newest,
			(SELECT max(max_time) FROM windrow_range_data WHERE cohort = ?1), ?2))
		WHERE id = ?1 AND (newest IS NULL OR newest < ?2)`, cohort, int64(newest))
	return err
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
		p, err := t.progress(cohort)
		w, ok = p.mark, p.mark != noTime
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
	p, err := t.progress(cohort)
	if err != nil || p.newest == noTime {
		return err
	}
	return t.raise(cohort, rollups, max(p.newest, p.mark))
}

// closeWindows makes all stored windows of a rollup final.
func (t *tx) closeWindows(r RollupRef) error {
	var last sql.NullString
	if err := t.get("SELECT max("+quote(windowColumn(r.Rollup))+") FROM "+r.Table, nil, &last); err != nil || !last.Valid {
		return err
	}
	start, ok := value.ParseTime(last.String, nil)
	if !ok {
		return fmt.Errorf("%q is not the start of a window", last.String)
	}
	return t.finalise(r.ID, r.Rollup.Window, r.Rollup.Window.End(start))
}
