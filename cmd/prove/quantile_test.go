package main

import "testing"

// The range of a quantile has what is allowed, and nothing more.
func TestQuantileRange(t *testing.T) {
	few := []float64{4, -1, 2, 3}
	if got := quantileOf(few, 0); got != -1.0 {
		t.Errorf("the least is %v", got)
	}
	many := make([]float64, exactValues+1)
	for i := range many {
		many[i] = float64(i + 1)
	}
	if got := quantileOf(many, 1); got != float64(exactValues+1) {
		t.Errorf("the greatest is %v", got)
	}
	for _, c := range []struct {
		xs   []float64
		q    float64
		x    float64
		want bool
	}{
		{few, 0.5, 2.5, true}, {few, 0.5, 2.5 + 0x1p-40, false}, {few, 0.5, 2.5 - 0x1p-40, false},
		{many, 0.5, 65 * 1.0099, true}, {many, 0.5, 65 * 0.9901, true}, {many, 0.5, 65 * 1.0101, false}, {many, 0.5, 65 * 0.9899, false},
		{many, 0.003, 1.384, true}, {many, 0.003, 1.41, false},
	} {
		text, ok := quantileOf(c.xs, c.q).(string)
		if !ok || inRange(c.x, text) != c.want || same(c.x, text, 0) != c.want {
			t.Errorf("%v of %d values may be %v, %q: want %t", c.q, len(c.xs), c.x, text, c.want)
		}
	}
}
