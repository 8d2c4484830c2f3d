//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// usage is what processes hold.
type usage struct {
	pss, rss  int64 // bytes; pss counts a page that n processes share as an n-th
	files     int   // descriptors
	threads   int
	processes int
}

func (u *usage) add(o usage) {
	u.pss += o.pss
	u.rss += o.rss
	u.files += o.files
	u.threads += o.threads
	u.processes += o.processes
}

// usageOf reads it of a process; all is 0 of one that has ended.
func usageOf(pid int) usage {
	dir := fmt.Sprintf("/proc/%d/", pid)
	u := usage{pss: kilobytes(dir+"smaps_rollup", "Pss:"), rss: kilobytes(dir+"status", "VmRSS:"), processes: 1}
	if files, err := os.ReadDir(dir + "fd"); err == nil {
		u.files = len(files)
	}
	u.threads = int(kilobytes(dir+"status", "Threads:") / 1024)
	if u.rss == 0 {
		return usage{}
	}
	return u
}

// kilobytes reads a number from a file of /proc and returns 1024 times that.
func kilobytes(path, name string) int64 {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), name); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n * 1024
		}
	}
	return 0
}

// usage is what the main process and its workers hold, and the main process
// alone.
func (r *running) usage() (all, main usage) {
	main = usageOf(r.pid())
	all = main
	for _, w := range r.workers() {
		all.add(usageOf(w))
	}
	return all, main
}

// megabytes spells bytes.
func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

// sizeOf is the size of a file, 0 if it is not there.
func sizeOf(path string) int64 {
	st, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return st.Size()
}
