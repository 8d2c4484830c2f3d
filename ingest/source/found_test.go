package source

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/windrow/windrow/schema"
)

// folder is a directory of log files that a test changes.
type folder struct {
	t   *testing.T
	dir string
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f folder) write(name, text string) {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f folder) zip(name, text string) {
	f.t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	f.write(name, b.String())
}

// look looks at all files of the folder, which are JSON.
func (f folder) look() []*Found {
	f.t.Helper()
	s := &schema.Stream{Options: schema.Options{Paths: []string{f.path("*")}, Format: schema.FormatJSON}}
	paths, problems := Paths(s)
	if len(problems) > 0 {
		f.t.Fatal(problems)
	}
	var found []*Found
	for _, p := range paths {
		x, err := Look(p, s)
		if err != nil {
			f.t.Fatal(err)
		}
		f.t.Cleanup(x.Close)
		found = append(found, x)
	}
	return found
}

func TestPaths(t *testing.T) {
	f := folder{t, t.TempDir()}
	os.MkdirAll(f.path("2026/03"), 0o755)
	f.write("2026/03/b.log", "{}\n")
	f.write("2026/a.log", "{}\n")
	f.write("2026/.a.log.swp", "{}\n")
	f.write("2026/.b.log", "{}\n")
	paths := func(pattern string) ([]string, []Problem) {
		return Paths(&schema.Stream{Options: schema.Options{Paths: []string{f.path(pattern)}}})
	}
	found, problems := paths("**/*.log")
	if len(problems) > 0 || len(found) != 2 || filepath.Base(found[0]) != "b.log" || filepath.Base(found[1]) != "a.log" {
		t.Error(found, problems)
	}
	if found, _ := paths("2026/.*.log"); len(found) != 1 {
		t.Error("a hidden file that is asked for:", found)
	}
	for _, c := range []struct{ path, want string }{
		{"none/*.log", "the directory " + f.path("none") + " does not exist"},
		{"2026", "it is a directory; name the files in it, as in '" + f.path("2026/*") + "'"},
		{"*.csv", "no file matches"},
		{"none.log", "file does not exist"},
	} {
		_, problems := paths(c.path)
		if len(problems) != 1 || problems[0].Err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.path, problems, c.want)
		}
	}
}

// What cannot be looked into does not hide the other files.
func TestPathsBesideTrouble(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("a.log", "{}\n")
	if err := os.Symlink("loop.log", f.path("loop.log")); err != nil {
		if runtime.GOOS == "windows" {
			t.Skip("links need a privilege there: ", err)
		}
		t.Fatal(err)
	}
	found, problems := Paths(&schema.Stream{Options: schema.Options{Paths: []string{f.path("*.log")}}})
	if len(found) == 0 || filepath.Base(found[0]) != "a.log" || len(problems) == 0 {
		t.Error(found, problems)
	}
}

func TestLook(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("a.json", "\xef\xbb\xbf[{}]")
	f.write("b.csv", "\xef\xbb\xbfts;\"ho\nst\"\n1;2\n")
	f.write("empty.json", "")
	csv := schema.Options{Format: schema.FormatCSV, CSV: schema.CSV{Delimiter: ';', Quote: '"', Header: true, Multiline: true}}
	for _, c := range []struct {
		name    string
		options schema.Options
		want    Layout
		partial bool
	}{
		{"a.json", schema.Options{Format: schema.FormatJSON}, Layout{Start: 4, Array: true}, false},
		{"b.csv", csv, Layout{Start: 14, Header: []string{"ts", "ho\nst"}}, false},
		{"empty.json", schema.Options{Format: schema.FormatJSON}, Layout{}, true},
	} {
		x, err := Look(f.path(c.name), &schema.Stream{Options: c.options})
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		if !reflect.DeepEqual(x.Layout, c.want) || x.Partial != c.partial {
			t.Errorf("%s: %+v, partial %v", c.name, x.Layout, x.Partial)
		}
	}
	if _, err := Look(f.dir, &schema.Stream{}); !errors.Is(err, ErrNotRegular) {
		t.Errorf("a folder: %v", err)
	}
}

// A file that is in use stays open, and no longer than that if it is not kept.
func TestUse(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("a.log", "{}\n{}\n")
	x := f.look()[0]
	r, err := x.Reader()
	if err != nil {
		t.Fatal(err)
	}
	file, err := x.Use()
	if err != nil || file != x.Opened() {
		t.Fatal("it is opened a second time:", err)
	}
	x.Close()
	if x.Opened() != nil {
		t.Error("it is kept open")
	}
	x.Done()
	if b, err := io.ReadAll(r); err != nil || len(b) != 6 {
		t.Errorf("%q, %v: it was closed while it was read", b, err)
	}
	r.Close()
	if _, err := file.Stat(); !errors.Is(err, os.ErrClosed) {
		t.Error("nobody uses it, and it is open:", err)
	}
	if _, err := x.Before(3, 3); err != nil || x.Opened() != nil {
		t.Error("a look at a closed file keeps it open:", err)
	}
}
