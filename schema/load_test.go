package schema

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// env is the environment of the test files.
func env(name string) (string, bool) {
	v, ok := map[string]string{"LOGS": "logs", "EMPTY": "", "SMTP_PASSWORD": "p@ss/w:rd#?", "WEBHOOK_SECRET": "a long secret"}[name]
	return v, ok
}

func loadFile(t *testing.T, path string) (*Pipeline, Problems) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return Load([]Source{{Name: filepath.Base(path), Text: string(text)}}, LoadOptions{Getenv: env})
}

func files(t testing.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files match %s (%v)", pattern, err)
	}
	return paths
}

// golden compares with a file, or writes it with -update.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update and read the difference)\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestBadFiles checks what users read about their mistakes.
func TestBadFiles(t *testing.T) {
	paths := files(t, "testdata/bad/*.sql")
	if len(paths) < 45 {
		t.Errorf("only %d broken files", len(paths))
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".sql"), func(t *testing.T) {
			p, problems := loadFile(t, path)
			if p != nil || len(problems) == 0 {
				t.Fatal("no problem found")
			}
			golden(t, strings.TrimSuffix(path, ".sql")+".golden", problems.Format())
		})
	}
}
