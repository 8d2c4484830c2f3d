//go:build unix

package workers

import (
	"os"
	"syscall"
)

// mostMemory is the most that an ended process had resident, in bytes.
func mostMemory(s *os.ProcessState) int64 {
	r, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(r.Maxrss) << 10
}
