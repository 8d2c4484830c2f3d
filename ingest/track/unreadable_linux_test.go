package track

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A file that may not be read is a problem until it may.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	must(t, os.Chmod(filepath.Dir(dir), 0o755))
	s := newSim(t, 1, filepath.Join(dir, "*.log"))
	put(t, filepath.Join(dir, "a.log"), lines(0, 5))
	other := filepath.Join(dir, "b.log")
	put(t, other, lines(5, 9))
	must(t, os.Chmod(other, 0))
	asNobody(t, func() {
		for range 2 { // also one that is known
			s.drain()
			if len(s.problems) != 1 || !strings.Contains(s.problems[0].Error(), "b.log: permission denied") {
				t.Errorf("problems %v", s.problems)
			}
			s.check(5)
			s.kill()
		}
	})
	must(t, os.Chmod(other, 0o644))
	s.drain()
	if len(s.problems) > 0 {
		t.Error(s.problems)
	}
	s.check(9)
	must(t, os.Chmod(other, 0))
	s.kill()
	asNobody(t, func() {
		s.drain()
		if len(s.problems) != 1 || s.splits[1].Gone {
			t.Errorf("problems %v, %+v", s.problems, s.splits)
		}
	})
	must(t, os.Chmod(other, 0o644))
	put(t, other, lines(5, 12))
	s.drain()
	s.check(12)
}

// asNobody runs a function without root's right to read everything.
func asNobody(t *testing.T, run func()) {
	t.Helper()
	if os.Getuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		must(t, unix.Setfsuid(65534))
		defer unix.Setfsuid(0)
	}
	run()
}
