package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/windrow/windrow/schema/fault"
)

// Commit writes partials, the ranges they come from, rejects, counters and the
// watermark in one transaction: everything or nothing. Several processes may
// commit; each waits for the other.
//
// Errors: ErrFenced, ErrOverlap (nothing is merged into the rows then);
// ErrBusy, ErrFull and ErrIO: the same *Commit may be given again later, unchanged.
// Stored states may have been merged into its rows by then; Commit remembers
// that, and gives ErrSpent if the stored ones have changed meanwhile.
func (s *Store) Commit(ctx context.Context, c *Commit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.feed.show(nil, nil)
	return fail(s.path, "commit to", s.transact(ctx, "BEGIN IMMEDIATE", func(t *tx) error { return t.commit(c) }, c.widths()...))
}

// widths are the numbers of columns of what is written in bulk.
func (c *Commit) widths() []int {
	w := []int{rejectWidth}
	for _, r := range c.Rollups {
		w = append(w, len(r.Rollup.Layout()))
	}
	return w
}

func (t *tx) commit(c *Commit) error {
	if err := t.checkEpoch(c.Epoch); err != nil {
		return err
	}
	members, err := t.members(c)
	if err != nil {
		return err
	}
	if !fault.Is(fault.RangesApart) {
		if err := t.absorbAll(c); err != nil {
			return err
		}
	}
	for i := range c.Rollups {
		r := &c.Rollups[i]
		if err := t.commitRollup(r, members[r.ID], c.mark(r.ID)); err != nil {
			return fmt.Errorf("rollup %s: %w", r.Rollup.Name, err)
		}
	}
	if fault.Is(fault.RangesApart) {
		if err := t.inNext(func() error { return t.absorbAll(c) }); err != nil {
			return err
		}
	}
	var refs []RollupRef
	for _, r := range c.Rollups {
		refs = append(refs, r.RollupRef)
	}
	c.Watermark, err = t.advance(c.Cohort, refs)
	return err
}

func (t *tx) absorbAll(c *Commit) error {
	for _, r := range c.Ranges {
		if err := t.absorb(c.Cohort, r); err != nil {
			return err
		}
	}
	return t.noteNewest(c.Cohort, c.Ranges)
}

// inNext runs f in a transaction after this one, as only a planted fault does.
func (t *tx) inNext(f func() error) error {
	if _, err := t.exec("COMMIT"); err != nil {
		return err
	}
	if _, err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	return f()
}

// member is what the store says of a rollup before a commit.
type member struct {
	revision int64  // how often its states were written
	horizon  string // windows that start below it are gone; "" for none
}

// members checks that the commit is about exactly the cohort's rollups, all of
// which absorb its ranges.
func (t *tx) members(c *Commit) (map[int64]member, error) {
	members := map[int64]member{}
	var have, given []int64
	err := t.all("SELECT id, revision, coalesce(horizon, '') FROM windrow_rollup_data WHERE cohort = ?", []any{c.Cohort}, func(scan func(...any) error) error {
		var id int64
		var m member
		err := scan(&id, &m.revision, &m.horizon)
		members[id] = m
		have = append(have, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, r := range c.Rollups {
		given = append(given, r.ID)
	}
	slices.Sort(have)
	slices.Sort(given)
	if !slices.Equal(have, given) {
		return nil, fmt.Errorf("BUG: cohort %d has the rollups %v, and the commit %v", c.Cohort, have, given)
	}
	return members, nil
}

func (t *tx) commitRollup(r *RollupCommit, at member, m *mark) error {
	put, err := t.putRows(r, at, m)
	if err != nil {
		return err
	}
	if err := t.quarantine(r); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE windrow_rollup_data SET absorbed = absorbed + ?, expired = expired + ?, filtered = filtered + ?,
		quarantined = quarantined + ?, rows = rows + ?, revision = revision + ?, cpu = cpu + ? WHERE id = ?`,
		r.Absorbed-put.expired, put.expired, r.Filtered, len(r.Rejects), put.fresh, put.any, r.CPU.Microseconds(), r.ID)
	return err
}

// rejectRows shows rejects to SQLite in the columns of windrow_quarantine_data.
type rejectRows struct {
	rollup  int64
	rejects []Reject
}

const rejectWidth = 5

func (r rejectRows) Len() int               { return len(r.rejects) }
func (r rejectRows) Merge(int, []any) error { return nil }
func (r rejectRows) Records(int) int64      { return 1 }
func (r rejectRows) Cell(row, column int) any {
	j := &r.rejects[row]
	switch column {
	case 0:
		return r.rollup
	case 1:
		return j.Split
	case 2:
		return j.Offset
	case 3:
		return j.Reason
	}
	return j.Record[:min(len(j.Record), quarantineCut)]
}

func (t *tx) quarantine(r *RollupCommit) error {
	if len(r.Rejects) == 0 {
		return nil
	}
	t.s.feed.show(rejectRows{r.ID, r.Rejects}, nil)
	_, err := t.bulk("INSERT INTO windrow_quarantine_data (rollup, split, offset, reason, record) SELECT " +
		feedColumns(rejectWidth, "") + " FROM " + feedTable(rejectWidth))
	if err != nil {
		return fmt.Errorf("quarantine: %w", err)
	}
	return nil
}
