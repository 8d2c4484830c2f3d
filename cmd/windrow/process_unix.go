//go:build unix

package main

import (
	"errors"
	"io/fs"
	"syscall"
)

// alive reports whether there is a process of that id.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return pid > 0 && (err == nil || errors.Is(err, syscall.EPERM))
}

// sameFile reports whether a file is the one of that device and inode.
func sameFile(info fs.FileInfo, device, inode uint64) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && uint64(s.Dev) == device && s.Ino == inode
}
