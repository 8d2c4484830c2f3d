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
func markWords(s *state, data, ends, brackets, odd []byte) int {
	newline := s.newline * ones
	for n := range len(data) / block {
		var quote, slash, high, control, bracket, end uint64
		for k := 0; k < block; k += 8 { // what is set is the highest bit of each byte
			w := binary.LittleEndian.Uint64(data[n*block+k:])
			u := w | ' '*ones
			back, ctl := equal(w^'\\'*ones), equal(w&(0xe0*ones))
			br := equal(u^'{'*ones) | equal(u^'}'*ones)
			quote = quote>>1 | equal(w^'"'*ones)
			slash = slash>>1 | back
			high = high>>1 | back | w&highs
			control = control>>1 | ctl
			bracket = bracket>>1 | br | equal(w^newline)
			end = end>>1 | br | ctl | equal(w^' '*ones) | equal(w^','*ones) | equal(w^':'*ones)
		}
		quote = turned(quote)
		escaped := s.escape(turned(slash))
		inside := toggled(quote&^escaped) ^ s.inside
		s.inside = uint64(int64(inside) >> 63)
		if turned(control)&inside|quote&escaped&^inside != 0 {
			return n
		}
		binary.LittleEndian.PutUint64(ends[n*8:], quote&^escaped|turned(end)&^inside)
		binary.LittleEndian.PutUint64(brackets[n*8:], turned(bracket)&^inside)
		binary.LittleEndian.PutUint64(odd[n*8:], turned(high))
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

// turned exchanges rows and columns of 8 by 8 bits (Warren, Hacker's Delight,
// 7-3): bit 8*i+k becomes bit 8*k+i.
func turned(x uint64) uint64 {
	t := (x ^ x>>7) & 0x00aa00aa00aa00aa
	x ^= t ^ t<<7
	t = (x ^ x>>14) & 0x0000cccc0000cccc
	x ^= t ^ t<<14
	t = (x ^ x>>28) & 0x00000000f0f0f0f0
	return x ^ t ^ t<<28
}

// gather brings the highest bits of the bytes of w together; the others are 0.
func gather(w uint64) uint64 { return w >> 7 * 0x0102040810204080 >> 56 }
