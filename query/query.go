// Package query answers SQL from a store: one statement that only reads, in
// one snapshot, its rows streamed to an output.Encoder. What a connection may
// do is decided by schema/store; this package makes the messages good.
package query

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query/output"
)

// Query is one statement and how to run it.
type Query struct {
	SQL     string
	Name    string            // where SQL comes from, for messages; "query" if empty
	Text    string            // what SQL stands in, if that is more: a definition file
	Offset  int               // of SQL within Text, in bytes
	Params  map[string]string // values of :name, @name, $name; texts that are numbers become numbers
	Offered map[string]string // as Params, for names that the statement need not have
	Limit   int64             // rows; 0 for all
	Timeout time.Duration     // 0 for none
	// Warn is told of what is probably not meant, before the statement runs.
	// Nil is allowed.
	Warn func(message string)
}

// Result says what came out.
type Result struct {
	Rows      int64
	Truncated bool // there were more rows than Query.Limit
}

// Run runs q in a snapshot of its own and writes its rows to enc. A mistake in
// the statement is an *Error with its place; context.Canceled is returned as
// it is, within a few milliseconds of the cancellation. After an error what
// enc has written is not whole.
func Run(ctx context.Context, db *sqlx.DB, q Query, enc output.Encoder) (Result, error) {
	p, err := q.prepare()
	if err != nil {
		return Result{}, err
	}
	run, cancel := q.deadline(ctx)
	defer cancel()
	s, err := Open(run, db)
	if err != nil {
		return Result{}, p.explain(ctx, run, nil, err)
	}
	defer s.Close()
	return s.run(ctx, run, p, enc)
}

// prepared is a query that has been looked at, without a store.
type prepared struct {
	Query
	st   *statement
	args []driver.NamedValue
}

// prepare finds the mistakes that show without a store, and warns.
func (q Query) prepare() (*prepared, error) {
	st, err := parse(q)
	if err != nil {
		return nil, err
	}
	args, err := st.arguments(q.Params, q.Offered)
	if err != nil {
		return nil, err
	}
	if q.Warn != nil {
		for _, w := range st.warnings() {
			q.Warn(w)
		}
	}
	return &prepared{q, st, args}, nil
}

// deadline adds the query's timeout to ctx.
func (q Query) deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if q.Timeout > 0 {
		return context.WithTimeout(ctx, q.Timeout)
	}
	return context.WithCancel(ctx)
}

func (q Query) name() string {
	if q.Name == "" {
		return "query"
	}
	return q.Name
}

// explain turns the error of a run into one for the user. A nil conn gives
// fewer hints.
func (p *prepared) explain(ctx, run context.Context, conn *sqlx.Conn, err error) error {
	var w writeError
	switch {
	case err == nil || errors.As(err, &w):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case run.Err() != nil:
		return fmt.Errorf("the query took longer than %s and was stopped; give it more with --timeout", p.Timeout)
	case conn == nil:
		return err
	}
	return p.st.explain(run, conn, err)
}
