package scan

import (
	"encoding/binary"
	"math/bits"
)

// Lines looks at the whole blocks of 64 bytes that text holds. It marks the odd
// bytes, which here are a quote, a backslash, a control character and all that
// is not ASCII: byte i is bit i%8 of odd[i/8]. And it writes the indexes of the
// newlines to ends. It stops before a block where fewer than 64 of ends are
// free, and returns how many blocks it has looked at and how many newlines
// there are. odd has room for all blocks.
func Lines(text, odd []byte, ends []uint32) (blocks, n int) {
	if len(text) < block || len(ends) < block {
		return 0, 0
	}
	return findLines(text, odd[:len(text)/block*8], ends)
}

// linesByWord is Lines in plain Go.
func linesByWord(text, odd []byte, ends []uint32) (blocks, n int) {
	for ; len(text)-blocks*block >= block && len(ends)-n >= block; blocks++ {
		var marks, newlines uint64
		for k := 0; k < block; k += 8 {
			w := binary.LittleEndian.Uint64(text[blocks*block+k:])
			control := equal(w & (0xe0 * ones))
			marks |= gather(equal(w^'"'*ones)|equal(w^'\\'*ones)|control|w&highs) << k
			newlines |= gather(equal(w^'\n'*ones)) << k
		}
		binary.LittleEndian.PutUint64(odd[blocks*8:], marks)
		for ; newlines != 0; newlines &= newlines - 1 {
			ends[n] = uint32(blocks*block + bits.TrailingZeros64(newlines))
			n++
		}
	}
	return blocks, n
}
