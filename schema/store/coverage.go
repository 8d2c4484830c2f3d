package store

import (
	"slices"

	"github.com/windrow/windrow/schema/value"
)

// What is absorbed of a split that is gone cannot be read again: a cohort that
// does not have it never will. It is then counted as absorbed by that cohort
// too, or it could not be joined with the others, and what its rollups lack is
// noted for each of them in windrow_coverage_data and complete_from.

// coverGone notes for all attached cohorts what they can no longer get.
func (r *registration) coverGone() error {
	refs, err := r.refs()
	for _, ref := range refs {
		for _, c := range ref.Cohorts {
			if err == nil {
				err = r.cover(c.ID, c.Rollups)
			}
		}
	}
	return err
}

// cover gives a cohort the ranges that other cohorts of its stream have of
// splits that are gone.
func (t *tx) cover(cohort int64, rollups []RollupRef) error {
	missing, err := t.missing(cohort)
	if err != nil || len(missing) == 0 {
		return err
	}
	until := noTime
	for _, m := range missing {
		until = max(until, m.MaxTime)
		if err := t.adopt(cohort, rollups, m); err != nil {
			return err
		}
	}
	if err := t.noteNewest(cohort, missing); err != nil {
		return err
	}
	for _, r := range rollups {
		if err := t.completeFrom(r, until); err != nil {
			return err
		}
	}
	return nil
}

// missing returns the ranges of other cohorts in splits that are gone and that
// this one does not have as a whole.
func (t *tx) missing(cohort int64) ([]Range, error) {
	var missing []Range
	err := t.all(`SELECT `+yColumns+` FROM windrow_cohorts me
		JOIN windrow_cohorts other ON other.stream = me.stream AND other.id <> me.id
		JOIN windrow_range_data y ON y.cohort = other.id
		JOIN windrow_split_data p ON p.number = y.split AND p.gone
		WHERE me.id = ?1 AND NOT EXISTS (SELECT 1 FROM windrow_range_data x
			WHERE x.cohort = ?1 AND x.split = y.split AND x.lo <= y.lo AND x.hi >= y.hi)
		ORDER BY y.split, y.lo`, []any{cohort},
		func(scan func(...any) error) error {
			r, err := scanRange(scan)
			missing = append(missing, r)
			return err
		})
	return missing, err
}

// yColumns are rangeColumns of the table y.
const yColumns = "y.split, y.lo, y.hi, y.max_time, y.records, y.late, y.future, y.tail_len, y.tail_end, y.tail"

// adopt gives a cohort what it does not have of a range.
func (t *tx) adopt(cohort int64, rollups []RollupRef, r Range) error {
	var have []Range
	err := t.all("SELECT "+rangeColumns+" FROM windrow_range_data WHERE cohort = ?1 AND split = ?2 AND lo < ?4 AND hi > ?3 ORDER BY lo",
		[]any{cohort, r.Split, r.Lo, r.Hi}, func(scan func(...any) error) error {
			h, err := scanRange(scan)
			have = append(have, h)
			return err
		})
	if err != nil {
		return err
	}
	var bytes, records int64
	for _, gap := range r.without(have) {
		bytes += gap.Hi - gap.Lo
		records += gap.Records
		if err := t.absorb(cohort, gap); err != nil {
			return err
		}
	}
	for _, ru := range rollups {
		if bytes > 0 && err == nil {
			_, err = t.exec(`INSERT INTO windrow_coverage_data (rollup, split, bytes, records) VALUES (?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes, records = records + excluded.records`, ru.ID, r.Split, bytes, records)
		}
	}
	return err
}

// without returns the gaps that some ranges, ascending, leave in r. The first
// has the counters of r less theirs: exactly those of the gaps, unless a range
// goes beyond r.
func (r Range) without(have []Range) []Range {
	var gaps []Range
	rest := r
	at := r.Lo
	for _, h := range append(slices.Clone(have), Range{Lo: r.Hi, Hi: r.Hi}) {
		if h.Lo > at {
			gaps = append(gaps, Range{Split: r.Split, Lo: at, Hi: h.Lo, MaxTime: noTime})
		}
		at = max(at, h.Hi)
		rest.Records -= h.Records
		rest.Late -= h.Late
		rest.Future -= h.Future
	}
	if len(gaps) == 0 {
		return nil
	}
	first, last := &gaps[0], &gaps[len(gaps)-1]
	first.Records, first.Late, first.Future, first.MaxTime = max(0, rest.Records), max(0, rest.Late), max(0, rest.Future), r.MaxTime
	if last.Hi == r.Hi {
		last.TailLen, last.TailEnd, last.Tail = r.TailLen, r.TailEnd, r.Tail
	}
	return gaps
}

// completeFrom notes that a rollup lacks events up to a time.
func (t *tx) completeFrom(r RollupRef, until value.Time) error {
	if until == noTime {
		return nil
	}
	w := r.Rollup.Window
	text := min(w.End(w.Start(until)), value.MaxTime).Format(w.Frac())
	_, err := t.exec("UPDATE windrow_rollup_data SET complete_from = ?2 WHERE id = ?1 AND (complete_from IS NULL OR complete_from < ?2)", r.ID, text)
	return err
}
