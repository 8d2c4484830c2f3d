package main

import (
	"io/fs"
	"os"
)

// alive reports whether there is a process of that id.
func alive(pid int) bool {
	p, err := os.FindProcess(pid) // opens it
	if err == nil {
		p.Release()
	}
	return pid > 0 && err == nil
}

// sameFile cannot tell: the numbers are known of open files only.
func sameFile(fs.FileInfo, uint64, uint64) bool { return true }
