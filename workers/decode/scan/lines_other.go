//go:build !amd64

package scan

// Vectors tells whether Lines is fast.
var Vectors = false

func findLines(text, odd []byte, ends []uint32) (blocks, n int) { return linesByWord(text, odd, ends) }
