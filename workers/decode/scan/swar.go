package scan

import "encoding/binary"

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
	lows  = ^uint64(highs)
	odds  = 0xaaaaaaaaaaaaaaaa
)

// markWords is the kernel in plain Go: it marks the blocks of data and returns
// how many it could, all of them unless one of them holds what ends the marks.
func markWords(s *state, data, quotes, brackets, odd []byte) int {
	newline := s.newline * ones
	for n := range len(data) / block {
		var quote, slash, high, control, bracket uint64
		for k := 0; k < block; k += 8 {
			w := binary.LittleEndian.Uint64(data[n*block+k:])
			back := equal(w ^ '\\'*ones)
			u := w | ' '*ones
			quote |= gather(equal(w^'"'*ones)) << k
			slash |= gather(back) << k
			high |= gather(back|w&highs) << k
			control |= gather(equal(w&(0xe0*ones))) << k
			bracket |= gather(equal(u^'{'*ones)|equal(u^'}'*ones)|equal(w^newline)) << k
		}
		escaped := s.escape(slash)
		inside := toggled(quote&^escaped) ^ s.inside
		s.inside = uint64(int64(inside) >> 63)
		if control&inside|quote&escaped&^inside != 0 {
			return n
		}
		binary.LittleEndian.PutUint64(quotes[n*8:], quote&^escaped)
		binary.LittleEndian.PutUint64(brackets[n*8:], bracket&^inside)
		binary.LittleEndian.PutUint64(odd[n*8:], high)
	}
	return len(data) / block
}

// escape returns the positions that a backslash before them escapes: those
// after a run of backslashes of odd length.
func (s *state) escape(slash uint64) uint64 {
	begin := slash &^ s.escaped
	runs := (begin<<1 | odds) - begin ^ odds // a subtraction carries through each run
	escaped := runs ^ (slash | s.escaped)
	s.escaped = runs & slash >> 63
	return escaped
}

// toggled has each bit that an odd number of bits of x precede or are at it.
func toggled(x uint64) uint64 {
	for s := 1; s < 64; s *= 2 {
		x ^= x << s
	}
	return x
}

// equal has the highest bit of each byte of w that is 0.
func equal(w uint64) uint64 { return ^((w&lows + lows) | w) & highs }

// gather brings the highest bits of the bytes of w together; the others are 0.
func gather(w uint64) uint64 {
	return w >> 7 * 0x0102040810204080 >> 56
}
