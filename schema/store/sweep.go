package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Limits of deleting in a transaction, so that nobody waits long for it.
const (
	sweepTime = 40 * time.Millisecond // no new piece is begun after it
	sweepRows = 500                   // in a piece
)

// Sweep deletes, in one short transaction, some of what is left of rollups
// that are no more. It is to be called again while more is true; when there is
// nothing to do it only reads.
func (s *Store) Sweep(ctx context.Context) (more bool, err error) {
	return s.sweep(ctx, "clean")
}

func (s *Store) sweepAll(ctx context.Context, what string) error {
	for {
		if more, err := s.sweep(ctx, what); !more || err != nil {
			return err
		}
	}
}

func (s *Store) sweep(ctx context.Context, what string) (more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err = s.transact(ctx, "BEGIN", func(t *tx) error {
		g, err := t.garbage()
		more = g != nil
		return err
	})
	if err == nil && more {
		err = s.transact(ctx, "BEGIN IMMEDIATE", func(t *tx) error { return t.sweep(time.Now()) })
	}
	return more, fail(s.path, what, err)
}

// sweep deletes pieces of garbage until sweepTime has passed since began.
func (t *tx) sweep(began time.Time) error {
	for time.Since(began) < sweepTime {
		g, err := t.garbage()
		if err != nil || g == nil {
			return err
		}
		if err := g(); err != nil {
			return err
		}
	}
	return nil
}

// garbage finds something that belongs to no rollup, and returns what deletes
// a piece of it; nil if there is nothing.
func (t *tx) garbage() (func() error, error) {
	var table string
	found, err := t.find(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'windrow_state_[0-9]*'
		AND name NOT IN (SELECT 'windrow_state_' || id FROM windrow_rollup_data) LIMIT 1`, nil, &table)
	if err != nil || found {
		return func() error { return t.sweepStates(table) }, err
	}
	for _, of := range []struct{ table, key string }{
		{"windrow_quarantine_data", "rollup, split, offset"}, {"windrow_coverage_data", "rollup, split"}} {
		// From rollup to rollup by the primary key.
		var id int64
		found, err := t.find(strings.ReplaceAll(`WITH RECURSIVE k(id) AS (SELECT min(rollup) FROM :t
				UNION ALL SELECT (SELECT min(rollup) FROM :t WHERE rollup > id) FROM k WHERE id IS NOT NULL)
			SELECT id FROM k WHERE id IS NOT NULL AND id NOT IN (SELECT id FROM windrow_rollup_data) LIMIT 1`, ":t", of.table), nil, &id)
		if err != nil || found {
			return func() error { _, err := t.sweepRows(of.table, of.key, "rollup", id); return err }, err
		}
	}
	var cohort int64
	found, err = t.find("SELECT id FROM windrow_cohorts WHERE id NOT IN (SELECT cohort FROM windrow_rollup_data) LIMIT 1", nil, &cohort)
	if err != nil || found {
		return func() error { return t.sweepCohort(cohort) }, err
	}
	return nil, nil
}

// sweepRows deletes some rows of a table by its primary key, and says whether
// they were the last with that value in a column.
func (t *tx) sweepRows(table, key, column string, value int64) (last bool, err error) {
	n, err := t.exec(fmt.Sprintf("DELETE FROM %s WHERE (%s) IN (SELECT %s FROM %s WHERE %s = ? LIMIT %d)",
		table, key, key, table, column, sweepRows), value)
	return n < sweepRows, err
}

// sweepStates deletes some rows of a state table; it goes when it is empty.
func (t *tx) sweepStates(table string) error {
	var keys []string
	err := t.all("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", []any{table}, func(scan func(...any) error) error {
		var k string
		err := scan(&k)
		keys = append(keys, quote(k))
		return err
	})
	if err != nil {
		return err
	}
	last, err := t.sweepRows(table, strings.Join(keys, ", "), "1", 1)
	if err == nil && last {
		err = t.script("DROP TABLE " + table)
	}
	return err
}

// sweepCohort deletes some ranges of a cohort, which goes when it has none.
func (t *tx) sweepCohort(cohort int64) error {
	last, err := t.sweepRows("windrow_range_data", "cohort, split, lo", "cohort", cohort)
	if err == nil && last {
		_, err = t.exec("DELETE FROM windrow_cohorts WHERE id = ?", cohort)
	}
	return err
}
