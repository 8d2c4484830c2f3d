//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// inNamespace is set where a test runs once more, in a user namespace.
const inNamespace = "WINDROW_TEST_IN_NAMESPACE"

// smallDisk mounts a file system of so many bytes for a test. Where that is
// not allowed the whole test runs in a user namespace, where it is, and ok is
// false: there is nothing left to do.
func smallDisk(t *testing.T, size string) (dir string, ok bool) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size)
	switch {
	case err == nil:
		t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
		return dir, true
	case os.Getenv(inNamespace) != "":
		t.Skipf("no file system can be mounted here: %v", err)
	}
	runInNamespace(t)
	return "", false
}

// runInNamespace runs a test once more, as the root of a user namespace.
func runInNamespace(t *testing.T) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.v", "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	var out printed
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Skipf("no file system can be mounted here, nor a user namespace be made: %v", err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("in a user namespace: %v\n%s", err, &out)
	}
	if strings.Contains(out.String(), "--- SKIP: "+t.Name()) {
		t.Skipf("nor in a user namespace:\n%s", &out)
	}
	if !strings.Contains(out.String(), "--- PASS: "+t.Name()) {
		t.Fatalf("it did not run in a user namespace:\n%s", &out)
	}
}

// fill takes all the room of a disk, but for the last few bytes.
func fill(t *testing.T, disk string) (ballast string) {
	t.Helper()
	ballast = filepath.Join(disk, "ballast")
	file, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for err == nil {
		_, err = file.Write(make([]byte, 4096))
	}
	return ballast
}

// wide are n records that need as many rows.
func wide(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"ts":%d,"k":"a long key that needs room %d","n":%d}`+"\n", 1772366400+i, i, i)
	}
	return b.String()
}

const wideRollup = `CREATE ROLLUP r AS
SELECT window_start, k, n AS i, count(*) AS n FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY 1, 2, 3;`

// A full disk stops the commits and nothing else; with room again everything
// goes on by itself.
func TestFullDisk(t *testing.T) {
	disk, ok := smallDisk(t, "2m")
	if !ok {
		return
	}
	f := follow(t, strings.ReplaceAll(followedStream, "20 mill", "5 mill")+wideRollup, "--store", filepath.Join(disk, "windrow.db"))
	f.store = filepath.Join(disk, "windrow.db")
	f.append("a.ndjson", 100)
	f.all()
	ballast := fill(t, disk)
	f.add("a.ndjson", wide(3000))
	f.written += 3000
	f.await("it says that the disk is full", f.says("the disk is full"))
	f.append("new.ndjson", 10) // a file that the store cannot take in now
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	f.all()
	f.end()
}

// A run that is to end does not wait for ever for room: it says what is wrong,
// and the next one goes on from what is committed.
func TestFullDiskOnce(t *testing.T) {
	disk, ok := smallDisk(t, "2m")
	if !ok {
		return
	}
	const n = 30_000 // records that need more room than that
	dir, db := t.TempDir(), filepath.Join(disk, "windrow.db")
	write(t, dir, "a.ndjson", wide(n))
	write(t, dir, "windrow.sql", strings.Replace(strings.Replace(followedStream, "logs/*", "a", 1), "20 mill", "5 mill", 1)+wideRollup)
	once := func() (string, error) {
		cmd := exec.Command("windrow", "run", "--once", "--workers", "2", "--store", db, "--block-bytes", "20000", "--stop-limit", "300ms")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := once()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != exitFailed || !strings.Contains(lastLine(out), "nothing could be committed for 900ms: ") ||
		!strings.Contains(lastLine(out), "the disk is full; make room") {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	if got := total(t, db); got == 0 || got >= n {
		t.Errorf("%d records were committed before the disk was full", got)
	}
	if out, err := once(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got := total(t, db); got != n {
		t.Errorf("%d records with room again, want %d", got, n)
	}
}
