package decode

import (
	"encoding/binary"
	"math/bits"

	"github.com/windrow/windrow/workers/decode/scan"
)

const (
	windowBytes = 8 << 10 // a power of two; text, marks and rows stay in the first cache
	windowLeast = 1 << 10
	windowSlack = 64  // bytes that may be read after a window
	windowLines = 512 // rows of a window
	windowMask  = windowBytes - 1
)

// window is a run of whole lines, looked at as a whole: where its odd bytes
// and its line ends are, and how far each of its rows has been read. Indexes
// are those in text. They are below windowBytes; a mask says so to the
// compiler, so that it need not check the bounds of what is read.
type window struct {
	text *[windowBytes + windowSlack]byte
	odd  [windowBytes/8 + 8]byte // a bit for each byte of text, see scan.Lines
	ends [windowLines + 64]uint32
	from int // where text begins in the data

	n    int // rows that have been like the template so far
	at   [windowLines]uint32
	row  [windowLines]uint32 // their numbers within the window
	gone int                 // rows among them that are not, see lose
	lost [windowLines]bool   // by number
	last [windowBytes + windowSlack]byte
}

// lost rows stand at nowhere until they are swept away.
const nowhere = ^uint32(0)

// open looks at up to size bytes of data from index from on, a multiple of 64
// not greater than windowBytes, and returns how many lines end there. Near the
// end of the data text is a copy of it, so that bytes follow.
func (w *window) open(data []byte, from, size int) int {
	w.from = from
	if data = data[from:]; len(data) >= len(w.text) {
		w.text = (*[windowBytes + windowSlack]byte)(data)
	} else {
		n := copy(w.last[:size], data)
		clear(w.last[n : size+windowSlack])
		w.text = &w.last
	}
	_, n := scan.Lines(w.text[:size], w.odd[:], w.ends[:])
	return min(n, windowLines)
}

// plainRun returns how many bytes from i on are not odd, 64 if they are more
// than a word of marks tells; see longPlain.
func plainRun(odd *[windowBytes/8 + 8]byte, i uint32) uint32 {
	x := uint(i) / 8 & (windowBytes/8 - 1)
	return uint32(bits.TrailingZeros64(binary.LittleEndian.Uint64(odd[x:x+8]) >> (i & 7)))
}

// longPlain is plainRun for any length. The line's end is odd, so that there is
// an end to it.
func (w *window) longPlain(i uint32) uint32 {
	n := uint32(0)
	for {
		if r := plainRun(&w.odd, i+n); r < 64 {
			return n + r
		}
		n += 64 - (i+n)&7
	}
}

// lose takes the k-th row out: it is not like the template.
func (w *window) lose(k int) {
	w.lost[w.row[k]] = true
	w.at[k] = nowhere
	w.gone++
}

// sweep closes the gaps of the rows that were lost.
func (w *window) sweep() {
	n := 0
	for k, at := range w.at[:w.n] {
		w.at[n], w.row[n] = at, w.row[k]
		if at != nowhere {
			n++
		}
	}
	w.n, w.gone = n, 0
}

// word is the eight bytes of text from i on.
func word(text *[windowBytes + windowSlack]byte, i uint32) uint64 {
	x := uint(i) & windowMask
	return binary.LittleEndian.Uint64(text[x : x+8])
}
