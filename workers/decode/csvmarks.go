package decode

import (
	"math/bits"

	"github.com/windrow/windrow/workers/decode/scan"
)

// marks are the places of the delimiters and line ends outside quotes in a part
// of the input, found by bitmaps of 64 bytes (the way of simdjson, by Langdale
// and Lemire). A quoted field is one whose first byte is a quote; where quotes
// stand as they should not, the marks end before.
type marks struct {
	masks   scan.Fields
	pos     []int32 // pos[0] is the byte before the first record, or -1
	n       int     // pos[:n] are there
	next    int     // what is before is marked
	from    int     // the mark before the next record, once records were made of those before
	lines   int     // line ends among pos[from+1:n]
	high    bool    // a byte was not ASCII
	doubled bool    // a quote inside quotes was
	ended   bool    // no more marks: what follows is to be read one by one

	inside uint64 // all ones: next is inside quotes
	shut   uint64 // 1: the byte before next closes a quoted field
}

// marksRoom is how many marks are kept at least: they stay in the first cache.
const marksRoom = 4096

func (m *marks) init(fields int) {
	m.pos = make([]int32, max(marksRoom, 2*fields)+scan.FieldBytes+8)
}

// restart has a record begin at i.
func (m *marks) restart(i int) {
	m.pos[0], m.n, m.next = int32(i-1), 1, i
	m.from, m.lines, m.inside, m.shut = 0, 0, 0, 0
	m.high, m.doubled, m.ended = false, false, false
}

// fill marks on, until there are want marks or no room for more. It reports
// whether there are as many: it would not mark on then.
func (d *csvDecoder) fill(want int) (enough bool) {
	m := &d.marks
	want = min(want, len(m.pos)-scan.FieldBytes-9)
	for m.n <= want && m.next < len(d.data) && !m.ended {
		b := d.data[m.next:]
		var last [64]byte
		n := min(len(b)/64, scan.FieldWords)
		if n == 0 {
			copy(last[:], b)
			b, n = last[:], 1
		}
		quote := d.quote
		if quote == 0 {
			quote = d.delimiter
		}
		m.high = m.masks.Mark(b, n, d.delimiter, quote) >= 0x80 || m.high
		d.note(n)
		m.next = min(m.next+64*n, len(d.data))
	}
	return m.n > want
}

// note appends the marks of n masks.
func (d *csvDecoder) note(n int) {
	m := &d.marks
	at := m.next
	for i := range n {
		s := m.masks.Seps[i]
		if d.quote != 0 && (m.masks.Quotes[i] != 0 || m.inside|m.shut != 0) {
			s = d.outside(i, at)
		}
		m.lines += bits.OnesCount64(m.masks.Lines[i])
		m.n += spread(m.pos[m.n:], s, int32(at))
		if m.ended {
			break
		}
		at += 64
	}
}

// spread writes the places of the ones in s, the lowest being at, and returns
// how many they are. pos has room for eight more: writing eight at a time,
// whether they are there or not, costs less than a loop whose end cannot be
// predicted.
func spread(pos []int32, s uint64, at int32) int {
	n := bits.OnesCount64(s)
	for k := 0; k < n; k += 8 {
		p := (*[8]int32)(pos[k:])
		p[0] = at + int32(bits.TrailingZeros64(s))
		s &= s - 1
		p[1] = at + int32(bits.TrailingZeros64(s))
		s &= s - 1
		p[2] = at + int32(bits.TrailingZeros64(s))
		s &= s - 1
		p[3] = at + int32(bits.TrailingZeros64(s))
		s &= s - 1
		p[4] = at + int32(bits.TrailingZeros64(s))
		s &= s - 1
		p[5] = at + int32(bits.TrailingZeros64(s))
		s &= s - 1
		p[6] = at + int32(bits.TrailingZeros64(s))
		s &= s - 1
		p[7] = at + int32(bits.TrailingZeros64(s))
		s &= s - 1
	}
	return n
}

// outside returns the separators of mask i, the 64 bytes from at on, that are
// outside quotes, and ends the marks before the first byte at which the quotes
// are not those of whole quoted fields.
func (d *csvDecoder) outside(i, at int) uint64 {
	m := &d.marks
	q := m.masks.Quotes[i]
	in := q // becomes ones from an opening quote to before the closing one
	for n := 1; n < 64; n *= 2 {
		in ^= in << n
	}
	in ^= m.inside
	seps, lines := m.masks.Seps[i]&^in, m.masks.Lines[i]&^in
	opens, closes := q&in, q&^in
	after := closes<<1 | m.shut
	m.doubled = m.doubled || opens&after != 0
	first := seps << 1
	if int(m.pos[m.n-1]) == at-1 {
		first |= 1
	}
	wrong := opens&^(first|after) | d.notEnds(after&^(seps|opens), at)
	if !d.multiline {
		wrong |= m.masks.Lines[i] & in
	}
	if wrong != 0 {
		m.ended = true
		before := wrong&-wrong - 1
		seps, lines = seps&before, lines&before
	}
	m.inside, m.shut = uint64(int64(in)>>63), closes>>63
	m.masks.Lines[i] = lines
	return seps
}

// notEnds takes from a mask, of the bytes from at on, those that are the first
// of \r\n.
func (d *csvDecoder) notEnds(mask uint64, at int) uint64 {
	for rest := mask; rest != 0; rest &= rest - 1 {
		if i := at + bits.TrailingZeros64(rest); i+1 < len(d.data) && d.data[i] == '\r' && d.data[i+1] == '\n' {
			mask &^= rest & -rest
		}
	}
	return mask
}

// keep forgets the marks before pos[from].
func (m *marks) keep() {
	copy(m.pos, m.pos[m.from:m.n])
	m.n -= m.from
	m.from = 0
}
