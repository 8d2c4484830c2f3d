package store

import (
	"context"
	"fmt"
	"slices"
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
