package sketch

import (
	"math/bits"
	"slices"
)

const (
	few   = 12 // keys that are sorted as they stand
	slots = 128
)

// sorter sorts up to Exact keys: first roughly, into slots of equal width,
// then by insertion, which is quick on what is nearly sorted.
type sorter struct {
	from [slots]uint8
	out  [Exact]int64
}

// sort sorts k, which has at most Exact keys.
func (s *sorter) sort(k []int64) {
	if len(k) <= few {
		insertionSort(k)
		return
	}
	least, greatest := k[0], k[0]
	for _, x := range k[1:] {
		least, greatest = min(least, x), max(greatest, x)
	}
	shift := max(0, bits.Len64(uint64(greatest)-uint64(least))-bits.Len64(slots-1))
	s.from = [slots]uint8{}
	for _, x := range k {
		s.from[(uint64(x)-uint64(least))>>shift%slots]++
	}
	sum, most := uint8(0), uint8(0)
	for i, n := range s.from {
		s.from[i] = sum
		sum += n
		most = max(most, n)
	}
	if most > few {
		slices.Sort(k)
		return
	}
	for _, x := range k {
		at := &s.from[(uint64(x)-uint64(least))>>shift%slots]
		s.out[*at%Exact] = x
		*at++
	}
	insertionSort(s.out[:len(k)])
	copy(k, s.out[:])
}

func insertionSort(k []int64) {
	for i := 1; i < len(k); i++ {
		x, j := k[i], i
		for ; j > 0 && k[j-1] > x; j-- {
			k[j] = k[j-1]
		}
		k[j] = x
	}
}
