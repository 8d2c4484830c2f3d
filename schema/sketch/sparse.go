package sketch

import (
	"cmp"
	"math"
	"slices"
)

// sparse counts values in a list of buckets, which ascends. It is the general
// form: of values too far apart for windows, and of more than 2^32.
type sparse struct {
	n        uint64
	min, max float64
	list     []bucket
}

// bucket is a bucket and how many values are in it.
type bucket struct {
	number int32
	n      uint64
}

const (
	sparseBytes = 48
	bucketBytes = 16
)

// newSparse makes an empty group of that form.
func (s *Groups) newSparse() group {
	i := len(s.sparse)
	if i < cap(s.sparse) {
		s.sparse = s.sparse[:i+1]
	} else {
		s.sparse = append(s.sparse, sparse{})
	}
	p := &s.sparse[i]
	*p = sparse{min: math.Inf(1), max: math.Inf(-1), list: p.list[:0]}
	return group{form: isSparse, at: uint32(i)}
}

// spread makes a dense group sparse.
func (s *Groups) spread(g *group) {
	d := &s.dense[g.at]
	*g = s.newSparse()
	p := &s.sparse[g.at]
	p.list = s.buckets(d, p.list)
	p.n, p.min, p.max = s.total(d), d.min, d.max
	s.release(d)
}

// add counts a value n times.
func (p *sparse) add(number int32, n uint64) {
	at, found := slices.BinarySearchFunc(p.list, number, func(b bucket, number int32) int { return cmp.Compare(b.number, number) })
	if found {
		p.list[at].n += n
	} else {
		p.list = slices.Insert(p.list, at, bucket{number, n})
	}
	p.n += n
}

// extend makes least and greatest part of the range of the values.
func (p *sparse) extend(least, greatest float64) {
	p.min, p.max = min(p.min, least), max(p.max, greatest)
}
