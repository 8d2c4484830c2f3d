package scheduler

import (
	"context"
	"errors"
	"time"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/store"
)

// maxRows is how many rows of a statement an alert knows; one more row says
// how many others there are.
const maxRows = 1000

// ask runs the statement of an alert for a slot. Of the rollups it sees the
// windows that begin before the slot: so the same slot gives the same rows
// later, but for late data. Of more than 1,000 rows it returns those that are
// known already and the first others, and a row that counts the rest:
// {"more_rows":N}, known by {"more_rows":true}. So such an alert announces what
// it can, once, and that there is more.
func (s *shop) ask(ctx context.Context, j *job, slot time.Time, known []store.AlertRow) ([]found, error) {
	rows := newCollector(j, known)
	err := s.snapshot(ctx, j, slot, func(ctx context.Context, v *view) error { return j.ask(ctx, v, slot, rows) })
	return rows.all(), err
}

// ask is that of the shop, beside other alerts of a run.
func (e *entry) ask(ctx context.Context, j *job, slot time.Time, known []store.AlertRow) (rows []found, err error) {
	err = e.inside(ctx, e.evaluations, func() error {
		rows, err = e.shop.ask(ctx, j, slot, known)
		return err
	})
	return rows, err
}

func (j *job) ask(ctx context.Context, v *view, slot time.Time, rows *collector) error {
	names, err := v.windowed(ctx)
	if err != nil {
		return err
	}
	plain := j.query(j.sections[0], slot)
	if err := qualified(plain, names); err != nil {
		return err
	}
	q := plain
	q.SQL, q.Text = before(plain.SQL, query.Tables(plain.SQL, names)), ""
	_, err = v.Run(ctx, q, rows)
	var u unfit
	switch {
	case errors.As(err, &u):
		return u
	case err != nil && q.SQL != plain.SQL && ctx.Err() == nil:
		// A mistake is better explained in the statement as written.
		if mistake := query.Check(ctx, v.db, plain); mistake != nil {
			return mistake
		}
	}
	return err
}

// windowed returns the names of the rollups that show the beginnings of their
// windows.
func (v *view) windowed(ctx context.Context) ([]string, error) {
	var names texts
	_, err := v.Run(ctx, query.Query{SQL: `SELECT r.name FROM windrow_rollups r JOIN pragma_table_info(r.name) c WHERE c.name = 'window_start'`}, &names)
	return names, err
}

// texts is an encoder that keeps the first column.
type texts []string

var _ output.Encoder = (*texts)(nil)

func (t *texts) Begin([]output.Column) error { return nil }

func (t *texts) Row(vals []any) error {
	s, _ := vals[0].(string)
	*t = append(*t, s)
	return nil
}

func (t *texts) End() error { return nil }
