package source

import (
	"errors"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Codec is how the bytes of a file are compressed.
type Codec uint8

const (
	Plain Codec = iota
	Gzip
	Zstd
)

// maxWindow bounds the memory that a zstd frame may ask for.
const maxWindow = 256 << 20

// CodecOf tells the codec by the ending of a file's name.
func CodecOf(path string) Codec {
	switch {
	case strings.HasSuffix(path, ".gz"):
		return Gzip
	case strings.HasSuffix(path, ".zst"):
		return Zstd
	}
	return Plain
}

// Reader returns a reader of the file's uncompressed bytes from the front,
// independent of others. The file is in use until its Close.
func (f *Found) Reader() (io.ReadCloser, error) {
	file, err := f.Use()
	if err != nil {
		return nil, err
	}
	r, err := f.unpacked(io.NewSectionReader(file, 0, 1<<62))
	if err != nil {
		f.Done()
		return nil, err
	}
	unpack := r.close
	r.close = func() { unpack(); f.Done() }
	return r, nil
}

func (f *Found) unpacked(raw io.Reader) (readCloser, error) {
	switch f.Codec {
	case Gzip:
		z, err := gzip.NewReader(raw)
		if err != nil {
			return readCloser{}, cutShort(err)
		}
		return readCloser{errReader{z}, func() { z.Close() }}, nil
	case Zstd:
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return readCloser{}, err
		}
		return readCloser{errReader{z}, z.Close}, nil
	}
	return readCloser{raw, func() {}}, nil
}

// errReader gives the errors of decompression the user's words. An end in the
// middle must not look like the end.
type errReader struct{ r io.Reader }

func (e errReader) Read(b []byte) (int, error) {
	n, err := e.r.Read(b)
	if err != nil && err != io.EOF {
		err = cutShort(err)
	}
	return n, err
}

// ErrCutShort says that compressed data ends too early.
var ErrCutShort = errors.New("the compressed data ends too early")

func cutShort(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return ErrCutShort
	}
	return err
}

type readCloser struct {
	io.Reader
	close func()
}

func (r readCloser) Close() error { r.close(); return nil }
