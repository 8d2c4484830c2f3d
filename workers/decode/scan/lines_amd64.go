package scan

import "golang.org/x/sys/cpu"

// Vectors tells whether Lines is fast.
var Vectors = cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasPOPCNT

func findLines(text, odd []byte, ends []uint32) (blocks, n int) {
	if !Vectors {
		return linesByWord(text, odd, ends)
	}
	return linesAVX2(&text[0], &odd[0], &ends[0], len(text)/block, len(ends))
}

// linesAVX2 is linesByWord with vectors of 32 bytes, for that many blocks from
// text on. The caller has checked that odd has a bit for each of their bytes;
// room is the length of ends.
//
//go:noescape
func linesAVX2(text, odd *byte, ends *uint32, blocks, room int) (done, n int)
