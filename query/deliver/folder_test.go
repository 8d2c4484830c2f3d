package deliver

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"
)

// folderOf is the message of a report that is a folder, with the files given
// and a manifest as query/export writes it.
func folderOf(t testing.TB, files map[string]string) Message {
	t.Helper()
	dir := t.TempDir()
	manifest := manifestOf(t, files)
	all := maps.Clone(files)
	all["_manifest.json"] = manifest
	for name, content := range all {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Message{
		Report: "nightly", Kind: "report", Slot: slot, Zone: berlin(), Revision: 1, ID: t.Name(),
		Content: &Content{File: dir, Folder: true, Name: "nightly", MediaType: "text/csv"},
	}
}

func manifestOf(t testing.TB, files map[string]string) string {
	t.Helper()
	type entry struct {
		Path   string `json:"path"`
		Rows   int    `json:"rows"`
		SHA256 string `json:"sha256"`
	}
	manifest := struct {
		Manifest int     `json:"manifest"`
		Files    []entry `json:"files"`
	}{Manifest: 1}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		sum := sha256.Sum256([]byte(files[name]))
		manifest.Files = append(manifest.Files, entry{name, 1, hex.EncodeToString(sum[:])})
	}
	text, err := json.MarshalIndent(manifest, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// placed is the tree that a delivery of files makes, below at.
func placed(t testing.TB, at string, files map[string]string) map[string]string {
	want := map[string]string{path.Join(at, "_manifest.json"): manifestOf(t, files)}
	for name, content := range files {
		name = path.Join(at, name)
		want[name] = content
		for up := path.Dir(name); up != "."; up = path.Dir(up) {
			want[up+"/"] = ""
		}
	}
	return want
}

func TestFolder(t *testing.T) {
	root := t.TempDir()
	to := fileTarget(root, "out/{date}/")
	files := map[string]string{"day=2026-03-01/n.csv": "a\n1\n", "day=2026-03-02/n.csv": "a\n2\n", "c=%2F/d=x/n.csv": "a\n3\n"}
	m := folderOf(t, files)
	r := deliver(t, to, Config{}, m)
	if r.Place != filepath.Join(root, "out", "2026-03-02") {
		t.Errorf("place %q", r.Place)
	}
	manifest := manifestOf(t, files)
	if r.SHA256 != sha256.Sum256([]byte(manifest)) || r.Bytes != int64(len(manifest)+12) {
		t.Errorf("receipt %+v", r)
	}
	checkTree(t, root, placed(t, "out/2026-03-02", files))
	deliver(t, to, Config{}, m)
	checkTree(t, root, placed(t, "out/2026-03-02", files))
}

// TestFolderStale replaces an export by one with other files. What is not
// Windrow's stays.
func TestFolderStale(t *testing.T) {
	root := t.TempDir()
	to := fileTarget(root, "out/")
	deliver(t, to, Config{}, folderOf(t, map[string]string{"a=1/n.csv": "1", "a=2/n.csv": "2", "a=3/n.csv": "3", "n.csv": "0"}))
	for _, name := range []string{"a=2/mine.txt", "mine.txt"} {
		if err := os.WriteFile(filepath.Join(root, "out", name), []byte("mine"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string]string{"a=1/n.csv": "one", "b/a=4/n.csv": "4"}
	m := folderOf(t, files)
	m.ID = "other"
	deliver(t, to, Config{}, m)
	want := placed(t, "out", files)
	want["out/a=2/"], want["out/a=2/mine.txt"], want["out/mine.txt"] = "", "mine", "mine"
	checkTree(t, root, want)
}

// Paths that a manifest in the target folder has are not believed.
func TestFolderHostileManifest(t *testing.T) {
	root := t.TempDir()
	keep := filepath.Join(root, "keep.txt")
	if err := os.WriteFile(keep, []byte("keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, "out", "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(root, "out", "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "out", "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`{"files":[{"path":"../keep.txt"},{"path":"` + keep + `"},{"path":"folder"},{"path":"."},{"path":""},{"path":"_manifest.json"},{"path":"a/../../keep.txt"}]}`,
		`{"leftovers":["../keep.txt","folder/../../keep.txt","mine.txt/x"]}`,
		`{"files":[{"path":"link/keep.txt"}]}`,
		`{"name":"some web page","icons":[]}`, `[]`, `{"files":"x"}`, ``, `{"files":[{"path":"fo`,
	} {
		if err := os.WriteFile(filepath.Join(root, "out", "_manifest.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{"n.csv": "1"}
		deliver(t, fileTarget(root, "out/"), Config{}, folderOf(t, files))
		if got, err := os.ReadFile(keep); err != nil || string(got) != "keep" {
			t.Fatalf("after %s: the file outside: %q, %v", text, got, err)
		}
		if info, err := os.Stat(filepath.Join(root, "out", "folder")); err != nil || !info.IsDir() {
			t.Fatalf("after %s: the folder is gone", text)
		}
		if _, err := os.Stat(filepath.Join(root, "out", "mine.txt")); err != nil {
			t.Fatalf("after %s: %v", text, err)
		}
	}
}

// The content itself must be whole.
func TestFolderBadContent(t *testing.T) {
	root := t.TempDir()
	to := fileTarget(root, "out/")
	good := map[string]string{"n.csv": "good", "o.csv": "good"}
	deliver(t, to, Config{}, folderOf(t, good))

	m := folderOf(t, map[string]string{"n.csv": "changed", "o.csv": "changed"})
	if err := os.WriteFile(filepath.Join(m.Content.File, "o.csv"), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, to, Config{}, m, false, "o.csv: the finished file")
	if got := tree(t, root)["out/_manifest.json"]; got != manifestOf(t, good) {
		t.Errorf("the manifest was written: %s", got)
	}
	os.Remove(filepath.Join(m.Content.File, "o.csv"))
	refused(t, to, Config{}, m, false, "o.csv")
	os.WriteFile(filepath.Join(m.Content.File, "_manifest.json"), []byte(`{"files":[{"path":"../x"}]}`), 0o600)
	refused(t, to, Config{}, m, true, `"../x"`)
	os.WriteFile(filepath.Join(m.Content.File, "_manifest.json"), []byte(`{`), 0o600)
	refused(t, to, Config{}, m, true, "manifest")
	os.Remove(filepath.Join(m.Content.File, "_manifest.json"))
	refused(t, to, Config{}, m, false, "cannot read the finished folder")

	files := map[string]string{"p.csv": "p"}
	deliver(t, to, Config{}, folderOf(t, files))
	checkTree(t, root, placed(t, "out", files))
}

// A target without / at its end takes a folder as well, and the root itself
// can be the folder.
func TestFolderPlaces(t *testing.T) {
	for _, address := range []string{"x", ".", "./", "x/y/"} {
		root := t.TempDir()
		files := map[string]string{"a/n.csv": "1"}
		deliver(t, fileTarget(root, address), Config{}, folderOf(t, files))
		want := placed(t, path.Clean(address), files)
		delete(want, "./")
		checkTree(t, root, want)
	}
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(root, "a=1")); err != nil {
		t.Fatal(err)
	}
	refused(t, fileTarget(root, "."), Config{}, folderOf(t, map[string]string{"a=1/n.csv": "1"}), true, "a=1/n.csv: path escapes")
	refused(t, fileTarget(root, "x/"), Config{}, folderOf(t, map[string]string{"n.csv": "1"}), false, fmt.Sprintf("cannot write %s", filepath.Join(root, "x")))
}
