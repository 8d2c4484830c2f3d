//go:build unix

package deliver

import (
	"os/signal"
	"syscall"
)

// limitFiles makes every file that grows over a size fail, as a full disk
// does.
func limitFiles(n uint64) error {
	if n == 0 {
		return nil
	}
	signal.Ignore(syscall.SIGXFSZ)
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n})
}
