// Package sketch holds the values of many groups so that their quantiles can
// be told: exactly up to Exact values of a group, to within 1 % beyond.
//
// More values are counted in buckets of relative width, the sketch of Masson,
// Rim and Lee (DDSketch: A Fast and Fully-Mergeable Quantile Sketch with
// Relative-Error Guarantees, VLDB 2019), none of which are ever collapsed. The
// bucket of a value depends on nothing but the value, so that what is kept,
// and what is encoded, is a function of the multiset of the values, however
// they came and were merged.
package sketch

import (
	"math"
	"slices"

	"github.com/windrow/windrow/schema/value"
)

// Exact is the greatest number of values of a group that are all kept.
const Exact = 128

// Groups holds the values of groups that are numbered from 0. The zero value
// has none. It is used by one goroutine.
type Groups struct {
	groups []group
	values arena[float64]
	counts arena[uint32]
	dense  []dense
	sparse []sparse // what is beyond len keeps its memory
	views
	in view // what Merge reads
}

// group says where the values of a group are.
type group struct {
	at   uint32 // a chunk of values, or an index into dense or sparse
	n    uint8  // values in the chunk
	room uint8  // of the chunk
	form form
	view uint8 // where its view may be
}

const groupBytes = 8

// form is how a group's values are kept. How does not change what is encoded.
type form uint8

const (
	isList   form = iota // one by one, up to Exact of them
	isDense              // counted in windows of neighbouring buckets
	isSparse             // counted in a list of buckets
)

// Grow makes room for groups 0 to n-1; new ones are empty.
func (s *Groups) Grow(n int) {
	if old := len(s.groups); n > old {
		s.groups = slices.Grow(s.groups, n-old)[:n]
		clear(s.groups[old:])
	}
}

// AddReals adds the values xs[rows[i]] to groups[i]. It leaves out those that
// are of another kind than KindReal, and what is not finite. It allocates only
// where more memory is needed than ever before.
//
// The loop does what add does for lists with room, and for normal doubles in
// windows, without calling it.
func (s *Groups) AddReals(groups, rows []int32, kinds []value.Kind, xs []float64) {
	s.change++
	all, rows := s.groups, rows[:len(groups)]
	for i, at := range groups {
		r := rows[i]
		x := xs[r] + 0 // no -0
		if kinds[r] != value.KindReal || x-x != 0 {
			continue
		}
		g := &all[at]
		if g.n < g.room {
			at := g.at + uint32(g.n)
			s.values.blocks[at>>blockBits][at%blockSize] = x
			g.n++
			continue
		}
		b := math.Float64bits(x)
		power := uint32(b>>mantissaBits) & 0x7ff
		if g.form != isDense || power == 0 {
			s.add(g, x)
			continue
		}
		d := &s.dense[g.at]
		w := &d.side[b>>63]
		i := power*perPower + uint32(within[b>>granuleShift%granules]) + subnormal*perPower + 1 - uint32(w.from)
		if i >= w.n {
			s.addAround(g, x)
			continue
		}
		n := &s.counts.blocks[(w.at+i)>>blockBits][(w.at+i)%blockSize]
		if *n == math.MaxUint32 {
			s.addAround(g, x)
			continue
		}
		*n++
		if x < d.min {
			d.min = x
		}
		if x > d.max {
			d.max = x
		}
	}
}

// AddInts is AddReals for xs of KindInt, each rounded to a double.
func (s *Groups) AddInts(groups, rows []int32, kinds []value.Kind, xs []int64) {
	s.change++
	rows = rows[:len(groups)]
	for i, g := range groups {
		if r := rows[i]; kinds[r] == value.KindInt {
			s.add(&s.groups[g], float64(xs[r]))
		}
	}
}

// add adds a finite x other than -0.
func (s *Groups) add(g *group, x float64) {
	switch {
	case g.n < g.room:
		at := g.at + uint32(g.n)
		s.values.blocks[at>>blockBits][at%blockSize] = x
		g.n++
	case g.form == isDense:
		if !s.dense[g.at].add(&s.counts, x) {
			s.addAround(g, x)
		}
	default:
		s.addSlow(g, x)
	}
}

// addAround adds an x for which a dense group has no room.
func (s *Groups) addAround(g *group, x float64) {
	d := &s.dense[g.at]
	r := reaches{nowhere, nowhere}
	r.include(bucketOf(x))
	if !s.cover(d, r) || !d.add(&s.counts, x) {
		s.spread(g)
		s.add(g, x)
	}
}

// addSlow adds x to a list that is full, or to a sparse group.
func (s *Groups) addSlow(g *group, x float64) {
	switch {
	case g.form == isSparse:
		p := &s.sparse[g.at]
		p.add(bucketOf(x), 1)
		p.extend(x, x)
		return
	case g.n == Exact:
		s.count(g)
	default:
		s.widen(g)
	}
	s.add(g, x)
}

// firstClass is the class of a list's first chunk: 4 values.
const firstClass = 2

// widen gives a list a chunk, or one of twice the size.
func (s *Groups) widen(g *group) {
	if g.room == 0 {
		g.at, g.room = s.values.take(firstClass), 1<<firstClass
		return
	}
	old := s.list(g)
	class := classOf(uint32(g.room))
	at := s.values.take(class + 1)
	copy(s.values.chunk(at, class+1), old)
	s.values.give(g.at, class)
	g.at, g.room = at, 2*g.room
}

// list returns the values of a group of that form.
func (s *Groups) list(g *group) []float64 {
	if g.n == 0 {
		return nil
	}
	return s.values.chunk(g.at, classOf(uint32(g.room)))[:g.n]
}

// count turns a list into counts.
func (s *Groups) count(g *group) {
	old, list := *g, s.list(g)
	r := reaches{nowhere, nowhere}
	for _, x := range list {
		r.include(bucketOf(x))
	}
	d := newDense()
	if s.cover(&d, r) {
		s.dense = append(s.dense, d)
		*g = group{form: isDense, at: uint32(len(s.dense) - 1)}
	} else {
		s.release(&d)
		*g = s.newSparse()
	}
	for _, x := range list {
		s.add(g, x)
	}
	if old.room > 0 {
		s.values.give(old.at, classOf(uint32(old.room)))
	}
}

// Bytes is about the memory of the groups and their values.
func (s *Groups) Bytes() int {
	n := len(s.groups)*groupBytes + int(s.values.next)*8 + int(s.counts.next)*4 + len(s.dense)*denseBytes
	for i := range s.sparse {
		n += sparseBytes + cap(s.sparse[i].list)*bucketBytes
	}
	return n
}

// Reset empties all groups and keeps the memory.
func (s *Groups) Reset() {
	s.groups, s.dense, s.sparse = s.groups[:0], s.dense[:0], s.sparse[:0]
	s.values.reset()
	s.counts.reset()
	s.change, s.next = s.change+1, 0
}
