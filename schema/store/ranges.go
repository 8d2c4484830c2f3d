package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/windrow/windrow/schema/fault"
	"github.com/windrow/windrow/schema/value"
)

const rangeColumns = "split, lo, hi, max_time, records, late, future, tail_len, tail_end, tail"

// Ranges returns what a cohort has absorbed: for each split its ranges,
// ascending; no two of them touch.
func (s *Store) Ranges(ctx context.Context, cohort int64) (map[int64][]Range, error) {
	ranges := map[int64][]Range{}
	err := s.read(ctx, "read the progress in", func(t *tx) error {
		return t.all("SELECT "+rangeColumns+" FROM windrow_range_data WHERE cohort = ? ORDER BY split, lo", []any{cohort},
			func(scan func(...any) error) error {
				r, err := scanRange(scan)
				ranges[r.Split] = append(ranges[r.Split], r)
				return err
			})
	})
	return ranges, err
}

func scanRange(scan func(...any) error) (Range, error) {
	var r Range
	var max sql.NullInt64
	var tail []byte
	err := scan(&r.Split, &r.Lo, &r.Hi, &max, &r.Records, &r.Late, &r.Future, &r.TailLen, &r.TailEnd, &tail)
	copy(r.Tail[:], tail)
	r.MaxTime = value.MinTime - 1
	if max.Valid {
		r.MaxTime = value.Time(max.Int64)
	}
	return r, err
}

// absorb records a range of a cohort. A range that has a byte in common with
// a recorded one gives ErrOverlap; neighbours become one.
func (t *tx) absorb(cohort int64, r Range) error {
	if r.Lo < 0 || r.Hi <= r.Lo {
		return fmt.Errorf("BUG: [%d, %d) of split %d is no range", r.Lo, r.Hi, r.Split)
	}
	left, ok, err := t.neighbour("lo < ?3 ORDER BY lo DESC LIMIT 1", cohort, r.Split, r.Hi)
	if err != nil {
		return err
	}
	if ok && left.Hi > r.Lo && fault.Is(fault.NoRangeCheck) {
		if left.Hi >= r.Hi {
			return nil
		}
		r.Lo = left.Hi
	}
	if ok && left.Hi > r.Lo {
		return fmt.Errorf("%w: [%d, %d) of split %d meets [%d, %d)", ErrOverlap, r.Lo, r.Hi, r.Split, left.Lo, left.Hi)
	}
	if ok && left.Hi == r.Lo {
		r = left.Join(r)
		if err := t.forget(cohort, left); err != nil {
			return err
		}
	}
	right, ok, err := t.neighbour("lo = ?3", cohort, r.Split, r.Hi)
	if err != nil {
		return err
	}
	if ok {
		r = r.Join(right)
		if err := t.forget(cohort, right); err != nil {
			return err
		}
	}
	return t.putRange(cohort, r)
}

func (t *tx) neighbour(where string, args ...any) (Range, bool, error) {
	var r Range
	st := "SELECT " + rangeColumns + " FROM windrow_range_data WHERE cohort = ?1 AND split = ?2 AND " + where
	found := false
	err := t.all(st, args, func(scan func(...any) error) error {
		var err error
		found = true
		r, err = scanRange(scan)
		return err
	})
	return r, found, err
}

func (t *tx) forget(cohort int64, r Range) error {
	_, err := t.exec("DELETE FROM windrow_range_data WHERE cohort = ? AND split = ? AND lo = ?", cohort, r.Split, r.Lo)
	return err
}

func (t *tx) putRange(cohort int64, r Range) error {
	var max any
	if r.MaxTime >= value.MinTime {
		max = int64(r.MaxTime)
	}
	_, err := t.exec("INSERT INTO windrow_range_data (cohort, "+rangeColumns+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		cohort, r.Split, r.Lo, r.Hi, max, r.Records, r.Late, r.Future, r.TailLen, r.TailEnd, r.Tail[:])
	return err
}
