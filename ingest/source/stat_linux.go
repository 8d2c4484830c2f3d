package source

import (
	"os"

	"golang.org/x/sys/unix"
)

const statMask = unix.STATX_TYPE | unix.STATX_NLINK | unix.STATX_INO | unix.STATX_SIZE | unix.STATX_MTIME | unix.STATX_CTIME | unix.STATX_BTIME

func statPath(path string) (Stat, error) {
	var x unix.Statx_t
	if err := again(func() error { return unix.Statx(unix.AT_FDCWD, path, 0, statMask, &x) }); err != nil {
		return Stat{}, err
	}
	return fromStatx(&x), nil
}

func statFile(f *os.File) (Stat, error) {
	var x unix.Statx_t
	if err := again(func() error { return unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, statMask, &x) }); err != nil {
		return Stat{}, err
	}
	return fromStatx(&x), nil
}

func again(call func() error) error {
	for {
		if err := call(); err != unix.EINTR {
			return err
		}
	}
}

func fromStatx(x *unix.Statx_t) Stat {
	s := Stat{
		Device: unix.Mkdev(x.Dev_major, x.Dev_minor), Inode: x.Ino, Bytes: int64(x.Size), Links: uint64(x.Nlink),
		Regular: x.Mode&unix.S_IFMT == unix.S_IFREG, Changed: max(nanos(x.Ctime), nanos(x.Mtime)),
	}
	if x.Mask&unix.STATX_BTIME != 0 {
		s.Born = nanos(x.Btime)
	}
	return s
}

func nanos(t unix.StatxTimestamp) int64 { return t.Sec*1e9 + int64(t.Nsec) }
