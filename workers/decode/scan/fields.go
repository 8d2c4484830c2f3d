package scan

import "encoding/binary"

// Fields says of 64 bytes each, from the lowest bit on, which are a
// delimiter or a line end, which a line end, and which a quote.
type Fields struct {
	Seps, Lines, Quotes [FieldWords]uint64
}

const (
	FieldWords = 16
	FieldBytes = 64 * FieldWords // bytes that are looked at in one go
)

// Mark fills m for the first n times 64 bytes of b, n at most FieldWords, and
// returns all bytes or'ed: the highest bit tells whether one of them is not
// ASCII. quote may be any byte where there are no quotes.
func (m *Fields) Mark(b []byte, n int, delimiter, quote byte) byte {
	if n == 0 {
		return 0
	}
	_, _ = b[:64*n], m.Seps[:n]
	return m.mark(b, n, delimiter, quote)
}

// byWord is Mark, eight bytes at a time.
func (m *Fields) byWord(b []byte, n int, delimiter, quote byte) byte {
	delims, quotes := uint64(delimiter)*ones, uint64(quote)*ones
	var all uint64
	for i := range n {
		var s, l, q uint64
		for j := 0; j < 64; j += 8 {
			w := binary.LittleEndian.Uint64(b[i*64+j:])
			all |= w
			e := equal(w ^ '\n'*ones)
			l |= gather(e) << j
			s |= gather(e|equal(w^delims)) << j
			q |= gather(equal(w^quotes)) << j
		}
		m.Seps[i], m.Lines[i], m.Quotes[i] = s, l, q
	}
	all |= all >> 32
	all |= all >> 16
	return byte(all | all>>8)
}
