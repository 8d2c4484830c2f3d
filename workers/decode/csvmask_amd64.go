package decode

import "golang.org/x/sys/cpu"

// mark is markBytes in steps of 32 bytes where the processor can.
func (m *csvMasks) mark(b []byte, n int, delimiter, quote byte) byte {
	if !cpu.X86.HasAVX2 {
		return m.markBytes(b, n, delimiter, quote)
	}
	_ = b[:64*n]
	return byte(markVector(m, &b[0], n, delimiter, quote))
}

// markVector is markBytes for the n times 64 bytes at b, n > 0.
//
//go:noescape
func markVector(m *csvMasks, b *byte, n int, delimiter, quote byte) uint32
