package output

import (
	"bytes"
	"flag"
	"github.com/google/go-cmp/cmp"
	"math"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata")

var sampleCols = []Column{{"window_start"}, {"host"}, {"n"}, {"avg_latency"}, {"raw"}}

// sample has every kind of value and the text that is hard for some format.
var sample = [][]any{
	{"2026-03-01 12:00:00", "web-1", int64(3), 12.5, []byte{0, 0xff}},
	{"2026-03-01 12:00:00", nil, int64(-9223372036854775808), 1.0, nil},
	{"2026-03-01 12:01:00", "", int64(9223372036854775807), -1.5e300, []byte{}},
	{"", " a, \"b\"\n| c\td\\", nil, 5e-324, nil},
	{"*x* _y_ a_b `z` [l](u) <b>&amp;</b>", "日本語 é", int64(0), math.Inf(1), nil},
	{"\x1b[31mred\x1b]0;t\a \u202egnp\u009b \r \x00", "bad \xff\xfe utf-8", int64(1), math.Copysign(0, -1), nil},
	{"=1+1", "👩‍👩‍👧 e\u0301", int64(1), math.Inf(-1), nil},
}

// failer is what tests and properties share.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func encode(t failer, f *Format, cols []Column, rows [][]any) string {
	t.Helper()
	return encodeWith(t, f, Options{}, cols, rows)
}

func encodeWith(t failer, f *Format, o Options, cols []Column, rows [][]any) string {
	t.Helper()
	var out bytes.Buffer
	e := f.New(&out, o)
	if err := begin(e, cols, rows); err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := e.Row(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.End(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// begin begins as a query does: rows are looked at first where that is wanted.
func begin(e Encoder, cols []Column, rows [][]any) error {
	if typed, ok := e.(Typed); ok {
		var look Survey
		if err := look.Begin(cols); err != nil {
			return err
		}
		for _, r := range rows {
			if err := look.Row(r); err != nil {
				return err
			}
		}
		typed.Kinds(look.Kinds())
	}
	return e.Begin(cols)
}

func TestGolden(t *testing.T) {
	for i := range Formats {
		f := &Formats[i]
		if f.Binary { // these have tests of their own
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			got := encode(t, f, sampleCols, sample) + "---- no rows\n" + encode(t, f, sampleCols, nil)
			path := filepath.Join("testdata", f.Name+".golden")
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
		})
	}
}
