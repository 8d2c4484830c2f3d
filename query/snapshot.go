package query

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema/store"
)

// Snapshot is one moment of a store: everything asked of it sees the same
// data, whatever is committed meanwhile. It holds one connection and must be
// closed soon: while it is open, the store's log cannot be cut back to what is
// newer. Not for concurrent use.
type Snapshot struct {
	conn   *sqlx.Conn    // nil until begun
	left   chan struct{} // closed when the operation that nobody waited for has ended; nil if there is none
	closed bool
}

// Open takes a snapshot with a guarded connection of db, which store.OpenReader
// has opened.
func Open(ctx context.Context, db *sqlx.DB) (*Snapshot, error) {
	s := &Snapshot{}
	if err := s.beside(ctx, func() error { return s.begin(ctx, db) }); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Snapshot) begin(ctx context.Context, db *sqlx.DB) error {
	conn, err := db.Connx(ctx)
	if err != nil {
		return err
	}
	s.conn = conn
	if err := store.Guard(ctx, conn); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return fmt.Errorf("cannot take a snapshot of the store: %w", err)
	}
	var n int // the snapshot is that of the first read
	if err := conn.GetContext(ctx, &n, "SELECT count(*) FROM sqlite_schema"); err != nil {
		return fmt.Errorf("cannot take a snapshot of the store: %w", err)
	}
	return nil
}

// Run runs q and writes its rows to enc. Where enc is an output.Typed there are
// two passes over the rows: the first one finds the kinds of the columns.
// Errors are those of the function Run.
func (s *Snapshot) Run(ctx context.Context, q Query, enc output.Encoder) (Result, error) {
	p, err := q.prepare()
	if err != nil {
		return Result{}, err
	}
	run, cancel := q.deadline(ctx)
	defer cancel()
	return s.run(ctx, run, p, enc)
}

// run runs a prepared query until run ends; ctx is what the caller has given.
func (s *Snapshot) run(ctx, run context.Context, p *prepared, enc output.Encoder) (Result, error) {
	var r Result
	err := s.beside(run, func() (err error) {
		r, err = s.stream(run, p, enc)
		return p.explain(ctx, run, s.conn, err)
	})
	if err != nil && s.left != nil { // r is not ours
		return Result{}, p.explain(ctx, run, nil, err)
	}
	return r, err
}

// stream gives the rows to enc, after a first pass if it needs one.
func (s *Snapshot) stream(ctx context.Context, p *prepared, enc output.Encoder) (r Result, err error) {
	typed, ok := enc.(output.Typed)
	err = s.conn.Raw(func(dc any) error {
		if ok {
			var look output.Survey
			if _, err := stream(ctx, dc, p.SQL, p.args, p.Limit, &look); err != nil {
				return err
			}
			typed.Kinds(look.Kinds())
		}
		r, err = stream(ctx, dc, p.SQL, p.args, p.Limit, enc)
		return err
	})
	return r, err
}

// Rollup says how far a rollup is. Times are as the store writes them, "" if
// there is none.
type Rollup struct {
	Name        string
	FinalBefore string `db:"final_before"` // windows that start before it are final
	Watermark   string
	Horizon     string // windows that start before it have been deleted
	Revision    int64  // rises with each commit that changes the rollup
	Rows        int64
}

// Rollups returns the rollups of those names, in any case, or all of them,
// ordered by name. A name that the store does not have is left out.
func (s *Snapshot) Rollups(ctx context.Context, names ...string) ([]Rollup, error) {
	var found []Rollup
	err := s.beside(ctx, func() error {
		return s.conn.SelectContext(ctx, &found, `SELECT v.name, coalesce(v.final_before, '') AS final_before,
			coalesce(v.watermark, '') AS watermark, coalesce(v.horizon, '') AS horizon, d.revision, v.rows
			FROM windrow_rollups v JOIN windrow_rollup_data d ON d.id = v.id ORDER BY v.name`)
	})
	if err != nil || len(names) == 0 {
		return found, err
	}
	var some []Rollup
	for _, r := range found {
		for _, n := range names {
			if strings.EqualFold(r.Name, n) {
				some = append(some, r)
				break
			}
		}
	}
	return some, nil
}

// Close ends the snapshot. It may be called again.
func (s *Snapshot) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	if s.left != nil { // conn is not ours before
		go func() {
			<-s.left
			s.release()
		}()
		return nil
	}
	return s.release()
}

// release gives the connection back, without a transaction.
func (s *Snapshot) release() error {
	if s.conn == nil {
		return nil
	}
	if _, err := s.conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
		drop(s.conn)
		return nil
	}
	return s.conn.Close()
}

// drop closes a connection instead of giving it back.
func drop(conn *sqlx.Conn) {
	conn.Raw(func(any) error { return driver.ErrBadConn })
	conn.Close()
}

// grace is how long a statement that has to end may take to notice it. Tests
// set it.
var grace = 50 * time.Millisecond

var errClosed = errors.New("the snapshot of the store has ended")

// beside runs work beside the caller, so that the end of ctx is never kept
// waiting by an operation that SQLite cannot leave: that one is left to end by
// itself, and with it the snapshot.
func (s *Snapshot) beside(ctx context.Context, work func() error) error {
	if s.closed || s.left != nil {
		return errClosed
	}
	ended := make(chan error, 1)
	left := make(chan struct{})
	go func() {
		defer close(left)
		ended <- work()
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(grace):
		s.left = left
		return ctx.Err()
	}
}
