package workers

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"github.com/windrow/windrow/schema/value"
)

// ranking is the order of a dictionary's values as SQLite compares them, and
// NULL (stored as x”) last. It is kept from commit to commit: only new values
// are sorted.
type ranking struct {
	order []uint32 // numbers of the values in order, without NULL
	ranks []uint32 // by number
	fresh []sortKey
	spare []uint32
}

// sortKey is a value to be sorted: prefix decides mostly.
type sortKey struct {
	prefix uint64
	id     uint32
}

func (r *ranking) reset() { r.order, r.ranks = r.order[:0], r.ranks[:0] }

// ranked returns the ranks of all values by number. They are below
// len(d.values).
func (d *dictionary) ranked() []uint32 {
	known := len(d.order) + 1
	if len(d.ranks) == len(d.values) {
		return d.ranks
	}
	d.sortFresh(known)
	d.mergeFresh()
	d.ranks = slices.Grow(d.ranks[:0], len(d.values))[:len(d.values)]
	for rank, id := range d.order {
		d.ranks[id] = uint32(rank)
	}
	d.ranks[0] = uint32(len(d.order))
	return d.ranks
}

// sortFresh sorts the values from number known on.
func (d *dictionary) sortFresh(known int) {
	common := d.common(known)
	d.fresh = slices.Grow(d.fresh[:0], len(d.values)-known)
	for id := known; id < len(d.values); id++ {
		d.fresh = append(d.fresh, sortKey{d.prefix(uint32(id), common), uint32(id)})
	}
	slices.SortFunc(d.fresh, func(a, b sortKey) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		return d.compare(a.id, b.id)
	})
}

// mergeFresh merges what is sorted into the order.
func (d *dictionary) mergeFresh() {
	old, fresh := d.order, d.fresh
	to := slices.Grow(d.spare[:0], len(old)+len(fresh))
	for len(old) > 0 && len(fresh) > 0 {
		if d.compare(old[0], fresh[0].id) < 0 {
			to, old = append(to, old[0]), old[1:]
		} else {
			to, fresh = append(to, fresh[0].id), fresh[1:]
		}
	}
	to = append(to, old...)
	for _, f := range fresh {
		to = append(to, f.id)
	}
	d.order, d.spare = to, d.order
}

// common is how many bytes all texts from number known on begin with.
func (d *dictionary) common(known int) int {
	n, first := -1, []byte(nil)
	for id := known; id < len(d.values) && n != 0; id++ {
		if d.values[id].kind != value.KindText {
			continue
		}
		text := d.textOf(uint32(id))
		if n < 0 {
			n, first = len(text), text
		}
		n = shared(first[:n], text)
	}
	return max(n, 0)
}

// shared is how many bytes a and b have in common at their beginnings.
func shared(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// prefix is a number that is less for a value than for another only if that
// comes later; texts are known to have common bytes in common. Numbers are the
// nearest REAL of their lower half, texts are in the upper one.
func (d *dictionary) prefix(id uint32, common int) uint64 {
	v := &d.values[id]
	switch v.kind {
	case value.KindInt:
		return realPrefix(float64(int64(v.bits)))
	case value.KindReal:
		return realPrefix(math.Float64frombits(v.bits))
	}
	var b [8]byte
	copy(b[:], d.textOf(id)[common:])
	return binary.BigEndian.Uint64(b[:])>>1 | 1<<63
}

// realPrefix orders REALs as themselves, in 63 bits.
func realPrefix(f float64) uint64 {
	b := math.Float64bits(f + 0)
	if b>>63 != 0 {
		return ^b >> 1
	}
	return (b | 1<<63) >> 1
}

// compare orders two values that are not NULL: numbers before texts.
func (d *dictionary) compare(a, b uint32) int {
	x, y := &d.values[a], &d.values[b]
	switch {
	case x.kind == value.KindText && y.kind == value.KindText:
		return bytes.Compare(d.textOf(a), d.textOf(b))
	case x.kind == value.KindText:
		return 1
	case y.kind == value.KindText:
		return -1
	case x.kind == value.KindInt && y.kind == value.KindInt:
		return cmp.Compare(int64(x.bits), int64(y.bits))
	}
	// At least one is a REAL that is no integer of 64 bits. The other one is
	// rounded, which makes them equal only where that is 2^63: it is greater.
	if c := cmp.Compare(x.number(), y.number()); c != 0 || x.kind == y.kind {
		return c
	}
	if x.kind == value.KindInt {
		return -1
	}
	return 1
}

func (v *keyValue) number() float64 {
	if v.kind == value.KindInt {
		return float64(int64(v.bits))
	}
	return math.Float64frombits(v.bits)
}
