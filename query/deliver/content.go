package deliver

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"

	"github.com/windrow/windrow/query/output"
)

// copyContent writes a file of the content to w and returns what it was. If
// want is not zero, another sum is an error: what was rendered has changed on
// its way.
func copyContent(ctx context.Context, w io.Writer, file string, want [32]byte) (n int64, sum [32]byte, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, sum, fmt.Errorf("cannot read the finished file %s: %w", file, output.Reason(err))
	}
	defer f.Close()
	hash := sha256.New()
	n, err = io.Copy(io.MultiWriter(w, hash), &contextReader{ctx, f})
	hash.Sum(sum[:0])
	if err == nil && want != [32]byte{} && want != sum {
		err = fmt.Errorf("the finished file %s has changed since it was made", file)
	}
	return n, sum, err
}

// contextReader ends with the context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// oneFile refuses folders for targets that take one file.
func oneFile(m Message, target string) error {
	if m.Content != nil && m.Content.Folder {
		return permanent{fmt.Errorf("cannot deliver %s to %s: it is a folder of files; give it a file target that ends with /", m.Report, target)}
	}
	return nil
}
