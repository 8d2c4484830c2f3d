package query

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/jmoiron/sqlx"
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
