package ingest

import (
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// pipeBytes is how much of a block may be on its way to a worker: with the
// default, 64 KiB, both sides wait for each other eight times a block.
const pipeBytes = 1 << 20

// widen makes room in a pipe. Where the system refuses, the pipe stays as it is.
func widen(w io.Writer) {
	f, ok := w.(*os.File)
	if !ok {
		return
	}
	if c, err := f.SyscallConn(); err == nil {
		c.Control(func(fd uintptr) { unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeBytes) })
	}
}
