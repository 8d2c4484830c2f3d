package store

import (
	"context"
	"fmt"
)

// Checkpoint moves what no reader needs any more from the -wal file into the
// main file, without waiting for anybody. Only one process of a run does so.
func (s *Store) Checkpoint(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.checkpoint(ctx, "PASSIVE")
	return err
}

// writeLedger is write, and then keeps the -wal file short, as Checkpoint does:
// a run that catches up with its reports, or waits for them, may have nobody else
// who does. A checkpoint that cannot be is tried after the next write.
func (s *Store) writeLedger(ctx context.Context, what string, f func(*tx) error) error {
	err := s.write(ctx, what, f)
	if err == nil && s.WALSize() > ledgerWAL {
		_ = s.Checkpoint(context.WithoutCancel(ctx))
	}
	return err
}

// CheckpointTruncate moves everything and empties the -wal file. It waits at
// most 200 ms for readers and the writer, and gives ErrBusy if they go on.
func (s *Store) CheckpointTruncate(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.connect(ctx); err != nil {
		return fail(s.path, "checkpoint", err)
	}
	if err := s.waitFor(ctx, truncateBusy.Milliseconds()); err != nil {
		return err
	}
	busy, err := s.checkpoint(ctx, "TRUNCATE")
	if s.conn == nil {
		return err
	}
	if e := s.waitFor(context.WithoutCancel(ctx), s.busy.Milliseconds()); err == nil {
		err = e
	}
	if err == nil && busy {
		err = fmt.Errorf("cannot checkpoint store %q: %w", s.path, ErrBusy)
	}
	return err
}

func (s *Store) checkpoint(ctx context.Context, mode string) (busy bool, err error) {
	if err := s.connect(ctx); err != nil {
		return false, fail(s.path, "checkpoint", err)
	}
	var log, moved int64
	err = s.conn.QueryRowxContext(ctx, "PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &log, &moved)
	if ioFailed(err) {
		s.disconnect()
	}
	return busy, fail(s.path, "checkpoint", err)
}

// waitFor sets how long the connection waits for others.
func (s *Store) waitFor(ctx context.Context, ms int64) error {
	_, err := s.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", ms))
	return fail(s.path, "checkpoint", err)
}
