package workers

import (
	"fmt"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// LimitMemory bounds the data of this process, for good: an allocation beyond
// it ends the process with "out of memory", before the machine is in need. The
// garbage collector works harder near it. limit is in bytes; 0 is no limit. The
// limit counts what is reserved in writable memory, of which the runtime takes
// 64 MiB at a time. (RLIMIT_AS is of no use: Go reserves far more addresses than
// it uses.)
func LimitMemory(limit int64) error {
	if limit <= 0 {
		return nil
	}
	var had unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_DATA, &had); err != nil {
		return fmt.Errorf("cannot read the limit of memory: %w", err)
	}
	n := min(uint64(limit), had.Cur, had.Max)
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		return fmt.Errorf("cannot limit the memory to %d bytes: %w", limit, err)
	}
	debug.SetMemoryLimit(int64(n) / 4 * 3)
	return nil
}
