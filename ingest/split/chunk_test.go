package split

import (
	"bytes"
	stdcsv "encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// failer is what testing.T and rapid.T share.
type failer interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

// slow gives its reader's bytes in steps of n.
type slow struct {
	r io.Reader
	n int
}

func (s slow) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), s.n)]) }

// records are the extents of all records, those inside chunks as the reference
// sees them.
func records(t failer, c *Chunker, k Kind, data []byte, limit int) []extent {
	var all []extent
	at := int64(0)
	for {
		ch, err := c.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if ch.Lo != at || ch.Hi <= ch.Lo {
			t.Fatalf("chunk [%d,%d) after offset %d", ch.Lo, ch.Hi, at)
		}
		at = ch.Hi
		if ch.Oversize {
			if !bytes.Equal(ch.Data, data[ch.Lo:min(ch.Hi, ch.Lo+HeadBytes)]) {
				t.Fatalf("head of [%d,%d) is %q", ch.Lo, ch.Hi, ch.Data)
			}
			all = append(all, extent{int(ch.Lo), int(ch.Hi)})
			continue
		}
		if !bytes.Equal(ch.Data, data[ch.Lo:ch.Hi]) {
			t.Fatalf("data of [%d,%d) is %q", ch.Lo, ch.Hi, ch.Data)
		}
		for _, e := range reference(k, ch.Data, limit) {
			all = append(all, extent{int(ch.Lo) + e.lo, int(ch.Lo) + e.hi})
		}
	}
	if at != int64(len(data)) {
		t.Fatalf("chunks end at %d of %d", at, len(data))
	}
	return all
}

var kinds = []Kind{Lines, CSV(',', '"'), CSV(';', '\''), CSV(',', 0), Array}

var seeds = []string{
	"", "a\nb\nc", "a\r\n\r\nb\n", "\n\n", "long line of more bytes than the limit\nx\n",
	`x,"a` + "\n" + `b",c` + "\nd,e\n", `"a""` + "\n" + `b"` + "\nc\n", `x,"never closed` + "\n1,2\n3,4\n5,6\n7,8\n9,10\n",
	`x "y" z` + "\n" + `"a"b"` + "\n", "\"\"\n\"\"\"\n\"\n", "\"a\n\",\"b\n\",\"c\n\",\"d\n\",\"e\n\"\nf\n", "\"a\nb\"," + "cccccccccccccccccccccccc\nd\n",
	"';'\n;'a\n'';'\n",
	`{"a":1}, {"a":"x,y]"}` + "\n]\n", `1,,2]`, `{"a":[1,2],"b":"\"]"},{"c":`, `{"a":1}] {"b":2}`, `]`, ` `, `}},{]`,
	`{"a":1,"b":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]"},{"b":2}]`, "1]" + strings.Repeat(" ", 40),
}

// trimmed takes the white space before the elements of an array away, for it
// may be a chunk of its own.
func trimmed(k Kind, data []byte, all []extent) []extent {
	var out []extent
	for _, e := range all {
		if e.lo += k.blank(data[e.lo:e.hi]); e.lo < e.hi {
			out = append(out, e)
		}
	}
	return out
}

func checkAnySize(t failer, data []byte, kind, size, step, limit int) {
	k := kinds[kind%len(kinds)]
	want := trimmed(k, data, reference(k, data, limit))
	c := NewChunker(slow{bytes.NewReader(data), max(step, 1)}, k, 0, size, limit)
	if got := trimmed(k, data, records(t, c, k, data, limit)); !slices.Equal(got, want) {
		t.Fatalf("%v size %d step %d limit %d of %q:\n got %v\nwant %v", k, size, step, limit, data, got, want)
	}
}

func TestChunksOfAnySizeHaveTheReferenceRecords(t *testing.T) {
	for _, s := range seeds {
		for kind := range kinds {
			for _, size := range []int{1, 2, 3, 7, 16, 64, 1000} {
				for _, limit := range []int{1, 5, 20, 30, 1000} {
					checkAnySize(t, []byte(s), kind, size, 5, limit)
				}
			}
		}
	}
}

func FuzzChunker(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), i, 3, 5, 20)
	}
	f.Fuzz(func(t *testing.T, data []byte, kind, size, step, limit int) {
		if len(data) > 4096 {
			return
		}
		checkAnySize(t, data, int(uint(kind)%16), int(uint(size)%300), int(uint(step)%300), int(uint(limit)%300))
	})
}

func TestChunkerLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := rapid.SliceOfN(rapid.SampledFrom([]byte("a,\"\"\n';\\{}[] \r")), 0, 120).Draw(t, "data")
		checkAnySize(t, data, rapid.IntRange(0, 4).Draw(t, "kind"), rapid.IntRange(0, 50).Draw(t, "size"),
			rapid.IntRange(1, 50).Draw(t, "step"), rapid.IntRange(0, 60).Draw(t, "limit"))
	})
}

