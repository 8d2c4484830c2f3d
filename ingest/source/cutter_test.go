package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema"
)

// A cutter emits exactly the records that are not done, in order, whether the
// file is compressed or not.
func TestCutterEmitsWhatIsNotDone(t *testing.T) {
	var lines []string
	for i := range 60_000 { // several blocks
		lines = append(lines, fmt.Sprintf("{\"n\":%d}\n", i))
	}
	text := strings.Join(lines, "")
	enc, _ := zstd.NewWriter(nil)
	f := folder{t, t.TempDir()}
	f.write("a.ndjson", text)
	f.write("b.ndjson.zst", string(enc.EncodeAll([]byte(text), nil)))
	found := f.find()
	rapid.Check(t, func(t *rapid.T) {
		var done []Gap
		var want strings.Builder
		at := 0
		for at < len(text) {
			to := min(at+rapid.IntRange(0, 300_000).Draw(t, "size"), len(text)-1)
			to += strings.IndexByte(text[to:], '\n') + 1
			if rapid.Bool().Draw(t, "done") {
				done = append(done, Gap{int64(at), int64(to)})
			} else {
				want.WriteString(text[at:to])
			}
			at = to
		}
		c := Cutter{File: found[rapid.IntRange(0, 1).Draw(t, "file")], Kind: split.Lines, Max: 1 << 20, Done: done}
		var got strings.Builder
		end, err := c.Run(t.Context(), func(cut Cut) error {
			if (cut.Data == nil) != (c.File.Codec == Plain) {
				t.Fatal("data of a plain file, or none of a compressed one")
			}
			if cut.Data != nil && string(cut.Data) != text[cut.Lo:cut.Hi] {
				t.Fatalf("wrong data at %d", cut.Lo)
			}
			got.WriteString(text[cut.Lo:cut.Hi])
			return nil
		})
		if err != nil || end != int64(len(text)) {
			t.Fatal(end, err)
		}
		if got.String() != want.String() {
			t.Fatalf("%d bytes, want %d", got.Len(), want.Len())
		}
	})
}

// What can be decompressed of a damaged file is emitted before the error.
func TestCutShort(t *testing.T) {
	f := folder{t, t.TempDir()}
	text := strings.Repeat("{\"a\":12345}\n", 500_000)
	f.zip("a.gz", text)
	whole, err := os.ReadFile(filepath.Join(f.dir, "a.gz"))
	if err != nil {
		t.Fatal(err)
	}
	f.write("a.gz", string(whole[:len(whole)/2]))
	found := f.find()
	if len(found) != 1 {
		t.Fatal("no file")
	}
	c := Cutter{File: found[0], Kind: split.Lines, Max: 1 << 20}
	var got int64
	_, err = c.Run(t.Context(), func(cut Cut) error {
		if cut.Lo != got || (cut.Hi-cut.Lo)%12 != 0 {
			t.Fatalf("cut [%d, %d) after %d", cut.Lo, cut.Hi, got)
		}
		got = cut.Hi
		return nil
	})
	if !errors.Is(err, ErrCutShort) || got < int64(len(text))/4 {
		t.Fatalf("%d bytes, then %v", got, err)
	}
}

func TestCSVIsCutByReference(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("a.csv", "n,s\n1,\"a\nb\"\n2,c\n")
	s := &schema.Stream{Options: schema.Options{Paths: []string{f.path("a.csv")}, Format: schema.FormatCSV,
		CSV: schema.CSV{Delimiter: ',', Quote: '"', Header: true, Multiline: true}}}
	found, problems := Find(s)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	defer found[0].Close()
	c := Cutter{File: found[0], Kind: split.CSV(',', '"'), Max: 1 << 20}
	var cuts []Cut
	end, err := c.Run(t.Context(), func(cut Cut) error { cuts = append(cuts, cut); return nil })
	if err != nil || end != 16 || len(cuts) != 1 || cuts[0].Lo != 4 || cuts[0].Hi != 16 || cuts[0].Data != nil {
		t.Fatal(end, cuts, err)
	}
}
