//go:build linux

package main

import (
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

func TestSlope(t *testing.T) {
	if got := slope([]float64{0, 1, 2, 3}, []float64{1, 3, 5, 7}); math.Abs(got-2) > 1e-12 {
		t.Errorf("of a line: %v", got)
	}
	if got := slope([]float64{0, 1, 2, 3}, []float64{4, 6, 6, 4}); got != 0 {
		t.Errorf("of a hill: %v", got)
	}
	if got := slope([]float64{1}, []float64{4}); got != 0 {
		t.Errorf("of a point: %v", got)
	}
}

// What grows must be seen, and what only swings must not.
func TestSoakJudges(t *testing.T) {
	of := func(store func(i int) int64) error {
		s := &soak{j: &judge{out: io.Discard}}
		for i := range 300 {
			s.samples = append(s.samples, sample{at: time.Duration(i) * 5 * time.Second, store: store(i)})
		}
		return s.judge()
	}
	if err := of(func(i int) int64 { return int64(i) * 100_000 }); err == nil || !strings.Contains(err.Error(), "store") {
		t.Errorf("growing: %v", err)
	}
	if err := of(func(i int) int64 { return int64(i%7) * 1_000_000 }); err != nil {
		t.Errorf("swinging: %v", err)
	}
}