// Chunks end where encoding/csv sees a record end.
func TestCSVRecordsAreThoseOfEncodingCSV(t *testing.T) {
	cell := rapid.StringMatching("[a,\"\n ]{0,6}")
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 2, 2), 0, 12).Draw(t, "rows")
		var buf bytes.Buffer
		w := stdcsv.NewWriter(&buf)
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		c := NewChunker(bytes.NewReader(buf.Bytes()), CSV(',', '"'), 0, rapid.IntRange(1, 40).Draw(t, "size"), 1000)
		var got [][]string
		for {
			ch, err := c.Next()
			if err == io.EOF {
				break
			}
			part, err := stdcsv.NewReader(bytes.NewReader(ch.Data)).ReadAll()
			if err != nil {
				t.Fatalf("%q: %v", ch.Data, err)
			}
			got = append(got, part...)
		}
		if !slices.EqualFunc(got, rows, slices.Equal[[]string]) {
			t.Fatalf("got %q, want %q", got, rows)
		}
	})
}

func TestOversizeAndOpen(t *testing.T) {
	long := strings.Repeat("x", 50_000)
	for _, tc := range []struct {
		name, data string
		kind       Kind
		want       []string
	}{
		{"line", "a\n" + long + "\nb\n", Lines, []string{"a\n", "OVER", "b\n"}},
		{"last line", "a\n" + long, Lines, []string{"a\n", "OVER open"}},
		{"cut off", "a\nb", Lines, []string{"a\n", "b open"}},
		{"csv quote", "a\n\"" + "b\nc\n" + long + "\nd\n", CSV(',', '"'), []string{"a\n", "\"b\nc\n", "OVER", "d\n"}},
		{"element", `{"a":1},{"b":"` + long + `,]"},{"c":2}]`, Array, []string{`{"a":1},`, "OVER", `{"c":2}]`}},
		{"last element", `{"a":1},{"b":"` + long + `"}]` + "\n", Array, []string{`{"a":1},`, "OVER", "]\n"}},
		{"tail", `{"a":1}] ` + long, Array, []string{`{"a":1}`, "OVER"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := NewChunker(strings.NewReader(tc.data), tc.kind, 100, 64, 1000)
			var got []string
			for ch, err := c.Next(); err != io.EOF; ch, err = c.Next() {
				s := string(ch.Data)
				if ch.Oversize {
					s = "OVER"
				}
				if ch.Open {
					s += " open"
				}
				got = append(got, s)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %q\nwant %q", got, tc.want)
			}
		})
	}
}

func TestOversizeNeedsNoMemory(t *testing.T) {
	r := io.LimitReader(zeroes{}, 50<<20)
	c := NewChunker(r, Lines, 0, 4<<10, 16<<10)
	ch, err := c.Next()
	if err != nil || !ch.Oversize || ch.Hi != 50<<20 || len(c.buf) > 17<<10 {
		t.Errorf("chunk [%d,%d) oversize %v, err %v, buffer %d", ch.Lo, ch.Hi, ch.Oversize, err, len(c.buf))
	}
}

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { return len(p), nil }

func TestReadErrorComesAfterWholeRecords(t *testing.T) {
	boom := errors.New("boom")
	for _, tc := range []struct {
		data, want string
	}{{"a\nb\nc", "a\nb\n"}, {"a\n" + strings.Repeat("y", 99), "a\n"}, {"", ""}} {
		c := NewChunker(io.MultiReader(strings.NewReader(tc.data), iotest.ErrReader(boom)), Lines, 0, 4, 20)
		var got []byte
		ch, err := c.Next()
		for ; err == nil; ch, err = c.Next() {
			got = append(got, ch.Data...)
		}
		if !errors.Is(err, boom) || string(got) != tc.want {
			t.Errorf("%.9q: %q, err %v", tc.data, got, err)
		}
		c.Reset(strings.NewReader("z"), Lines, 7)
		if ch, err := c.Next(); err != nil || ch.Lo != 7 || ch.Hi != 8 {
			t.Errorf("after Reset: %+v, %v", ch, err)
		}
	}
	if _, err := NewChunker(silent{}, Lines, 0, 4, 20).Next(); err != io.ErrNoProgress {
		t.Errorf("a reader that gives nothing: %v", err)
	}
}

type silent struct{}

func (silent) Read([]byte) (int, error) { return 0, nil }

func BenchmarkChunker(b *testing.B) {
	row := `2026-03-01T00:00:00.000Z,host-0001,eu-west,200,123.456,5120,/api/v1/items` + "\n"
	quoted := `2026-03-01T00:00:00.000Z,"host-0001",eu-west,200,123.456,5120,"/api, v1"` + "\n"
	object := `{"ts":"2026-03-01T00:00:00.000Z","host":"host-0001","status":200,"latency_ms":123.456},` + "\n"
	for _, bc := range []struct {
		name, row string
		kind      Kind
	}{{"lines", row, Lines}, {"csv", row, CSV(',', '"')}, {"csvQuoted", quoted, CSV(',', '"')}, {"array", object, Array}} {
		data := []byte(strings.Repeat(bc.row, (8<<20)/len(bc.row)))
		b.Run(bc.name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			c := NewChunker(nil, bc.kind, 0, 256<<10, 1<<20)
			for b.Loop() {
				c.Reset(bytes.NewReader(data), bc.kind, 0)
				for _, err := c.Next(); err != io.EOF; _, err = c.Next() {
				}
			}
		})
	}
}
