//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// loadRecords is about how many records a load has.
const loadRecords = 60_000

// trialsPerLoad is how many stores are filled from one load.
const trialsPerLoad = 5

// killsPerTrial bounds the kills before a run is left alone to its end.
const killsPerTrial = 8

// onceTrial fills a store by runs that read what is there and end.
type onceTrial struct {
	*trial
	l    *load
	took time.Duration // of an uninterrupted run
}

// onceRound makes a load and fills stores from it.
func (k *killing) onceRound(ctx context.Context, dir string, r *rand.Rand, enough func() bool) error {
	l, err := newLoad(dir, r, loadRecords/2+r.IntN(loadRecords))
	if err != nil {
		return err
	}
	want, took, err := l.whole(ctx, k.p, r)
	if err != nil {
		return err
	}
	for i := range trialsPerLoad {
		if enough() {
			break
		}
		o := l.options(r, fmt.Sprintf("t%d", i))
		if err := l.define(r, o); err != nil {
			return err
		}
		t := &onceTrial{trial: newTrial(k.p, r, l, o, k.tally), l: l, took: took}
		if err := t.prove(ctx, want); err != nil {
			t.keepLogs()
			return fmt.Errorf("store %s: %w", o.store, err)
		}
	}
	return nil
}

// options draws how a store is filled: in small blocks and commits.
func (l *load) options(r *rand.Rand, name string) runOptions {
	return runOptions{once: true, definition: filepath.Join(l.dir, name+".sql"), store: filepath.Join(l.dir, name+".db"), workers: 1 + r.IntN(8),
		block: 20_000 + r.Int64N(300_000), budget: 100_000 + r.Int64N(2_000_000)}
}

func (l *load) define(r *rand.Rand, o runOptions) error {
	return os.WriteFile(o.definition, []byte(l.definition(drawSettings(r, 20))), 0o644)
}

// drawSettings draws a flush interval up to limit milliseconds, and a
// durability.
func drawSettings(r *rand.Rand, limit int) string {
	return fmt.Sprintf("SET flush_interval = '%d milliseconds';\nSET durability = '%s';\n", 1+r.IntN(limit), pick(r, []string{"power", "process"}))
}

// whole absorbs the load in one run that nobody disturbs, and checks it.
func (l *load) whole(ctx context.Context, p *program, r *rand.Rand) (*storeDump, time.Duration, error) {
	o := l.options(r, "whole")
	o.workers = 2
	if err := l.define(r, o); err != nil {
		return nil, 0, err
	}
	began := time.Now()
	if err := p.run(ctx, o); err != nil {
		return nil, 0, violated("exit", "%v", err)
	}
	took := time.Since(began)
	db, err := openStore(o.store)
	if err != nil {
		return nil, 0, err
	}
	defer db.Close()
	s, err := takeSnapshot(ctx, db)
	if err != nil {
		return nil, 0, err
	}
	if err := errors.Join(s.check(l, newExpectation()), s.complete(l)); err != nil {
		return nil, 0, fmt.Errorf("without a kill: %w", err)
	}
	d, err := dumpStore(ctx, o.store, loadRollups())
	return d, took, err
}

// prove kills until the store is complete or enough is done, lets the last run
// end, and compares it with the uninterrupted one.
func (t *onceTrial) prove(ctx context.Context, want *storeDump) error {
	defer t.end()
	if t.r.IntN(2) == 0 {
		defer contention(2)()
	}
	if err := t.killsMaking(ctx); err != nil {
		return err
	}
	for t.kills < killsPerTrial {
		if t.run == nil {
			if err := t.begin(ctx); err != nil {
				return err
			}
			if t.r.IntN(2) == 0 {
				if err := t.begun(ctx); err != nil {
					return err
				}
			}
		}
		if t.run.over(t.wait()) {
			break
		}
		if t.r.IntN(3) == 0 {
			if err := t.look(ctx); err != nil {
				return err
			}
		}
		if err := t.strike(ctx, drawKill(t.r, t.p.fault != "")); err != nil {
			return err
		}
	}
	return t.finish(ctx, want)
}

// wait is how long the run is left alone before the next kill. Where workers
// were killed it is often long enough for others to take over.
func (t *onceTrial) wait() time.Duration {
	d := time.Duration(t.r.Float64() * t.r.Float64() * float64(t.took))
	if t.dead > 0 && t.r.IntN(3) > 0 {
		d += 700 * time.Millisecond << (t.dead - 1)
	}
	return d
}

// finish lets the run end, or begins a last one, and compares.
func (t *onceTrial) finish(ctx context.Context, want *storeDump) error {
	if t.run == nil {
		if err := t.begin(ctx); err != nil {
			return err
		}
	}
	if !t.run.over(runLimit) {
		stacks := t.run.stacks()
		return violated("exit", "the run has not ended within %v\n%s", runLimit, stacks)
	}
	run := t.run
	t.run = nil
	if run.err != nil {
		return violated("exit", "%s: %v\n%s", strings.Join(run.cmd.Args, " "), run.err, run.out.String())
	}
	if err := t.settle(); err != nil {
		return err
	}
	if err := t.look(ctx); err != nil {
		return err
	}
	if err := t.last.complete(t.in); err != nil {
		return err
	}
	return t.same(ctx, want, filepath.Join(t.l.dir, "whole.db"))
}

// same compares the complete store with that of an uninterrupted run.
func (t *trial) same(ctx context.Context, want *storeDump, whole string) error {
	if err := t.integrity(ctx, "integrity_check"); err != nil {
		return err
	}
	got, err := dumpStore(ctx, t.o.store, loadRollups())
	if err != nil {
		return err
	}
	if err := want.equal(got); err != nil {
		return violated("end", "the store is not that of an uninterrupted run: %v", err)
	}
	t.tally.count(&t.tally.stores)
	return t.sameExport(ctx, whole)
}

// sameExport compares what users get with what they get of the uninterrupted
// run.
func (t *trial) sameExport(ctx context.Context, whole string) error {
	name := pick(t.r, loadRollups()).name
	a, err := t.p.export(ctx, t.o.store, name)
	if err != nil {
		return err
	}
	b, err := t.p.export(ctx, whole, name)
	if err == nil && string(a) != string(b) {
		err = violated("end", "the export of %s is not that of an uninterrupted run", name)
	}
	return err
}

// loadRollups are those whose rows depend on the records alone, and not on
// when they came.
func loadRollups() []rollup {
	var out []rollup
	for _, b := range batchRollups {
		if b.retain == 0 {
			out = append(out, rollup{name: b.name})
		}
	}
	return out
}
