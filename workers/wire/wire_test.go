package wire

import (
	"bytes"
	"errors"
	"io"
	"reflect"
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

// messages are the types of the messages, each with fields that matter.
var messages = map[Type]any{
	TypeHello:     &Hello{Version: Version, Stream: "s", Env: map[string]string{"A": "b"}, Rollups: []Rollup{{ID: 1, Name: "r"}}, MemoryLimit: 1 << 30},
	TypeSplit:     &Split{Number: 3, Path: "a.csv", Inode: 1 << 63, Header: []string{"ts", "n"}, Over: true},
	TypeBlock:     &Block{ID: 7, Split: 3, Mode: Refused, Lo: 5, Hi: 9, Limit: 9, Tail: []byte("\xff\x00 }\n"), Reason: "it ends workers"},
	TypeGrant:     &struct{}{},
	TypeFlush:     &Flush{Soon: true},
	TypeReady:     &Ready{Version: Version, Build: "b", PID: 42},
	TypeDone:      &Done{Block: 7},
	TypeReturned:  &Returned{Block: 7, Reason: "gone"},
	TypeWant:      &struct{}{},
	TypeCommitted: &Committed{Blocks: []int64{7}, Records: 2, Watermark: -1, Splits: []SplitCount{{Split: 3, Records: 2, Unusable: 1}}},
	TypeReleased:  &Released{Reason: "busy"},
	TypeBeat:      &Beat{Progress: 9, Committing: true},
	TypeFailed:    &Failed{Reason: "x", Final: true, Source: true, Store: true},
}

// Every message arrives as it was sent, with bytes that are no text.
func TestMessages(t *testing.T) {
	for ty := Type(1); ty < typeEnd; ty++ {
		msg := messages[ty]
		if msg == nil {
			t.Errorf("no message of type %d is tested", ty)
			continue
		}
		var buf bytes.Buffer
		if err := NewWriter(&buf).Write(ty, msg, nil); err != nil {
			t.Fatal(err)
		}
		f, err := NewReader(&buf).Read(nil)
		got := reflect.New(reflect.TypeOf(msg).Elem()).Interface()
		if err == nil {
			err = f.Decode(got)
		}
		if diff := cmp.Diff(msg, got); err != nil || f.Type != ty || diff != "" {
			t.Errorf("type %d: %v\n%s", ty, err, diff)
		}
	}
}

func FuzzRead(f *testing.F) {
	for ty := Type(1); ty < typeEnd; ty++ {
		var buf bytes.Buffer
		w := NewWriter(&buf)
		w.Write(ty, messages[ty], nil)
		w.Write(TypeBlock, messages[TypeBlock], []byte("{}\n"))
		f.Add(buf.Bytes())
	}
	f.Add([]byte("\x03\x02\x00\x00\x00\x01\x00\x00\x00{}x"))
	f.Add([]byte("\x03\x0c\x00\x00\x00\x00\x00\x00\x00{\"Tail\":\"?\"}"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in))
		for {
			fr, err := r.Read(nil)
			if err != nil {
				return
			}
			_ = fr.Decode(reflect.New(reflect.TypeOf(messages[fr.Type]).Elem()).Interface())
		}
	})
}
