package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// expireRows is about how many rows one transaction of Expire deletes.
const expireRows = 4096

// Expire brings a rollup's horizon nearer to the start of the window that
// holds the watermark less the retention, and deletes the windows below it, in
// one transaction of a few thousand rows, but at least one window. More says
// that there is more to delete: call it again. From then on commits drop what
// comes for these windows. The horizon never falls, also when the retention
// becomes longer; without retention it stays.
func (s *Store) Expire(ctx context.Context, epoch int64, r RollupRef) (more bool, err error) {
	if r.Rollup.Retention <= 0 {
		return false, nil
	}
	err = s.write(ctx, "delete old windows from", func(t *tx) error {
		if err := t.checkEpoch(epoch); err != nil {
			return err
		}
		target, due, err := t.horizonDue(r)
		if err != nil || !due {
			return err
		}
		more, err = t.expireTo(r, target)
		if err != nil {
			err = fmt.Errorf("rollup %s: %w", r.Rollup.Name, err)
		}
		return err
	})
	return more && err == nil, err
}

// horizonDue returns where the horizon of a rollup may be, as text, and
// whether it is below that.
func (t *tx) horizonDue(r RollupRef) (target string, due bool, err error) {
	var mark, now sql.NullString
	found, err := t.find("SELECT c.watermark, r.horizon FROM windrow_rollup_data r JOIN windrow_cohorts c ON c.id = r.cohort WHERE r.id = ?",
		[]any{r.ID}, &mark, &now)
	if err == nil && !found {
		err = fmt.Errorf("it has no rollup %d (%s)", r.ID, r.Rollup.Name)
	}
	w, ok := value.ParseTime(mark.String, nil)
	if err != nil || !ok {
		return "", false, err
	}
	back := w - value.Time(r.Rollup.Retention.Microseconds())
	if !back.Valid() {
		return "", false, nil
	}
	start := r.Rollup.Window.Start(back)
	if !start.Valid() {
		return "", false, nil
	}
	target = start.Format(r.Rollup.Window.Frac())
	return target, target > now.String, nil
}

// expireTo deletes the first windows below target, and says whether more are left.
func (t *tx) expireTo(r RollupRef, target string) (more bool, err error) {
	to, err := t.expireStep(r, target)
	if err != nil {
		return false, err
	}
	n, err := t.execIn(t.ctx, "DELETE FROM "+r.Table+" WHERE "+quote(windowColumn(r.Rollup))+" < ?", []any{to})
	if err != nil {
		return false, err
	}
	_, err = t.exec("UPDATE windrow_rollup_data SET horizon = ?, rows = rows - ? WHERE id = ?", to, n, r.ID)
	return to < target, err
}

// expireStep returns the horizon, at most target, below which there are about
// expireRows rows, or one window.
func (t *tx) expireStep(r RollupRef, target string) (string, error) {
	start := quote(windowColumn(r.Rollup))
	var first, next string
	found, err := t.find("SELECT "+start+" FROM "+r.Table+" WHERE "+start+" < ? ORDER BY 1 LIMIT 1 OFFSET ?", []any{target, expireRows}, &next)
	if err != nil || !found {
		return target, err
	}
	if err := t.get("SELECT min("+start+") FROM "+r.Table, nil, &first); err != nil || first < next {
		return next, err
	}
	found, err = t.find("SELECT "+start+" FROM "+r.Table+" WHERE "+start+" > ? AND "+start+" < ? ORDER BY 1 LIMIT 1", []any{next, target}, &next)
	if !found {
		next = target
	}
	return next, err
}

// windowColumn is the column of a state table that holds the window's start.
func windowColumn(r *schema.Rollup) string {
	for _, c := range r.Layout() {
		if c.Source == schema.FromWindow {
			return c.Name
		}
	}
	return ""
}
