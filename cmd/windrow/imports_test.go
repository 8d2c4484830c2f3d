package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/windrow/windrow"

// imports says for each package of the module which others it may import.
// Definitions know no I/O, the two sides ingest and query do not know each
// other, and what they share with the workers are three contracts: the bytes
// on the pipe, the state of an aggregate, the tables on disk. Tests may import
// what they like, and so may cmd.
//
// A package NAMEtest holds a contract's test suite: it may import what the
// package above it may, and that package.
var imports = map[string][]string{
	"schema/value":     {},
	"schema/exact":     {},
	"schema/fault":     {},
	"schema/syntax":    {},
	"schema/schedule":  {},
	"schema/window":    {"schema/value"},
	"schema/sketch":    {"schema/value"},
	"schema/aggregate": {"schema/exact", "schema/fault", "schema/sketch", "schema/value"},
	"schema":           {"schema/aggregate", "schema/schedule", "schema/syntax", "schema/value", "schema/window"},
	"schema/store":     {"schema", "schema/aggregate", "schema/fault", "schema/value", "schema/window"},

	"workers/wire":        {},
	"workers/decode/scan": {},
	"workers/decode":      {"ingest/split", "schema", "schema/value", "workers/decode/scan"},
	"workers/eval":        {"schema", "schema/syntax", "schema/value"},
	"workers": {"ingest/split", "schema", "schema/aggregate", "schema/fault", "schema/store", "schema/value", "schema/window",
		"workers/decode", "workers/eval", "workers/wire"},

	"ingest/split":     {},
	"ingest/source":    {"ingest/split", "schema", "schema/store", "workers/wire"},
	"ingest/supervise": {},
	"ingest/track":     {"ingest/source", "ingest/split", "schema", "schema/store"},
	"ingest": {"ingest/source", "ingest/split", "ingest/supervise", "ingest/track", "schema", "schema/fault", "schema/store",
		"schema/value", "workers/wire"},

	"query/output":  {"schema/value"},
	"query/deliver": {"query/output", "query/report", "schema"},
	"query/report":  {"query/output"},
	"query/export":  {"query", "query/output", "schema/syntax", "schema/value"},
	"query":         {"query/output", "schema", "schema/store", "schema/syntax", "schema/value", "schema/window"},
	"query/scheduler": {"query", "query/deliver", "query/export", "query/output", "query/report", "schema", "schema/schedule",
		"schema/store", "schema/syntax", "schema/value"},
}

// reserved names packages from elsewhere that have one home in this module.
var reserved = map[string]string{
	"modernc.org/sqlite":                "schema/store", // one place opens databases: locks vanish on a stray close
	"github.com/alecthomas/kong":        "cmd/windrow",  // only the command reads flags and the environment
	"github.com/netresearch/go-cron":    "schema/schedule",
	"github.com/olekukonko/tablewriter": "query/output",
}

// judge is the program that checks the others from outside: it reads stores
// and computes what should be in them with SQLite alone.
const judge = "cmd/prove"

func TestImports(t *testing.T) {
	packages := readPackages(t, "../..")
	if len(packages["cmd/windrow"]) == 0 {
		t.Fatal("the files of cmd/windrow were not found: the test looks in the wrong place")
	}
	for _, dir := range slices.Sorted(maps.Keys(packages)) {
		allowed, ok := allowedImports(dir)
		if !ok {
			t.Errorf("package %s has no row in the table of imports: say what it may import", dir)
			continue
		}
		for _, f := range packages[dir] {
			for _, p := range f.imports {
				if reason := forbidden(dir, p, allowed); reason != "" {
					t.Errorf("%s imports %s: %s", f.name, p, reason)
				}
			}
		}
	}
}

// TestImportRules shows that each kind of rule can fail.
func TestImportRules(t *testing.T) {
	for _, c := range []struct{ dir, imported, want string }{
		{"ingest", module + "/query", "only cmd imports query"},
		{"query", module + "/ingest", "query may not import ingest"},
		{"query", module + "/workers/wire", "query may not import workers/wire"},
		{"schema/value", module + "/schema", "schema/value may not import schema"},
		{"query", "modernc.org/sqlite", "only schema/store may"},
		{"query", "modernc.org/sqlite/vtab", "only schema/store may"},
		{"schema/store", "modernc.org/sqlite/vtab", ""},
		{"schema/store", module + "/schema", ""},
		{"cmd/windrow", module + "/query", ""},
		{"cmd/windrow", "modernc.org/sqlite", "only schema/store may"},
		{"cmd/prove", "modernc.org/sqlite", ""},
		{"schema/aggregate/aggregatetest", module + "/schema/aggregate", ""},
		{"schema/aggregate/aggregatetest", module + "/schema/store", "schema/aggregate/aggregatetest may not import schema/store"},
		{"ingest", "os/exec", ""},
	} {
		allowed, ok := allowedImports(c.dir)
		if !ok {
			t.Errorf("%s has no row", c.dir)
		}
		if got := forbidden(c.dir, c.imported, allowed); got != c.want {
			t.Errorf("%s imports %s: got %q, want %q", c.dir, c.imported, got, c.want)
		}
	}
	if _, ok := allowedImports("ingest/new"); ok {
		t.Error("a package without a row has one")
	}
}

// allowedImports returns the row of a package; nil and true mean anything.
func allowedImports(dir string) ([]string, bool) {
	if strings.HasPrefix(dir, "cmd/") {
		return nil, true
	}
	if row, ok := imports[dir]; ok {
		return append([]string{}, row...), true
	}
	parent := path.Dir(dir)
	if row, ok := imports[parent]; ok && dir == parent+"/"+path.Base(parent)+"test" {
		return append([]string{parent}, row...), true
	}
	return nil, false
}

// forbidden says why a package may not import another, or "".
func forbidden(dir, imported string, allowed []string) string {
	for p, home := range reserved {
		if (imported == p || strings.HasPrefix(imported, p+"/")) && dir != home && dir != judge {
			return "only " + home + " may"
		}
	}
	own, ok := strings.CutPrefix(imported, module+"/")
	switch {
	case !ok || allowed == nil || slices.Contains(allowed, own):
		return ""
	case own == "query" && dir != "query":
		return "only cmd imports query"
	}
	return dir + " may not import " + own
}

type sourceFile struct {
	name    string
	imports []string
}

// readPackages parses the module's files that are no tests, by folder. It
// leaves out examples, testdata, hidden folders and nested modules.
func readPackages(t *testing.T, root string) map[string][]sourceFile {
	t.Helper()
	packages := map[string][]sourceFile{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return skipFolder(root, name)
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		f, err := readImports(filepath.Join(root, name))
		f.name = name
		packages[path.Dir(name)] = append(packages[path.Dir(name)], f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func skipFolder(root, name string) error {
	base := path.Base(name)
	if name == "." {
		return nil
	}
	_, err := os.Stat(filepath.Join(root, name, "go.mod"))
	if err == nil || name == "examples" || base == "testdata" || strings.HasPrefix(base, ".") {
		return fs.SkipDir
	}
	return nil
}

func readImports(name string) (sourceFile, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
	if err != nil {
		return sourceFile{}, err
	}
	var f sourceFile
	for _, s := range parsed.Imports {
		p, err := strconv.Unquote(s.Path.Value)
		if err != nil {
			return f, err
		}
		f.imports = append(f.imports, p)
	}
	return f, nil
}
