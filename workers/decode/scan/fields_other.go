//go:build !amd64

package scan

func (m *Fields) mark(b []byte, n int, delimiter, quote byte) byte {
	return m.byWord(b, n, delimiter, quote)
}
