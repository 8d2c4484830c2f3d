package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// An outcome is what a race has brought.
type outcome struct {
	pairs      []pair
	pssA, pssB int64
	rows       int   // that both sides have
	differ     error // the first row that differs
}

// A pair is one run of each side, one after the other.
type pair struct{ a, b usage }

// race runs both sides in turn, looks at their memory, and compares their
// results.
func (b *bench) race(ctx context.Context, i int, r race) (*outcome, error) {
	if err := b.ready(r.query.file); err != nil {
		return nil, err
	}
	dir := filepath.Join(b.work(), fmt.Sprintf("%s-%d", r.name, i))
	if !b.keep {
		defer os.RemoveAll(dir)
	}
	first, err := b.enter(ctx, r.a, r.query, filepath.Join(dir, "a"))
	if err != nil {
		return nil, err
	}
	second, err := b.enter(ctx, r.b, r.query, filepath.Join(dir, "b"))
	if err != nil {
		return nil, err
	}
	o := &outcome{}
	if err := b.runPairs(ctx, o, r, first, second); err != nil {
		return nil, err
	}
	return o, b.agree(ctx, o, r, first, second)
}

func (b *bench) runPairs(ctx context.Context, o *outcome, r race, first, second *contestant) (err error) {
	n := b.pairs
	if r.slow {
		n = min(n, b.slowPairs)
	}
	for i := range n {
		var p pair
		if p.a, err = first.time(ctx); err != nil {
			return err
		}
		if p.b, err = second.time(ctx); err != nil {
			return err
		}
		o.pairs = append(o.pairs, p)
		b.say("%-8s %d/%d  %.3f s  %s %.3f s", r.name, i+1, n, p.a.wall.Seconds(), r.b.name, p.b.wall.Seconds())
	}
	if o.pssA, err = first.weigh(ctx); err != nil {
		return err
	}
	o.pssB, err = second.weigh(ctx)
	return err
}

// agree compares the rows of both sides' last runs.
func (b *bench) agree(ctx context.Context, o *outcome, r race, first, second *contestant) error {
	x, err := first.result(ctx)
	if err != nil {
		return err
	}
	y, err := second.result(ctx)
	if err != nil {
		return err
	}
	g := agreement{columns: r.query.columns(), names: [2]string{r.a.name, r.b.name}, exact: r.exact}
	if o.rows, o.differ = g.files(x, y); o.differ != nil {
		o.differ = fmt.Errorf("%s: %w", r.name, o.differ)
	}
	return nil
}

// median of the values; 0 of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// over is the median of f over all pairs.
func (o *outcome) over(f func(pair) float64) float64 {
	var values []float64
	for _, p := range o.pairs {
		values = append(values, f(p))
	}
	return median(values)
}

// ratio is the median of b's time over a's in the same pair.
func (o *outcome) ratio() float64 {
	return o.over(func(p pair) float64 { return seconds(p.b.wall) / seconds(p.a.wall) })
}

func seconds(d time.Duration) float64 { return d.Seconds() }
