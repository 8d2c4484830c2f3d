//go:build linux

package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"
)

const latencyDefinition = `SET flush_interval = '%d milliseconds';
CREATE STREAM s (ts TIMESTAMP, line INTEGER NOT NULL, WATERMARK FOR ts) WITH (connector = 'file', path = 'app.log', format = 'json');
CREATE ROLLUP latest AS SELECT window_start, max(line) AS line FROM TUMBLE(s, INTERVAL '1 day') GROUP BY window_start;
`

// The flush intervals that are measured, and within what 99 lines of a hundred
// are to be seen; for others it is one and a half of them.
const (
	quickFlush, quickLimit = 50 * time.Millisecond, 100 * time.Millisecond
	defaultFlush           = time.Second
)

// delays are how long lines took from the append until a query showed them,
// ascending.
type delays []time.Duration

// at returns the delay that the share p of all do not exceed.
func (d delays) at(p float64) time.Duration { return d[min(len(d)-1, int(p*float64(len(d))))] }

// proveLatency measures n lines with a flush interval, and with the default.
func (j *judge) proveLatency(ctx context.Context, n int, flush time.Duration) error {
	p, err := j.build(ctx, "")
	if err != nil {
		return err
	}
	for _, flush := range []time.Duration{flush, defaultFlush} {
		d, err := measureLatency(ctx, p, j.folder("flush-%v", flush), n, flush)
		if err != nil {
			return fmt.Errorf("latency: %w", err)
		}
		ms := func(p float64) time.Duration { return d.at(p).Round(100 * time.Microsecond) }
		limit := flush + flush/2
		if flush == quickFlush {
			limit = quickLimit
		}
		j.say("latency: %d lines with flush_interval %v: p50 %v, p90 %v, p99 %v (at most %v), max %v", n, flush, ms(0.5), ms(0.9), ms(0.99), limit, ms(1))
		if d.at(0.99) > limit {
			return violated("latency", "p99 is %v with a flush interval of %v", ms(0.99), flush)
		}
	}
	return nil
}

// measureLatency appends lines at random moments to a file that is followed.
func measureLatency(ctx context.Context, p *program, dir string, n int, flush time.Duration) (delays, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	g := &growing{dir: dir, name: "app.log"}
	if err := g.open(); err != nil {
		return nil, err
	}
	defer g.close()
	f := &follower{p: p, o: runOptions{definition: g.path() + ".sql", store: g.path() + ".db"}}
	if err := os.WriteFile(f.o.definition, fmt.Appendf(nil, latencyDefinition, flush.Milliseconds()), 0o644); err != nil {
		return nil, err
	}
	if err := f.begin(ctx); err != nil {
		return nil, err
	}
	defer f.end()
	// The first line shows that it follows, and is not measured.
	if err := g.write(latencyLine(0)); err != nil {
		return nil, err
	}
	for began := time.Now(); ; f.run.over(time.Millisecond) {
		if got, err := f.absorbed(ctx); err != nil || got > 0 {
			if err != nil {
				return nil, err
			}
			break
		}
		if time.Since(began) > absorbLimit || f.run.over(0) {
			return nil, violated("end", "the first line is not absorbed after %v\n%s", time.Since(began), f.run.stacks())
		}
	}
	d, err := appendAndPoll(ctx, f, g, n, flush)
	if err != nil {
		return nil, err
	}
	slices.Sort(d)
	return d, f.terminate()
}

func latencyLine(i int) []byte {
	return fmt.Appendf(nil, `{"ts":"2026-03-01T12:00:00Z","line":%d}`+"\n", i)
}

// appendAndPoll appends n lines and asks each millisecond which are there.
func appendAndPoll(ctx context.Context, f *follower, g *growing, n int, flush time.Duration) (delays, error) {
	query, err := f.db.PrepareContext(ctx, "SELECT line FROM latest")
	if err != nil {
		return nil, err
	}
	defer query.Close()
	wrote := make(chan time.Time, n) // in the order of lines
	failed := make(chan error, 1)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		r := rand.New(rand.NewPCG(uint64(n), uint64(flush)))
		for i := range n {
			wait := time.Duration(r.Int64N(int64(120 * time.Millisecond)))
			if r.IntN(20) == 0 {
				wait += flush * 3 / 2 // after a rest
			}
			select {
			case <-stop:
				return
			case <-time.After(wait):
			}
			wrote <- time.Now()
			if err := g.write(latencyLine(i + 1)); err != nil {
				failed <- err
				return
			}
		}
	}()
	return poll(ctx, f, query, n, wrote, failed)
}

func poll(ctx context.Context, f *follower, query *sql.Stmt, n int, wrote <-chan time.Time, failed <-chan error) (delays, error) {
	var d delays
	for quiet := time.Now(); len(d) < n; {
		var line int
		if err := query.QueryRowContext(ctx).Scan(&line); err != nil {
			return nil, err
		}
		now := time.Now()
		for len(d) < line {
			d = append(d, now.Sub(<-wrote))
			quiet = now
		}
		select {
		case err := <-failed:
			return nil, err
		case <-f.run.ended:
			return nil, violated("exit", "the run has ended by itself: %v\n%s", f.run.err, f.run.out.String())
		case <-time.After(time.Millisecond):
		}
		if time.Since(quiet) > absorbLimit {
			return nil, violated("end", "line %d is not absorbed after %v\n%s\n%s", len(d)+1, absorbLimit, f.splits(ctx), f.run.stacks())
		}
	}
	return d, nil
}
