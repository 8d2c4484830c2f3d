//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"time"
)

const soakDefinition = `CREATE STREAM s (ts TIMESTAMP, k TEXT NOT NULL, n INTEGER, WATERMARK FOR ts) WITH (connector = 'file', path = 'in/*', format = 'json');
CREATE ROLLUP per_key WITH (retention = '%[1]d seconds') AS
SELECT window_start, k, count(*) AS events, sum(n) AS n FROM TUMBLE(s, INTERVAL '1 second') GROUP BY window_start, k;
CREATE ROLLUP per_minute WITH (retention = '%[1]d seconds') AS
SELECT window_start, count(*) AS events, sum(n) AS n, avg(n) AS mean FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY window_start;
`

// The pace of a soak.
const (
	soakRate     = 20_000 // events a second
	soakFiles    = 3
	soakKeys     = 200
	soakRotate   = 5 * time.Second // each file
	soakSample   = 5 * time.Second
	soakReaders  = 8
	soakLongRead = 30 * time.Second
)

// soak is a run under load for some time.
type soak struct {
	j      *judge
	f      *follower
	length time.Duration
	r      *rand.Rand
	load   *soakLoad
	kills  int

	samples []sample
	queries int64
}

// proveSoak follows for the given time under load, with kills and readers, and
// judges how what it holds has grown.
func (j *judge) proveSoak(ctx context.Context, length time.Duration) error {
	p, err := j.build(ctx, "")
	if err != nil {
		return err
	}
	retention := max(5*time.Second, min(2*time.Minute, length/6))
	o := runOptions{definition: j.folder("soak.sql"), store: j.folder("soak.db"), workers: 2}
	if err := os.WriteFile(o.definition, fmt.Appendf(nil, soakDefinition, int(retention.Seconds())), 0o644); err != nil {
		return err
	}
	s := &soak{j: j, f: &follower{p: p, o: o}, length: length, r: rand.New(rand.NewPCG(j.seed, 0))}
	if s.load, err = newSoakLoad(j.folder("in"), soakRate); err != nil {
		return err
	}
	defer s.load.close()
	if err := s.f.begin(ctx); err != nil {
		return err
	}
	defer s.f.end()
	if err := s.under(ctx); err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	if err := s.finish(ctx); err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	return s.judge()
}

// under lets it run under load until the time is over.
func (s *soak) under(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, s.length)
	defer stop()
	var wg sync.WaitGroup
	errs := make(chan error, soakReaders+3)
	start := func(f func(context.Context) error) {
		wg.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				errs <- err
				stop()
			}
		})
	}
	start(s.load.write)
	start(s.deletes)
	for i := range soakReaders {
		start(func(ctx context.Context) error { return s.reads(ctx, i) })
	}
	start(s.readsLong)
	err := s.watch(ctx)
	stop()
	wg.Wait()
	close(errs)
	return errors.Join(err, <-errs)
}

// watch takes samples and kills, a worker or the main process in turn.
func (s *soak) watch(ctx context.Context) error {
	kill := max(2*time.Second, min(time.Minute, s.length/8))
	next, began := time.Now().Add(kill), time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.f.run.ended:
			return violated("exit", "the run has ended by itself: %v\n%s", s.f.run.err, s.f.run.out.String())
		case <-time.After(min(soakSample, s.length/20)):
		}
		if err := s.sample(ctx, time.Since(began)); err != nil {
			return err
		}
		if time.Now().After(next) {
			next = time.Now().Add(kill)
			if err := s.kill(ctx); err != nil {
				return err
			}
		}
	}
}

func (s *soak) kill(ctx context.Context) error {
	s.kills++
	workers := s.f.run.workers()
	if s.kills%2 == 1 && len(workers) > 0 {
		return syscall.Kill(pick(s.r, workers), syscall.SIGKILL)
	}
	s.f.run.cmd.Process.Kill()
	<-s.f.run.ended
	if err := gone(s.f.p.path, workers); err != nil {
		return err
	}
	// The life of a follower is longer than the time of a soak.
	return s.f.begin(context.WithoutCancel(ctx))
}

// finish waits until all is absorbed, ends the run and checks the rollups.
func (s *soak) finish(ctx context.Context) error {
	began := time.Now()
	for {
		n, err := s.f.absorbed(ctx)
		if err != nil {
			return err
		}
		if n >= s.load.written() {
			break
		}
		if time.Since(began) > absorbLimit {
			return violated("end", "%d events were written, and %d are absorbed %v later\n%s\n%s", s.load.written(), n, absorbLimit, s.f.splits(ctx), s.f.run.stacks())
		}
		s.f.run.over(20 * time.Millisecond)
	}
	behind := time.Since(began)
	if err := s.f.terminate(); err != nil {
		return err
	}
	expired, err := s.load.check(ctx, s.f.db)
	if err != nil {
		return err
	}
	s.j.say("soak: %d events in %v, the last ones absorbed after %v; %d kills, %d queries, %d files read; windows at or above the horizon are right, %d records have expired or were dropped with theirs",
		s.load.written(), s.length, behind.Round(time.Millisecond), s.kills, s.queries, s.load.files(), expired)
	return nil
}
