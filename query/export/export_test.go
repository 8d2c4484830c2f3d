package export

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
)

const wholeCSV = `window_start,host,n,avg_latency
2026-03-01 12:00:00,web-1,4,12.5
2026-03-01 12:00:00,web-2,2,1.5
2026-03-01 12:01:00,web-1,1,0.1
2026-03-01 12:01:00,,1,
2026-03-01 12:02:00,web-1,3,3.3333333333333335e+299
`

func TestFileAndManifest(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	var told []int64
	sum := s.mustExport(t, "latency_1m", path, Options{Name: "latency_1m", Manifest: true, Version: "1.2.3", Progress: func(n int64) { told = append(told, n) }})
	if got := read(t, path); got != wholeCSV {
		t.Errorf("got\n%s", got)
	}
	if sum.Rows != 5 || sum.Bytes != int64(len(wholeCSV)) || sum.Files != 1 || hexOf(sum.SHA256) != hashOf(wholeCSV) {
		t.Errorf("got %+v", sum)
	}
	if d := cmp.Diff(sum.Places, []string{path, path + ".manifest.json"}); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(told, []int64{5}); d != "" {
		t.Error(d)
	}
	want := `{
  "manifest": 1,
  "windrow": "1.2.3",
  "name": "latency_1m",
  "sql": "SELECT * FROM \"latency_1m\" ORDER BY \"window_start\"",
  "parameters": {},
  "format": "csv",
  "columns": [
    "window_start",
    "host",
    "n",
    "avg_latency"
  ],
  "rows": 5,
  "bytes": 205,
  "window_start": {
    "least": "2026-03-01 12:00:00",
    "greatest": "2026-03-01 12:02:00"
  },
  "rollups": [
    {
      "name": "latency_1m",
      "watermark": "2026-03-01 12:02:10",
      "final_before": "2026-03-01 12:02:00",
      "horizon": null
    }
  ],
  "files": [
    {
      "path": "l.csv",
      "rows": 5,
      "bytes": 205,
      "sha256": "` + hashOf(wholeCSV) + `"
    }
  ]
}
`
	if d := cmp.Diff(read(t, path+".manifest.json"), want); d != "" {
		t.Error(d)
	}
}

// A manifest that is there is never left to lie.
func TestManifestIsKept(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	s.mustExport(t, "latency_1m", path, Options{Manifest: true})
	s.exec(t, "DELETE FROM windrow_state_1 WHERE host = 'web-2'")
	s.mustExport(t, "latency_1m", path, Options{})
	m, err := readManifest(path + ".manifest.json")
	if err != nil || m.Rows != 4 || m.Files[0].SHA256 != hashOf(read(t, path)) {
		t.Errorf("got %+v, %v", m, err)
	}
	other := filepath.Join(t.TempDir(), "l.csv")
	s.mustExport(t, "latency_1m", other, Options{})
	if _, err := os.Stat(other + ".manifest.json"); !os.IsNotExist(err) {
		t.Errorf("nobody asked for a manifest: %v", err)
	}
}

func TestManifestOfSelect(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	q := query.Query{
		SQL:    " SELECT host FROM LATENCY_1M WHERE host = :host AND 'x' <> :slot -- windrow_rollups\n;",
		Params: map[string]string{"host": "web-1"}, Offered: map[string]string{"slot": "2026", "unused": "1"},
	}
	if _, err := s.query(t, q, path, Options{Manifest: true}); err != nil {
		t.Fatal(err)
	}
	m, err := readManifest(path + ".manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(m.Parameters, map[string]string{"host": "web-1", "slot": "2026"}); d != "" {
		t.Error(d)
	}
	if m.Windows != (Windows{}) || len(m.Rollups) != 1 || m.Rollups[0].Name != "latency_1m" || m.Name != "export" {
		t.Errorf("got %+v", m)
	}
}

