package deliver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"unicode/utf8"
)

// placeFile puts a copy of the file from into dir. The folder is not synced
// yet.
//
// It is a copy and no link: whoever edits a report that has arrived would
// change what the other targets are still to get.
func placeFile(ctx context.Context, dir *os.Root, name, from string, want [32]byte, id string) (int64, [32]byte, error) {
	f, err := create(dir, name, id)
	if err != nil {
		return 0, [32]byte{}, err
	}
	n, sum, err := copyContent(ctx, f, from, want)
	if err == nil {
		err = f.commit()
	}
	if err != nil {
		f.abort()
		return 0, [32]byte{}, err
	}
	return n, sum, nil
}

// placeBytes puts a small file into dir. The folder is not synced yet.
func placeBytes(dir *os.Root, name string, content []byte, id string) error {
	f, err := create(dir, name, id)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.commit()
	}
	if err != nil {
		f.abort()
	}
	return err
}

// file appears under its name only when it is complete.
type file struct {
	*os.File
	own        fs.FileInfo // of this very file, whatever its name
	dir        *os.Root
	name, temp string
}

// create begins a file. Its temporary name depends on the name and the
// delivery alone: what a killed process has left is replaced by the next try.
// It is removed first, not written into: a process that was only stopped, and
// wakes up later, has no way to the new one.
func create(dir *os.Root, name, id string) (*file, error) {
	mode, old, err := modeOf(dir, name)
	if err != nil {
		return nil, err
	}
	temp := tempName(name, id)
	if err := dir.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := dir.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return nil, err
	}
	own, err := f.Stat()
	if err == nil && old && runtime.GOOS != "windows" {
		err = f.Chmod(mode) // whatever the umask says
	}
	n := &file{f, own, dir, name, temp}
	if err != nil {
		n.abort()
		return nil, err
	}
	return n, nil
}

// modeOf returns the mode that a file gets: that of the file which it
// replaces, if there is one. What is no file is not replaced; a symbolic link
// is, what it leads to is not touched.
func modeOf(dir *os.Root, name string) (mode fs.FileMode, old bool, err error) {
	info, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0o666, false, nil
	case err != nil:
		return 0, false, err
	case info.IsDir():
		return 0, false, errors.New("there is a folder of that name; rename it, or give the target another name")
	case info.Mode().Type() == fs.ModeSymlink:
		return 0o666, false, nil
	case !info.Mode().IsRegular():
		return 0, false, errors.New("what is there is no regular file, and is not replaced; give the target another name")
	}
	return info.Mode().Perm(), true, nil
}

// commit gives the file its name.
func (f *file) commit() error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if !f.mine() {
		return errors.New("another process is writing it")
	}
	return f.dir.Rename(f.temp, f.name)
}

// abort leaves nothing behind, and an older file of that name as it was.
func (f *file) abort() {
	f.Close()
	if f.mine() {
		f.dir.Remove(f.temp)
	}
}

// mine reports whether the temporary name still leads to this file.
func (f *file) mine() bool {
	now, err := f.dir.Lstat(f.temp)
	return err == nil && f.own != nil && os.SameFile(f.own, now)
}

// longestName is what file systems take, in bytes.
const longestName = 255

// tempName is the hidden name that a file has until it is complete.
func tempName(name, id string) string {
	sum := sha256.Sum256([]byte(id + "\x00" + name))
	end := "." + hex.EncodeToString(sum[:4]) + ".tmp"
	for len(name) > longestName-len(end)-1 {
		_, n := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-n]
	}
	return "." + name + end
}

// gone reports whether a file is not there, because it or a folder above it is
// not.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
