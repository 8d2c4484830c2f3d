//go:build unix

package main

import (
	"io/fs"
	"syscall"
	"testing"
)

func fileID(t *testing.T, info fs.FileInfo) (device, inode uint64) {
	t.Helper()
	s := info.Sys().(*syscall.Stat_t)
	return uint64(s.Dev), s.Ino
}
