package report

import (
	"math"
	"time"
)

// regular returns the distance in seconds of moments that lie on a grid, 0 if
// they lie on none: the smallest distance divides all others. Moments a day
// and more apart are compared on the clock of the wall, where each day has 24
// hours.
func regular(moments []float64, zone *time.Location) float64 {
	step := math.Inf(1)
	for i := 1; i < len(moments); i++ {
		step = min(step, apart(moments[i-1], moments[i], zone))
	}
	for i := 1; i < len(moments); i++ {
		n := apart(moments[i-1], moments[i], zone) / step
		if math.Abs(n-math.Round(n)) > 1e-3 {
			return 0
		}
	}
	return step
}

// apart is how far b is behind a, in seconds.
func apart(a, b float64, zone *time.Location) float64 {
	d := b - a
	if d < day.Seconds()-2*3600 {
		return d
	}
	return d + wall(b, zone) - wall(a, zone)
}

// wall is the zone's offset from UTC at a moment, in seconds.
func wall(x float64, zone *time.Location) float64 {
	_, offset := at(x, zone).Zone()
	return float64(offset)
}

// split returns the parts of a line: it has a gap at each NULL and, on a grid
// of step seconds, where moments are missing.
func split(points []point, step float64, zone *time.Location) [][]point {
	var runs [][]point
	var run []point
	for _, p := range points {
		gap := math.IsNaN(p.y) || step > 0 && len(run) > 0 && apart(run[len(run)-1].x, p.x, zone) > 1.5*step
		if gap && len(run) > 0 {
			runs, run = append(runs, run), nil
		}
		if !math.IsNaN(p.y) {
			run = append(run, p)
		}
	}
	if len(run) > 0 {
		runs = append(runs, run)
	}
	return runs
}

// thin leaves out points that cannot be told apart: of those in one column of
// pixels the first, the least, the greatest and the last stay, so that no peak
// is lost.
func thin(run []point, lo, hi float64) []point {
	if len(run) <= 2*plotWidth {
		return run
	}
	var some []point
	from, pixel := 0, -1.0
	for i, p := range run {
		if x := math.Floor((p.x - lo) / (hi - lo) * plotWidth); x != pixel {
			some = appendEdges(some, run[from:i])
			from, pixel = i, x
		}
	}
	return appendEdges(some, run[from:])
}

// appendEdges appends the first, least, greatest and last point, in order.
func appendEdges(some, of []point) []point {
	if len(of) == 0 {
		return some
	}
	low, high := 0, 0
	for i, p := range of {
		if p.y < of[low].y {
			low = i
		}
		if p.y > of[high].y {
			high = i
		}
	}
	last := -1
	for _, i := range []int{0, min(low, high), max(low, high), len(of) - 1} {
		if i > last {
			some, last = append(some, of[i]), i
		}
	}
	return some
}
