package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema"
)

// A cutter emits exactly the lines that begin in what is not done, wherever
// that begins and ends: a plain file may have been absorbed in ranges that end
// inside a line before it was compressed.
func TestCutterEmitsWhatIsNotDone(t *testing.T) {
	var text strings.Builder
	var starts []int
	for i := range 60_000 { // several blocks
		starts = append(starts, text.Len())
		fmt.Fprintf(&text, "{\"n\":%d}\n", i)
	}
	whole := text.String()
	enc, _ := zstd.NewWriter(nil)
	f := folder{t, t.TempDir()}
	f.write("b.ndjson.zst", string(enc.EncodeAll([]byte(whole), nil)))
	found := f.look()
	rapid.Check(t, func(t *rapid.T) {
		var done, todo []Gap
		for at := 0; at < len(whole); {
			to := min(at+rapid.SampledFrom([]int{1, 5, 12, 1000, 300_000}).Draw(t, "about")+rapid.IntRange(0, 20).Draw(t, "size"), len(whole))
			if rapid.Bool().Draw(t, "done") {
				done = append(done, Gap{int64(at), int64(to)})
			} else {
				todo = append(todo, Gap{int64(at), int64(to)})
			}
			at = to
			if len(done)+len(todo) > 40 {
				todo = append(todo, Gap{int64(at), int64(len(whole))})
				break
			}
		}
		var want strings.Builder
		for _, g := range todo {
			from, _ := slices.BinarySearch(starts, int(g.Lo))
			for _, at := range starts[from:] {
				if int64(at) >= g.Hi {
					break
				}
				want.WriteString(whole[at : at+1+strings.IndexByte(whole[at:], '\n')])
			}
		}
		c := Cutter{File: found[0], Kind: split.Lines, Max: 1 << 20, Done: done}
		var got strings.Builder
		var covered int64
		end, err := c.Run(t.Context(), func(cut Cut) error {
			if string(cut.Data) != whole[cut.DataLo:cut.DataLo+int64(len(cut.Data))] {
				t.Fatalf("wrong data at %d", cut.DataLo)
			}
			got.Write(cut.Data)
			covered += cut.Hi - cut.Lo
			return nil
		})
		for _, g := range todo {
			covered -= g.Hi - g.Lo
		}
		if err != nil || end != int64(len(whole)) || covered != 0 {
			t.Fatal(end, err, covered)
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
	found := f.look()
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

// csvFile writes a CSV file with quoted line breaks and looks at it.
func csvFile(t *testing.T, text string) *Found {
	t.Helper()
	f := folder{t, t.TempDir()}
	f.write("a.csv", text)
	found, err := Look(f.path("a.csv"), &schema.Stream{Options: schema.Options{Format: schema.FormatCSV,
		CSV: schema.CSV{Delimiter: ',', Quote: '"', Header: true, Multiline: true}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(found.Close)
	return found
}

func TestCSVIsCutByReference(t *testing.T) {
	found := csvFile(t, "n,s\n1,\"a\nb\"\n2,c\n")
	c := Cutter{File: found, Kind: split.CSV(',', '"'), Max: 1 << 20}
	var cuts []Cut
	end, err := c.Run(t.Context(), func(cut Cut) error { cuts = append(cuts, cut); return nil })
	if err != nil || end != 16 || len(cuts) != 1 || cuts[0].Lo != 4 || cuts[0].Hi != 16 || cuts[0].Data != nil {
		t.Fatal(end, cuts, err)
	}
}

// A file that grows is read from where the last run ended, up to its last
// whole record.
func TestCutFrom(t *testing.T) {
	found := csvFile(t, "n,s\n1,\"a\nb\"\n2,c\n3,\"d\n")
	for _, x := range []struct{ from, lo, end int64 }{{0, 4, 16}, {12, 12, 16}, {16, -1, 16}} {
		c := Cutter{File: found, Kind: split.CSV(',', '"'), Max: 1 << 20, From: x.from, Growing: true}
		lo := int64(-1)
		end, err := c.Run(t.Context(), func(cut Cut) error { lo = cut.Lo; return nil })
		if err != nil || end != x.end || lo != x.lo {
			t.Errorf("from %d: [%d, %d), %v", x.from, lo, end, err)
		}
	}
}