func TestHashOfCompressed(t *testing.T) {
	s := newSource(t, "")
	for _, ending := range []string{".gz", ".zst", ".GZ"} {
		path := filepath.Join(t.TempDir(), "l.csv"+ending)
		sum := s.mustExport(t, "latency_1m", path, Options{})
		got := read(t, path)
		if hexOf(sum.SHA256) != hashOf(got) || sum.Bytes != int64(len(got)) {
			t.Errorf("%s: got %+v for %d bytes", ending, sum, len(got))
		}
		if ending != ".gz" {
			continue
		}
		z, err := gzip.NewReader(strings.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(z); string(b) != wholeCSV {
			t.Errorf("%v: %s", err, b)
		}
	}
}

// Each format in a file and in a folder: as many rows as there are.
func TestAllFormats(t *testing.T) {
	s := newSource(t, "")
	for _, f := range output.Formats {
		path := filepath.Join(t.TempDir(), "x")
		sum := s.mustExport(t, "latency_1m", path, Options{Format: &f})
		if sum.Rows != 5 || sum.Bytes == 0 {
			t.Errorf("%s: %+v", f.Name, sum)
		}
		sum = s.mustExport(t, "latency_1m", path+"d", Options{Format: &f, PartitionBy: "host"})
		if sum.Rows != 5 || sum.Files != 3 {
			t.Errorf("%s: %+v", f.Name, sum)
		}
	}
}

func TestWriteMistakes(t *testing.T) {
	s := newSource(t, "")
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	write(t, file, "x")
	for _, c := range []struct {
		name, sql, path string
		o               Options
		want            string
	}{
		{"a column that is not there", "SELECT * FROM latency_1m", dir, Options{PartitionBy: "hsot"}, "cannot partition by hsot: there is no such column; did you mean host?"},
		{"nothing near", "SELECT n, host FROM latency_1m", dir, Options{PartitionBy: "country"}, "cannot partition by country: there is no such column; there are day, n, host"},
		{"no windows", "SELECT n, host FROM latency_1m", dir, Options{PartitionBy: "Day"}, "cannot partition by day: there is no column window_start; there are n, host"},
		{"no time", "SELECT host AS window_start FROM latency_1m", dir, Options{PartitionBy: "day"}, "cannot partition by day: window_start holds web-1, which is no time"},
		{"a number", "SELECT 5 AS window_start", dir, Options{PartitionBy: "day"}, "window_start holds 5, which is no time"},
		{"blob", "SELECT x'01' AS b", dir, Options{PartitionBy: "b"}, "cannot make a folder for a value of b: it is a BLOB; take hex() of it in a SELECT"},
		{"long", `SELECT 1 AS "` + strings.Repeat("b", 199) + `"`, dir, Options{PartitionBy: strings.Repeat("b", 199)}, "the name of the column is too long; give it a shorter one in a SELECT, with AS"},
		{"a file", "SELECT n FROM latency_1m", file, Options{PartitionBy: "n"}, "it is a file, and a partitioned export is a folder of files"},
		{"below a file", "SELECT n FROM latency_1m", filepath.Join(file, "x"), Options{PartitionBy: "n"}, "not a directory"},
		{"a folder", "SELECT n FROM latency_1m", dir, Options{}, "it is a folder; name a file, or give --partition-by"},
		{"a mistake in SQL", "SELECT m FROM latency_1m", dir, Options{PartitionBy: "n"}, "query:1:8: no such column: m"},
		{"a parameter", "SELECT :m FROM latency_1m", dir, Options{PartitionBy: "n"}, "query:1:8: no value for the parameter :m"},
		{"a mistake after the first rows", "SELECT abs(CASE n WHEN 3 THEN -9223372036854775807 - 1 ELSE n END) AS n FROM latency_1m ORDER BY window_start", dir, Options{PartitionBy: "n"}, "integer overflow"},
		{"options", "SELECT n FROM latency_1m", dir, Options{PartitionBy: "n", Output: output.Options{Delimiter: '"'}}, "cannot stand between fields"},
		{"a manifest of a pipe", "SELECT n FROM latency_1m", os.DevNull, Options{Manifest: true}, "cannot write a manifest of " + os.DevNull + ": it is not a regular file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := s.query(t, query.Query{SQL: c.sql}, c.path, c.o)
			wantError(t, err, c.want)
			if d := cmp.Diff(tree(t, dir), map[string]string{"file": "x"}); d != "" {
				t.Errorf("something was left: %s", d)
			}
		})
	}
}

func TestTooManyFiles(t *testing.T) {
	mostFiles = 20
	defer func() { mostFiles = 10_000 }()
	s := newSource(t, "")
	dir := filepath.Join(t.TempDir(), "d")
	q := query.Query{SQL: "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c LIMIT 21) SELECT i FROM c"}
	_, err := s.query(t, q, dir, Options{PartitionBy: "i"})
	wantError(t, err, "partitioning by i makes more than 20 files; take a column with fewer values")
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}

// An export that is stopped leaves an older one as it was.
func TestStoppedExport(t *testing.T) {
	s := newSource(t, "")
	dir := filepath.Join(t.TempDir(), "d")
	s.mustExport(t, "latency_1m", dir, Options{PartitionBy: "host", Manifest: true})
	before := tree(t, dir)
	s.exec(t, "UPDATE windrow_state_1 SET n = 77")
	ctx, cancel := context.WithCancel(t.Context())
	snapshot, err := query.Open(ctx, s.DB)
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	q := query.Query{SQL: "SELECT l.*, c.i FROM latency_1m l, (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c) SELECT i FROM c LIMIT 3000) c"}
	_, err = Write(ctx, snapshot, q, dir, Options{Format: output.Find("csv"), PartitionBy: "n", Progress: func(int64) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if d := cmp.Diff(tree(t, dir), before); d != "" {
		t.Error(d)
	}
}

func TestNullAndOptions(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	s.mustExport(t, "latency_1m", path, Options{Output: output.Options{Delimiter: ';', Null: "-", NoHeader: true, Zone: zone}})
	r := csv.NewReader(strings.NewReader(read(t, path)))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 5 {
		t.Fatal(rows, err)
	}
	if d := cmp.Diff(rows[3], []string{"2026-03-01 13:01:00", "-", "1", "-"}); d != "" {
		t.Error(d)
	}
}
