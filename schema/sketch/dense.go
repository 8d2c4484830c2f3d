package sketch

import (
	"math"
	"math/bits"
)

// dense counts values in a window of neighbouring buckets for each sign.
type dense struct {
	min, max float64
	side     [2]window // of positive and of negative values
	zeros    uint64
}

// window is a chunk of counts of the buckets from, from+1 and so on, by the
// magnitude of the values.
type window struct {
	at   uint32
	from int32
	n    uint32 // buckets, a power of two; 0 for no window
}

const (
	denseBytes     = 48
	minWindowClass = 6  // 64 buckets: a factor of 3.5
	maxWindowClass = 11 // 2048 buckets, of which the values take at most 4/5: a factor of 10^14
)

func newDense() dense { return dense{min: math.Inf(1), max: math.Inf(-1)} }

// add counts a finite x other than -0; false if there is no room for it.
func (d *dense) add(counts *arena[uint32], x float64) bool {
	if x == 0 {
		d.zeros++
	} else {
		b := math.Float64bits(x)
		w := &d.side[b>>63]
		i := uint32(size(b&^signBit) - w.from)
		if i >= w.n {
			return false
		}
		n := &counts.blocks[(w.at+i)>>blockBits][(w.at+i)%blockSize]
		if *n == math.MaxUint32 {
			return false
		}
		*n++
	}
	d.min, d.max = min(d.min, x), max(d.max, x)
	return true
}

// reach is a range of buckets; it is empty if hi < lo.
type reach struct{ lo, hi int32 }

var nowhere = reach{math.MaxInt32, math.MinInt32}

func (r *reach) include(b int32) { r.lo, r.hi = min(r.lo, b), max(r.hi, b) }

// reaches are those of both signs.
type reaches [2]reach

func (r *reaches) include(bucket int32) {
	if bucket > 0 {
		r[0].include(bucket)
	} else if bucket < 0 {
		r[1].include(-bucket)
	}
}

// cover widens the windows of d so that buckets in r have room; false if they
// would become too wide.
func (s *Groups) cover(d *dense, r reaches) bool {
	for i := range d.side {
		w := &d.side[i]
		if r[i].hi < r[i].lo || w.n > 0 && r[i].lo >= w.from && r[i].hi < w.from+int32(w.n) {
			continue
		}
		used := s.used(w)
		if used.hi >= used.lo {
			r[i].include(used.lo)
			r[i].include(used.hi)
		}
		if !s.place(w, r[i]) {
			return false
		}
	}
	return true
}

// used is the range of a window's buckets that are not empty.
func (s *Groups) used(w *window) reach {
	r := nowhere
	for i, n := range s.window(w) {
		if n > 0 {
			r.include(w.from + int32(i))
		}
	}
	return r
}

func (s *Groups) window(w *window) []uint32 {
	if w.n == 0 {
		return nil
	}
	return s.counts.chunk(w.at, classOf(w.n))
}

// place moves a window to a chunk that covers r, which holds all that is
// counted in it, and more on both sides.
func (s *Groups) place(w *window, r reach) bool {
	width := uint32(r.hi - r.lo + 1)
	class := max(minWindowClass, bits.Len32(width+width/4-1))
	if class > maxWindowClass {
		return false
	}
	to := window{at: s.counts.take(class), n: 1 << class}
	to.from = r.lo - int32((to.n-width)/2)
	counts := s.window(&to)
	clear(counts)
	for i, n := range s.window(w) {
		if n > 0 {
			counts[w.from+int32(i)-to.from] = n
		}
	}
	if w.n > 0 {
		s.counts.give(w.at, classOf(w.n))
	}
	*w = to
	return true
}

// release gives the windows of d back.
func (s *Groups) release(d *dense) {
	for i := range d.side {
		if w := &d.side[i]; w.n > 0 {
			s.counts.give(w.at, classOf(w.n))
		}
	}
}

// classOf returns the class of a chunk of n elements.
func classOf(n uint32) int { return bits.TrailingZeros32(n) }

// buckets appends the buckets of d to list, in order.
func (s *Groups) buckets(d *dense, list []bucket) []bucket {
	w := &d.side[1]
	counts := s.window(w)
	for i := len(counts) - 1; i >= 0; i-- {
		if n := counts[i]; n > 0 {
			list = append(list, bucket{-w.from - int32(i), uint64(n)})
		}
	}
	if d.zeros > 0 {
		list = append(list, bucket{0, d.zeros})
	}
	w = &d.side[0]
	for i, n := range s.window(w) {
		if n > 0 {
			list = append(list, bucket{w.from + int32(i), uint64(n)})
		}
	}
	return list
}

// total returns how many values d has.
func (s *Groups) total(d *dense) uint64 {
	n := d.zeros
	for i := range d.side {
		for _, c := range s.window(&d.side[i]) {
			n += uint64(c)
		}
	}
	return n
}
