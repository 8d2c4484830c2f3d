package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/deliver"
	"github.com/windrow/windrow/schema/store"
)

// shop is what all reports and alerts of a scheduler share.
type shop struct {
	Config
	real        func() time.Time // by which retries wait
	documents   rooms            // where documents are computed
	evaluations rooms            // and, beside it, statements of alerts
	spool       spool
	// seam is called with the name of each point where a process may be killed;
	// an error stops the issue there, as a kill would. Nil but in tests.
	seam func(point string) error
}

func newShop(c Config, spool spool) *shop {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Tick <= 0 {
		c.Tick = time.Second
	}
	return &shop{Config: c, real: time.Now, documents: newRooms(), evaluations: newRooms(), spool: spool}
}

// pass is the seam at a point.
func (s *shop) pass(point string) error {
	if s.seam == nil {
		return nil
	}
	return s.seam(point)
}

// errKilled is what seams return to stop as a kill would.
var errKilled = errors.New("killed")

func isStop(err error) bool { return errors.Is(err, errKilled) }

// settings of deliveries.
func (s *shop) delivering(j *job) deliver.Config {
	c := deliver.Config{SMTP: j.settings.SMTP, MailFrom: j.settings.MailFrom, Secret: j.settings.WebhookSecret,
		Attach: j.options.Attach, Stdout: s.Stdout, Version: s.Version}
	if j.options.Secret != "" {
		c.Secret = j.options.Secret
	}
	return c
}

// view is one moment of the store, seen for a slot: ago() counts from it.
type view struct {
	*query.Snapshot
	db *sqlx.DB
}

func openView(ctx context.Context, path string, slot time.Time) (*view, error) {
	db, err := store.OpenReader(path, store.ReaderOptions{MaxConns: 2, Now: func() time.Time { return slot }})
	if err != nil {
		return nil, err
	}
	s, err := query.Open(ctx, db)
	if err != nil {
		db.Close()
		return nil, err
	}
	return &view{s, db}, nil
}

func (v *view) close() {
	v.Snapshot.Close()
	v.db.Close()
}

// snapshot runs f on one moment of the store, within the time that a job has for
// all its statements together.
func (s *shop) snapshot(ctx context.Context, j *job, slot time.Time, f func(context.Context, *view) error) error {
	run, cancel := context.WithTimeout(ctx, j.timeout())
	defer cancel()
	v, err := openView(run, s.Path, slot)
	if err == nil {
		defer v.close()
		err = f(run, v)
	}
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case run.Err() != nil && errors.Is(err, context.DeadlineExceeded):
		return overdue{fmt.Errorf("the statements of %s took longer than %v and were stopped; give them more with the option timeout", j.name, j.timeout())}
	}
	return err
}

// rollups reads how far those rollups are that a job reads.
func (s *shop) rollups(ctx context.Context, j *job) ([]query.Rollup, error) {
	var read []query.Rollup
	err := s.snapshot(ctx, j, s.Now(), func(ctx context.Context, v *view) error {
		all, err := v.Rollups(ctx)
		read = j.reads(all)
		return err
	})
	return read, err
}

// lasting returns a context that goes on for a moment after ctx has ended, so
// that what has happened can still be written down.
func lasting(ctx context.Context) (context.Context, context.CancelFunc) {
	const moment = 500 * time.Millisecond
	calm, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(moment, cancel) })
	return calm, func() { stop(); cancel() }
}
