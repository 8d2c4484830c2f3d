package store

import (
	"context"
	"fmt"

	"github.com/windrow/windrow/schema"
)

// Position is where a record begins.
type Position struct{ Split, Offset int64 }

// RetryCommit takes rejects of one rollup that have been tried again. Each of
// Taken counts in Absorbed or Filtered, or is one of Rejects because it still
// cannot be used. It may be given again, unchanged, after an error that allows
// it: see Store.Retry.
type RetryCommit struct {
	RollupCommit
	Taken []Position // no position twice

	mark mark // what an earlier try has merged
}

// Find returns the ref of a rollup without registering anything, also while a
// run goes on: that of the rollup of its name, or of the generation that is
// being filled to replace it, whichever has its definition. It gives a
// *ChangedError if neither has.
func (s *Store) Find(ctx context.Context, ru *schema.Rollup) (RollupRef, error) {
	var id int64
	err := s.read(ctx, "read the rollups of", func(t *tx) error {
		old, next, err := t.generations(ru.Name)
		switch {
		case err != nil:
			return err
		case old == nil:
			return t.noRollup(ru.Name)
		case old.is(ru):
			id = old.id
		case next.is(ru):
			id = next.id
		default:
			return &ChangedError{ru.Name, "the store holds it under another definition"}
		}
		return nil
	})
	if err != nil {
		return RollupRef{}, err
	}
	return RollupRef{ID: id, Rollup: ru, Table: stateTable(id)}, nil
}

// Quarantined returns the next rejects of a rollup after a position, at most
// limit, in the order of splits and offsets. Begin with Position{}: splits are
// numbered from 1.
func (s *Store) Quarantined(ctx context.Context, rollup int64, after Position, limit int) ([]Reject, error) {
	var rejects []Reject
	err := s.read(ctx, "read the quarantine of", func(t *tx) error {
		return t.all(`SELECT split, offset, reason, record FROM windrow_quarantine_data
			WHERE rollup = ? AND (split, offset) > (?, ?) ORDER BY split, offset LIMIT ?`, []any{rollup, after.Split, after.Offset, limit},
			func(scan func(...any) error) error {
				var r Reject
				err := scan(&r.Split, &r.Offset, &r.Reason, &r.Record)
				rejects = append(rejects, r)
				return err
			})
	})
	return rejects, err
}

// Retry takes rejects out of the quarantine of a rollup and adds what could be
// used of them after all, in one transaction: everything or nothing. It needs
// no epoch and may run beside a run, as the rows of the quarantine say that
// nobody has taken the records yet.
//
// Errors: ErrOverlap if one of Taken is not there; a *ChangedError if the
// rollup has another definition now; ErrBusy, ErrFull and ErrSpent as for
// Commit. Nothing is written then.
func (s *Store) Retry(ctx context.Context, c *RetryCommit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.feed.show(nil, nil)
	one := Commit{Rollups: []RollupCommit{c.RollupCommit}}
	err := s.transact(ctx, "BEGIN IMMEDIATE", func(t *tx) error { return t.retry(c) }, one.widths()...)
	return fail(s.path, "retry records of", err)
}

func (t *tx) retry(c *RetryCommit) error {
	at, err := t.retryable(c)
	if err != nil {
		return err
	}
	if err := t.take(c); err != nil {
		return err
	}
	if err := t.commitRollup(&c.RollupCommit, at, &c.mark); err != nil {
		return fmt.Errorf("rollup %s: %w", c.Rollup.Name, err)
	}
	_, err = t.exec("UPDATE windrow_rollup_data SET quarantined = quarantined - ? WHERE id = ?", len(c.Taken), c.ID)
	return err
}

// retryable checks that the rollup is there, and that nothing is taken that is
// counted nowhere.
func (t *tx) retryable(c *RetryCommit) (member, error) {
	var at member
	var identity []byte
	found, err := t.find("SELECT identity, revision, coalesce(horizon, '') FROM windrow_rollup_data WHERE id = ?", []any{c.ID},
		&identity, &at.revision, &at.horizon)
	switch {
	case err != nil:
		return at, err
	case !found:
		return at, fmt.Errorf("it has no rollup %s any more", c.Rollup.Name)
	case string(identity) != string(c.Rollup.Identity[:]):
		return at, &ChangedError{c.Rollup.Name, "the store holds it under another definition"}
	}
	taken := map[Position]bool{}
	for _, p := range c.Taken {
		taken[p] = true
	}
	for _, r := range c.Rejects {
		if !taken[Position{r.Split, r.Offset}] {
			return at, fmt.Errorf("BUG: offset %d of split %d is rejected but not taken", r.Offset, r.Split)
		}
	}
	if sum := c.Absorbed + c.Filtered + int64(len(c.Rejects)); sum != int64(len(c.Taken)) {
		return at, fmt.Errorf("BUG: %d records are taken and %d counted", len(c.Taken), sum)
	}
	return at, nil
}

// take deletes the taken rows of the quarantine.
func (t *tx) take(c *RetryCommit) error {
	for _, p := range c.Taken {
		n, err := t.exec("DELETE FROM windrow_quarantine_data WHERE rollup = ? AND split = ? AND offset = ?", c.ID, p.Split, p.Offset)
		if err == nil && n != 1 {
			err = fmt.Errorf("%w: the record at offset %d of split %d is no longer in the quarantine of %s", ErrOverlap, p.Offset, p.Split, c.Rollup.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
