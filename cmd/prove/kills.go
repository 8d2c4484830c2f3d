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
	"sync"
	"time"

	"github.com/windrow/windrow/schema/fault"
)

// killing is one run of the kills.
type killing struct {
	j     *judge
	p     *program
	n     int // kills that are asked for
	tally *tally

	mu   sync.Mutex
	next [kindsOfRounds]int
	err  error
}

// Rounds with an even number fill stores by runs that end, the others by runs
// that follow.
const kindsOfRounds = 2

// proveKills kills at least n times.
func (j *judge) proveKills(ctx context.Context, n int, fault string) error {
	p, err := j.build(ctx, fault)
	if err != nil {
		return err
	}
	k := &killing{j: j, p: p, n: n, tally: &tally{kills: map[string]int{}}, next: [...]int{j.from + j.from%2, j.from + 1 - j.from%2}}
	lanes := j.parallel
	if fault != "" {
		lanes = 1 // how fast a fault is found is to depend on the seed alone
	}
	var wg sync.WaitGroup
	for lane := range lanes {
		wg.Go(func() { k.lane(ctx, lane) })
	}
	wg.Wait()
	if k.err != nil {
		return k.err
	}
	t := k.tally
	j.say("kills: %d kills (%s) in %d runs, %d snapshots equal the GROUP BY over what was absorbed, %d stores equal those of uninterrupted runs, in %v",
		t.total(), t.kinds(), t.runs, t.snapshots, t.stores, j.took())
	j.say("kills: of %d restarts that were timed %d took more than 1 s, the slowest %v; %d stores left out, as the writer was held up",
		t.begins, t.slow, t.slowest.Round(time.Millisecond), t.void)
	return nil
}

// lane does rounds until there are enough kills.
func (k *killing) lane(ctx context.Context, lane int) {
	for !k.enough() {
		round := k.take(lane)
		err := k.round(ctx, round)
		k.mu.Lock()
		if err != nil && k.err == nil {
			k.err = fmt.Errorf("kills: round %d of -seed %d (-from %d -parallel 1), after %d kills (%s): %w", round, k.j.seed, round, k.tally.total(), k.tally.kinds(), err)
		}
		if k.err == nil {
			k.j.say("kills: %d of %d (%s), %d snapshots, %d stores filled", k.tally.total(), k.n, k.tally.kinds(), k.tally.snapshots, k.tally.stores)
		}
		k.mu.Unlock()
	}
}

func (k *killing) enough() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.err != nil || k.tally.total() >= k.n
}

// take draws the next round: of the kind that was killed less, and in a tie of
// the lane's own.
func (k *killing) take(lane int) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	kind := (lane + k.j.from) % kindsOfRounds
	if k.tally.ofKind(1-kind) < k.tally.ofKind(kind) {
		kind = 1 - kind
	}
	switch {
	case k.j.only == "once" || k.p.fault != "":
		kind = 0
	case k.j.only == "follow":
		kind = 1
	}
	k.next[kind] += kindsOfRounds
	return k.next[kind] - kindsOfRounds
}

// round does one round in a folder of its own.
func (k *killing) round(ctx context.Context, round int) error {
	r := rand.New(rand.NewPCG(k.j.seed, uint64(round)))
	dir := filepath.Join(k.j.dir, fmt.Sprintf("round-%d", round))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	does := k.onceRound
	if round%kindsOfRounds == 1 {
		does = k.followRound
	}
	if err := does(ctx, dir, r, k.enough); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

func (t *tally) kinds() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var s []string
	for _, k := range kills {
		s = append(s, fmt.Sprintf("%s %d", k.name, t.kills[k.name]))
	}
	return strings.Join(s, ", ")
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
