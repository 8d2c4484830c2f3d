package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/windrow/windrow/query/output"
)

var update = flag.Bool("update", false, "rewrite testdata")

// result is what a statement gave.
type result struct {
	title string
	cols  []string
	rows  [][]any
}

func berlin(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func morning(t testing.TB) Head {
	zone := berlin(t)
	return Head{
		Name: "morning", Title: "Latency", Zone: zone, Revision: 2,
		Slot:  time.Date(2026, 3, 2, 8, 0, 0, 0, zone),
		Start: time.Date(2026, 2, 27, 8, 0, 0, 0, zone), End: time.Date(2026, 3, 2, 8, 0, 0, 0, zone),
		Notes: []string{"not final: latency_1m is final before 07:55", "2 late records are not in it"},
	}
}

// course is a result with a time, two hosts, a NULL and a gap.
var course = result{"Over the day", []string{"window_start", "host", "n", "p99"}, [][]any{
	{"2026-03-02 06:00:00", "web-1", int64(1200), 31.013888888888889},
	{"2026-03-02 06:00:00", "web-2", int64(900), 24.5},
	{"2026-03-02 07:00:00", "web-1", int64(1300), nil},
	{"2026-03-02 07:00:00", "web-2", int64(950), 28.25},
	{"2026-03-02 08:00:00", "web-1", int64(12345), 121.171},
	{"2026-03-02 08:00:00", "web-2", int64(0), 8.6707},
	{"2026-03-02 10:00:00", "web-1", int64(7), 1e-3},
}}

var sample = []result{
	{"At a glance", []string{"requests", "avg_ms", "worst"}, [][]any{{int64(38412), 29.847912, "timeout <upstream>"}}},
	{"Slowest hosts", []string{"host", "p99"}, [][]any{{"web-7", 1519.49}, {"web-2", 299.885}, {nil, 12.0}}},
	course,
	{"Of every kind", []string{"k", "int", "real", "text", "blob"}, [][]any{
		{"least", int64(-9223372036854775808), 5e-324, "", []byte{0, 0xff}},
		{"greatest", int64(9223372036854775807), 1.7e300, "a | b\n<script>", bytes.Repeat([]byte{1}, 40)},
		{"none", nil, nil, nil, nil},
	}},
	{"Errors", []string{"host", "n"}, nil},
}

// write writes a report of these results.
func write(w Writer, h Head, results []result) error {
	if err := w.Begin(h); err != nil {
		return err
	}
	for _, r := range results {
		e, err := w.Section(r.title)
		if err != nil {
			return err
		}
		if err := encode(e, r); err != nil {
			return err
		}
	}
	return w.End()
}

// encode hands a result to an encoder as a query does.
func encode(e output.Encoder, r result) error {
	cols := make([]output.Column, len(r.cols))
	for i, c := range r.cols {
		cols[i].Name = c
	}
	if t, ok := e.(output.Typed); ok {
		t.Kinds(kinds(r))
	}
	if err := e.Begin(cols); err != nil {
		return err
	}
	for _, row := range r.rows {
		if err := e.Row(row); err != nil {
			return err
		}
	}
	return e.End()
}

// kinds is what a first pass finds, for the columns of these tests.
func kinds(r result) []output.Kind {
	all := make([]output.Kind, len(r.cols))
	for i := range all {
		for _, row := range r.rows {
			switch v := row[i].(type) {
			case int64:
				all[i] = output.KindInteger
			case float64:
				all[i] = output.KindReal
			case string:
				if all[i] = output.KindText; output.IsTime(v) {
					all[i] = output.KindTime
				}
			}
		}
	}
	return all
}

func render(t testing.TB, format string, o output.Options, h Head, results ...result) string {
	t.Helper()
	var b bytes.Buffer
	w, err := New(format, &b, o)
	if err == nil {
		err = write(w, h, results)
	}
	if err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.String()
}

// sections are the results that a format can take of the sample.
func sections(f Format) []result {
	if f.Sections {
		return sample
	}
	return []result{course}
}

func TestGolden(t *testing.T) {
	for _, f := range Formats {
		t.Run(f.Name, func(t *testing.T) {
			got := readable(t, f, render(t, f.Name, output.Options{}, morning(t), sections(f)...))
			golden(t, f.Name+".golden", got)
		})
	}
	t.Run("mail", func(t *testing.T) {
		page := render(t, "html", output.Options{}, morning(t), sample...)
		b, err := MailBody(strings.NewReader(page), "The whole report is attached.")
		if err != nil {
			t.Fatal(err)
		}
		golden(t, "mail.golden", string(b))
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// readable turns the documents that are not text into what is in them.
func readable(t *testing.T, f Format, doc string) string {
	t.Helper()
	var b strings.Builder
	switch f.Name {
	case "xlsx":
		book, err := excelize.OpenReader(strings.NewReader(doc))
		if err != nil {
			t.Fatal(err)
		}
		defer book.Close()
		for _, sheet := range book.GetSheetList() {
			b.WriteString("# " + sheet + "\n")
			rows, err := book.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range rows {
				b.WriteString(strings.ReplaceAll(strings.Join(r, "\t"), "\n", `\n`) + "\n")
			}
		}
	case "parquet":
		file, err := parquet.OpenFile(strings.NewReader(doc), int64(len(doc)))
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(file.Schema().String() + "\n")
		rows := parquet.NewReader(file)
		defer rows.Close()
		for {
			row := make([]parquet.Row, 1)
			if n, err := rows.ReadRows(row); n == 0 {
				if err != nil && !errors.Is(err, io.EOF) {
					t.Fatal(err)
				}
				break
			}
			for _, v := range row[0] {
				b.WriteString(v.String() + "\t")
			}
			b.WriteString("\n")
		}
	default:
		return doc
	}
	return b.String()
}

// TestContract holds each format to what the table says of it.
func TestContract(t *testing.T) {
	endings := map[string]bool{}
	for _, f := range Formats {
		t.Run(f.Name, func(t *testing.T) {
			if _, _, err := mime.ParseMediaType(f.MediaType); err != nil || f.Help == "" || Find(f.Name) == nil || endings[f.Ending] || f.Ending[0] != '.' {
				t.Errorf("the row is not whole: %+v %v", f, err)
			}
			endings[f.Ending] = true
			if of := output.ForPath("x" + f.Ending); of == nil {
				t.Errorf("query does not know the ending %s", f.Ending)
			}
			again := render(t, f.Name, output.Options{}, morning(t), sections(f)...)
			if render(t, f.Name, output.Options{}, morning(t), sections(f)...) != again {
				t.Error("the same report gave other bytes")
			}
			if f.Inline != strings.HasPrefix(f.MediaType, "text/") && !strings.Contains(f.Name, "sv") {
				t.Errorf("inline is %v for %s", f.Inline, f.MediaType)
			}
			render(t, f.Name, output.Options{}, Head{Name: "x"}, result{"", []string{"a"}, nil})
			err := render2(f.Name, io.Discard, Head{}, sample[:2])
			if (err == nil) != f.Sections {
				t.Errorf("two sections: %v", err)
			}
			if err != nil && !strings.Contains(err.Error(), "take html") {
				t.Errorf("the error shows no way out: %v", err)
			}
			if f.Sections {
				render(t, f.Name, output.Options{}, Head{Name: "x"})
			}
			if err := render2(f.Name, io.Discard, Head{}, []result{{"", []string{"a"}, [][]any{{struct{}{}}}}}); err == nil {
				t.Error("takes a value that is none")
			}
			if f.Name == "xlsx" || f.Name == "parquet" {
				return
			}
			for _, n := range []int{0, 10, 150} {
				if err := render2(f.Name, &small{left: n}, morning(t), []result{course}); !errors.Is(err, errFull) {
					t.Errorf("a writer that fails after %d bytes: %v", n, err)
				}
			}
		})
	}
}

func render2(format string, w io.Writer, h Head, results []result) error {
	d, err := New(format, w, output.Options{})
	if err != nil {
		return err
	}
	return write(d, h, results)
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

func TestNewMistakes(t *testing.T) {
	if _, err := New("pdf", io.Discard, output.Options{}); err == nil || !strings.Contains(err.Error(), "there are html, markdown") {
		t.Errorf("unknown format: %v", err)
	}
	if _, err := New("html", io.Discard, output.Options{TimeFormat: "%Q"}); err == nil {
		t.Error("a wrong time format is taken")
	}
}

// Formats for people show times in the report's zone, the others as they are;
// options say otherwise.
func TestZones(t *testing.T) {
	one := result{"", []string{"window_start", "x"}, [][]any{{"2026-03-02 06:00:00", int64(1)}, {"2026-03-02 07:30:00", int64(2)}}}
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats {
		if f.Name == "parquet" { // which has instants
			continue
		}
		got := readable(t, f, render(t, f.Name, output.Options{}, morning(t), one))
		people := f.Name == "html" || f.Name == "markdown" || f.Name == "text" || f.Name == "xlsx"
		if strings.Contains(got, "2026-03-02 08:30") != people || strings.Contains(got, "2026-03-02 07:30") == people {
			t.Errorf("%s in Berlin:\n%s", f.Name, got)
		}
		got = readable(t, f, render(t, f.Name, output.Options{Zone: tokyo}, morning(t), one))
		if !strings.Contains(got, "2026-03-02 16:30") {
			t.Errorf("%s in Tokyo:\n%s", f.Name, got)
		}
		got = readable(t, f, render(t, f.Name, output.Options{Zone: tokyo, TimeFormat: "%d.%m.%Y %H Uhr %M"}, morning(t), one))
		if !strings.Contains(got, "02.03.2026 16 Uhr 30") {
			t.Errorf("%s with a pattern:\n%s", f.Name, got)
		}
	}
}

func TestJSON(t *testing.T) {
	got := render(t, "json", output.Options{}, morning(t), sample...)
	var doc struct {
		Report, Title, Slot, Start, End, Zone string
		Revision                              int
		Notes                                 []string
		Sections                              []struct {
			Title string
			Rows  []map[string]any
		}
	}
	d := json.NewDecoder(strings.NewReader(got))
	d.DisallowUnknownFields()
	if err := d.Decode(&doc); err != nil {
		t.Fatal(err)
	}
	if doc.Slot != "2026-03-02 07:00:00" || doc.Start != "2026-02-27 07:00:00" || doc.Zone != "Europe/Berlin" || doc.Revision != 2 || len(doc.Notes) != 2 {
		t.Errorf("head: %+v", doc)
	}
	if len(doc.Sections) != len(sample) || len(doc.Sections[2].Rows) != 7 || doc.Sections[0].Rows[0]["worst"] != "timeout <upstream>" {
		t.Errorf("sections: %+v", doc.Sections)
	}
	one := course
	one.title = ""
	var rows []map[string]any
	if err := json.Unmarshal([]byte(render(t, "json", output.Options{}, morning(t), one)), &rows); err != nil || len(rows) != 7 {
		t.Errorf("an only section without title: %v, %d rows", err, len(rows))
	}
	if err := render2("json", io.Discard, Head{}, []result{one, course}); err == nil || !strings.Contains(err.Error(), "give each section a title") {
		t.Errorf("a section after one without title: %v", err)
	}
	if err := json.Unmarshal([]byte(render(t, "json", output.Options{}, Head{})), &doc); err != nil {
		t.Errorf("no sections: %v", err)
	}
}
