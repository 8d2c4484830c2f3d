package wire

import (
	"bytes"
	"io"
	"testing"
)

// block is a frame as ingest sends it for compressed files: 256 KiB of records.
var (
	blockMessage any = &Block{ID: 7, Split: 3, Mode: Inline, Lo: 1 << 30, Hi: 1<<30 + 256<<10, Limit: 1 << 31, Watermark: 1772366400000000}
	blockData        = make([]byte, 256<<10)
)

// Frames take no memory of their own once the buffers have their size.
func TestFramesAllocateNothing(t *testing.T) {
	w := NewWriter(io.Discard)
	if n := testing.AllocsPerRun(100, func() { w.Write(TypeBlock, blockMessage, blockData) }); n != 0 {
		t.Errorf("Write allocates %v times", n)
	}
	r, buf := NewReader(newRepeated(t)), make([]byte, len(blockData))
	alloc := func(n int) []byte { return buf[:n] }
	if n := testing.AllocsPerRun(100, func() { r.Read(alloc) }); n != 0 {
		t.Errorf("Read allocates %v times", n)
	}
}

func BenchmarkWrite(b *testing.B) {
	w := NewWriter(io.Discard)
	b.SetBytes(int64(len(blockData)))
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Write(TypeBlock, blockMessage, blockData); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	in := newRepeated(b)
	r, buf := NewReader(in), make([]byte, len(blockData))
	alloc := func(n int) []byte { return buf[:n] }
	b.SetBytes(int64(len(blockData)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(alloc); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	f, err := NewReader(newRepeated(b)).Read(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	var m Block
	for b.Loop() {
		if err := f.Decode(&m); err != nil {
			b.Fatal(err)
		}
	}
}

// repeated is a stream of the same frame without end.
type repeated struct {
	frame []byte
	at    int
}

func newRepeated(t testing.TB) *repeated {
	t.Helper()
	var buf bytes.Buffer
	if err := NewWriter(&buf).Write(TypeBlock, blockMessage, blockData); err != nil {
		t.Fatal(err)
	}
	return &repeated{frame: buf.Bytes()}
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.frame[r.at:])
	r.at = (r.at + n) % len(r.frame)
	return n, nil
}
