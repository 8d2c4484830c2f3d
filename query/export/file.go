package export

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
)

// writeFile writes the result to one file.
func writeFile(ctx context.Context, s *query.Snapshot, q query.Query, path string, o Options) (Summary, error) {
	list := manifestOf(path)
	if err := o.beside(path, list); err != nil {
		return Summary{}, err
	}
	f, err := create(path, path, o)
	if err != nil {
		return Summary{}, err
	}
	t := &tally{Encoder: f.enc, progress: o.Progress}
	if _, err := s.Run(ctx, q, t.encoder(o.typed())); err != nil {
		f.Abort()
		return Summary{}, cmp.Or(f.err, err)
	}
	if err := f.Commit(); err != nil {
		return Summary{}, err
	}
	if err := f.measure(path); err != nil {
		return Summary{}, err
	}
	sum := Summary{Rows: t.rows, Bytes: f.bytes, Files: 1, SHA256: f.sum, Places: []string{path}}
	if !o.Manifest {
		return sum, nil
	}
	m, err := o.manifest(ctx, s, q, t)
	if err != nil {
		return sum, err
	}
	m.Files = []Listed{{Path: filepath.Base(path), Rows: t.rows, Bytes: f.bytes, SHA256: hexOf(f.sum)}}
	sum.Places = append(sum.Places, list)
	return sum, m.write(list)
}

// beside decides whether a manifest is written, and whether it can be.
func (o *Options) beside(path, list string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("cannot write %s: it is a folder; name a file, or give --partition-by", path)
	case err == nil && !info.Mode().IsRegular() && o.Manifest:
		return fmt.Errorf("cannot write a manifest of %s: it is not a regular file", path)
	}
	if _, err := readManifest(list); err == nil {
		o.Manifest = true
	}
	return nil
}

// file is one file while it is written.
type file struct {
	*output.File
	name  string // for messages
	enc   output.Encoder
	err   error // that of Write
	hash  hash.Hash
	bytes int64
	sum   [32]byte // once it is measured
}

// create begins a file that will be known as name.
func create(path, name string, o Options) (*file, error) {
	to, err := output.Create(path)
	if err != nil {
		return nil, err
	}
	f := &file{File: to, name: name, hash: sha256.New()}
	f.enc = o.Format.New(f, o.Output)
	return f, nil
}

// Write implements io.Writer.
func (f *file) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.hash.Write(p[:n])
	f.bytes += int64(n)
	if err != nil {
		err = fmt.Errorf("cannot write %s: %w", f.name, output.Reason(err))
		f.err = err
	}
	return n, err
}

// write returns what an encoder's method has returned, in plain words where the
// cause is that the file could not be written.
func (f *file) write(err error) error {
	if err != nil {
		return cmp.Or(f.err, err)
	}
	return nil
}

// measure finds size and hash of what lies at path. Only of compressed files
// are they not known already.
func (f *file) measure(path string) error {
	f.hash.Sum(f.sum[:0])
	if !compressed(path) {
		return nil
	}
	from, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("cannot read back %s: %w", path, err)
	}
	defer from.Close()
	if info, err := from.Stat(); err != nil || !info.Mode().IsRegular() {
		return err
	}
	f.hash.Reset()
	f.bytes, err = io.Copy(f.hash, from)
	f.hash.Sum(f.sum[:0])
	return err
}

// compressed reports whether output.Create compresses a file of that name.
func compressed(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return ending == ".gz" || ending == ".zst"
}
