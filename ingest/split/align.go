package split

import (
	"bytes"
	"io"
)

const (
	alignFirst = 1 << 10 // most lines end within it
	alignStep  = 64 << 10
)

// NextLine returns the offset after the first newline at or after off, or
// limit if there is none before it. The line that begins at or after lo > 0
// begins at NextLine(r, lo-1, limit).
func NextLine(r io.ReaderAt, off, limit int64) (int64, error) {
	var first [alignFirst]byte
	buf := first[:]
	for off < limit {
		n, err := r.ReadAt(buf[:min(int64(len(buf)), limit-off)], off)
		if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
			return off + int64(i) + 1, nil
		}
		off += int64(n)
		if len(buf) == alignFirst {
			buf = make([]byte, alignStep)
		}
		if err == io.EOF && off >= limit {
			break
		}
		if err != nil {
			return 0, err
		}
	}
	return limit, nil
}
