package scan

import "golang.org/x/sys/cpu"

func (m *Fields) mark(b []byte, n int, delimiter, quote byte) byte {
	if !cpu.X86.HasAVX2 {
		return m.byWord(b, n, delimiter, quote)
	}
	return byte(fieldsAVX2(m, &b[0], n, delimiter, quote))
}

// fieldsAVX2 is byWord with vectors of 32 bytes, for the n times 64 bytes at b,
// n > 0, which the caller has checked.
//
//go:noescape
func fieldsAVX2(m *Fields, b *byte, n int, delimiter, quote byte) uint32
