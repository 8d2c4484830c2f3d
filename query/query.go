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
	"github.com/windrow/windrow/schema/store"
)

// Query is one statement and how to run it.
type Query struct {
	SQL     string
	Name    string            // where SQL comes from, for messages; "query" if empty
	Params  map[string]string // values of :name, @name, $name; texts that are numbers become numbers
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

// Run runs q on one connection of db and writes its rows to enc. A mistake in
// the statement is an *Error with its place; context.Canceled is returned as
// it is, within a few milliseconds of the cancellation. After an error what
// enc has written is not whole.
func Run(ctx context.Context, db *sqlx.DB, q Query, enc output.Encoder) (Result, error) {
	st, err := parse(q.name(), q.SQL)
	if err != nil {
		return Result{}, err
	}
	args, err := st.arguments(q.Params)
	if err != nil {
		return Result{}, err
	}
	if q.Warn != nil {
		for _, w := range st.warnings() {
			q.Warn(w)
		}
	}
	run, cancel := context.WithCancel(ctx)
	if q.Timeout > 0 {
		run, cancel = context.WithTimeout(ctx, q.Timeout)
	}
	defer cancel()
	return q.run(ctx, run, db, st, args, enc)
}

// grace is how long a statement that has to end may take to notice it.
const grace = 50 * time.Millisecond

// run runs the statement beside the caller, so that the end of ctx is never
// kept waiting by an operation that SQLite cannot leave: that one is left to
// end by itself. It only reads, and touches enc no more.
func (q Query) run(ctx, run context.Context, db *sqlx.DB, st *statement, args []driver.NamedValue, enc output.Encoder) (Result, error) {
	type answer struct {
		r   Result
		err error
	}
	ended := make(chan answer, 1)
	go func() {
		r, err := q.onConn(ctx, run, db, st, args, enc)
		ended <- answer{r, err}
	}()
	select {
	case a := <-ended:
		return a.r, a.err
	case <-run.Done():
	}
	select {
	case a := <-ended:
		return a.r, a.err
	case <-time.After(grace):
		return Result{}, q.explain(ctx, run, nil, st, run.Err())
	}
}

func (q Query) onConn(ctx, run context.Context, db *sqlx.DB, st *statement, args []driver.NamedValue, enc output.Encoder) (Result, error) {
	conn, err := db.Connx(run)
	if err != nil {
		return Result{}, q.explain(ctx, run, nil, st, err)
	}
	defer conn.Close()
	if err := store.Guard(run, conn); err != nil {
		return Result{}, q.explain(ctx, run, conn, st, err)
	}
	var r Result
	err = conn.Raw(func(dc any) (err error) {
		r, err = stream(run, dc, q.SQL, args, q.Limit, enc)
		return err
	})
	return r, q.explain(ctx, run, conn, st, err)
}

func (q Query) name() string {
	if q.Name == "" {
		return "query"
	}
	return q.Name
}

// explain turns the error of a run into one for the user.
func (q Query) explain(ctx, run context.Context, conn *sqlx.Conn, st *statement, err error) error {
	var w writeError
	switch {
	case err == nil || errors.As(err, &w):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case run.Err() != nil:
		return fmt.Errorf("the query took longer than %s and was stopped; give it more with --timeout", q.Timeout)
	}
	return st.explain(run, conn, err)
}
