package source

import "os"

// Stat is what the system tells of a file.
type Stat struct {
	Device, Inode uint64
	Born          int64 // when the inode was made, ns since 1970; 0 if the file system does not tell
	Bytes         int64
	Changed       int64 // when its bytes, its name or its attributes last changed, ns since 1970
	Links         uint64
	Regular       bool
}

// SameFile reports whether two looks were at the same file. An inode that was
// used again has another birth time.
func (s Stat) SameFile(o Stat) bool {
	return s.Device == o.Device && s.Inode == o.Inode && (s.Born == o.Born || s.Born == 0 || o.Born == 0)
}

// StatPath looks at the file at a path, through symbolic links.
func StatPath(path string) (Stat, error) {
	s, err := statPath(path)
	return s, plain(err)
}

// StatFile looks at an open file.
func StatFile(f *os.File) (Stat, error) {
	s, err := statFile(f)
	return s, plain(err)
}
