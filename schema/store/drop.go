package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Drop removes a rollup, attached or not, and a rebuild of it that is under
// way; `NAME (rebuild)` removes that alone. Its view goes first, with its row,
// in one transaction; then its states, rejects and progress, in short ones, so
// that others may commit in between. What a killed Drop leaves is shown
// nowhere, and the next Drop, Register or Sweep takes it away. A later
// Register with that name begins anew.
//
// It needs no epoch. Dropping an attached rollup raises the epoch instead: a
// run that still commits to it is fenced.
func (s *Store) Drop(ctx context.Context, name string) error {
	what := fmt.Sprintf("drop rollup %s from", name)
	err := s.dropRow(ctx, what, name)
	if e := s.sweepAll(ctx, what); err == nil {
		err = e
	}
	return err
}

func (s *Store) dropRow(ctx context.Context, what, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var gone []int64
	err := s.transact(ctx, "BEGIN IMMEDIATE", func(t *tx) error {
		var err error
		gone, err = t.drop(name)
		return err
	})
	if err != nil {
		return fail(s.path, what, err)
	}
	for c, refs := range s.refs {
		s.refs[c] = slices.DeleteFunc(slices.Clone(refs), func(r RollupRef) bool { return slices.Contains(gone, r.ID) })
	}
	return nil
}

// drop takes away the rows and views of a rollup and its new generation.
func (t *tx) drop(name string) (gone []int64, err error) {
	attached := false
	names := []string{}
	err = t.all(`SELECT r.id, r.name, r.attached FROM windrow_rollup_data r WHERE r.name = ?1
		OR r.replaces = (SELECT id FROM windrow_rollup_data WHERE name = ?1) ORDER BY r.replaces IS NULL`, []any{name},
		func(scan func(...any) error) error {
			var id int64
			var n string
			var a bool
			err := scan(&id, &n, &a)
			gone, names, attached = append(gone, id), append(names, n), attached || a
			return err
		})
	if err != nil {
		return nil, err
	}
	if len(gone) == 0 {
		return nil, t.noRollup(name)
	}
	for i := range gone {
		if err := t.removeRollup(gone[i], names[i]); err != nil {
			return nil, err
		}
	}
	if attached {
		_, err = t.exec("UPDATE windrow_meta SET value = value + 1 WHERE name = 'epoch'")
	}
	return gone, err
}

// noRollup says that there is no rollup of that name.
func (t *tx) noRollup(name string) error {
	names, err := t.rollupNames()
	if err != nil {
		return err
	}
	return fmt.Errorf("it has no rollup %q%s", name, suggest(name, names))
}

func (t *tx) rollupNames() ([]string, error) {
	var names []string
	err := t.all("SELECT name FROM windrow_rollup_data ORDER BY name", nil, func(scan func(...any) error) error {
		var n string
		err := scan(&n)
		names = append(names, n)
		return err
	})
	return names, err
}

// removeRollup takes away a rollup's row and view: nothing shows it any more.
// Its states are garbage from then on.
func (t *tx) removeRollup(id int64, name string) error {
	var view string
	found, err := t.find("SELECT name FROM sqlite_schema WHERE type = 'view' AND name = ? COLLATE NOCASE", []any{name}, &view)
	if err == nil && found {
		err = t.script("DROP VIEW " + quote(view))
	}
	if err == nil {
		_, err = t.exec("DELETE FROM windrow_rollup_data WHERE id = ?", id)
	}
	return err
}

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
