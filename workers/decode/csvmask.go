package decode

// csvMasks says of 64 bytes each, from the lowest bit on, which are a
// delimiter or a line end, which a line end, and which a quote.
type csvMasks struct {
	seps, lines, quotes [stripeWords]uint64
}

const (
	stripeWords = 16
	stripeSize  = 64 * stripeWords // bytes that are looked at in one go
)

// markBytes fills m for the first n times 64 bytes of b, and returns all bytes
// or'ed: the highest bit tells whether one of them is not ASCII. quote may be
// any byte where there are no quotes. Eight bytes at a time; markVector is the
// same in larger steps.
func (m *csvMasks) markBytes(b []byte, n int, delimiter, quote byte) byte {
	delims, quotes := uint64(delimiter)*ones, uint64(quote)*ones
	var all uint64
	for i := range n {
		var s, l, q uint64
		for j := 0; j < 64; j += 8 {
			w := load(b, i*64+j)
			all |= w
			e := zeroBytes(w ^ '\n'*ones)
			l |= gather(e) << j
			s |= gather(e|zeroBytes(w^delims)) << j
			q |= gather(zeroBytes(w^quotes)) << j
		}
		m.seps[i], m.lines[i], m.quotes[i] = s, l, q
	}
	all |= all >> 32
	all |= all >> 16
	return byte(all | all>>8)
}

// zeroBytes marks the bytes of w that are zero, exactly, by their highest bits.
func zeroBytes(w uint64) uint64 {
	const rest = ^uint64(highs)
	return ^((w&rest + rest) | w | rest)
}

// gather makes eight bits of the highest bits of eight bytes; the others are 0.
func gather(w uint64) uint64 { return w >> 7 * 0x0102040810204080 >> 56 }
