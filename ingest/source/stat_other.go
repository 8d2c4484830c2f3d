//go:build !linux

package source

import (
	"os"

	"github.com/windrow/windrow/workers/wire"
)

func statPath(path string) (Stat, error) {
	f, err := os.Open(path)
	if err != nil {
		return Stat{}, err
	}
	defer f.Close()
	return statFile(f)
}

func statFile(f *os.File) (Stat, error) {
	st, err := f.Stat()
	if err != nil {
		return Stat{}, err
	}
	s := Stat{Bytes: st.Size(), Changed: st.ModTime().UnixNano(), Regular: st.Mode().IsRegular(), Links: 1}
	s.Device, s.Inode, err = wire.FileID(f)
	return s, err
}
