//go:build unix

package ingest

import "syscall"

// maxOpenFiles is how many files this process may have open.
func maxOpenFiles() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil || l.Cur > 1<<20 {
		return 1 << 20
	}
	return int(l.Cur)
}
