package output

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// anyValue draws a value of the kinds that SQLite has, often an awkward one.
func anyValue() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Just(any(nil)),
		rapid.Map(rapid.OneOf(rapid.Int64(), rapid.SampledFrom([]int64{0, -1, math.MinInt64, math.MaxInt64, 1 << 53})), func(v int64) any { return v }),
		rapid.Map(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 1, 5e-324, -1.5e300, math.MaxFloat64, 1e16, 1e15, 1e-5, 0.1, 123456789012345680})),
			func(v float64) any {
				if math.IsNaN(v) {
					return nil
				}
				return v
			}),
		rapid.Map(rapid.OneOf(rapid.String(), rapid.StringMatching("[ ,\"\t\n\r;|a\x00\\\\]{0,6}"), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })),
			func(v string) any { return v }),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(v []byte) any { return v }),
	)
}

func anyRows(t *rapid.T) ([]Column, [][]any) {
	width := rapid.IntRange(1, 4).Draw(t, "width")
	cols := make([]Column, width)
	for i := range cols {
		cols[i].Name = rapid.OneOf(rapid.StringMatching("[a-c]"), rapid.String()).Draw(t, "name")
	}
	rows := rapid.SliceOfN(rapid.SliceOfN(anyValue(), width, width), 0, 5).Draw(t, "rows")
	return cols, rows
}

// field is what a reader of CSV must get for a value.
func field(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return fmt.Sprintf("%x", v)
	case string:
		return strings.ReplaceAll(v, "\r\n", "\n") // Go's reader changes that, see its doc
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return "real"
}

func testSeparated(t *rapid.T, name string, comma rune) {
	cols, rows := anyRows(t)
	r := csv.NewReader(strings.NewReader(encode(t, Find(name), cols, rows)))
	r.Comma = comma
	got, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(rows)+1 {
		t.Fatalf("%d records for %d rows", len(got), len(rows))
	}
	for i, c := range cols {
		if want := field(c.Name); got[0][i] != want {
			t.Fatalf("name %q, want %q", got[0][i], want)
		}
	}
	for i, row := range rows {
		for j, v := range row {
			checkField(t, got[i+1][j], v)
		}
	}
}

func checkField(t *rapid.T, got string, v any) {
	if f, ok := v.(float64); ok {
		back, err := strconv.ParseFloat(got, 64)
		if err != nil || math.Float64bits(back) != math.Float64bits(f) {
			t.Fatalf("%v was written as %s", f, got)
		}
		if !strings.ContainsAny(got, ".eI") {
			t.Fatalf("%s does not look like a REAL", got)
		}
		return
	}
	if want := field(v); got != want {
		t.Fatalf("%q, want %q", got, want)
	}
}

func TestCSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { testSeparated(t, "csv", ',') })
}

func TestTSVRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { testSeparated(t, "tsv", '\t') })
}

// NULL and empty text are told apart by who looks at the quotes.
func TestNullIsNotEmpty(t *testing.T) {
	cols := []Column{{"a"}, {"b"}}
	if got := encode(t, Find("csv"), cols, [][]any{{nil, ""}}); got != "a,b\n,\"\"\n" {
		t.Errorf("got %q", got)
	}
	if got := encode(t, Find("csv"), cols[:1], [][]any{{nil}, {"x"}}); got != "a\n\"\"\nx\n" {
		t.Errorf("a row of one NULL got lost: %q", got)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cols, rows := anyRows(t)
		var all []json.RawMessage
		if err := json.Unmarshal([]byte(encode(t, Find("json"), cols, rows)), &all); err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(encode(t, Find("ndjson"), cols, rows), "\n")
		if len(all) != len(rows) || len(lines) != len(rows)+1 {
			t.Fatalf("%d objects and %d lines for %d rows", len(all), len(lines), len(rows))
		}
		for i, row := range rows {
			if strings.TrimSpace(lines[i]) != string(all[i]) {
				t.Fatalf("json %s, ndjson %s", all[i], lines[i])
			}
			checkObject(t, all[i], row)
		}
	})
}

func checkObject(t *rapid.T, object []byte, row []any) {
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	var back map[string]any
	if err := d.Decode(&back); err != nil {
		t.Fatal(err)
	}
	if len(back) != len(row) {
		t.Fatalf("%s has %d keys for %d columns", object, len(back), len(row))
	}
	// The keys come in the order of the columns.
	d = json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	d.Token()
	for _, v := range row {
		d.Token()
		got, _ := d.Token()
		if !sameJSON(got, v) {
			t.Fatalf("%#v was written as %#v", v, got)
		}
	}
}

func sameJSON(got, v any) bool {
	switch v := v.(type) {
	case nil:
		return got == nil
	case int64:
		return got == json.Number(strconv.FormatInt(v, 10))
	case float64:
		if math.IsInf(v, 0) {
			return got == nil
		}
		n, ok := got.(json.Number)
		back, err := strconv.ParseFloat(n.String(), 64)
		return ok && err == nil && math.Float64bits(back) == math.Float64bits(v)
	case []byte:
		return got == fmt.Sprintf("%x", v)
	}
	// encoding/json itself says what becomes of bytes that are no UTF-8.
	b, _ := json.Marshal(v)
	var want string
	json.Unmarshal(b, &want)
	return got == want
}

func TestDuplicateKeys(t *testing.T) {
	cols := []Column{{"n"}, {"n"}, {"n_2"}, {"n"}}
	want := `{"n":1,"n_3":2,"n_2":3,"n_4":4}` + "\n"
	if got := encode(t, Find("ndjson"), cols, [][]any{{int64(1), int64(2), int64(3), int64(4)}}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// What is made for people holds no control characters, whatever is in a
// record, and each row has its place.
func TestForPeople(t *testing.T) {
	row := regexp.MustCompile(`(?m)^│`)
	rapid.Check(t, func(t *rapid.T) {
		cols, rows := anyRows(t)
		for _, name := range []string{"table", "markdown", "html", "line"} {
			got := encode(t, Find(name), cols, rows)
			if !utf8.ValidString(got) {
				t.Fatalf("%s: not UTF-8: %q", name, got)
			}
			for _, r := range got {
				if r != '\n' && hidden(r) {
					t.Fatalf("%s: %U in %q", name, r, got)
				}
			}
			switch name {
			case "markdown":
				if n := strings.Count(got, "\n"); n != len(rows)+2 {
					t.Fatalf("%d lines for %d rows:\n%s", n, len(rows), got)
				}
			case "html":
				if strings.Count(got, "<td") != len(rows)*len(cols) {
					t.Fatalf("cells are missing:\n%s", html.UnescapeString(got))
				}
			case "table":
				if n := len(row.FindAllString(got, -1)); n != len(rows)+1 {
					t.Fatalf("%d lines for %d rows:\n%s", n, len(rows), got)
				}
			}
		}
	})
}

func FuzzVisible(f *testing.F) {
	for _, row := range sample {
		for _, v := range row {
			if s, ok := v.(string); ok {
				f.Add(s)
			}
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := string(appendVisible(nil, s))
		if !utf8.ValidString(got) || strings.ContainsFunc(got, hidden) {
			t.Errorf("%q became %q", s, got)
		}
	})
}
