package deliver

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/windrow/windrow/schema"
)

func fileTarget(root, address string) schema.Target {
	return schema.Target{Kind: schema.TargetFile, Root: root, Address: address, Text: address}
}

// tree returns the files below a folder with their content, and folders as
// names that end with /.
func tree(t testing.TB, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if d.IsDir() {
			files[filepath.ToSlash(name)+"/"] = ""
			return nil
		}
		content, err := os.ReadFile(path)
		files[filepath.ToSlash(name)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func checkTree(t testing.TB, root string, want map[string]string) {
	t.Helper()
	got := tree(t, root)
	if !maps.Equal(got, want) {
		t.Errorf("got %q\nwant %q", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func TestFile(t *testing.T) {
	root := filepath.Join(t.TempDir(), "not", "yet")
	m := reportOf(t, "x.html", "text/html", "<p>one")
	to := fileTarget(root, "{name}/{date}/latency-{slot}.html")
	r := deliver(t, to, Config{}, m)
	if want := filepath.Join(root, "morning", "2026-03-02", "latency-20260302T070000Z.html"); r.Place != want {
		t.Errorf("place %q, want %q", r.Place, want)
	}
	if r.Bytes != m.Content.Bytes || r.SHA256 != m.Content.SHA256 {
		t.Errorf("receipt %+v", r)
	}
	want := map[string]string{"morning/": "", "morning/2026-03-02/": "", "morning/2026-03-02/latency-20260302T070000Z.html": "<p>one"}
	checkTree(t, root, want)

	deliver(t, to, Config{}, m)
	checkTree(t, root, want)

	m = reportOf(t, "x.html", "text/html", "<p>two")
	deliver(t, to, Config{}, m)
	want["morning/2026-03-02/latency-20260302T070000Z.html"] = "<p>two"
	checkTree(t, root, want)
	if spool, _ := os.ReadFile(m.Content.File); string(spool) != "<p>two" {
		t.Errorf("the content has become %q", spool)
	}
}

// An absolute target is one below the root.
func TestFileAbsolute(t *testing.T) {
	root := t.TempDir()
	m := reportOf(t, "x", "text/plain", "x")
	deliver(t, fileTarget(root, filepath.Join(root, "a", "b.txt")), Config{}, m)
	checkTree(t, root, map[string]string{"a/": "", "a/b.txt": "x"})
	refused(t, fileTarget(filepath.Join(root, "a"), filepath.Join(root, "b.txt")), Config{}, m, true, "not below")
}

func TestFileModes(t *testing.T) {
	root := t.TempDir()
	old := filepath.Join(root, "old.txt")
	if err := os.WriteFile(old, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(old, 0o604); err != nil {
		t.Fatal(err)
	}
	m := reportOf(t, "x", "text/plain", "x")
	deliver(t, fileTarget(root, "old.txt"), Config{}, m)
	deliver(t, fileTarget(root, "new.txt"), Config{}, m)
	for name, want := range map[string]fs.FileMode{"old.txt": 0o604, "new.txt": 0o666 &^ umask(t)} {
		info, err := os.Stat(filepath.Join(root, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
}

// umask finds which bits new files do not get.
func umask(t *testing.T) fs.FileMode {
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "x"), os.O_CREATE|os.O_WRONLY, 0o777)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return 0o777 &^ info.Mode().Perm()
}

// TestFilesRefused has targets that cannot be written, or must not.
func TestFilesRefused(t *testing.T) {
	outside := t.TempDir()
	root := t.TempDir()
	for _, f := range []string{"file", "folder/x"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, f)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, f), []byte("keep"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"out": outside, "up": "../" + filepath.Base(outside), "loop": "loop", "inside": "folder"} {
		if err := os.Symlink(to, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	before := tree(t, filepath.Join(root, "folder"))
	m := reportOf(t, "x", "text/plain", "x")
	for _, c := range []struct {
		address string
		forGood bool
		words   string
	}{
		{"../x", true, "not below"},
		{"a/../../x", true, "not below"},
		{"/etc/passwd", true, "not below"},
		{"out/x", true, "symbolic link"},
		{"out/deep/er/x", true, "symbolic link"},
		{"up/x", true, "symbolic link"},
		{"loop/x", false, filepath.Join(root, "loop/x")},
		{"folder", false, "there is a folder of that name"},
		{"folder/", true, "names a folder"},
		{".", true, "names a folder"},
		{"", true, "names a folder"},
		{"file/x", false, filepath.Join(root, "file/x")},
		{"a\nb", true, `a\nb": its name holds a control character`},
		{"a\x00b", true, "control character"},
		{"a\u0085b", true, "control character"},
		{strings.Repeat("n", 256), true, "too long"},
	} {
		refused(t, fileTarget(root, c.address), Config{}, m, c.forGood, c.words)
	}
	named := m
	named.Report = "../../x\n/y"
	deliver(t, fileTarget(root, "folder/{name}"), Config{}, named)
	before[".._.._x__y"] = "x"
	checkTree(t, filepath.Join(root, "folder"), before)
	checkTree(t, outside, map[string]string{})
	deliver(t, fileTarget(root, "inside/y"), Config{}, m)
	before["y"] = "x"
	checkTree(t, filepath.Join(root, "folder"), before)
}

// A link in the place of the target is replaced; what it leads to is not
// touched, wherever that is.
func TestFileReplacesLink(t *testing.T) {
	root, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(root, "x.txt")); err != nil {
		t.Fatal(err)
	}
	deliver(t, fileTarget(root, "x.txt"), Config{}, reportOf(t, "x", "text/plain", "x"))
	if got, _ := os.ReadFile(outside); string(got) != "secret" {
		t.Errorf("the file outside has become %q", got)
	}
	if info, err := os.Lstat(filepath.Join(root, "x.txt")); err != nil || !info.Mode().IsRegular() {
		t.Errorf("the target is %v, %v", info.Mode(), err)
	}
	checkTree(t, root, map[string]string{"x.txt": "x"})
}

// What was rendered must arrive, and nothing else.
func TestFileChangedContent(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "x.txt"), []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := reportOf(t, "x", "text/plain", "content")
	if err := os.WriteFile(m.Content.File, []byte("c0ntent"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, fileTarget(root, "x.txt"), Config{}, m, false, "has changed since it was made")
	os.Remove(m.Content.File)
	refused(t, fileTarget(root, "x.txt"), Config{}, m, false, m.Content.File)
	checkTree(t, root, map[string]string{"x.txt": "old"})
}

func TestFileEndOfContext(t *testing.T) {
	root := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Deliver(ctx, fileTarget(root, "x.txt"), Config{}, reportOf(t, "x", "text/plain", "x"))
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrPermanent) {
		t.Errorf("error %v", err)
	}
	checkTree(t, root, map[string]string{})
}

// What a try left that was killed or only stopped is replaced, and a process
// that wakes up later does no harm to the new file.
func TestFileStoppedProcess(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	stopped, err := create(root, "x.txt", "id")
	if err != nil {
		t.Fatal(err)
	}
	stopped.Write([]byte("half"))
	m := reportOf(t, "x", "text/plain", "whole")
	m.ID = "id"
	deliver(t, fileTarget(dir, "x.txt"), Config{}, m)
	stopped.Write([]byte("the other half"))
	if err := stopped.commit(); err == nil || !contains(err.Error(), "another process") {
		t.Errorf("commit: %v", err)
	}
	stopped.abort()
	checkTree(t, dir, map[string]string{"x.txt": "whole"})

	stopped, err = create(root, "x.txt", "id")
	if err != nil {
		t.Fatal(err)
	}
	second, err := create(root, "x.txt", "id")
	if err != nil {
		t.Fatal(err)
	}
	stopped.abort()
	if err := second.commit(); err != nil {
		t.Errorf("an abort of another process has taken the file: %v", err)
	}
}

func TestTempName(t *testing.T) {
	if got := tempName("x.html", "1"); len(got) != len(".x.html.12345678.tmp") || got == tempName("x.html", "2") || got != tempName("x.html", "1") {
		t.Errorf("temporary name %q", got)
	}
	long := strings.Repeat("ä", 127)
	if got := tempName(long, "1"); len(got) > 255 || got[len(got)-4:] != ".tmp" || !strings.HasPrefix(got, ".ää") {
		t.Errorf("temporary name %q has %d bytes", got, len(got))
	}
	root := t.TempDir()
	deliver(t, fileTarget(root, long), Config{}, reportOf(t, "x", "text/plain", "x"))
	checkTree(t, root, map[string]string{long: "x"})
}
