package ingest

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"
)

// ticksPerSecond is USER_HZ, which Linux fixes for all programs.
const ticksPerSecond = 100

// usage returns the resident bytes and the processor time of a process.
func usage(pid int) (memory int64, cpu time.Duration) {
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid)); err == nil {
		if f := bytes.Fields(b); len(f) > 1 {
			pages, _ := strconv.ParseInt(string(f[1]), 10, 64)
			memory = pages * int64(os.Getpagesize())
		}
	}
	if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		// The fields after the name, which stands in brackets and may hold anything.
		if f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:]); len(f) > 12 {
			user, _ := strconv.ParseInt(string(f[11]), 10, 64)
			system, _ := strconv.ParseInt(string(f[12]), 10, 64)
			cpu = time.Duration(user+system) * time.Second / ticksPerSecond
		}
	}
	return memory, cpu
}
