package scan

import (
	"bytes"
	"testing"
)

// The two ways of marking fields agree with a look at each byte.
func FuzzFields(f *testing.F) {
	f.Add([]byte("a,b\n\"c\"\n"), byte(','), byte('"'))
	f.Add([]byte("\x80,\x8a\r\n,\x0a\x2c\x2d\x22\xa2"), byte(';'), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, delimiter, quote byte) {
		b = bytes.Repeat(b, 1+FieldBytes/max(len(b), 1))
		for n := 1; n <= FieldWords && 64*n <= len(b); n++ {
			var got, want Fields
			high, wantHigh := got.Mark(b, n, delimiter, quote), want.byWord(b, n, delimiter, quote)
			if got != want || (high >= 0x80) != (wantHigh >= 0x80) {
				t.Fatalf("%q %q %q: %x %x, want %x %x", b, delimiter, quote, got, high, want, wantHigh)
			}
			for i := range 64 * n {
				c, bit := b[i], uint(i%64)
				if got.Lines[i/64]>>bit&1 == 1 != (c == '\n') || got.Seps[i/64]>>bit&1 == 1 != (c == '\n' || c == delimiter) || got.Quotes[i/64]>>bit&1 == 1 != (c == quote) {
					t.Fatalf("%q: byte %d", b, i)
				}
			}
		}
	})
}
