package source

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
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

// find finds the JSON files of the folder.
func (f folder) find() []*Found {
	f.t.Helper()
	s := &schema.Stream{Options: schema.Options{Paths: []string{f.path("*")}, Format: schema.FormatJSON}}
	found, problems := Find(s)
	if len(problems) > 0 {
		f.t.Fatal(problems)
	}
	for _, x := range found {
		f.t.Cleanup(x.Close)
	}
	return found
}

// known is what the store has after n bytes of the file were absorbed.
func known(number int64, f *Found, text string, n int) Known {
	k := Known{Split: f.New()}
	k.Number = number
	k.Prefix = store.Range{Split: number, Lo: 0, Hi: int64(n), TailLen: min(n, 4096), TailEnd: int64(n)}
	k.Prefix.Tail = sha256.Sum256([]byte(text[n-k.Prefix.TailLen : n]))
	return k
}

// Files are known again whatever was done to them, and only those.
func TestMatch(t *testing.T) {
	text := strings.Repeat("{\"a\":1}\n", 1000)
	other := strings.Repeat("{\"a\":2}\n", 1000)
	tests := map[string]struct {
		change func(f folder)
		want   map[string]Verdict // by name; Same and Rewritten mean the known split
	}{
		"nothing":                  {func(f folder) {}, map[string]Verdict{"a.log": Same}},
		"grown":                    {func(f folder) { f.write("a.log", text+other) }, map[string]Verdict{"a.log": Same}},
		"renamed":                  {func(f folder) { os.Rename(f.path("a.log"), f.path("b.log")) }, map[string]Verdict{"b.log": Same}},
		"renamed, and a new one":   {func(f folder) { os.Rename(f.path("a.log"), f.path("b.log")); f.write("a.log", other) }, map[string]Verdict{"a.log": Fresh, "b.log": Same}},
		"compressed":               {func(f folder) { os.Remove(f.path("a.log")); f.zip("a.log.gz", text) }, map[string]Verdict{"a.log.gz": Same}},
		"compressed with more":     {func(f folder) { os.Remove(f.path("a.log")); f.zip("a.log.gz", text+other) }, map[string]Verdict{"a.log.gz": Same}},
		"copied over":              {func(f folder) { os.Remove(f.path("a.log")); f.write("x", ""); f.write("a.log", text) }, map[string]Verdict{"a.log": Same}},
		"copied beside":            {func(f folder) { f.write("b.log", text) }, map[string]Verdict{"a.log": Same, "b.log": Fresh}},
		"copied and truncated":     {func(f folder) { f.write("b.log", text); f.write("a.log", other[:80]) }, map[string]Verdict{"a.log": Fresh, "b.log": Same}},
		"shorter":                  {func(f folder) { f.write("a.log", text[:80]) }, map[string]Verdict{"a.log": Fresh}},
		"rewritten":                {func(f folder) { f.write("a.log", other+other) }, map[string]Verdict{"a.log": Rewritten}},
		"rewritten after its head": {func(f folder) { f.write("a.log", text[:2048]+other) }, map[string]Verdict{"a.log": Rewritten}},
		"gone":                     {func(f folder) { os.Remove(f.path("a.log")); f.write("b.log", other) }, map[string]Verdict{"b.log": Fresh}},
		"emptied":                  {func(f folder) { f.write("a.log", "") }, map[string]Verdict{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := folder{t, t.TempDir()}
			f.write("a.log", text)
			k := known(7, f.find()[0], text, 4000)
			if strings.HasPrefix(name, "copied and") || strings.HasPrefix(name, "shorter") {
				k = known(7, f.find()[0], text, len(text))
			}
			test.change(f)
			found := f.find()
			which, verdict, err := Match(found, []Known{k})
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]Verdict{}
			for i, x := range found {
				got[filepath.Base(x.Path)] = verdict[i]
				if (which[i] == 0) == (verdict[i] == Fresh) {
					t.Errorf("%s: split %d, verdict %d", x.Path, which[i], verdict[i])
				}
			}
			if len(got) != len(test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
			for n, v := range test.want {
				if got[n] != v {
					t.Errorf("%s: verdict %d, want %d", n, got[n], v)
				}
			}
		})
	}
}

// Two hosts' files with the same content are two files, also on the next run.
func TestEqualFilesStayTwo(t *testing.T) {
	f := folder{t, t.TempDir()}
	text := "{\"a\":1}\n"
	f.write("a.log", text)
	f.write("b.log", text)
	found := f.find()
	ks := []Known{known(1, found[0], text, len(text)), known(2, found[1], text, len(text))}
	which, _, err := Match(f.find(), ks)
	if err != nil || which[0] != 0 || which[1] != 1 {
		t.Fatal(which, err)
	}
}

func TestFind(t *testing.T) {
	f := folder{t, t.TempDir()}
	os.MkdirAll(f.path("2026/03"), 0o755)
	f.write("2026/03/b.log", "{}\n")
	f.write("2026/a.log", "\xef\xbb\xbf[{}]")
	f.write("2026/empty.log", "")
	os.Symlink(f.path("2026/a.log"), f.path("2026/link.log"))
	find := func(s schema.Stream) ([]*Found, []Problem) {
		s.Format = schema.FormatJSON
		found, problems := Find(&s)
		for _, x := range found {
			t.Cleanup(x.Close)
		}
		return found, problems
	}
	found, problems := find(schema.Stream{Options: schema.Options{Paths: []string{f.path("**/*.log")}}})
	if len(problems) > 0 || len(found) != 2 {
		t.Fatal(found, problems)
	}
	if filepath.Base(found[0].Path) != "b.log" || filepath.Base(found[1].Path) != "a.log" {
		t.Errorf("in the order %s, %s", found[0].Path, found[1].Path)
	}
	if a := found[1]; !a.Array || a.Start != 4 {
		t.Errorf("array %v, starts at %d", a.Array, a.Start)
	}
	for _, c := range []struct{ path, want string }{
		{"none/*.log", "the directory " + f.path("none") + " does not exist"},
		{"2026", "it is a directory; name the files in it, as in '" + f.path("2026/*") + "'"},
		{"*.csv", "no file matches"},
		{"none.log", "file does not exist"},
	} {
		_, problems := find(schema.Stream{Options: schema.Options{Paths: []string{f.path(c.path)}}})
		if len(problems) != 1 || problems[0].Err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.path, problems, c.want)
		}
	}
}

// What cannot be looked into does not hide the other files.
func TestFindBesideTrouble(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("a.log", "{}\n")
	if err := os.Symlink("loop.log", f.path("loop.log")); err != nil {
		t.Skip(err)
	}
	found, problems := Find(&schema.Stream{Options: schema.Options{Paths: []string{f.path("*.log")}, Format: schema.FormatJSON}})
	if len(found) != 1 || len(problems) == 0 {
		t.Error(found, problems)
	}
}

func TestCSVHeader(t *testing.T) {
	f := folder{t, t.TempDir()}
	f.write("a.csv", "\xef\xbb\xbfts;\"ho\nst\"\n1;2\n")
	s := &schema.Stream{Options: schema.Options{Paths: []string{f.path("a.csv")}, Format: schema.FormatCSV,
		CSV: schema.CSV{Delimiter: ';', Quote: '"', Header: true, Multiline: true}}}
	found, problems := Find(s)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	defer found[0].Close()
	if x := found[0]; x.Start != 14 || len(x.Header) != 2 || x.Header[1] != "ho\nst" {
		t.Errorf("starts at %d, header %q", x.Start, x.Header)
	}
}
