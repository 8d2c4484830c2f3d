package source

import (
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/ingest/split"
)

// begins returns where the records of a text begin, read from the front, and
// where it ends.
func begins(text string, at, limit int) map[int64]bool {
	out := map[int64]bool{}
	for ; at < len(text); at += recordLen(text[at:], limit) {
		out[int64(at)] = true
	}
	out[int64(at)] = true
	return out
}

// recordLen returns how many bytes the first record of a CSV text has.
func recordLen(text string, limit int) int {
	quoted, field := false, true
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case quoted && strings.HasPrefix(text[i:], "\"\""):
			i++
		case quoted:
			quoted = c != '"'
		case c == '"' && field:
			quoted = true
		case c == '\n' && i <= limit:
			return i + 1
		case c == '\n':
			return strings.IndexByte(text, '\n') + 1
		}
		field = c == ',' && !quoted
	}
	if i := strings.IndexByte(text, '\n'); i >= 0 && (quoted || len(text) > limit) {
		return i + 1
	}
	return len(text)
}

// However a CSV file is cut, all that is not done is emitted once, between
// places at which the reading from the front sees records begin.
func TestPartsEndAtRecords(t *testing.T) {
	found := csvFile(t, "n,s\n1,2\n")
	piece := rapid.SampledFrom([]string{"a", ",", "\"", "\"\"", "\n", "\r\n", ",\"", "\",", "a,b\n", ",\"a\nb\",", "c,d\ne,f\n", "1,\"2\"\n", strings.Repeat("x,y\n", 30)})
	kind := split.CSV(',', '"')
	rapid.Check(t, func(t *rapid.T) {
		text := "n,s\n" + strings.Join(rapid.SliceOfN(piece, 1, 200).Draw(t, "pieces"), "")
		if err := os.WriteFile(found.Path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		limit := rapid.IntRange(1, 60).Draw(t, "limit")
		starts := begins(text, 4, limit)
		var places []int64
		for at := range starts {
			places = append(places, at)
		}
		slices.Sort(places)
		var done []Gap
		for i := rapid.IntRange(0, 40).Draw(t, "first"); i+1 < len(places); {
			to := min(i+rapid.IntRange(1, 40).Draw(t, "long"), len(places)-1)
			done = append(done, Gap{places[i], places[to]})
			i = to + rapid.IntRange(1, 40).Draw(t, "apart")
		}
		c := Cutter{File: found, Kind: kind, Max: limit, Block: rapid.IntRange(1, 150).Draw(t, "block"), Done: done, Lanes: rapid.IntRange(0, 3).Draw(t, "lanes")}
		all, end := cutsOf(t, &c)
		if end != int64(len(text)) {
			t.Fatalf("ends at %d of %d", end, len(text))
		}
		all = append(all, done...)
		slices.SortFunc(all, func(a, b Gap) int { return int(a.Lo - b.Lo) })
		at := int64(4)
		for _, x := range all {
			if x.Lo != at || !starts[x.Lo] || !starts[x.Hi] {
				t.Fatalf("[%d, %d) after %d in %q, limit %d", x.Lo, x.Hi, at, text, limit)
			}
			at = x.Hi
		}
		if at != int64(len(text)) {
			t.Fatalf("emitted up to %d of %d", at, len(text))
		}
	})
}

// cutsOf runs a cutter; in each lane the cuts are in order.
func cutsOf(t *rapid.T, c *Cutter) ([]Gap, int64) {
	var mu sync.Mutex
	var all []Gap
	last := map[int]int64{}
	end, err := c.Run(context.Background(), func(cut Cut) error {
		mu.Lock()
		defer mu.Unlock()
		if cut.Lo < last[cut.Lane] || cut.Lane > c.Lanes {
			t.Errorf("lane %d: %d after %d", cut.Lane, cut.Lo, last[cut.Lane])
		}
		last[cut.Lane] = cut.Hi
		all = append(all, Gap{cut.Lo, cut.Hi})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all, end
}

// counting counts the bytes that are read.
type counting struct {
	io.ReaderAt
	n int
}

func (c *counting) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, at)
	c.n += n
	return n, err
}

// A large file is cut into one part per lane, and little of it is read.
func TestLargeFilesAreCutFromTheMiddle(t *testing.T) {
	for name, line := range map[string]string{"quoted": "1,\"a\nb\",2\n", "plain": "1,2,3\n"} {
		t.Run(name, func(t *testing.T) {
			text := []byte("n,s\n" + strings.Repeat(line, 200_000))
			found := csvFile(t, string(text))
			c := Cutter{File: found, Kind: split.CSV(',', '"'), Max: 4000, Lanes: 2}
			r := &counting{ReaderAt: bytes.NewReader(text)}
			var cuts []Cut
			j := &jumper{c: &c, ctx: t.Context(), file: r, size: int64(len(text)), step: 50_000, emit: func(cut Cut) error { cuts = append(cuts, cut); return nil }}
			parts := j.parts(4)
			if len(parts) != 2 || parts[0].lane != 1 || parts[1].lane != 2 || parts[0].hi != parts[1].lo || parts[1].hi != 0 {
				t.Fatal(parts)
			}
			if half := int64(len(text)) / 2; parts[1].lo < half || parts[1].lo > half+20 {
				t.Errorf("the second half begins at %d of %d", parts[1].lo, len(text))
			}
			at := int64(4)
			for _, p := range parts {
				if _, err := j.run(p); err != nil {
					t.Fatal(err)
				}
			}
			for _, cut := range cuts {
				if cut.Lo != at || cut.Data != nil || cut.Hi-cut.Lo > 100_000 {
					t.Fatal(cut, at)
				}
				at = cut.Hi
			}
			if at != int64(len(text)) || name == "plain" && r.n > len(text)/2 {
				t.Errorf("cut up to %d of %d; %d read", at, len(text), r.n)
			}
		})
	}
}

// A part that is no longer there is an error.
func TestShrunkWhileCut(t *testing.T) {
	text := "n,s\n" + strings.Repeat("1,\"a\",2\n", 1000)
	c := Cutter{File: csvFile(t, text), Kind: split.CSV(',', '"'), Max: 100}
	j := &jumper{c: &c, ctx: t.Context(), file: strings.NewReader(text[:3000]), size: int64(len(text)), step: 400, emit: func(Cut) error { return nil }}
	if _, err := j.run(part{lo: 4, hi: 6004}); err != io.ErrUnexpectedEOF {
		t.Error(err)
	}
}
