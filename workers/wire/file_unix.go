//go:build unix

package wire

import (
	"fmt"
	"os"
	"syscall"
)

// FileID returns the device and inode of an open file, by which both sides of
// the pipe know that they have the same one.
func FileID(f *os.File) (device, inode uint64, err error) {
	st, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, fmt.Errorf("%s has no inode", f.Name())
	}
	return uint64(sys.Dev), sys.Ino, nil
}
