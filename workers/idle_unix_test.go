//go:build unix

package workers

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/windrow/windrow/workers/wire"
)

// A worker without work takes no time, nor does one that waits for the token,
// whatever the flush interval.
func TestIdleWorkerSleeps(t *testing.T) {
	for _, waiting := range []bool{false, true} {
		c := talkWith(t, one, func(_ *Options, h *wire.Hello) { h.FlushEvery, h.BeatEvery = 1000, 20e3 })
		if waiting {
			c.block(1, 0, record)
			c.expect(wire.TypeDone)
			c.expect(wire.TypeWant)
		}
		runtime.GC()
		began, used := time.Now(), usedCPU(t)
		for range 20 { // beats, every 20 ms
			c.expect(wire.TypeBeat)
		}
		if took, cpu := time.Since(began), usedCPU(t)-used; cpu > took/4 {
			t.Errorf("waiting %v: %v of %v", waiting, cpu, took)
		}
		if err := c.stop(); err != nil {
			t.Error(err)
		}
	}
}

// Files without work are closed after a while: the space of a deleted one is
// free only then.
func TestIdleWorkerClosesFiles(t *testing.T) {
	data, s := written(t, 10)
	synctest.Test(t, func(t *testing.T) {
		c := talkWith(t, one, func(_ *Options, h *wire.Hello) { h.FlushEvery = 1 })
		before := openFilesOf(t, s.Path)
		c.send(wire.TypeSplit, s, nil)
		c.send(wire.TypeBlock, wire.Block{ID: 1, Split: 1, Mode: wire.Aligned, Hi: int64(len(data)), Limit: int64(len(data))}, nil)
		c.expect(wire.TypeDone)
		c.expect(wire.TypeWant)
		time.Sleep(time.Minute)
		if n := openFilesOf(t, s.Path); n != before+1 {
			t.Errorf("%d open files before the commit, want 1", n-before)
		}
		c.send(wire.TypeGrant, struct{}{}, nil)
		c.expect(wire.TypeCommitted)
		time.Sleep(restAfter + time.Second)
		if n := openFilesOf(t, s.Path); n != before {
			t.Errorf("%d open files of an idle worker", n-before)
		}
		if err := c.stop(); err != nil {
			t.Error(err)
		}
	})
}

// usedCPU is the time that this process has taken so far.
func usedCPU(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// openFilesOf counts the descriptors of this process that are of a file.
func openFilesOf(t *testing.T, path string) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil && runtime.GOOS != "linux" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, fd := range fds {
		if to, err := os.Readlink(filepath.Join("/proc/self/fd", fd.Name())); err == nil && to == path {
			n++
		}
	}
	return n
}
