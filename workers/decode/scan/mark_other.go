//go:build !amd64

package scan

func mark(s *state, data, quotes, brackets, odd []byte) int {
	return markWords(s, data, quotes, brackets, odd)
}
