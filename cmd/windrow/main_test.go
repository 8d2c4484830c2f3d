package main

import (
	"bytes"
	"context"
	"flag"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/windrow/windrow/query/querytest"
)

var update = flag.Bool("update", false, "rewrite what testdata/script expects")

// TestMain makes this test binary the program windrow for everything that the
// tests start.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"windrow": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"mkstore": makeStore,
			"head":    head,
			"outdate": outdate,
		},
	})
}

// makeStore makes a store with one rollup: mkstore FILE [SQLFILE].
func makeStore(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: mkstore FILE [SQLFILE]")
	}
	script := querytest.Rollup
	if len(args) == 2 {
		script += ts.ReadFile(args[1])
	}
	ts.Check(querytest.Write(ts.MkAbs(args[0]), script))
}

// head checks how a file begins: head FILE HEXBYTES.
func head(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: head FILE TEXT")
	}
	if strings.HasPrefix(ts.ReadFile(args[0]), args[1]) == neg {
		ts.Fatalf("%s begins otherwise", args[0])
	}
}

// call runs a command line in this process.
func call(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(stdin), &out, &err)
	return code, out.String(), err.String()
}

func TestWrongUsage(t *testing.T) {
	for _, c := range []struct {
		args string
		want string
	}{
		{"qurey x", "windrow: unexpected argument qurey, did you mean \"query\"?\nsee: windrow --help\n"},
		{"query --fromat csv x", "windrow: unknown flag --fromat, did you mean \"--format\"?\nsee: windrow query --help\n"},
		{"query --csv --json x", "windrow: --csv and --json can't be used together\nsee: windrow query --help\n"},
		{"query", "windrow: a statement is missing\nsee: windrow query --help\n"},
		{"query SELECT 1", "windrow: unexpected argument 1: put the whole statement in quotes\nsee: windrow query --help\n"},
		{"query --param x y", "windrow: --param: expected \"<key>=<value>\" but got \"x\"\nsee: windrow query --help\n"},
		{"query --limit=-1 y", "windrow: --limit and --timeout cannot be negative\n"},
		{"query -f a.sql y", "windrow: a statement and -f FILE were given: give one of them\n"},
		{"export", "windrow: expected \"<name>\"\nsee: windrow export --help\n"},
		{"version extra", "windrow: unexpected argument extra\nsee: windrow version --help\n"},
	} {
		code, out, err := call(t, "", strings.Fields(c.args)...)
		if code != exitUsage || out != "" || err != c.want {
			t.Errorf("%s: code %d, out %q, err\n%s\nwant\n%s", c.args, code, out, err, c.want)
		}
	}
}

func TestHelp(t *testing.T) {
	code, out, err := call(t, "")
	if code != exitUsage || out != "" || !strings.HasPrefix(err, "Usage: windrow <command> [flags]\n") {
		t.Errorf("without arguments: code %d, out %q, err %q", code, out, err)
	}
	code, out, err = call(t, "", "--help")
	if code != exitDone || err != "" || !strings.Contains(out, "Answer one SQL statement") {
		t.Errorf("--help: code %d, out %q, err %q", code, out, err)
	}
	parser, e := newParser(&root{}, &streams{})
	if e != nil {
		t.Fatal(e)
	}
	for _, cmd := range parser.Model.Leaves(true) {
		name := cmd.FullPath() // windrow query
		code, out, err = call(t, "", append(strings.Fields(name)[1:], "--help")...)
		if code != exitDone || err != "" || cmd.Name != "version" && !strings.Contains(out, "Examples:\n\n    "+name) {
			t.Errorf("%s --help: code %d, err %q, out\n%s", name, code, err, out)
		}
	}
}

func TestVersion(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"--version"}} {
		code, out, err := call(t, "", args...)
		if code != exitDone || err != "" || !strings.HasPrefix(out, "windrow "+version) {
			t.Errorf("%v: code %d, out %q, err %q", args, code, out, err)
		}
	}
}

func TestInterruptedMessage(t *testing.T) {
	path := t.TempDir() + "/s.db"
	querytest.Create(t, path, querytest.Rollup)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, err bytes.Buffer
	if code := run(ctx, []string{"query", "--store", path, "SELECT 1"}, nil, &out, &err); code != exitFailed || err.String() != "windrow: interrupted\n" {
		t.Errorf("code %d, err %q", code, err.String())
	}
}
