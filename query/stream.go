package query

import (
	"context"
	"database/sql/driver"
	"fmt"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/store"
)

// stream runs a statement on a driver connection and gives its rows to enc.
func stream(ctx context.Context, dc any, sql string, args []driver.NamedValue, limit int64, enc output.Encoder) (r Result, err error) {
	rows, err := store.Query(ctx, dc, sql, args)
	if err != nil {
		return r, err
	}
	defer rows.Close()
	names := rows.Columns()
	cols := make([]output.Column, len(names))
	for i, n := range names {
		cols[i].Name = n
	}
	if err := enc.Begin(cols); err != nil {
		return r, writeError{err}
	}
	s := newSupply(ctx, rows, limit)
	defer s.end()
	if r, err = s.drain(enc); err != nil {
		return r, err
	}
	if err := enc.End(); err != nil {
		return r, writeError{err}
	}
	return r, nil
}

// writeError is an error of the output, not of the statement.
type writeError struct{ err error }

func (e writeError) Error() string { return fmt.Sprintf("cannot write the result: %v", e.err) }
func (e writeError) Unwrap() error { return e.err }
