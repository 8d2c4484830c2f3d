//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// reportRate is how many seconds pass for reports and alerts in one.
const reportRate = 1800

// reportStart is when they begin.
var reportStart = time.Date(2026, 3, 28, 20, 0, 0, 0, time.UTC)

// reportTrial is one store with reports and alerts, whose runs are killed.
type reportTrial struct {
	r      *rand.Rand
	dir    string
	began  time.Time
	hooks  *hooks
	load   *reportLoad
	run    *follower
	killed int
}

// proveReports kills runs with reports and alerts n times. Meanwhile events
// come in, some of them late. In the end there is exactly one file a slot, each
// as the store says, and each event of an alert was written once.
func (j *judge) proveReports(ctx context.Context, n int) error {
	p, err := j.build(ctx, "")
	if err != nil {
		return err
	}
	t := &reportTrial{r: rand.New(rand.NewPCG(j.seed, 4)), dir: j.folder("reports"), began: time.Now()}
	if t.hooks, err = newHooks(); err != nil {
		return err
	}
	defer t.hooks.close()
	if err := t.prepare(p); err != nil {
		return err
	}
	defer t.run.end()
	if err := t.live(ctx, n); err != nil {
		return err
	}
	found, err := t.check(ctx)
	if err != nil {
		return err
	}
	j.say("reports: %d kills, %s in %v", t.killed, found, j.took())
	return nil
}

// prepare writes the definitions and the first events.
func (t *reportTrial) prepare(p *program) error {
	if err := os.MkdirAll(filepath.Join(t.dir, "in"), 0o755); err != nil {
		return err
	}
	definition := filepath.Join(t.dir, "windrow.sql")
	if err := os.WriteFile(definition, fmt.Appendf(nil, reportDefinition, t.hooks.url), 0o644); err != nil {
		return err
	}
	t.load = &reportLoad{r: t.r, dir: filepath.Join(t.dir, "in")}
	t.run = &follower{p: p, o: runOptions{definition: definition, store: filepath.Join(t.dir, "s.db"), workers: 1, poll: 20 * time.Millisecond}}
	return nil
}

// now is the time by which reports are due.
func (t *reportTrial) now() time.Time { return reportStart.Add(time.Since(t.began) * reportRate) }

func (t *reportTrial) clock(rate float64) string {
	return t.now().UTC().Format("2006-01-02T15:04:05.000000Z") + "@" + strconv.FormatFloat(rate, 'f', -1, 64)
}

// live lets time pass and kills the run n times.
func (t *reportTrial) live(ctx context.Context, n int) error {
	if err := t.load.until(t.now()); err != nil {
		return err
	}
	for t.killed < n {
		t.run.o.clock = t.clock(reportRate)
		if err := t.run.begin(ctx); err != nil {
			return err
		}
		life := time.Now().Add(time.Duration(100+t.r.IntN(1100)) * time.Millisecond)
		for time.Now().Before(life) {
			if err := t.load.until(t.now()); err != nil {
				return err
			}
			if t.run.run.over(10*time.Millisecond) || ctx.Err() != nil {
				return violated("end", "the run has ended by itself: %v\n%s", t.run.run.err, t.run.run.out.String())
			}
		}
		if t.killed++; t.r.IntN(10) == 0 {
			if err := t.run.terminate(); err != nil {
				return err
			}
			continue
		}
		t.run.run.stop()
	}
	return nil
}
