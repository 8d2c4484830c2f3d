// Package source finds the files of a stream, knows them again, and reads
// those that only one reader can read from front to back.
package source

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// headLen is how many bytes at the front of a file tell it from others.
const headLen = 1024

// headerMax is how long a CSV header may be.
const headerMax = 64 << 10

// Found is a file that belongs to a stream. It may be used concurrently.
type Found struct {
	Path          string
	Codec         Codec
	Device, Inode uint64
	Bytes         int64  // on disk
	Head          []byte // its first bytes, uncompressed
	Layout

	mu   sync.Mutex
	file *os.File // nil while it is closed
}

// Layout is where the records of a file are.
type Layout struct {
	Start  int64 // offset of the first record, uncompressed
	Header []string
	Array  bool
}

// Open returns the file, opening it if it is closed. Until Close it stays the
// same file, whatever becomes of its name.
func (f *Found) Open() (*os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file != nil {
		return f.file, nil
	}
	file, err := os.Open(f.Path)
	if err != nil {
		return nil, plain(err)
	}
	device, inode, err := wire.FileID(file)
	if err == nil && f.Device|f.Inode != 0 && (device != f.Device || inode != f.Inode) {
		err = errors.New("it is another file by now; the next run reads it")
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	f.file, f.Device, f.Inode = file, device, inode
	return file, nil
}

// Close closes the file if it is open.
func (f *Found) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file != nil {
		f.file.Close()
		f.file = nil
	}
}

// Problem is a file that cannot be read, or a path without files.
type Problem struct {
	Path string
	Err  error
}

func (p Problem) Error() string { return fmt.Sprintf("cannot read %s: %v", p.Path, p.Err) }
func (p Problem) Unwrap() error { return p.Err }

// ErrNoFiles says that a path matches nothing.
var ErrNoFiles = errors.New("no file matches")

// Find finds all files of a stream, in the order of their names, and leaves
// them closed. Empty files are left out: there is nothing in them yet. Files that cannot be read become
// problems.
func Find(s *schema.Stream) ([]*Found, []Problem) {
	var found []*Found
	var problems []Problem
	names := map[string]bool{}
	for _, pattern := range s.Paths {
		matches, err := expand(pattern)
		if err != nil {
			problems = append(problems, Problem{pattern, err})
		}
		for _, m := range matches {
			names[m] = true
		}
	}
	sorted := make([]string, 0, len(names))
	for n := range names {
		sorted = append(sorted, n)
	}
	sort.Strings(sorted)
	seen := map[[2]uint64]bool{}
	for _, n := range sorted {
		f, err := open(n, s)
		if err != nil {
			problems = append(problems, Problem{n, err})
			continue
		}
		if f == nil {
			continue
		}
		if id := [2]uint64{f.Device, f.Inode}; !seen[id] { // else a link to a file that is there under another name
			seen[id] = true
			found = append(found, f)
		}
	}
	return found, problems
}

func expand(pattern string) ([]string, error) {
	if st, err := os.Stat(pattern); err == nil {
		if st.IsDir() {
			return nil, fmt.Errorf("it is a directory; name the files in it, as in '%s'", filepath.Join(pattern, "*"))
		}
		return []string{pattern}, nil
	}
	if !doublestar.ValidatePathPattern(pattern) {
		return nil, fmt.Errorf("it is not a valid pattern")
	}
	m, err := doublestar.FilepathGlob(pattern, doublestar.WithFilesOnly(), doublestar.WithFailOnIOErrors())
	if err != nil {
		return m, plain(err)
	}
	if len(m) == 0 {
		return nil, missing(pattern)
	}
	return m, nil
}

// missing says what of a path is not there.
func missing(pattern string) error {
	if !strings.ContainsAny(pattern, "*?[{") {
		return fs.ErrNotExist
	}
	dir, _ := doublestar.SplitPattern(filepath.ToSlash(pattern))
	if _, err := os.Stat(filepath.FromSlash(dir)); err != nil {
		return fmt.Errorf("the directory %s does not exist", dir)
	}
	return ErrNoFiles
}

// plain strips the path that the caller names anyway.
func plain(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// open looks at the beginning of a file; nil if there is none yet.
func open(path string, s *schema.Stream) (*Found, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, plain(err)
	}
	if !st.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file")
	}
	f := &Found{Path: path, Codec: CodecOf(path), Bytes: st.Size()}
	if f.Bytes == 0 {
		return nil, nil
	}
	defer f.Close()
	if err := f.look(s); err != nil {
		return nil, plain(err)
	}
	return f, nil
}

// look reads the head of the file and finds where its records begin.
func (f *Found) look(s *schema.Stream) error {
	r, err := f.Reader()
	if err != nil {
		return err
	}
	defer r.Close()
	f.Head = make([]byte, headerMax)
	n, err := io.ReadFull(r, f.Head)
	f.Head = f.Head[:n]
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF && n == 0 {
		return err
	}
	defer func() { f.Head = bytes.Clone(f.Head[:min(n, headLen)]) }()
	bom := split.BOM(f.Head)
	f.Start = int64(bom)
	switch s.Format {
	case schema.FormatJSON:
		if at, ok := split.IsArray(f.Head[bom:]); ok {
			f.Array, f.Start = true, int64(bom+at)
		}
	case schema.FormatCSV:
		if s.CSV.Header {
			names, end, ok := split.Header(f.Head[bom:], split.CSV(s.CSV.Delimiter, s.CSV.Quote))
			if !ok && n == cap(f.Head) {
				return fmt.Errorf("its first %d bytes hold no whole CSV header", n)
			}
			f.Header, f.Start = names, int64(bom+end)
		}
	}
	return nil
}

// headHash returns the hash of the first n bytes, or false if there are not so many.
func (f *Found) headHash(n int) ([32]byte, bool) {
	if n > len(f.Head) {
		return [32]byte{}, false
	}
	return sha256.Sum256(f.Head[:n]), true
}

// New returns the split that the file is when it is seen for the first time.
func (f *Found) New() store.Split {
	n := min(len(f.Head), headLen)
	h, _ := f.headHash(n)
	return store.Split{Path: f.Path, Device: f.Device, Inode: f.Inode, HeadLen: n, Head: h, Start: f.Start, Size: -1}
}
