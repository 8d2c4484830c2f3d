//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestExportPage: the commands of docs/export.md give what the page shows. After
// a change: go test ./cmd/windrow -run TestExportPage -update-docs
func TestExportPage(t *testing.T) {
	for _, tool := range []string{"jq", "sha256sum"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	page, err := os.ReadFile("../../docs/export.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "quickstart")
	if err := os.CopyFS(dir, os.DirFS("../../examples/quickstart")); err != nil {
		t.Fatal(err)
	}
	commands := 0
	now := outputs.ReplaceAllStringFunc(string(page), func(block string) string {
		commands += strings.Count(block, "\n$ ")
		return tried(t, dir, block)
	})
	switch {
	case commands < 10:
		t.Errorf("the page has %d commands", commands)
	case now == string(page):
	case *updateDocs:
		if err := os.WriteFile("../../docs/export.md", []byte(now), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("docs/export.md shows something else: %s", firstDifference(now, string(page)))
	}
}

var outputs = regexp.MustCompile("(?s)```console\n.*?\n```")

// tried runs the commands of a block, and returns it with what they print.
func tried(t *testing.T, dir, block string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("```console\n")
	for _, part := range strings.Split(block, "\n$ ")[1:] {
		command, _, _ := strings.Cut(part, "\n")
		cmd := exec.Command("sh", "-c", command)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("$ %s: %v", command, err)
		}
		b.WriteString("$ " + command + "\n" + string(out))
	}
	b.WriteString("```")
	return b.String()
}
