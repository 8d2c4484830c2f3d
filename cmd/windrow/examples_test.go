package main

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestExamples runs every folder of examples with the real program, worker
// processes included, and compares what it exports with what lies beside it.
func TestExamples(t *testing.T) {
	pipelines, err := filepath.Glob("../../examples/*/windrow.sql")
	if err != nil || len(pipelines) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, pipeline := range pipelines {
		folder := filepath.Dir(pipeline)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			testExample(t, folder)
		})
	}
}

// TestExamplesAreComplete: no folder is left out because a file has another name.
func TestExamplesAreComplete(t *testing.T) {
	folders, err := os.ReadDir("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range folders {
		for _, pattern := range []string{"windrow.sql", "README.md", "want.*.csv"} {
			found, err := filepath.Glob(filepath.Join("../../examples", f.Name(), pattern))
			if err != nil || len(found) == 0 {
				t.Errorf("examples/%s has no %s", f.Name(), pattern)
			}
		}
	}
}

// TestReadme: the definitions that the README shows are accepted.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```sql\n")[1:]
	if len(blocks) == 0 {
		t.Fatal("the README shows no definitions")
	}
	for _, block := range blocks {
		definitions, _, _ := strings.Cut(block, "```")
		file := filepath.Join(t.TempDir(), "windrow.sql")
		if err := os.WriteFile(file, []byte(definitions), 0o644); err != nil {
			t.Fatal(err)
		}
		windrow(t, "check", file)
	}
}

func testExample(t *testing.T, folder string) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
		t.Fatal(err)
	}
	store := filepath.Join(dir, "windrow.db")
	pipeline := filepath.Join(dir, "windrow.sql")

	first := windrow(t, "run", "--once", "--store", store, pipeline)
	compareExports(t, dir, store, first)

	second := windrow(t, "run", "--once", "--store", store, pipeline)
	if !strings.Contains(second, "nothing new, already absorbed (") {
		t.Errorf("the second run absorbs again, or does not say that it does not:\n%s", second)
	}
	compareExports(t, dir, store, second)
	if _, err := os.Stat(filepath.Join(dir, "want")); err == nil {
		doAsReadmeSays(t, folder, dir)
		compareFiles(t, folder, dir)
	}
}

// doAsReadmeSays runs the commands that an example's README shows, in a shell
// in the example's folder.
func doAsReadmeSays(t *testing.T, folder, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		command, shown := strings.CutPrefix(strings.TrimRight(line, "\n"), "    windrow ")
		if !shown {
			continue
		}
		cmd := exec.CommandContext(t.Context(), "sh", "-c", "windrow "+command)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("windrow %s: %v\n%s", command, err, out)
		}
	}
}

// compareFiles compares all files below want/ with those of the same name that
// the commands have written; with -update it makes them equal.
func compareFiles(t *testing.T, folder, dir string) {
	t.Helper()
	want := filepath.Join(dir, "want")
	err := filepath.WalkDir(want, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(want, path)
		if err != nil {
			return err
		}
		wanted, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(filepath.Join(dir, name))
		switch {
		case err != nil:
			t.Errorf("%s was not written: %v", name, err)
		case *update:
			return os.WriteFile(filepath.Join(folder, "want", name), got, 0o644)
		case !bytes.Equal(got, wanted):
			t.Errorf("%s: %s", name, firstDifference(string(got), string(wanted)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func compareExports(t *testing.T, dir, store, said string) {
	t.Helper()
	wants, err := filepath.Glob(filepath.Join(dir, "want.*.csv"))
	if err != nil || len(wants) == 0 {
		t.Fatalf("no want.NAME.csv: %v", err)
	}
	for _, file := range wants {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), "want."), ".csv")
		got := windrow(t, "export", name, "--store", store)
		if got == string(want) {
			continue
		}
		t.Errorf("export %s: %s", name, firstDifference(got, string(want)))
		t.Logf("the run said:\n%s", said)
	}
}

// exampleLimit is how long one command of an example may take.
const exampleLimit = time.Minute

// windrow runs the program as a process, as TestMain has put it into PATH, and
// returns what it printed.
func windrow(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), exampleLimit)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "windrow", args...)
	cmd.WaitDelay = time.Second // its workers hold the pipes too
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("windrow %s: %v\n%s%s", strings.Join(args, " "), err, &stdout, &stderr)
	}
	return stdout.String()
}

// firstDifference shows the first line that differs.
func firstDifference(got, want string) string {
	g, w := strings.SplitAfter(got, "\n"), strings.SplitAfter(want, "\n")
	for i := range max(len(g), len(w)) {
		a, b := "nothing", "nothing"
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			return "line " + strconv.Itoa(i+1) + " is\n\t" + strings.TrimRight(a, "\n") + "\nwant\n\t" + strings.TrimRight(b, "\n")
		}
	}
	return "equal"
}
