package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var buf bytes.Buffer
		w := NewWriter(&buf)
		var blocks []Block
		var datas [][]byte
		for range rapid.IntRange(0, 5).Draw(t, "frames") {
			b := Block{ID: rapid.Int64().Draw(t, "id"), Mode: Inline, Lo: rapid.Int64().Draw(t, "lo")}
			d := rapid.SliceOfN(rapid.Byte(), 0, 200_000).Draw(t, "data")
			if err := w.Write(TypeBlock, b, d); err != nil {
				t.Fatal(err)
			}
			blocks, datas = append(blocks, b), append(datas, d)
		}
		r := NewReader(&buf)
		for i := range blocks {
			f, err := r.Read(nil)
			if err != nil {
				t.Fatal(err)
			}
			var got Block
			if err := f.Decode(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(blocks[i], got); diff != "" || !bytes.Equal(f.Data, datas[i]) {
				t.Fatalf("frame %d: %s", i, diff)
			}
		}
		if _, err := r.Read(nil); err != io.EOF {
			t.Fatalf("after the last frame: %v", err)
		}
	})
}

// A frame that was cut anywhere is an error, never a shorter frame.
func TestCutFrame(t *testing.T) {
	var buf bytes.Buffer
	if err := NewWriter(&buf).Write(TypeBlock, Block{ID: 7}, []byte("0123456789")); err != nil {
		t.Fatal(err)
	}
	whole := buf.Bytes()
	for n := 1; n < len(whole); n++ {
		if _, err := NewReader(bytes.NewReader(whole[:n])).Read(nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}

func TestForeignBytes(t *testing.T) {
	for _, in := range []string{"panic: runtime error: index out of range", "\x00aaaabbbb", "\x03\xff\xff\xff\xff\x00\x00\x00\x00"} {
		if _, err := NewReader(bytes.NewReader([]byte(in))).Read(nil); !errors.Is(err, ErrFrame) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	var buf bytes.Buffer
	w := NewWriter(&buf)
	w.Write(TypeHello, Hello{Version: 1, Stream: "s"}, nil)
	w.Write(TypeBlock, Block{ID: 1, Mode: Inline}, []byte("{}\n"))
	f.Add(buf.Bytes())
	f.Add([]byte("\x03\x02\x00\x00\x00\x01\x00\x00\x00{}x"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in))
		for {
			fr, err := r.Read(nil)
			if err != nil {
				return
			}
			var b Block
			_ = fr.Decode(&b)
		}
	})
}

func BenchmarkBlock(b *testing.B) {
	data := bytes.Repeat([]byte("x"), 256<<10)
	var buf bytes.Buffer
	w, r := NewWriter(&buf), NewReader(&buf)
	keep := make([]byte, len(data))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := w.Write(TypeBlock, Block{ID: 1, Mode: Inline}, data); err != nil {
			b.Fatal(err)
		}
		if _, err := r.Read(func(int) []byte { return keep }); err != nil {
			b.Fatal(err)
		}
	}
}
