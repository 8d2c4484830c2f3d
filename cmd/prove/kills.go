//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/windrow/windrow/schema/fault"
)

// loadRecords is about how many records a load has.
const loadRecords = 80_000

// trialsPerLoad is how many stores are filled from one load.
const trialsPerLoad = 5

// proveKills kills at least n times.
func (j *judge) proveKills(ctx context.Context, n int, fault string) error {
	p, err := build(ctx, j.dir, fault)
	if err != nil {
		return err
	}
	t := &tally{kills: map[string]int{}}
	for round := j.from; t.total() < n; round++ {
		if err := j.killRound(ctx, p, round, n, t); err != nil {
			return fmt.Errorf("kills: round %d of -seed %d, after %d kills (%s): %w", round, j.seed, t.total(), t.kinds(), err)
		}
		j.say("kills: %d of %d (%s), %d snapshots, %d stores filled", t.total(), n, t.kinds(), t.snapshots, t.stores)
	}
	j.say("kills: %d kills (%s) in %d runs, %d snapshots equal the GROUP BY over what was absorbed, %d stores equal those of uninterrupted runs, in %v",
		t.total(), t.kinds(), t.runs, t.snapshots, t.stores, j.took())
	return nil
}

func (t *tally) kinds() string {
	var s []string
	for _, k := range kills {
		s = append(s, fmt.Sprintf("%s %d", k.name, t.kills[k.name]))
	}
	return strings.Join(s, ", ")
}

// killRound makes a load and fills stores from it.
func (j *judge) killRound(ctx context.Context, p *program, round, n int, t *tally) error {
	r := rand.New(rand.NewPCG(j.seed, uint64(round)))
	dir := filepath.Join(j.dir, fmt.Sprintf("round-%d", round))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	l, err := newLoad(dir, r, loadRecords/2+r.IntN(loadRecords))
	if err != nil {
		return err
	}
	want, took, err := l.whole(ctx, p, r)
	if err != nil {
		return err
	}
	for i := range trialsPerLoad {
		if t.total() >= n {
			break
		}
		o := l.options(r, fmt.Sprintf("t%d", i))
		if err := l.define(r, o); err != nil {
			return err
		}
		tr := &trial{j: j, p: p, l: l, r: r, o: o, took: took, tally: t, orphan: make(chan error, 1000)}
		if err := tr.prove(ctx, want); err != nil {
			return fmt.Errorf("store %s: %w", o.store, err)
		}
	}
	return os.RemoveAll(dir)
}

// options draws how a store is filled: in small blocks and commits.
func (l *load) options(r *rand.Rand, name string) runOptions {
	return runOptions{definition: filepath.Join(l.dir, name+".sql"), store: filepath.Join(l.dir, name+".db"), workers: 1 + r.IntN(8),
		block: 20_000 + r.Int64N(300_000), budget: 100_000 + r.Int64N(2_000_000)}
}

func (l *load) define(r *rand.Rand, o runOptions) error {
	settings := fmt.Sprintf("SET flush_interval = '%d milliseconds';\nSET durability = '%s';\n", 1+r.IntN(20), pick(r, []string{"power", "process"}))
	return os.WriteFile(o.definition, []byte(l.definition(settings)), 0o644)
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
	if err := errors.Join(l.check(s), l.complete(s)); err != nil {
		return nil, 0, fmt.Errorf("without a kill: %w", err)
	}
	d, err := dumpStore(ctx, o.store, loadRollups())
	return d, took, err
}

// faultKills is within how many kills each planted fault must be found.
const faultKills = 300

// proveFaults plants each fault, and fails if one is not found.
func (j *judge) proveFaults(ctx context.Context) error {
	top := j.dir
	for _, name := range []string{fault.NoRangeCheck, fault.RangesApart, fault.EarlyAnswer, fault.LossySum, fault.NoEpoch} {
		j.dir = filepath.Join(top, name)
		if err := os.MkdirAll(j.dir, 0o755); err != nil {
			return err
		}
		if err := j.findFault(ctx, name); err != nil {
			return err
		}
		os.RemoveAll(j.dir)
	}
	return nil
}

func (j *judge) findFault(ctx context.Context, name string) error {
	quiet := *j
	quiet.out = discard{}
	quiet.began = time.Now()
	err := quiet.proveKills(ctx, faultKills, name)
	var v *violation
	switch {
	case err == nil:
		return fmt.Errorf("faults: %s was not found with %d kills", name, faultKills)
	case !errors.As(err, &v):
		return fmt.Errorf("faults: %s: %w", name, err)
	case !slices.Contains([]string{"guarantee", "positions", "end", "fence"}, v.check):
		return fmt.Errorf("faults: %s was not found; instead %w", name, err)
	}
	what, _, _ := strings.Cut(err.Error(), "\n")
	j.say("faults: %s was found in %v: %s", name, quiet.took(), what)
	return nil
}

type discard struct{}

func (discard) Write(b []byte) (int, error) { return len(b), nil }
