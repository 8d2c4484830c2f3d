package report

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/windrow/windrow/query/output"
)

// Rows pass through all formats but the page, which keeps what it shows and
// draws.
func TestMemory(t *testing.T) {
	limits := map[string]int64{"html": 24 << 20, "parquet": 48 << 20}
	text := strings.Repeat("x", 200)
	for _, f := range Formats {
		t.Run(f.Name, func(t *testing.T) {
			w, err := New(f.Name, io.Discard, output.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Begin(morning(t)); err != nil {
				t.Fatal(err)
			}
			e, err := w.Section("rows")
			if err != nil {
				t.Fatal(err)
			}
			if typed, ok := e.(output.Typed); ok {
				typed.Kinds([]output.Kind{output.KindTime, output.KindInteger, output.KindText})
			}
			if err := e.Begin([]output.Column{{Name: "t"}, {Name: "n"}, {Name: "text"}}); err != nil {
				t.Fatal(err)
			}
			rows, limit := 100_000, limits[f.Name]
			if limit == 0 {
				limit = 4 << 20
			}
			if f.Name == "text" { // slow, and the same from row 1,001 on
				rows = 20_000
			}
			before := heap()
			for n := range rows {
				if err := e.Row([]any{stamp(n), int64(n), text + fmt.Sprint(n)}); err != nil {
					t.Fatal(err)
				}
			}
			if grown := heap() - before; grown > limit {
				t.Errorf("%d rows of 230 bytes left %d KiB on the heap", rows, grown>>10)
			}
			if err := e.End(); err != nil {
				t.Fatal(err)
			}
			runtime.KeepAlive(w)
		})
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Long text and many columns are bounded too.
func TestPageIsBounded(t *testing.T) {
	long := strings.Repeat("é", 5000)
	names := make([]string, 100)
	rows := each(3000, func(i int) []any {
		row := make([]any, len(names))
		for c := range row {
			row[c] = long
		}
		return row
	})
	var b strings.Builder
	w, err := New("html", &b, output.Options{})
	if err != nil {
		t.Fatal(err)
	}
	before := heap()
	e, err := w.Section("wide")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Begin(make([]output.Column, len(names))); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := e.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if grown := heap() - before; grown > 180<<20 { // 200,000 cells of 300 characters
		t.Errorf("%d KiB on the heap", grown>>10)
	}
	runtime.KeepAlive(w)
}

// A page of any number of rows shows the first ones and says how many more
// there are.
func TestManyRows(t *testing.T) {
	w := &strings.Builder{}
	d, err := New("html", w, output.Options{})
	if err != nil {
		t.Fatal(err)
	}
	list := result{"list", []string{"n", "text"}, each(maxRows+1234, func(i int) []any { return []any{float64(i % 7), "same"} })}
	line := result{"course", []string{"t", "n"}, each(maxPoints+1, func(i int) []any { return []any{stamp(i), int64(i)} })}
	if err := write(d, morning(t), []result{list, line}); err != nil {
		t.Fatal(err)
	}
	page := w.String()
	if n := strings.Count(page, "<tr>"); n != 2*(maxRows+1) {
		t.Errorf("%d rows of tables", n)
	}
	for _, want := range []string{"… and 1234 more rows", "… and 198<i>001</i> more rows", "Drawn from the first 200000 rows.", "<summary>200<i>001</i> rows</summary>"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	mail, err := MailBody(strings.NewReader(page), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"… and 3184 more rows", "… and 199991 more rows"} {
		if !strings.Contains(string(mail), want) {
			t.Errorf("the mail lacks %q", want)
		}
	}
	if n := strings.Count(string(mail), "<tr"); n != 2+mailRows+mailCourse {
		t.Errorf("%d rows in the mail", n)
	}
	if _, err := MailBody(strings.NewReader("<p>something else</p>"), ""); err == nil {
		t.Error("a page of someone else is taken")
	}
}
