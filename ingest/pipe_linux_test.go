package ingest

import (
	"os"
	"os/exec"
	"testing"

	"golang.org/x/sys/unix"
)

// The standard input of a worker is a pipe that can be widened.
func TestWiden(t *testing.T) {
	stdin, err := exec.Command("cat").StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	widen(stdin)
	c, err := stdin.(*os.File).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	size := 0
	if err := c.Control(func(fd uintptr) { size, err = unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0) }); err != nil {
		t.Fatal(err)
	}
	if err != nil || size != pipeBytes {
		t.Errorf("the pipe has room for %d bytes, %v", size, err)
	}
}
