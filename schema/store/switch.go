package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/windrow/windrow/schema/value"
)

// Switch lets new generations take the place of the old ones where they have
// absorbed everything that the old ones had of splits that are still there,
// and returns their names. What they lack because its split is gone is noted
// in complete_from and windrow_coverage. The Refs of Register stay valid.
//
// Readers see either the one or the other under the name. The old states are
// deleted at once if they are few; otherwise by Sweep, or the next Register or
// Drop. Call it in a run, after Register, whenever a new generation may have
// caught up, while no worker holds anything of a split that is gone; when none
// has caught up it only reads.
func (s *Store) Switch(ctx context.Context, epoch int64) (switched []string, err error) {
	const what = "switch to the rebuilt rollups in"
	s.mu.Lock()
	defer s.mu.Unlock()
	var ready []succession
	err = s.transact(ctx, "BEGIN", func(t *tx) error {
		ready, err = t.ready()
		return err
	})
	if err != nil || len(ready) == 0 {
		return nil, fail(s.path, what, err)
	}
	err = s.transact(ctx, "BEGIN IMMEDIATE", func(t *tx) error {
		began := time.Now()
		if err := t.checkEpoch(epoch); err != nil {
			return err
		}
		if ready, err = t.ready(); err != nil {
			return err
		}
		for _, p := range ready {
			if err := t.succeed(p); err != nil {
				return err
			}
		}
		return t.sweep(began)
	})
	if err != nil {
		return nil, fail(s.path, what, err)
	}
	for _, p := range ready {
		switched = append(switched, p.next.Rollup.Name)
	}
	return switched, nil
}

// CanSwitch reports whether Switch would find a new generation that has caught up.
func (s *Store) CanSwitch(ctx context.Context) (bool, error) {
	var ready []succession
	err := s.read(ctx, "look for rebuilt rollups in", func(t *tx) (err error) {
		ready, err = t.ready()
		return err
	})
	return len(ready) > 0, err
}

// succession is a generation that takes the place of another.
type succession struct {
	next         RollupRef
	nextCohort   int64
	members      []RollupRef // of nextCohort
	old          int64
	oldName      string
	oldCohort    int64
	oldFinal     sql.NullString
	oldWatermark sql.NullString
}

// ready finds the attached generations that have caught up.
func (t *tx) ready() ([]succession, error) {
	var all, ready []succession
	err := t.all(`SELECT n.id, n.cohort, o.id, o.name, o.cohort, o.final_before, c.watermark FROM windrow_rollup_data n
		JOIN windrow_rollup_data o ON o.id = n.replaces JOIN windrow_cohorts c ON c.id = o.cohort
		WHERE n.attached ORDER BY n.id`, nil, func(scan func(...any) error) error {
		var p succession
		err := scan(&p.next.ID, &p.nextCohort, &p.old, &p.oldName, &p.oldCohort, &p.oldFinal, &p.oldWatermark)
		p.members = t.s.refs[p.nextCohort]
		for _, r := range p.members {
			if r.ID == p.next.ID {
				p.next = r
				all = append(all, p)
			}
		}
		return err
	})
	for _, p := range all {
		if err != nil {
			return nil, err
		}
		var behind bool
		err = t.get(`SELECT EXISTS (SELECT 1 FROM windrow_range_data o JOIN windrow_split_data p ON p.number = o.split
			WHERE o.cohort = ?1 AND NOT p.gone AND NOT EXISTS (SELECT 1 FROM windrow_range_data n
				WHERE n.cohort = ?2 AND n.split = o.split AND n.lo <= o.lo AND n.hi >= o.hi))`, []any{p.oldCohort, p.nextCohort}, &behind)
		if !behind {
			ready = append(ready, p)
		}
	}
	return ready, err
}

// succeed puts the new generation in the place of the old one, whose states
// are garbage from then on. Windows that were final stay so.
func (t *tx) succeed(p succession) error {
	if err := t.cover(p.nextCohort, p.members); err != nil {
		return err
	}
	if err := t.removeRollup(p.old, p.oldName); err != nil {
		return err
	}
	name := p.next.Rollup.Name
	if err := t.script("DROP VIEW IF EXISTS " + quote(name+rebuildSuffix)); err != nil {
		return err
	}
	if _, err := t.exec("UPDATE windrow_rollup_data SET name = ?2, replaces = NULL WHERE id = ?1", p.next.ID, name); err != nil {
		return err
	}
	if err := t.putView(p.next.Rollup, name, p.next.Table); err != nil {
		return err
	}
	return t.keepFinal(p)
}

// keepFinal carries the watermark and final_before of the old generation over.
func (t *tx) keepFinal(p succession) error {
	now, err := t.progress(p.nextCohort)
	if err != nil {
		return err
	}
	if mark, ok := value.ParseTime(p.oldWatermark.String, nil); ok && mark > now.mark {
		if err := t.raise(p.nextCohort, p.members, mark); err != nil {
			return err
		}
	}
	if final, ok := value.ParseTime(p.oldFinal.String, nil); ok {
		w := p.next.Rollup.Window
		return t.finalise(p.next.ID, w, w.Start(final))
	}
	return nil
}
