//go:build !amd64

package scan

func mark(s *state, data, ends, brackets, odd []byte) int {
	return markWords(s, data, ends, brackets, odd)
}
