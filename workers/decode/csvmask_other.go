//go:build !amd64

package decode

func (m *csvMasks) mark(b []byte, n int, delimiter, quote byte) byte {
	return m.markBytes(b, n, delimiter, quote)
}
