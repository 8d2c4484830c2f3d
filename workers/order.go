package workers

import (
	"math/bits"
	"slices"
)

// ordering sorts the groups of a table by ranks instead of keys: each distinct
// value is compared with others once, in its dictionary, and the groups are
// then sorted by small numbers, digit by digit from the last on (LSD radix
// sort). Dictionaries that stay small are kept for the next commit.
type ordering struct {
	dicts []*dictionary // of the windows, and per key
	kept  int           // bytes of them that were kept
	ids   [][]uint32    // per dictionary, per group
	order []int32
	spare []int32
}

const (
	// dictionaryKept is how many bytes of a key's values are kept from one
	// commit to the next.
	dictionaryKept = 2 << 20
	maxDigit       = 11 // bits
)

func newOrdering(keys int) ordering {
	o := ordering{ids: make([][]uint32, 1+keys)}
	for range o.ids {
		o.dicts = append(o.dicts, newDictionary())
	}
	return o
}

// fixed is how many bytes a group needs.
func (o *ordering) fixed() int { return 4*len(o.ids) + 4 + 4 }

// bytes is about the memory of the values that came since the last reset.
func (o *ordering) bytes() int { return o.held() - o.kept }

func (o *ordering) held() int {
	n := 0
	for _, d := range o.dicts {
		n += d.bytes()
	}
	return n
}

func (o *ordering) reset() {
	for k, d := range o.dicts {
		o.ids[k] = o.ids[k][:0]
		if d.bytes() > dictionaryKept {
			d.reset()
		}
	}
	o.kept = o.held()
}

// sorted returns the groups in the order of the state table's primary key. The
// result is valid until the next call.
func (t *table) sorted() []int32 {
	o := &t.ordering
	o.order = slices.Grow(o.order[:0], t.len())
	for g := range t.starts {
		o.order = append(o.order, int32(g))
	}
	for k := len(o.dicts) - 1; k >= 0; k-- {
		d := o.dicts[k]
		o.sortBy(o.ids[k], d.ranked(), len(d.values))
	}
	return o.order
}

// number finds the numbers of the windows and keys of the groups that are new.
func (t *table) number() {
	o := &t.ordering
	for g := len(o.ids[0]); g < t.len(); g++ {
		o.ids[0] = append(o.ids[0], o.dicts[0].find(uint64(t.starts[g]), 0, formInt))
		rest := t.key(int32(g))
		for k := 1; k < len(o.dicts); k++ {
			v, text, r := nextKey(rest, len(o.dicts)-k)
			o.ids[k], rest = append(o.ids[k], o.dicts[k].number(v, text)), r
		}
	}
}

// sortBy sorts the groups by the ranks, below n, of their ids and leaves those
// of equal ones in order.
func (o *ordering) sortBy(ids, ranks []uint32, n int) {
	width := bits.Len(uint(n - 1))
	passes := (width + maxDigit - 1) / maxDigit
	if passes == 0 {
		return
	}
	digit := (width + passes - 1) / passes
	for p := range passes {
		o.pass(ids, ranks, p*digit, uint32(1)<<digit-1)
	}
}

// pass sorts the groups by one digit of their ranks.
func (o *ordering) pass(ids, ranks []uint32, shift int, mask uint32) {
	var at [1 << maxDigit]int32
	for _, g := range o.order {
		at[ranks[ids[g]]>>shift&mask]++
	}
	next := int32(0)
	for d, n := range at[:mask+1] {
		at[d], next = next, next+n
	}
	to := slices.Grow(o.spare[:0], len(o.order))[:len(o.order)]
	for _, g := range o.order {
		p := &at[ranks[ids[g]]>>shift&mask]
		to[*p] = g
		*p++
	}
	o.order, o.spare = to, o.order
}
