// Package scan finds the bytes of JSON text that matter, 64 at a time, and
// keeps them as sets of bits, as the first stage of simdjson does (Langdale,
// Lemire: Parsing Gigabytes of JSON per Second). Who walks over the text then
// gets from one of them to the next by counting zeros.
package scan

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Marks are sets of positions in a text: position i is bit i%8 of byte i/8, so
// that a load of eight bytes from byte i/8 on, shifted right by i%8, is the
// next 57 positions or more. They are made in stretches, as far as somebody
// looks, and belong to one goroutine.
//
// A text is a sequence of records. The walker says where it stands outside of
// any string; from there on the marks know what is in a string until a byte
// comes that a string cannot hold, or a backslash before a quote outside of
// strings. There they end: neither belongs to JSON, and what it means is left
// to who reads byte by byte.
type Marks struct {
	Ends     []byte // quotes that begin or end a string; outside of strings white space, comma, colon, brackets
	Brackets []byte // those of objects and arrays outside of strings; and line ends, if they end records
	Odd      []byte // backslashes, and bytes from 0x80 on

	data  []byte
	from  int // the marks are there for [from, end)
	end   int
	size  int // bytes of the next stretch
	ended bool
	state state
	edge  [block]byte
}

// state is what the kernel knows and keeps from one stretch to the next.
type state struct {
	inside  uint64 // all ones if the last byte was in a string
	escaped uint64 // 1 if the last byte escapes the next one
	newline uint64 // the byte that counts as a bracket beside them
}

const (
	block     = 64       // bytes that the kernel takes at a time
	firstSize = 8 * 64   // a stretch, where only a record here and there is walked over
	greatSize = 16 << 10 // where all are
	slack     = 16       // bytes of zeros after the marks, for loads that begin before their end
)

// Reset begins a new text. lines says that records end with lines.
func (m *Marks) Reset(data []byte, lines bool) {
	m.data, m.from, m.end, m.ended = data, 0, 0, false
	m.state.newline = '{'
	if lines {
		m.state.newline = '\n'
	}
}

// Forget drops the marks from here on: the walker has left a record where it
// likes, not where its strings end.
func (m *Marks) Forget() { m.from, m.end, m.ended = 0, 0, false }

// Begin makes marks from i on, unless they are there. i is outside of strings.
func (m *Marks) Begin(i int) {
	if i >= m.from && i < m.end {
		return
	}
	if i < m.end || i > m.end+m.size || m.size == 0 {
		m.size = firstSize
	}
	m.room()
	m.from, m.end, m.ended = i, i&^(block-1), false
	m.state.inside, m.state.escaped = 0, 0
	m.part(i)
}

// More makes marks for what follows; false if there are none.
func (m *Marks) More() bool {
	if m.ended || m.end >= len(m.data) {
		return false
	}
	n := min(m.size, len(m.data)-m.end) / block
	if n == 0 {
		return m.part(m.end)
	}
	m.size = min(2*m.size, greatSize)
	return m.kernel(m.data[m.end:m.end+n*block]) > 0
}

// part marks the block at m.end from i on, which may be cut off by the end of
// the text.
func (m *Marks) part(i int) bool {
	m.edge = blanks
	copy(m.edge[i-m.end:], m.data[i:min(m.end+block, len(m.data))])
	return m.kernel(m.edge[:]) > 0
}

var blanks = [block]byte(bytes.Repeat([]byte{' '}, block))

// kernel marks whole blocks and returns how many it could.
func (m *Marks) kernel(data []byte) int {
	at := m.end / 8
	n := mark(&m.state, data, m.Ends[at:], m.Brackets[at:], m.Odd[at:])
	m.end += n * block
	m.ended = n < len(data)/block
	at = m.end / 8
	clear(m.Ends[at : at+slack])
	clear(m.Brackets[at : at+slack])
	clear(m.Odd[at : at+slack])
	return n
}

// room makes the sets as long as the text needs.
func (m *Marks) room() {
	n := (len(m.data)+block-1)/block*8 + slack
	if len(m.Ends) < n {
		m.Ends, m.Brackets, m.Odd = make([]byte, n), make([]byte, n), make([]byte, n)
	}
}

// End returns the index of the quote that ends the string, or of the byte that
// ends the word, that i is in, or -1 if the marks end before. The end of the
// text ends a word too.
func (m *Marks) End(i int) int {
	for m.Reach(i) {
		if x := window(m.Ends, i); x != 0 {
			return i + bits.TrailingZeros64(x)
		}
		i = m.Next(i)
	}
	return -1
}

// HasOdd reports whether there is anything odd in [i, end).
func (m *Marks) HasOdd(i, end int) bool {
	for ; i < end; i = i&^7 + 64 {
		if x := window(m.Odd, i); x != 0 {
			return i+bits.TrailingZeros64(x) < end
		}
	}
	return false
}

// window is the set of the positions from i to i&^7+63, i being the lowest bit.
func window(set []byte, i int) uint64 {
	return binary.LittleEndian.Uint64(set[i>>3:]) >> (uint(i) & 7)
}

// Next returns where to look on after the window at i was empty, as far as
// there are marks.
func (m *Marks) Next(i int) int { return min(i&^7+64, m.end) }

// Reach makes marks up to i, if there are any; false if not.
func (m *Marks) Reach(i int) bool {
	for i >= m.end {
		if !m.More() {
			return false
		}
	}
	return true
}
