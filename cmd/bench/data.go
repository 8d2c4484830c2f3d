package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
)

// dataFile is one file of input.
type dataFile struct {
	name   string
	header string
	layout func() layout
	pack   func(io.Writer) (io.WriteCloser, error) // nil for none
}

func always(l layout) func() layout { return func() layout { return l } }

var dataFiles = []dataFile{
	{"events.ndjson", "", always(appendJSON), nil},
	{"shuffled.ndjson", "", shuffled, nil},
	{"events.csv", csvHeader, always(appendCSV), nil},
	{"events.ndjson.gz", "", always(appendJSON), packGzip},
	{"events.ndjson.zst", "", always(appendJSON), packZstd},
}

func packGzip(w io.Writer) (io.WriteCloser, error) {
	return gzip.NewWriterLevel(w, gzip.DefaultCompression)
}

func packZstd(w io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
}

// generate makes a file of n events below dir, unless it is there.
func generate(dir string, f dataFile, n int) error {
	path := filepath.Join(dir, f.name)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	out, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	defer out.Close()
	if err := f.write(out, n); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Rename(out.Name(), path)
}

func (f *dataFile) write(out io.Writer, n int) error {
	w := bufio.NewWriterSize(out, 1<<20)
	var dst io.Writer = w
	var packed io.WriteCloser
	if f.pack != nil {
		var err error
		if packed, err = f.pack(w); err != nil {
			return err
		}
		dst = packed
	}
	l, source := f.layout(), newEvents(n)
	buf := []byte(f.header)
	for e := new(event); source.next(e); {
		if buf = l(buf, e); len(buf) > 1<<16 {
			if _, err := dst.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	if _, err := dst.Write(buf); err != nil {
		return err
	}
	if packed != nil {
		if err := packed.Close(); err != nil {
			return err
		}
	}
	return w.Flush()
}
