package ingest

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/workers/wire"
)

// A suspect is cut until each record is alone; the pieces tile it, and the
// data of a piece is its records.
func TestProberFindsEachRecord(t *testing.T) {
	var lines, csv, array strings.Builder
	csv.WriteString("a,b\n")
	array.WriteString("[")
	for i := range 100 {
		fmt.Fprintf(&lines, "{\"n\":%d,\"pad\":\"%s\"}\n", i, strings.Repeat("x", i*i%300))
		fmt.Fprintf(&csv, "%d,\"%s\n\"\n", i, strings.Repeat("y\n", i%5))
		if i > 0 {
			array.WriteString(",")
		}
		fmt.Fprintf(&array, "{\"n\":[%d,%d]}", i, i)
	}
	array.WriteString("]")
	for _, c := range []struct {
		name   string
		text   string
		format schema.Format
		mode   wire.Mode
		lo, hi int64
		want   int
	}{
		{"a.ndjson", lines.String(), schema.FormatJSON, wire.ByLine, 0, int64(lines.Len()), 100},
		{"a.ndjson", lines.String(), schema.FormatJSON, wire.ByLine, 7, int64(lines.Len()) - 7, 99},
		{"a.ndjson", lines.String(), schema.FormatJSON, wire.ByLine, 1, 2, 0},
		{"a.ndjson.gz", lines.String(), schema.FormatJSON, wire.Inline, 0, int64(lines.Len()), 100},
		{"a.csv", csv.String(), schema.FormatCSV, wire.Aligned, 4, int64(csv.Len()), 100},
		{"a.json", array.String(), schema.FormatJSON, wire.Aligned, 1, int64(array.Len()) - 1, 100},
	} {
		t.Run(fmt.Sprint(c.name, c.lo), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), c.name)
			b := []byte(c.text)
			if strings.HasSuffix(c.name, ".gz") {
				var z bytes.Buffer
				w := gzip.NewWriter(&z)
				w.Write(b)
				w.Close()
				b = z.Bytes()
			}
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
			s := &schema.Stream{Name: "s", Options: schema.Options{Paths: []string{path}, Format: c.format, MaxRecord: 1000,
				CSV: schema.CSV{Delimiter: ',', Quote: '"', Header: true, Multiline: true}}}
			found, err := source.Look(path, s)
			if err != nil {
				t.Fatal(err)
			}
			defer found.Close()
			kind := split.Of(string(c.format), ',', '"', true, found.Array)
			at, records := c.lo, 0
			var cut func(p suspect)
			cut = func(p suspect) {
				parts, err := (&prober{kind: kind, found: found, start: found.Start, size: int64(len(c.text)), max: 1000, p: p}).run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if len(parts) > 1 {
					for _, q := range parts {
						cut(*q)
					}
					return
				}
				if p.lo != at {
					t.Fatalf("a piece begins at %d, want %d", p.lo, at)
				}
				at = p.hi
				one := parts[0]
				if len(one.data) == 0 {
					return
				}
				records++
				if got := c.text[one.dataLo : one.dataLo+int64(len(one.data))]; got != string(one.data) {
					t.Errorf("at %d: %q, want %q", one.dataLo, one.data, got)
				}
			}
			cut(suspect{split: 1, lo: c.lo, hi: c.hi, mode: c.mode, dataLo: c.lo})
			if at != c.hi || records != c.want {
				t.Errorf("up to %d of %d, %d records, want %d", at, c.hi, records, c.want)
			}
		})
	}
}
