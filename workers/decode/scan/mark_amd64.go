package scan

import "golang.org/x/sys/cpu"

var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasPCLMULQDQ

// mark marks the blocks of data and returns how many it could.
func mark(s *state, data, ends, brackets, odd []byte) int {
	if hasAVX2 {
		n := len(data) / block
		return markAVX2(s, &data[0], &ends[8*n-1], &brackets[8*n-1], &odd[8*n-1], n)
	}
	return markWords(s, data, ends, brackets, odd)
}

// markAVX2 is markWords with vectors of 32 bytes, for the n blocks from data on.
// Each set is given by its last byte, the one for the end of the last block: so
// the caller has checked that all of it is there.
//
//go:noescape
func markAVX2(s *state, data, ends, brackets, odd *byte, n int) int
