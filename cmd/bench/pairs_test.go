package main

import (
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0},
		{[]float64{3}, 3},
		{[]float64{9, 1, 2}, 2},
		{[]float64{4, 1, 3, 100}, 3.5},
	} {
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.values, got, c.want)
		}
	}
}

// The ratio is that of runs beside each other, so what slows both down for a
// while does not move it.
func TestRatioIsPairwise(t *testing.T) {
	var o outcome
	for _, s := range [][2]int{{1, 4}, {10, 41}, {1, 3}} {
		o.pairs = append(o.pairs, pair{
			a: usage{wall: time.Duration(s[0]) * time.Second},
			b: usage{wall: time.Duration(s[1]) * time.Second},
		})
	}
	if got := o.ratio(); got != 4 {
		t.Errorf("the ratio is %v, want 4", got)
	}
}
