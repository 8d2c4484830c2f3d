package export

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/windrow/windrow/query"
)

func rowsOf(host string) query.Query {
	return query.Query{SQL: "SELECT host, n FROM latency_1m WHERE host LIKE :host", Params: map[string]string{"host": host}}
}

// Of an older export only what its manifest lists is removed.
func TestStaleFilesAreRemoved(t *testing.T) {
	s := newSource(t, "")
	dir := t.TempDir()
	o := Options{PartitionBy: "host", Manifest: true}
	if _, err := s.query(t, rowsOf("web-%"), dir, o); err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(dir, "host=web-2", "mine.csv")
	write(t, mine, "mine")
	if _, err := s.query(t, rowsOf("web-1"), dir, Options{PartitionBy: "host"}); err != nil {
		t.Fatal(err)
	}
	got := tree(t, dir)
	list := got["_manifest.json"]
	delete(got, "_manifest.json")
	if d := cmp.Diff(got, map[string]string{"host=web-1/export.csv": "host,n\nweb-1,4\nweb-1,1\nweb-1,3\n", "host=web-2/mine.csv": "mine"}); d != "" {
		t.Error(d)
	}
	if strings.Contains(list, "web-2") || strings.Contains(list, "leftovers") {
		t.Errorf("the manifest names what is gone:\n%s", list)
	}
	os.Remove(mine)
	if _, err := s.query(t, rowsOf("web-2"), dir, o); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "host=web-1")); !os.IsNotExist(err) {
		t.Errorf("the empty folder stays: %v", err)
	}
}

// Without a manifest nothing is removed.
func TestNothingIsRemovedWithoutManifest(t *testing.T) {
	s := newSource(t, "")
	dir := t.TempDir()
	for _, host := range []string{"web-1", "web-2"} {
		if _, err := s.query(t, rowsOf(host), dir, Options{PartitionBy: "host"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := tree(t, dir); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

// What an interrupted export may have left is removed, and nothing outside.
func TestLeftovers(t *testing.T) {
	s := newSource(t, "")
	dir := filepath.Join(t.TempDir(), "d")
	o := Options{PartitionBy: "host", Manifest: true}
	if _, err := s.query(t, rowsOf("web-1"), dir, o); err != nil {
		t.Fatal(err)
	}
	m, err := readManifest(manifestIn(dir))
	if err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(dir, "..", "outside.csv")
	write(t, outside, "x")
	os.Mkdir(filepath.Join(dir, "host=gone"), 0o777)
	write(t, filepath.Join(dir, "host=gone", "export.csv"), "x")
	m.Leftovers = []string{"host=gone/export.csv", "host=never/export.csv", "../outside.csv"}
	if err := m.write(manifestIn(dir)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.query(t, rowsOf("web-1"), dir, o); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 2 {
		t.Errorf("got %v", got)
	}
	if read(t, outside) != "x" {
		t.Error("a file outside of the folder was touched")
	}
}

// At each step of put the manifest names all files that lie there.
func TestPutNamesAllFiles(t *testing.T) {
	s := newSource(t, "")
	dir := t.TempDir()
	o := Options{PartitionBy: "host", Manifest: true}
	if _, err := s.query(t, rowsOf("web-1"), dir, o); err != nil {
		t.Fatal(err)
	}
	// The second file cannot get its name: a folder is in its way.
	inTheWay := filepath.Join(dir, "host=web-2", "export.csv")
	if err := os.MkdirAll(filepath.Join(inTheWay, "x"), 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := s.query(t, query.Query{SQL: "SELECT host, n FROM latency_1m UNION ALL SELECT 'a', 0"}, dir, o)
	wantError(t, err, "cannot write "+inTheWay)
	m, err := readManifest(manifestIn(dir))
	if err != nil {
		t.Fatal(err)
	}
	for name := range tree(t, dir) {
		if name != "_manifest.json" && !strings.Contains(name, "export.csv/x") && find(pathsOf(m), name) < 0 {
			t.Errorf("%s lies there, and the manifest has only %v", name, pathsOf(m))
		}
	}
	os.RemoveAll(inTheWay)
	if _, err := s.query(t, rowsOf("web-1"), dir, o); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestForeignManifest(t *testing.T) {
	s := newSource(t, "")
	dir := t.TempDir()
	for _, c := range []struct{ content, want string }{
		{`{"name": "an app"}`, "is no manifest of an export; take it away, or choose another place"},
		{`{"manifest": 99}`, "is from a newer version of windrow"},
	} {
		write(t, manifestIn(dir), c.content)
		_, err := s.export(t, "latency_1m", dir, Options{PartitionBy: "day", Manifest: true})
		wantError(t, err, c.want)
		if got := tree(t, dir); len(got) != 1 || got["_manifest.json"] != c.content {
			t.Errorf("got %v", got)
		}
	}
}

// Files of an export that was killed are removed after a day; those of one that
// may still be at work stay.
func TestPartsAreSwept(t *testing.T) {
	s := newSource(t, "")
	dir := filepath.Join(t.TempDir(), "odd[name]*")
	if err := os.MkdirAll(filepath.Join(dir, "host=x"), 0o777); err != nil {
		t.Fatal(err)
	}
	old, young := filepath.Join(dir, "host=x", ".export.csv.ABCDEFGH.part"), filepath.Join(dir, "host=x", ".export.csv.HGFEDCBA.part")
	write(t, old, "x")
	write(t, young, "x")
	long := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(old, long, long); err != nil {
		t.Fatal(err)
	}
	s.mustExport(t, "latency_1m", dir, Options{PartitionBy: "day"})
	if got := tree(t, dir); len(got) != 2 || got["host=x/.export.csv.HGFEDCBA.part"] != "x" {
		t.Errorf("got %v", got)
	}
}
