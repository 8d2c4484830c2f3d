package ingest

import (
	"context"
	"errors"
	"time"

	"github.com/windrow/windrow/schema/store"
)

const (
	switchEvery = time.Second
	expireEvery = 5 * time.Second
	expireSteps = 20   // transactions of one rollup at a time
	vacuumPages = 1000 // per transaction
	vacuumSteps = 10
)

// keepUp does what a run does beside reading until stop is closed: it writes
// how the run is, moves the -wal file into the store and, while following, takes out what has expired. A new
// generation of a rollup that may take its place, and a newer run on the store,
// end the round.
func (r *runner) keepUp(ctx context.Context, stop <-chan struct{}, cancel context.CancelCauseFunc) {
	t := time.NewTicker(switchEvery)
	defer t.Stop()
	ctx = context.WithoutCancel(ctx)
	var put, expired time.Time
	for {
		now := time.Now()
		var err error
		if now.Sub(put) >= putEvery {
			put, err = now, r.put(ctx)
		}
		if err == nil {
			err = r.checkpoint(ctx)
		}
		if err == nil && r.c.follow {
			var ready bool
			if ready, err = r.c.Store.CanSwitch(ctx); ready {
				cancel(errAgain) // between rounds nobody holds what is not committed
				return
			}
		}
		if err == nil && r.c.follow && now.Sub(expired) >= expireEvery {
			expired, err = now, r.expire(ctx, expireSteps)
		}
		if err != nil {
			if errors.Is(err, store.ErrFenced) {
				r.fail(err)
				cancel(err)
			} else {
				r.complain("keep the store in order", err)
			}
		}
		select {
		case <-stop:
			return
		case <-t.C:
		}
	}
}

// checkpoint moves the -wal file into the store when it has grown. Workers that
// commit have it done sooner; what is issued beside them grows it as well.
func (r *runner) checkpoint(ctx context.Context) error {
	if r.c.Store.WALSize() < walLimit {
		return nil
	}
	return r.token.Do(func() error { return r.c.Store.Checkpoint(ctx) })
}

// settle does at the end of Once what Follow does all the time.
func (r *runner) settle(ctx context.Context) {
	err := r.switchOver(ctx)
	if err == nil {
		err = r.expire(ctx, 1<<30)
	}
	if err != nil && !errors.Is(err, store.ErrFenced) {
		r.complain("keep the store in order", err)
	}
}

// switchOver puts new generations of rollups that have caught up in the place
// of the old ones.
func (r *runner) switchOver(ctx context.Context) error {
	return r.token.Do(func() error {
		names, err := r.c.Store.Switch(ctx, r.c.Epoch)
		for _, name := range names {
			r.c.Log.Info("the rollup is rebuilt", "rollup", name)
		}
		return err
	})
}

// expire moves the horizons up, and gives back to the system the space of what
// they have left behind, in at most so many short transactions each.
func (r *runner) expire(ctx context.Context, steps int) error {
	for _, ref := range r.c.Refs {
		for _, c := range ref.Cohorts {
			for _, ru := range c.Rollups {
				if ru.Rollup.Retention <= 0 {
					continue
				}
				if err := r.repeat(steps, func() (bool, error) { return r.c.Store.Expire(ctx, r.c.Epoch, ru) }); err != nil {
					return err
				}
			}
		}
	}
	if err := r.repeat(steps, func() (bool, error) { return r.c.Store.Sweep(ctx) }); err != nil {
		return err
	}
	return r.repeat(max(vacuumSteps, steps/10), func() (bool, error) { return r.c.Store.Vacuum(ctx, vacuumPages) })
}

// repeat does f, which holds the token each time, while there is more to do.
func (r *runner) repeat(times int, f func() (bool, error)) error {
	for range times {
		more := false
		err := r.token.Do(func() (err error) {
			more, err = f()
			return err
		})
		if err != nil || !more {
			return err
		}
	}
	return nil
}
