//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// killsPerFollow bounds the kills before the writer of a trial ends.
const killsPerFollow = 40

// absorbLimit is how long a run may take to absorb the last records.
const absorbLimit = 30 * time.Second

// followTrial fills a store by runs that follow files while they are written
// and rotated.
type followTrial struct {
	*trial
	w    *writer
	dir  string
	stop chan struct{}
	done chan error
}

// followRound fills one store.
func (k *killing) followRound(ctx context.Context, dir string, r *rand.Rand, enough func() bool) error {
	in := filepath.Join(dir, "in")
	if err := os.MkdirAll(in, 0o755); err != nil {
		return err
	}
	o := runOptions{definition: filepath.Join(dir, "follow.sql"), store: filepath.Join(dir, "follow.db"), workers: 1 + r.IntN(8),
		block: 500 + r.Int64N(50_000), budget: 1000 + r.Int64N(300_000), poll: 20 * time.Millisecond, settle: 300 * time.Millisecond}
	w, err := newWriter(r, in, o.settle)
	if err != nil {
		return err
	}
	defer w.close()
	if err := os.WriteFile(o.definition, []byte(pipeline(drawSettings(r, 50), w.options())), 0o644); err != nil {
		return err
	}
	// The moments of kills do not disturb what is written.
	kr := rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))
	t := &followTrial{trial: newTrial(k.p, kr, w.led, o, k.tally), w: w, dir: dir, stop: make(chan struct{}), done: make(chan error, 1)}
	t.looked = w.led.mark
	err = t.prove(ctx, enough)
	if w.late && err != nil {
		k.tally.count(&k.tally.void)
		return nil
	}
	if err != nil {
		t.keepLogs()
		return fmt.Errorf("windrow %s: %w", strings.Join(o.args(), " "), err)
	}
	return nil
}

// prove kills while the writer writes, and then lets the last run absorb what
// is left.
func (t *followTrial) prove(ctx context.Context, enough func() bool) error {
	defer t.end()
	if t.r.IntN(2) == 0 {
		defer contention(1)()
	}
	go func() { t.done <- t.w.write(t.stop) }()
	err := t.kill(ctx, enough)
	close(t.stop)
	if wrote := <-t.done; err == nil && wrote != nil {
		err = fmt.Errorf("the writer: %w", wrote)
	}
	if err != nil {
		return err
	}
	return t.finish(ctx)
}

func (t *followTrial) kill(ctx context.Context, enough func() bool) error {
	if err := t.killsMaking(ctx); err != nil {
		return err
	}
	for t.kills < killsPerFollow && !enough() && ctx.Err() == nil {
		if t.run == nil {
			if err := t.begins(ctx); err != nil {
				return err
			}
		}
		if t.run.over(t.wait()) {
			return violated("exit", "the run has ended by itself: %v\n%s", t.run.err, t.run.out.String())
		}
		if t.r.IntN(4) == 0 {
			if err := t.look(ctx); err != nil {
				return err
			}
		}
		if err := t.strike(ctx, drawKill(t.r, t.p.fault != "")); err != nil {
			return err
		}
	}
	return nil
}

// begins begins a run and waits until it has.
func (t *followTrial) begins(ctx context.Context) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	return t.begun(ctx)
}

// wait is how long the run is left alone before the next kill.
func (t *followTrial) wait() time.Duration {
	d := time.Duration(t.r.Float64() * t.r.Float64() * float64(400*time.Millisecond))
	if t.dead > 0 && t.r.IntN(3) == 0 {
		d += 600 * time.Millisecond << (t.dead - 1)
	}
	return d
}

// finish waits until the run has absorbed everything, stops it, and compares
// the store with that of an uninterrupted run over the same bytes.
func (t *followTrial) finish(ctx context.Context) error {
	if t.run == nil {
		if err := t.begins(ctx); err != nil {
			return err
		}
	}
	if err := t.absorbs(ctx); err != nil {
		return err
	}
	run := t.run
	t.run = nil
	if err := run.terminate(); err != nil {
		return err
	}
	before := t.last
	if err := t.settle(); err != nil {
		return err
	}
	if err := t.look(ctx); err != nil {
		return err
	}
	if err := t.last.equal(before); err != nil {
		return err
	}
	want, whole, err := t.whole(ctx)
	if err != nil {
		return err
	}
	return t.same(ctx, want, whole)
}

// absorbs waits until all is absorbed.
func (t *followTrial) absorbs(ctx context.Context) error {
	for until := time.Now().Add(absorbLimit); ; {
		if err := t.look(ctx); err != nil {
			return err
		}
		err := violated("end", "nothing is absorbed")
		if t.last != nil {
			if err = t.last.complete(t.in); err == nil {
				return nil
			}
		}
		if time.Now().After(until) {
			return fmt.Errorf("%v after the last line was written: %w\n%s\n%s", absorbLimit, err, splitNotes(ctx, t.db), t.run.stacks())
		}
		if t.run.over(30 * time.Millisecond) {
			return violated("exit", "the run has ended by itself: %v\n%s", t.run.err, t.run.out.String())
		}
	}
}

// whole has an uninterrupted run read what was written.
func (t *followTrial) whole(ctx context.Context) (*storeDump, string, error) {
	dir := filepath.Join(t.dir, "whole")
	if err := t.w.led.export(filepath.Join(dir, "in")); err != nil {
		return nil, "", err
	}
	o := runOptions{once: true, definition: filepath.Join(dir, "whole.sql"), store: filepath.Join(dir, "whole.db"), workers: pick(t.r, numbersOfWorkers)}
	options := strings.Replace(t.w.options(), "in/*.log", "in/*", 1)
	if err := os.WriteFile(o.definition, []byte(pipeline("SET durability = 'process';\n", options)), 0o644); err != nil {
		return nil, "", err
	}
	if err := t.p.run(ctx, o); err != nil {
		return nil, "", violated("exit", "%v", err)
	}
	d, err := dumpStore(ctx, o.store, loadRollups())
	return d, o.store, err
}
