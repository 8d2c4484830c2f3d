//go:build unix

package store

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestOpenRefusesPipe(t *testing.T) {
	path := storePath(t)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(bg, path, Options{Create: true})
	wantError(t, err, ErrNotStore, "is not a file")
	_, err = OpenReader(path, ReaderOptions{})
	wantError(t, err, ErrNotStore, "is not a file")
}

// TestReadOnly runs itself as an ordinary user: root may write everywhere.
func TestReadOnly(t *testing.T) {
	if dir := os.Getenv("WINDROW_TEST_READONLY"); dir != "" {
		tryReadOnly(t, dir)
		return
	}
	dir, err := os.MkdirTemp("", "windrow")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.Chmod(filepath.Join(dir, "dir"), 0o755)
		os.RemoveAll(dir)
	})
	for _, name := range []string{"dir", "file"} {
		os.Mkdir(filepath.Join(dir, name), 0o777)
		os.Chmod(filepath.Join(dir, name), 0o777)
		mustOpen(t, filepath.Join(dir, name, "windrow.db"), Options{Create: true}).Close()
	}
	os.Chmod(filepath.Join(dir, "file", "windrow.db"), 0o444)
	os.Chmod(filepath.Join(dir, "dir", "windrow.db"), 0o666)
	os.Chmod(filepath.Join(dir, "dir"), 0o555)
	os.Chmod(dir, 0o755)
	if os.Geteuid() != 0 {
		tryReadOnly(t, dir)
		return
	}
	binary := filepath.Join(dir, "test")
	b := must(os.ReadFile(os.Args[0]))(t)
	os.WriteFile(binary, b, 0o755)
	cmd := exec.Command(binary, "-test.run=^TestReadOnly$", "-test.v")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "WINDROW_TEST_READONLY="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS: TestReadOnly") {
		t.Errorf("%v\n%s", err, out)
	}
}

func tryReadOnly(t *testing.T, dir string) {
	_, err := Open(bg, filepath.Join(dir, "dir", "windrow.db"), Options{Create: true})
	wantError(t, err, nil, "the directory", "is read-only")
	_, err = Open(bg, filepath.Join(dir, "dir", "new.db"), Options{Create: true})
	wantError(t, err, nil, "the directory", "is read-only")
	_, err = Open(bg, filepath.Join(dir, "file", "windrow.db"), Options{Create: true})
	wantError(t, err, nil, "the file is read-only")
	_, err = OpenReader(filepath.Join(dir, "dir", "windrow.db"), ReaderOptions{})
	wantError(t, err, nil, "the directory", "is read-only")
	db, err := OpenReader(filepath.Join(dir, "file", "windrow.db"), ReaderOptions{})
	if err != nil {
		t.Fatalf("a read-only file cannot be read: %v", err)
	}
	db.Close()
}
