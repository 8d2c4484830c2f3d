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
	dicts []*dictionary // per key
	ids   [][]uint32    // per key, per group
	order []int32
	spare []int32
}

const (
	// dictionaryKept is how many bytes of a key's values are kept from one
	// commit to the next.
	dictionaryKept = 2 << 20
	maxDigit       = 11 // bits
)

// sorted returns the groups in the order of the state table's primary key. The
// result is valid until the next call.
func (t *table) sorted() []int32 {
	o := &t.ordering
	o.order = slices.Grow(o.order[:0], t.len())
	for g := range t.starts {
		o.order = append(o.order, int32(g))
	}
	if o.dicts == nil {
		o.dicts = []*dictionary{newDictionary()} // of the windows
		for range t.rollup.Keys {
			o.dicts = append(o.dicts, newDictionary())
		}
		o.ids = make([][]uint32, len(o.dicts))
	}
	t.number()
	for k := len(o.dicts) - 1; k >= 0; k-- {
		d := o.dicts[k]
		o.sortBy(o.ids[k], d.ranked(), len(d.values))
		if d.bytes() > dictionaryKept {
			d.reset()
		}
	}
	return o.order
}

// number finds the numbers of all groups' windows and keys.
func (t *table) number() {
	o := &t.ordering
	for k := range o.ids {
		o.ids[k] = slices.Grow(o.ids[k][:0], t.len())[:t.len()]
	}
	for g, start := range t.starts {
		o.ids[0][g] = o.dicts[0].find(uint64(start), 0, formInt)
		rest := t.key(int32(g))
		for k := 1; k < len(o.dicts); k++ {
			v, text, r := nextKey(rest, len(o.dicts)-k)
			o.ids[k][g], rest = o.dicts[k].number(v, text), r
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
