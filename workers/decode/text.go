package decode

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	quotes = '"' * ones
	slants = '\\' * ones
	spaces = ' ' * ones
)

// oddity is a set of things in a string that need a second look.
type oddity uint8

const (
	escapes  oddity = 1 << iota
	nonASCII        // bytes from 0x80 on
)

// stringEnd returns the index of the quote that closes the JSON string whose
// text begins at b[i], or -1 if there is none or a control character comes
// before. It reads eight bytes at a time.
func stringEnd(b []byte, i int) (int, oddity) {
	var odd oddity
	var seen uint64
	rest := b[i:]
	for len(rest) >= 8 {
		w := binary.LittleEndian.Uint64(rest)
		q, s := w^quotes, w^slants
		m := ((q-ones)&^q | (s-ones)&^s | (w-spaces)&^w) & highs
		if m == 0 {
			seen |= w
			rest = rest[8:]
			continue
		}
		n := bits.TrailingZeros64(m) // 7 in the first byte
		seen |= w & (1<<(n-7) - 1)
		i = len(b) - len(rest) + n>>3
		if byte(w>>(n-7)) == '"' {
			if seen&highs != 0 {
				odd |= nonASCII
			}
			return i, odd
		}
		if b[i] != '\\' || i+1 >= len(b) || b[i+1] < ' ' {
			return -1, odd
		}
		odd |= escapes
		i += 2
		rest = b[i:]
	}
	if seen&highs != 0 {
		odd |= nonASCII
	}
	return stringEndSlow(b, len(b)-len(rest), odd)
}

// stringEndSlow is stringEnd byte by byte, for the end of the data.
func stringEndSlow(b []byte, i int, odd oddity) (int, oddity) {
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i, odd
		case c < ' ' || c == '\\' && (i+1 >= len(b) || b[i+1] < ' '):
			return -1, odd
		case c == '\\':
			odd |= escapes
			i++
		case c >= utf8.RuneSelf:
			odd |= nonASCII
		}
	}
	return -1, odd
}

// appendUnescaped appends the text of a JSON string to dst; false if an escape
// is none. A lone surrogate becomes U+FFFD.
func appendUnescaped(dst, s []byte) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			dst = append(dst, s[i])
			continue
		}
		if i++; i == len(s) {
			return dst, false
		}
		if s[i] == 'u' {
			r, ok := hex4(s[i+1:])
			if !ok {
				return dst, false
			}
			i += 4
			if utf16.IsSurrogate(r) {
				low, ok := lowSurrogate(s[i+1:])
				if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
					i += 6
				}
			}
			dst = utf8.AppendRune(dst, r)
			continue
		}
		c := escaped(s[i])
		if c == 0 {
			return dst, false
		}
		dst = append(dst, c)
	}
	return dst, true
}

func lowSurrogate(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	return hex4(s[2:])
}

func hex4(s []byte) (r rune, ok bool) {
	if len(s) < 4 {
		return 0, false
	}
	for _, c := range s[:4] {
		switch {
		case c-'0' <= 9:
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// escaped returns the byte that backslash c stands for, 0 if it is no escape.
func escaped(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}
