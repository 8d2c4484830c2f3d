package output

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// Rows past the first 1,000 keep the widths, and no number is cut.
func TestTableStreams(t *testing.T) {
	rows := make([][]any, tableRows+200)
	for i := range rows {
		rows[i] = []any{"a", int64(i), nil}
	}
	last := len(rows) - 1
	rows[last] = []any{strings.Repeat("日", 40), int64(-9223372036854775808), -1.2345678901234567e-300}
	got := encode(t, Find("table"), []Column{{"name"}, {"n"}, {"r"}}, rows)
	lines := strings.Split(strings.TrimSuffix(got, "\n"), "\n")
	if n := len(rows) + 5; len(lines) != n {
		t.Fatalf("%d lines, want %d", len(lines), n)
	}
	if want := fmt.Sprintf("(%d rows)", len(rows)); lines[len(lines)-1] != want {
		t.Errorf("the last line is %q", lines[len(lines)-1])
	}
	row := lines[len(lines)-3]
	for _, want := range []string{" -9223372036854775808 ", "-1.2345678901234568e-300", "日日日", "…"} {
		if !strings.Contains(row, want) {
			t.Errorf("%q lacks %q", row, want)
		}
	}
	for i, l := range lines[:len(lines)-1] {
		if width(l) != width(lines[0]) {
			t.Errorf("line %d is not as wide as the first:\n%s\n%s", i, lines[0], l)
			break
		}
	}
}

// width counts the columns of a terminal, for the characters used here.
func width(s string) int {
	return len([]rune(s)) + strings.Count(s, "日")
}

func TestTableCutsLongText(t *testing.T) {
	got := encode(t, Find("table"), []Column{{"x"}}, [][]any{{strings.Repeat("x", 500)}, {strings.Repeat("é", 61)}})
	if !strings.Contains(got, strings.Repeat("x", tableCell-1)+"…") || strings.Contains(got, strings.Repeat("x", tableCell)) {
		t.Errorf("not cut to %d:\n%s", tableCell, got)
	}
	if !strings.Contains(got, strings.Repeat("é", 61)) {
		t.Errorf("short text is cut:\n%s", got)
	}
}

func TestTableRowCount(t *testing.T) {
	for n, want := range []string{"(0 rows)", "(1 row)", "(2 rows)"} {
		rows := make([][]any, n)
		for i := range rows {
			rows[i] = []any{int64(i)}
		}
		if got := encode(t, Find("table"), []Column{{"x"}}, rows); !strings.HasSuffix(got, "\n"+want+"\n") {
			t.Errorf("%d rows end in %q", n, got)
		}
	}
}

// No format keeps rows, but for a row group of Parquet: what is allocated is
// freed again as rows go by.
func TestMemory(t *testing.T) {
	text := strings.Repeat("x", 200)
	for i := range Formats {
		f := &Formats[i]
		t.Run(f.Name, func(t *testing.T) {
			rows := 100_000
			if f.Name == "table" {
				rows = 10_000
			}
			e := f.New(io.Discard, Options{})
			if err := begin(e, []Column{{"a"}, {"b"}}, [][]any{{int64(1), text}}); err != nil {
				t.Fatal(err)
			}
			before := heap()
			for n := range rows {
				if err := e.Row([]any{int64(n), text}); err != nil {
					t.Fatal(err)
				}
			}
			most := int64(2 << 20)
			if f.Name == "parquet" { // a row group
				most = 12 << 20
			}
			if grown := int64(heap()) - int64(before); grown > most {
				t.Errorf("%d rows of 200 bytes left %d KiB on the heap", rows, grown>>10)
			}
			runtime.KeepAlive(e)
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestRowsDoNotAllocate(t *testing.T) {
	vals := []any{int64(12345), 12.5, "web-1", nil, "a \"b\""}
	cols := []Column{{"a"}, {"b"}, {"c"}, {"d"}, {"e"}}
	for _, name := range []string{"csv", "tsv", "json", "ndjson", "line"} {
		e := Find(name).New(io.Discard, Options{})
		if err := e.Begin(cols); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(1000, func() { _ = e.Row(vals) }); n > 0 {
			t.Errorf("%s: %v allocations a row", name, n)
		}
	}
}

var errFull = errors.New("full")

// small takes a number of bytes and then fails.
type small struct{ left int }

func (w *small) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	for i := range Formats {
		f := &Formats[i]
		e := f.New(&small{left: 10}, Options{})
		err := begin(e, []Column{{"a"}}, [][]any{{"x"}})
		for n := 0; n < 3 && err == nil; n++ {
			err = e.Row([]any{strings.Repeat("x", 100)})
		}
		if err == nil {
			err = e.End()
		}
		if !errors.Is(err, errFull) {
			t.Errorf("%s: got %v", f.Name, err)
		}
		e = f.New(io.Discard, Options{})
		if err := errors.Join(begin(e, []Column{{"a"}}, nil), e.Row([]any{struct{}{}})); err == nil {
			t.Errorf("%s takes a value that is none", f.Name)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	row := []any{"2026-03-01 12:00:00", "web-1", int64(72434), 8.670760594779347, 536.022}
	for i := range Formats {
		f := &Formats[i]
		b.Run(f.Name, func(b *testing.B) {
			e := f.New(io.Discard, Options{})
			if err := begin(e, sampleCols, [][]any{row}); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := e.Row(row); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
