package output

import (
	"encoding/csv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestCSVOptions(t *testing.T) {
	cols := []Column{{"a"}, {"b;c"}}
	rows := [][]any{{nil, "x;y"}, {int64(-1), "NULL"}, {1.5, ""}, {[]byte{1}, nil}}
	for _, c := range []struct {
		name, format string
		o            Options
		want         string
	}{
		{"as usual", "csv", Options{}, "a,b;c\n,x;y\n-1,NULL\n1.5,\"\"\n01,\n"},
		{"semicolon", "csv", Options{Delimiter: ';'}, "a;\"b;c\"\n;\"x;y\"\n-1;NULL\n1.5;\"\"\n01;\n"},
		{"tab", "csv", Options{Delimiter: '\t'}, "a\tb;c\n\tx;y\n-1\tNULL\n1.5\t\"\"\n01\t\n"},
		{"no header", "csv", Options{NoHeader: true}, ",x;y\n-1,NULL\n1.5,\"\"\n01,\n"},
		{"null", "csv", Options{Null: "NULL"}, "a,b;c\nNULL,x;y\n-1,\"NULL\"\n1.5,\"\"\n01,NULL\n"},
		{"null of PostgreSQL", "csv", Options{Null: `\N`}, "a,b;c\n\\N,x;y\n-1,NULL\n1.5,\"\"\n01,\\N\n"},
		{"tsv has a delimiter of its own", "tsv", Options{Delimiter: ';', NoHeader: true, Null: "x"}, "x\tx;y\n-1\tNULL\n1.5\t\"\"\n01\tx\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := encodeWith(t, Find(c.format), c.o, cols, rows); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
	one := [][]any{{nil}, {"x"}}
	if got := encodeWith(t, Find("csv"), Options{Null: "NA"}, cols[:1], one); got != "a\nNA\nx\n" {
		t.Errorf("one column: got %q", got)
	}
	if got := encodeWith(t, Find("csv"), Options{NoHeader: true}, cols, nil); got != "" {
		t.Errorf("no header and no rows: got %q", got)
	}
}

func TestCSVGuardsFormulas(t *testing.T) {
	cols := []Column{{"=name"}, {"n"}}
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\r=1": "\"'\r=1\"",
		"=HYPERLINK(\"x\")": "\"'=HYPERLINK(\"\"x\"\")\"", "a=1": "a=1", " =1": "\" =1\"", "'=1": "'=1", "": "\"\"",
	} {
		want := "'=name,n\n" + want + ",-1\n"
		if got := encodeWith(t, Find("csv"), Options{GuardFormulas: true}, cols, [][]any{{text, int64(-1)}}); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	// Numbers are no text, and without the option nothing is changed.
	if got := encodeWith(t, Find("csv"), Options{GuardFormulas: true}, cols, [][]any{{int64(-1), -1.5}}); got != "'=name,n\n-1,-1.5\n" {
		t.Errorf("numbers: got %q", got)
	}
	if got := encode(t, Find("csv"), cols, [][]any{{"=1", "-1"}}); got != "=name,n\n=1,-1\n" {
		t.Errorf("without the option: got %q", got)
	}
}

// Whatever stands between the fields and for NULL, readers get the values.
func TestCSVOptionsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cols, rows := anyRows(t)
		o := Options{
			Delimiter: rapid.SampledFrom([]byte{',', ';', '|', ':', '\t', ' ', '~', '=', '\\', '<'}).Draw(t, "delimiter"),
			Null:      rapid.SampledFrom([]string{"", "NULL", `\N`, "a", "?"}).Draw(t, "null"),
		}
		if o.Check() != nil {
			return
		}
		r := csv.NewReader(strings.NewReader(encodeWith(t, Find("csv"), o, cols, rows)))
		r.Comma = rune(o.Delimiter)
		got, err := r.ReadAll()
		if err != nil || len(got) != len(rows)+1 {
			t.Fatalf("%d records for %d rows, %v", len(got), len(rows), err)
		}
		for i, row := range rows {
			for j, v := range row {
				if v == nil {
					v = o.Null
				}
				checkField(t, got[i+1][j], v)
			}
		}
	})
}

func TestHTMLTitle(t *testing.T) {
	if got := encodeWith(t, Find("html"), Options{Title: "a </title> b"}, nil, nil); !strings.Contains(got, "<title>a &lt;/title&gt; b</title>") {
		t.Errorf("got %s", got)
	}
}
