package query

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query/output"
)

// Check prepares a statement without running it. Mistakes are those that Run
// finds before the first row, each an *Error whose place is that within Text.
func Check(ctx context.Context, db *sqlx.DB, q Query) error {
	p, err := q.prepare()
	if err != nil {
		return err
	}
	run, cancel := q.deadline(ctx)
	defer cancel()
	s, err := Open(run, db)
	if err != nil {
		return p.explain(ctx, run, nil, err)
	}
	defer s.Close()
	return s.beside(run, func() error {
		return p.explain(ctx, run, s.conn, s.conn.Raw(func(dc any) error { return compile(run, dc, p.SQL) }))
	})
}

// Columns returns the names of the columns of a statement's result. It runs
// the statement up to its first row: it is meant for a store without rows.
func Columns(ctx context.Context, db *sqlx.DB, q Query) ([]string, error) {
	var h heading
	if _, err := Run(ctx, db, q, &h); err != nil && !errors.Is(err, errHeading) {
		return nil, err
	}
	return h, nil
}

// heading is an encoder that wants the names of the columns only.
type heading []string

var errHeading = errors.New("the names are enough")

func (h *heading) Begin(cols []output.Column) error {
	for _, c := range cols {
		*h = append(*h, c.Name)
	}
	return errHeading
}
func (h *heading) Row([]any) error { return errHeading }
func (h *heading) End() error      { return nil }

// compile lets SQLite compile a statement on a driver connection.
func compile(ctx context.Context, dc any, sql string) error {
	c, ok := dc.(driver.ConnPrepareContext)
	if !ok {
		return fmt.Errorf("BUG: the driver's connection %T prepares nothing", dc)
	}
	s, err := c.PrepareContext(ctx, sql)
	if err != nil {
		return err
	}
	return s.Close()
}
