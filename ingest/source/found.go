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
	Born          int64  // see Stat
	Bytes         int64  // on disk
	Head          []byte // its first bytes, uncompressed
	First         []byte // the bytes from Start on, up to store.FirstLen
	// Partial: where its records begin is not certain, or nothing is there yet.
	Partial bool
	Layout

	mu   sync.Mutex
	at   string   // its path by now; Path if ""
	file *os.File // nil while it is closed
	kept bool     // it is open until Close
	uses int      // it is open until that many have called Done
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
	file, err := f.opened()
	f.kept = f.kept || err == nil
	return file, err
}

// Use returns the file, opening it if it is closed, for somebody who calls Done
// when he no longer needs it: it stays open until then, and longer only if it
// was kept open.
func (f *Found) Use() (*os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := f.opened()
	if err == nil {
		f.uses++
	}
	return file, err
}

// Done ends a Use.
func (f *Found) Done() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.uses--
	f.closeUnused()
}

func (f *Found) closeUnused() {
	if f.file != nil && !f.kept && f.uses == 0 {
		f.file.Close()
		f.file = nil
	}
}

// opened returns the open file. f.mu is held.
func (f *Found) opened() (*os.File, error) {
	if f.file != nil {
		return f.file, nil
	}
	path := f.Path
	if f.at != "" {
		path = f.at
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, plain(err)
	}
	st, err := statFile(file)
	if err == nil && f.Device|f.Inode != 0 && !st.SameFile(Stat{Device: f.Device, Inode: f.Inode, Born: f.Born}) {
		err = ErrOther
	}
	if err != nil {
		file.Close()
		return nil, plain(err)
	}
	f.file, f.Device, f.Inode, f.Born = file, st.Device, st.Inode, st.Born
	return file, nil
}

// ErrOther says that a file has taken the place of the one that was found.
var ErrOther = errors.New("it is another file by now; the next run reads it")

// Opened returns the file if it is kept open, else nil.
func (f *Found) Opened() *os.File {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.kept {
		return nil
	}
	return f.file
}

// Move tells the path at which the file is now.
func (f *Found) Move(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = path
}

// Close closes the file if it is open, as soon as it is not in use.
func (f *Found) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = false
	f.closeUnused()
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

// Paths returns the paths that a stream's patterns match now, sorted, each
// once. Patterns that match nothing or cannot be followed become problems.
func Paths(s *schema.Stream) ([]string, []Problem) {
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
	return sorted, problems
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
	m, err := doublestar.FilepathGlob(pattern, doublestar.WithFilesOnly(), doublestar.WithNoHidden(), doublestar.WithFailOnIOErrors())
	if err != nil { // it ends there: take what can be had all the same
		m, _ = doublestar.FilepathGlob(pattern, doublestar.WithFilesOnly(), doublestar.WithNoHidden())
		return m, plain(err)
	}
	if len(m) == 0 {
		return nil, missing(pattern)
	}
	return m, nil
}

// noFolderError names a directory that is not there.
type noFolderError string

func (e noFolderError) Error() string {
	return fmt.Sprintf("the directory %s does not exist", string(e))
}

// Is makes it an fs.ErrNotExist.
func (e noFolderError) Is(target error) bool { return target == fs.ErrNotExist }

// missing says what of a path is not there.
func missing(pattern string) error {
	if !strings.ContainsAny(pattern, "*?[{") {
		return fs.ErrNotExist
	}
	dir, _ := doublestar.SplitPattern(filepath.ToSlash(pattern))
	if _, err := os.Stat(filepath.FromSlash(dir)); err != nil {
		return noFolderError(dir)
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

// Look opens the file at a path and looks at its beginning; it stays open.
// Nothing is in it yet if Partial.
func Look(path string, s *schema.Stream) (*Found, error) {
	st, err := StatPath(path) // opening a pipe would wait for its writer
	if err != nil {
		return nil, err
	}
	if !st.Regular {
		return nil, ErrNotRegular
	}
	f := &Found{Path: path, Codec: CodecOf(path)}
	if err := f.Again(s); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Again looks at the beginning of the file once more. It must not be known to
// others yet.
func (f *Found) Again(s *schema.Stream) error {
	file, err := f.Open()
	if err != nil {
		return err
	}
	st, err := StatFile(file)
	if err != nil {
		return err
	}
	f.Bytes, f.Layout, f.Head, f.First, f.Partial = st.Bytes, Layout{}, nil, nil, true
	if st.Bytes == 0 {
		return nil
	}
	return plain(f.look(s))
}

// ErrNotRegular says that a path names a folder, a pipe or a device.
var ErrNotRegular = errors.New("it is not a regular file")

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
	defer func() {
		f.First = bytes.Clone(f.Head[min(int(f.Start), n):min(int(f.Start)+store.FirstLen, n)])
		f.Partial = f.Partial || len(f.First) == 0
		f.Head = bytes.Clone(f.Head[:min(n, headLen)])
	}()
	f.Partial = n < 3 && bytes.HasPrefix([]byte("\xef\xbb\xbf"), f.Head)
	bom := split.BOM(f.Head)
	f.Start = int64(bom)
	switch s.Format {
	case schema.FormatJSON:
		if at, ok := split.IsArray(f.Head[bom:]); ok {
			f.Array, f.Start = true, int64(bom+at)
		}
		f.Partial = f.Partial || len(bytes.TrimSpace(f.Head[bom:])) == 0
	case schema.FormatCSV:
		if s.CSV.Header {
			names, end, ok := split.Header(f.Head[bom:], split.CSV(s.CSV.Delimiter, s.CSV.Quote))
			if !ok && n == cap(f.Head) {
				return fmt.Errorf("its first %d bytes hold no whole CSV header", n)
			}
			f.Header, f.Start = names, int64(bom+end)
			f.Partial = f.Partial || !ok
		}
	}
	return nil
}

// HeadHash returns the hash of the first n bytes, or false if fewer are known.
func (f *Found) HeadHash(n int) ([32]byte, bool) {
	if n > len(f.Head) {
		return [32]byte{}, false
	}
	return sha256.Sum256(f.Head[:n]), true
}

// New returns the split that the file is when it is seen for the first time.
func (f *Found) New() store.Split {
	n := min(len(f.Head), headLen)
	h, _ := f.HeadHash(n)
	return store.Split{Path: f.Path, Device: f.Device, Inode: f.Inode, HeadLen: n, Head: h, Start: f.Start, Size: -1,
		Born: f.Born, First: string(f.First)}
}
