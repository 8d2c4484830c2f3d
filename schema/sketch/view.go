package sketch

import (
	"math"
)

// view is a group's values in their order: all of them as keys, up to Exact,
// or counted in buckets with the least and the greatest.
type view struct {
	group    int
	change   uint64 // it is of that group as it was after so many changes
	n        uint64
	keys     keys // if there are more than Exact, those of the least and the greatest
	min, max float64
	buckets  []bucket
	values   []float64 // scratch
	blob     []byte    // the encoding, if it is not empty
}

// views are those of the last groups that were asked about, as many as a
// store's chunk of rows, which it fills column by column.
type views struct {
	all    [256]*view
	next   uint8
	change uint64
	sorter sorter
}

// show returns the view of a group, made once for all that is asked about it.
func (s *Groups) show(group int) *view {
	g := &s.groups[group]
	if v := s.views.all[g.view]; v != nil && v.group == group && v.change == s.change {
		return v
	}
	v := s.views.all[s.next]
	if v == nil {
		v = new(view)
		s.views.all[s.next] = v
	}
	g.view = s.next
	s.next++
	s.make(v, group)
	return v
}

// make makes v the view of a group.
func (s *Groups) make(v *view, group int) {
	v.group, v.change = group, s.change
	v.blob, v.buckets = v.blob[:0], v.buckets[:0]
	g := &s.groups[group]
	switch g.form {
	case isList:
		v.n = uint64(g.n)
		v.keys.set(s.list(g), &s.sorter)
		return
	case isDense:
		d := &s.dense[g.at]
		v.n, v.min, v.max = s.total(d), d.min, d.max
		v.buckets = s.buckets(d, v.buckets)
	case isSparse:
		p := &s.sparse[g.at]
		v.n, v.min, v.max = p.n, p.min, p.max
		v.buckets = append(v.buckets, p.list...)
	}
	v.values = append(v.values[:0], v.min, v.max)
	v.keys.set(v.values, &s.sorter)
}

// Quantile returns the q-quantile of a group, 0 <= q <= 1; false if it has no
// values. It is what SQL calls percentile_cont: with the n values numbered
// from 0 in their order, the value at q*(n-1), interpolated between its
// neighbours where that is no integer. Beyond Exact values, both neighbours
// are within 1 % of the true ones, and so is the result, if they have one
// sign; the least and the greatest value are always as they are.
func (s *Groups) Quantile(group int, q float64) (float64, bool) {
	v := s.show(group)
	if v.n == 0 {
		return 0, false
	}
	at := float64(v.n-1) * q
	floor := math.Floor(at)
	rank := min(uint64(floor), v.n-1)
	x, y := v.pair(rank)
	return between(x, y, at-floor), true
}

// between returns what is at part, from 0 to 1, of the way from x to y, x <= y,
// rounded as DuckDB does: it is from x to y, and rises with part but for the
// last digit. The conversions keep machines that have fused operations from using them.
func between(x, y, part float64) float64 {
	if part == 0 || x == y {
		return x
	}
	z := float64(x*(1-part)) + float64(y*part)
	return max(x, min(y, z)) + 0
}

// pair returns the values at a rank and at the next one, if there is one.
func (v *view) pair(rank uint64) (x, y float64) {
	next := min(rank+1, v.n-1)
	if v.n <= Exact {
		return v.keys.value(int(rank)), v.keys.value(int(next))
	}
	before := uint64(0)
	for i := range v.buckets {
		b := &v.buckets[i]
		before += b.n
		if rank < before {
			x = v.standIn(rank, b.number)
			if next >= before {
				b = &v.buckets[i+1]
			}
			return x, v.standIn(next, b.number)
		}
	}
	panic("BUG: more values than are counted")
}

// standIn returns the value that stands for the one at rank, which is in bucket.
func (v *view) standIn(rank uint64, bucket int32) float64 {
	switch rank {
	case 0:
		return v.min
	case v.n - 1:
		return v.max
	}
	return max(v.min, min(v.max, standIn(bucket)))
}

// keys are values in ascending order as integers: if scale is at most
// maxScale, each value is the double that is nearest to its key / 10^scale;
// else keys are the values' bits, arranged so that they are ordered.
type keys struct {
	scale int
	k     []int64
}

const (
	maxScale = 15
	rawScale = maxScale + 1
	// maxKey bounds decimal keys so that both the product of a value with 10^scale
	// and its quotient lead to the one integer that belongs to it.
	maxKey = 1 << 50
)

var powers = [maxScale + 1]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// set makes k the keys of values, at the least scale at which all are exact.
// The scale of the last ones is tried first: it is the least if it is exact
// and some key is no multiple of 10.
func (k *keys) set(values []float64, by *sorter) {
	if k.scale > maxScale || !k.read(values, k.scale) || k.divisible() {
		k.scale = leastScale(values)
		if k.scale > maxScale || !k.read(values, k.scale) {
			k.scale = rawScale
			k.k = k.k[:0]
			for _, x := range values {
				k.k = append(k.k, ordered(x))
			}
		}
	}
	by.sort(k.k)
}

// read appends the decimal keys of values; false if one is not exact.
func (k *keys) read(values []float64, scale int) bool {
	k.k = k.k[:0]
	for _, x := range values {
		key, ok := decimal(x, powers[scale])
		if !ok {
			return false
		}
		k.k = append(k.k, key)
	}
	return true
}

// divisible reports whether the values are exact at a lower scale, too.
func (k *keys) divisible() bool {
	if k.scale == 0 {
		return false
	}
	for _, key := range k.k {
		if key%10 != 0 {
			return false
		}
	}
	return true
}

// leastScale returns the least scale at which each of values by itself is
// exact at it or below; rawScale if there is none.
func leastScale(values []float64) int {
	scale := 0
	for _, x := range values {
		for _, ok := decimal(x, powers[scale]); !ok; _, ok = decimal(x, powers[scale]) {
			if scale++; scale > maxScale {
				return rawScale
			}
		}
	}
	return scale
}

// decimal returns the integer of which x is the quotient with power.
func decimal(x, power float64) (int64, bool) {
	f := math.RoundToEven(float64(x * power))
	if !(math.Abs(f) <= maxKey) {
		return 0, false
	}
	return int64(f), float64(f/power) == x
}

// ordered maps the bits of doubles to integers in the same order.
func ordered(x float64) int64 { return flip(int64(math.Float64bits(x))) }

func flip(b int64) int64 {
	if b < 0 {
		b ^= math.MaxInt64
	}
	return b
}

// value returns the i-th value.
func (k *keys) value(i int) float64 {
	if k.scale == rawScale {
		return math.Float64frombits(uint64(flip(k.k[i])))
	}
	return float64(k.k[i]) / powers[k.scale]
}
