package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/jmoiron/sqlx"
)

// connect takes the one connection out of the pool, for good: prepared
// statements and virtual tables belong to it. s.mu is held.
func (s *Store) connect(ctx context.Context) error {
	if s.conn != nil {
		return nil
	}
	c, err := s.db.Connx(ctx)
	if err != nil {
		return err
	}
	s.conn, s.stmts = c, map[string]*sqlx.Stmt{}
	s.feed.tables = map[int]bool{}
	return nil
}

// disconnect closes the connection, so that the next use opens a new one: the
// pool keeps none.
func (s *Store) disconnect() {
	for _, st := range s.stmts {
		st.Close()
	}
	if s.conn != nil {
		s.conn.Close()
	}
	s.conn, s.stmts = nil, nil
}

// tx is a transaction on the writing connection. Statements are prepared once
// per connection. Only waiting for the write lock and bulk statements end
// with ctx: an interrupted COMMIT would leave open whether it happened.
type tx struct {
	s    *Store
	ctx  context.Context // for bulk statements
	calm context.Context // never done
}

// write runs f in one immediate transaction: everything or nothing. Errors
// say that what could not be done to the store, with ErrBusy,
// ErrFull and ErrIO.
func (s *Store) write(ctx context.Context, what string, f func(*tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fail(s.path, what, s.transact(ctx, "BEGIN IMMEDIATE", f))
}

// read runs f on one snapshot.
func (s *Store) read(ctx context.Context, what string, f func(*tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fail(s.path, what, s.transact(ctx, "BEGIN", f))
}

// transact runs f between begin and COMMIT. widths are those of the feeds that
// f needs; they are made first, as a roll-back would take them away.
func (s *Store) transact(ctx context.Context, begin string, f func(*tx) error, widths ...int) error {
	if err := s.connect(ctx); err != nil {
		return err
	}
	t := &tx{s: s, ctx: ctx, calm: context.WithoutCancel(ctx)}
	for _, w := range widths {
		if err := s.needFeed(t, w); err != nil {
			s.abandon(t, err)
			return err
		}
	}
	if _, err := s.conn.ExecContext(ctx, begin); err != nil {
		s.abandon(t, err)
		return err
	}
	err := f(t)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		if _, err = t.exec("COMMIT"); err == nil {
			return nil
		}
	}
	s.abandon(t, err)
	return err
}

// abandon rolls back. SQLite has often done so already; a connection that
// cannot is closed, which rolls back as well. So is one on which the file
// system has failed: a second fsync may succeed although the pages are lost.
func (s *Store) abandon(t *tx, cause error) {
	_, err := s.conn.ExecContext(t.calm, "ROLLBACK")
	if err != nil && !strings.Contains(err.Error(), "no transaction is active") || ioFailed(cause) || ioFailed(err) {
		s.disconnect()
	}
}

func (t *tx) prepare(query string) (*sqlx.Stmt, error) {
	if st := t.s.stmts[query]; st != nil {
		return st, nil
	}
	st, err := t.s.conn.PreparexContext(t.calm, query)
	if err == nil {
		t.s.stmts[query] = st
	}
	return st, err
}

// exec runs a prepared statement and returns the number of changed rows.
func (t *tx) exec(query string, args ...any) (int64, error) { return t.execIn(t.calm, query, args) }

// bulk is exec for what may take long: it ends with the caller's context.
func (t *tx) bulk(query string) (int64, error) { return t.execIn(t.ctx, query, nil) }

func (t *tx) execIn(ctx context.Context, query string, args []any) (int64, error) {
	st, err := t.prepare(query)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// insert is exec, and returns the new row's id.
func (t *tx) insert(query string, args ...any) (int64, error) {
	st, err := t.prepare(query)
	if err != nil {
		return 0, err
	}
	r, err := st.ExecContext(t.calm, args...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// script runs several statements, or one that is not worth keeping.
func (t *tx) script(query string) error {
	_, err := t.s.conn.ExecContext(t.calm, query)
	return err
}

// get reads one row into dest; sql.ErrNoRows if there is none.
func (t *tx) get(query string, args []any, dest ...any) error {
	st, err := t.prepare(query)
	if err != nil {
		return err
	}
	return st.QueryRowxContext(t.calm, args...).Scan(dest...)
}

// find is get that says whether there was a row.
func (t *tx) find(query string, args []any, dest ...any) (bool, error) {
	err := t.get(query, args, dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// all calls f for each row of a query, with a function that scans it.
func (t *tx) all(query string, args []any, f func(scan func(...any) error) error) error {
	return t.allIn(t.calm, query, args, f)
}

func (t *tx) allIn(ctx context.Context, query string, args []any, f func(scan func(...any) error) error) error {
	st, err := t.prepare(query)
	if err != nil {
		return err
	}
	rows, err := st.QueryxContext(ctx, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
