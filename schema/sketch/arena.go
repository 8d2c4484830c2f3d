package sketch

import "math/bits"

const (
	blockBits = 14
	blockSize = 1 << blockBits // elements
)

// arena hands out chunks of 2^class elements of blocks, which never move and
// stay for the next use after reset.
type arena[T any] struct {
	blocks []*[blockSize]T
	next   uint32 // the elements from here on have never been handed out
	free   [blockBits + 1][]uint32
}

// take returns where a chunk begins; what is in it is undefined.
func (a *arena[T]) take(class int) uint32 {
	if f := a.free[class]; len(f) > 0 {
		a.free[class] = f[:len(f)-1]
		return f[len(f)-1]
	}
	for a.next&(1<<class-1) != 0 {
		a.skip()
	}
	if int(a.next>>blockBits) == len(a.blocks) {
		a.blocks = append(a.blocks, new([blockSize]T))
	}
	at := a.next
	a.next += 1 << class
	return at
}

// skip gives the largest chunk that can begin at next to free.
func (a *arena[T]) skip() {
	class := bits.TrailingZeros32(a.next)
	a.give(a.next, class)
	a.next += 1 << class
}

// give takes a chunk back.
func (a *arena[T]) give(at uint32, class int) { a.free[class] = append(a.free[class], at) }

// chunk returns the elements of a chunk.
func (a *arena[T]) chunk(at uint32, class int) []T {
	at, block := at%blockSize, a.blocks[at>>blockBits]
	return block[at : at+1<<class : at+1<<class]
}

func (a *arena[T]) reset() {
	a.next = 0
	for i := range a.free {
		a.free[i] = a.free[i][:0]
	}
}
