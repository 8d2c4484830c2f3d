//go:build linux

package main

import (
	"context"
	"database/sql"
	"sync/atomic"
	"time"
)

// soakQueries are what the readers ask in turn.
var soakQueries = []string{
	"SELECT k, sum(events), sum(n) FROM per_key WHERE window_start >= datetime('now', '-10 seconds') GROUP BY k",
	"SELECT window_start, events, mean FROM per_minute ORDER BY window_start DESC LIMIT 5",
	"SELECT count(*), max(window_start) FROM per_key",
	"SELECT name, watermark, horizon, absorbed, expired FROM windrow_rollups",
	"SELECT count(*), sum(records) FROM windrow_ranges",
	"SELECT path, size, ended FROM windrow_splits ORDER BY number DESC LIMIT 10",
}

// reader opens the store once it is there.
func (s *soak) reader(ctx context.Context) (*sql.DB, error) {
	for {
		f := follower{o: s.f.o}
		if ok, err := f.open(ctx); ok || err != nil {
			return f.db, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// reads asks until ctx ends.
func (s *soak) reads(ctx context.Context, i int) error {
	db, err := s.reader(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	for ; ; i++ {
		if _, err := readTable(ctx, db, soakQueries[i%len(soakQueries)]); err != nil {
			return err
		}
		atomic.AddInt64(&s.queries, 1)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// readsLong holds a snapshot for long, lets go of it for as long, and again.
func (s *soak) readsLong(ctx context.Context) error {
	db, err := s.reader(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	for {
		if err := s.hold(ctx, db, min(soakLongRead, s.length/10)); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(min(soakLongRead, s.length/10)):
		}
	}
}

// hold reads twice in one transaction; nothing may have changed.
func (s *soak) hold(ctx context.Context, db *sql.DB, d time.Duration) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	count := func() (n int64, err error) {
		err = tx.QueryRowContext(ctx, "SELECT coalesce(sum(records), 0) FROM windrow_ranges").Scan(&n)
		return n, err
	}
	before, err := count()
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(d):
	}
	after, err := count()
	if err == nil && after != before {
		err = violated("guarantee", "one transaction has read %d records, and then %d", before, after)
	}
	return err
}
