package output

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r io.Reader = bytes.NewReader(b)
	switch filepath.Ext(path) {
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".zst":
		r, err = zstd.NewReader(r)
	}
	if err != nil {
		t.Fatal(err)
	}
	if b, err = io.ReadAll(r); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestFile(t *testing.T) {
	for _, name := range []string{"a.csv", "a.csv.gz", "a.csv.zst", "A.CSV.GZ"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("old"), 0o640); err != nil {
			t.Fatal(err)
		}
		f, err := Create(path)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, "new")
		if b, _ := os.ReadFile(path); string(b) != "old" {
			t.Errorf("%s: it shows before it is complete: %q", name, b)
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		if strings.ToLower(name) == name {
			if got := read(t, path); got != "new" {
				t.Errorf("%s: %q", name, got)
			}
		} else if b, _ := os.ReadFile(path); !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
			t.Errorf("%s is not compressed", name)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: mode %v, %v", name, info.Mode(), err)
		}
		f.Abort() // after Commit: nothing
		if got := names(t, dir); got != name {
			t.Errorf("left: %s", got)
		}
	}
}

func TestFileAbort(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "a.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "half")
	f.Abort()
	if got := names(t, dir); got != "" {
		t.Errorf("left: %s", got)
	}
}

func TestFileThroughLink(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "real.csv"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real.csv", filepath.Join(dir, "link.csv")); err != nil {
		if runtime.GOOS == "windows" { // where links are a privilege
			t.Skip(err)
		}
		t.Fatal(err)
	}
	f, err := Create(filepath.Join(dir, "link.csv"))
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "new")
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(dir, "real.csv")); got != "new" {
		t.Errorf("the file behind the link holds %q", got)
	}
}

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ path, want string }{
		{dir, "cannot write " + dir + ": it is a directory"},
		{dir + "/no/a.csv", "cannot write " + dir + "/no/a.csv: no such file or directory"},
	} {
		if _, err := Create(c.path); err == nil || err.Error() != c.want {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
	f, err := Create(filepath.Join(dir, "a.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "a.csv"), 0o700); err != nil { // in the way of the rename
		t.Fatal(err)
	}
	if err := f.Commit(); err == nil || !strings.HasPrefix(err.Error(), "cannot write ") {
		t.Errorf("got %v", err)
	}
	if got := names(t, dir); got != "a.csv" {
		t.Errorf("left: %s", got)
	}
}

func TestFileToDevice(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/dev/full is Linux's")
	}
	f, err := Create("/dev/full")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, "x"); err == nil {
		t.Error("no error for a full device")
	}
	f.Abort()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Error("the device is gone")
	}
}

func TestForPath(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"a.csv", "csv"}, {"a.tab", "tsv"}, {"dir.json/a.jsonl", "ndjson"}, {"a.json.gz", "json"}, {"A.MD.ZST", "markdown"},
		{"a.htm", "html"}, {"a.txt", "table"}, {"csv", ""}, {"a.gz", ""}, {"a.dat", ""}, {"a.csv.bz2", ""},
	} {
		got := ""
		if f := ForPath(c.path); f != nil {
			got = f.Name
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
	}
}
