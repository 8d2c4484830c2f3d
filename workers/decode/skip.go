package decode

import "math/bits"

// maxDepth is how deep brackets may nest; encoding/json has the same limit.
const maxDepth = 10_000

// skip passes over the value at i and returns the index after it, or -1. It
// checks strings and brackets only.
func (d *jsonDecoder) skip(i int) int {
	b := d.data
	if i >= len(b) {
		return d.fail(i, "a value is missing")
	}
	switch b[i] {
	case '"':
		end, _ := stringEnd(b, i+1)
		if end < 0 {
			return d.failString(i)
		}
		return end + 1
	case '{', '[':
		return d.skipNested(i)
	case ' ', '\t', '\r', '\n':
		if next := d.space(i); next > i {
			return d.skip(next)
		}
	}
	end := wordEnd(b, i)
	if end == i {
		return d.fail(i, "a value is missing")
	}
	return end
}

// ends tells the bytes that cannot be in a number or name.
var ends = func() (t [256]bool) {
	for c := range ' ' + 1 {
		t[c] = true
	}
	for _, c := range []byte(`,:"{}[]`) {
		t[c] = true
	}
	return t
}()

// wordEnd returns the index after the number or name at i.
func wordEnd(b []byte, i int) int {
	for i < len(b) && !ends[b[i]] {
		i++
	}
	return i
}

// skipNested passes over an object or array. Brackets must pair by kind; a
// stack of bits, one a level, remembers which are objects.
func (d *jsonDecoder) skipNested(i int) int {
	b := d.data
	var stack uint64 // of the last 64 levels
	var below []uint64
	for depth := 0; i < len(b); i++ {
		c := b[i]
		if !structural(c) {
			if i+8 <= len(b) {
				i += plain(load(b, i))
			}
			continue
		}
		switch c {
		case '"':
			end, _ := stringEnd(b, i+1)
			if end < 0 {
				return d.failString(i)
			}
			i = end
		case '{', '[':
			if depth == maxDepth {
				return d.fail(i, "brackets nest too deep")
			}
			if depth > 0 && depth%64 == 0 {
				below = append(below, stack)
			}
			depth++
			stack = stack<<1 | uint64(c>>5&1)
		case '}', ']':
			if stack&1 != uint64(c>>5&1) {
				return d.fail(i, "brackets do not pair")
			}
			stack >>= 1
			if depth--; depth == 0 {
				return i + 1
			}
			if depth%64 == 0 {
				stack, below = below[len(below)-1], below[:len(below)-1]
			}
		case '\n':
			if !d.array {
				return d.fail(i, "a bracket is not closed")
			}
		}
	}
	return d.fail(i, "a bracket is not closed")
}

// structural reports whether skipNested must look at c.
func structural(c byte) bool {
	return c == '"' || c|0x26 == 0x7f || c == '\n'
}

// plain returns how many bytes after the first of w need no look, at most 7.
func plain(w uint64) int {
	q := w ^ quotes
	n := w ^ '\n'*ones
	k := w | 0x26*ones ^ 0x7f*ones
	m := ((q-ones)&^q | (n-ones)&^n | (k-ones)&^k) & highs
	return max(bits.TrailingZeros64(m)>>3-1, 0)
}

// failString notes why the string that begins at i has no end.
func (d *jsonDecoder) failString(i int) int {
	for j := i + 1; j < len(d.data); j++ {
		switch c := d.data[j]; {
		case c == '\n' && !d.array:
			return d.fail(i, "a string is not closed")
		case c < ' ':
			return d.fail(j, "a control character in a string")
		case c == '\\' && j+1 < len(d.data) && d.data[j+1] >= ' ':
			j++
		}
	}
	return d.fail(i, "a string is not closed")
}
