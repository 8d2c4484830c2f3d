package scan

import (
	"bytes"
	"slices"
	"testing"
)

// checkLines compares Lines with linesByWord, and that with a look at each byte.
func checkLines(t *testing.T, text []byte, room int) {
	t.Helper()
	odd, odd2 := make([]byte, len(text)/8), make([]byte, len(text)/8)
	lines, lines2 := make([]uint32, room), make([]uint32, room)
	n, k := Lines(text, odd, lines)
	n2, k2 := linesByWord(text, odd2, lines2)
	if n != n2 || k != k2 || !bytes.Equal(odd, odd2) || !slices.Equal(lines[:k], lines2[:k2]) {
		t.Fatalf("%q, room for %d: %d blocks, %d lines, %x, %v; slow: %d, %d, %x, %v", text, room, n, k, odd, lines[:k], n2, k2, odd2, lines2[:k2])
	}
	if n < len(text)/64 && room-k >= 64 {
		t.Fatalf("%q, room for %d: only %d blocks and %d lines", text, room, n, k)
	}
	at := 0
	for i, c := range text[:n*64] {
		if is := c == '"' || c == '\\' || c < ' ' || c >= 0x80; is != (odd2[i/8]>>(i%8)&1 == 1) {
			t.Fatalf("%q: byte %d is odd: %v", text, i, is)
		}
		if c == '\n' {
			if at >= k || lines[at] != uint32(i) {
				t.Fatalf("%q: newline at %d is not among %v", text, i, lines[:k])
			}
			at++
		}
	}
	if at != k {
		t.Fatalf("%q: %d newlines, not %d", text, at, k)
	}
}

func TestLines(t *testing.T) {
	var all []byte
	for i := range 256 * 3 {
		all = append(all, byte(i*7), byte(i))
	}
	for from := range 70 {
		checkLines(t, all[from:], 200)
	}
	for room := range 70 {
		checkLines(t, all, room)
		checkLines(t, bytes.Repeat([]byte("\n"), 300), room*4)
		checkLines(t, bytes.Repeat([]byte("{}\n\"x"), 60), room*4)
	}
	checkLines(t, nil, 100)
}

func FuzzLines(f *testing.F) {
	f.Add([]byte(`{"a":"b"}`), 64)
	f.Add(bytes.Repeat([]byte("\n\x80\x7f\x1f \"\\!#[]"), 30), 100)
	f.Fuzz(func(t *testing.T, text []byte, room int) { checkLines(t, text, int(uint(room)%400)) })
}
