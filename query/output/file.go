package output

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// File is an output file that appears under its name only when it is whole:
// it is written under a temporary name in the same directory, synced, and
// renamed by Commit. What is not a regular file (a pipe, /dev/null) is written
// directly.
type File struct {
	path   string // the name it gets
	f      *os.File
	direct bool
	pack   io.WriteCloser // nil without compression
}

// Create begins a file; .gz and .zst at the end of the name compress. Errors
// say which file could not be written. Either Commit or Abort ends it.
func Create(path string) (*File, error) {
	o, err := create(path)
	if err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, Reason(err))
	}
	switch _, kind := splitCompression(strings.ToLower(path)); kind {
	case ".gz":
		o.pack = gzip.NewWriter(o.f)
	case ".zst":
		o.pack, err = zstd.NewWriter(o.f, zstd.WithEncoderConcurrency(1))
	}
	if err != nil {
		o.Abort()
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	return o, nil
}

func create(path string) (*File, error) {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("it is a directory")
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &File{path: path, f: f, direct: true}, err
	}
	mode := os.FileMode(0o666)
	if err == nil {
		mode = info.Mode().Perm()
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return nil, err
		}
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8]+".tmp")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	return &File{path: path, f: f}, err
}

// Write implements io.Writer.
func (o *File) Write(p []byte) (int, error) {
	if o.pack != nil {
		return o.pack.Write(p)
	}
	return o.f.Write(p)
}

// Commit puts the file in its place, durably.
func (o *File) Commit() error {
	if err := o.commit(); err != nil {
		o.Abort()
		return fmt.Errorf("cannot write %s: %w", o.path, Reason(err))
	}
	return nil
}

func (o *File) commit() error {
	if o.pack != nil {
		if err := o.pack.Close(); err != nil {
			return err
		}
	}
	if o.direct {
		return o.f.Close()
	}
	if err := o.f.Sync(); err != nil {
		return err
	}
	if err := o.f.Close(); err != nil {
		return err
	}
	if err := os.Rename(o.f.Name(), o.path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(o.path))
}

// Abort leaves nothing behind, and an older file of that name as it was. After
// Commit it does nothing.
func (o *File) Abort() {
	o.f.Close()
	if !o.direct {
		os.Remove(o.f.Name())
	}
}

// syncDir makes a rename durable. Not every system lets a directory be synced.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	d.Sync()
	return nil
}

// Reason drops the path from errors of package os: the message that wraps it
// names the file as the user knows it.
func Reason(err error) error {
	switch e := err.(type) {
	case *os.PathError:
		return Reason(e.Err)
	case *os.LinkError:
		return Reason(e.Err)
	case *os.SyscallError:
		return Reason(e.Err)
	}
	return err
}

func splitCompression(path string) (base, ending string) {
	for _, e := range []string{".gz", ".zst"} {
		if b, ok := strings.CutSuffix(path, e); ok {
			return b, e
		}
	}
	return path, ""
}
