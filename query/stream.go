package query

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/windrow/windrow/query/output"
)

// stream runs a statement on a driver connection and hands each row to enc. It
// works below database/sql, whose Scan would convert every value twice.
func stream(ctx context.Context, dc any, sql string, args []driver.NamedValue, limit int64, enc output.Encoder) (r Result, err error) {
	q, ok := dc.(driver.QueryerContext)
	if !ok {
		return r, fmt.Errorf("BUG: the driver's connection %T takes no queries", dc)
	}
	rows, err := q.QueryContext(ctx, sql, args)
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
	if err := r.copy(ctx, rows, len(cols), limit, enc); err != nil {
		return r, err
	}
	if err := enc.End(); err != nil {
		return r, writeError{err}
	}
	return r, nil
}

// copy moves rows to enc until there are no more or limit is reached.
func (r *Result) copy(ctx context.Context, rows driver.Rows, cols int, limit int64, enc output.Encoder) error {
	from, vals := make([]driver.Value, cols), make([]any, cols)
	for {
		err := rows.Next(from)
		switch {
		case ctx.Err() != nil: // enc is no longer ours
			return ctx.Err()
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case limit > 0 && r.Rows == limit:
			r.Truncated = true
			return nil
		}
		for i, v := range from {
			vals[i] = v
			if t, ok := v.(time.Time); ok { // the driver's reading of a column declared DATETIME
				vals[i] = t.UTC().Format("2006-01-02 15:04:05.999999999")
			}
		}
		if err := enc.Row(vals); err != nil {
			return writeError{err}
		}
		r.Rows++
	}
}

// writeError is an error of the output, not of the statement.
type writeError struct{ err error }

func (e writeError) Error() string { return fmt.Sprintf("cannot write the result: %v", e.err) }
func (e writeError) Unwrap() error { return e.err }
