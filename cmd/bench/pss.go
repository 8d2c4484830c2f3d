package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// waitWeighing waits for a process and returns the greatest sum of the
// proportional set sizes of it and its descendants, in bytes; 0 where the
// system has no smaps_rollup.
func waitWeighing(cmd *exec.Cmd) (int64, error) {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var most int64
	for {
		most = max(most, treePSS(cmd.Process.Pid))
		select {
		case err := <-ended:
			return most, err
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// treePSS is the sum over a process and its descendants. One that ends
// meanwhile counts as nothing.
func treePSS(pid int) int64 {
	var sum int64
	if f, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid)); err == nil {
		sum, _ = parsePSS(f)
	}
	for _, child := range children(pid) {
		sum += treePSS(child)
	}
	return sum
}

// parsePSS finds the line "Pss: N kB" of smaps_rollup and returns its bytes.
func parsePSS(smaps []byte) (int64, error) {
	lines := bufio.NewScanner(bytes.NewReader(smaps))
	for lines.Scan() {
		rest, ok := bytes.CutPrefix(lines.Bytes(), []byte("Pss:"))
		if !ok {
			continue
		}
		kb, ok := bytes.CutSuffix(bytes.TrimSpace(rest), []byte(" kB"))
		if !ok {
			break
		}
		n, err := strconv.ParseInt(string(kb), 10, 64)
		return n << 10, err
	}
	return 0, fmt.Errorf("no Pss: N kB")
}

// children are the processes that the threads of pid have started.
func children(pid int) []int {
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var pids []int
	for _, name := range files {
		b, _ := os.ReadFile(name)
		for _, field := range bytes.Fields(b) {
			if n, err := strconv.Atoi(string(field)); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}
