package workers

import (
	"fmt"
	"os"

	"github.com/windrow/windrow/workers/wire"
)

func openPath(s wire.Split) (*os.File, error) {
	f, err := os.Open(s.Path)
	if err != nil {
		return nil, err
	}
	if !same(f, s) {
		f.Close()
		return nil, fmt.Errorf("%s is another file by now", s.Path)
	}
	return f, nil
}

func same(f *os.File, s wire.Split) bool {
	dev, ino, err := wire.FileID(f)
	return err == nil && dev == s.Device && ino == s.Inode
}
