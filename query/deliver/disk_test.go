//go:build linux

package deliver

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/windrow/windrow/schema"
)

// strace returns the program, if it may trace here.
func strace(t *testing.T) string {
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("there is no strace here, which shows calls of the system and makes them fail")
	}
	if out, err := exec.Command(path, "-f", "-o", os.DevNull, "-e", "inject=fsync:error=EIO", "true").CombinedOutput(); err != nil {
		t.Skipf("strace may not trace here: %s", out)
	}
	return path
}

// onDisk are deliveries of each kind below a root, with what they leave.
func onDisk(t *testing.T, root string) map[string]struct {
	to   schema.Target
	m    Message
	want map[string]string
} {
	files := map[string]string{"a=1/n.csv": "1", "n.csv": "2"}
	return map[string]struct {
		to   schema.Target
		m    Message
		want map[string]string
	}{
		"file":   {fileTarget(root, "d/x.txt"), withoutZone(reportOf(t, "x", "text/plain", "x")), map[string]string{"d/": "", "d/x.txt": "x"}},
		"event":  {fileTarget(root, "d/a"), withoutZone(eventOf("1")), map[string]string{"d/": "", "d/a": line("1")}},
		"folder": {fileTarget(root, "d/"), withoutZone(folderOf(t, files)), placed(t, "d", files)},
	}
}

// TestDiskOrder: content is on the disk before it has its name, and the names
// before the delivery is done.
func TestDiskOrder(t *testing.T) {
	program := strace(t)
	for name, want := range map[string][]string{
		"file":  {"fsync d/.x.txt.T.tmp", "rename d/.x.txt.T.tmp d/x.txt", "fsync d", "fsync ."},
		"event": {"write d/a", "fsync d/a", "fsync d", "fsync ."},
		"folder": {
			"fsync d/..windrow-pending.json.T.tmp", "rename d/..windrow-pending.json.T.tmp d/.windrow-pending.json", "fsync d",
			"fsync d/a=1/.n.csv.T.tmp", "rename d/a=1/.n.csv.T.tmp d/a=1/n.csv",
			"fsync d/.n.csv.T.tmp", "rename d/.n.csv.T.tmp d/n.csv",
			"fsync d", "fsync d/a=1",
			"fsync d/._manifest.json.T.tmp", "rename d/._manifest.json.T.tmp d/_manifest.json", "fsync d",
			"fsync d", "fsync d/a=1",
			"unlink d/.windrow-pending.json", "fsync d", "fsync .",
		},
	} {
		root := t.TempDir()
		c := onDisk(t, root)[name]
		log := filepath.Join(t.TempDir(), "log")
		cmd := childCommand(t, job{Target: c.to, Message: c.m}, program, "-f", "-y", "-qq", "-s", "0", "-e", "signal=none", "-o", log, "-e", "trace=write,fsync,renameat,renameat2,unlinkat")
		if out, err := cmd.Output(); err != nil || !strings.HasSuffix(string(out), "<nil>\n") {
			t.Fatalf("%s: %s, %v", name, out, err)
		}
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if got := calls(string(text), root); !sameCalls(got, want) {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

var (
	callOnFile  = regexp.MustCompile(`(fsync|write)\(\d+<([^>]*)>`)
	callOnNames = regexp.MustCompile(`(rename|unlink)at2?\(\d+<([^>]*)>, "([^"]*)"(?:, \d+<([^>]*)>, "([^"]*)")?.* = 0`)
	inTempName  = regexp.MustCompile(`\.[0-9a-f]{8}\.tmp`)
)

// calls reads a log of strace: what was done to files below root. Writes to
// temporary files are left out.
func calls(log, root string) (list []string) {
	short := func(path string) string {
		rel, _ := filepath.Rel(root, path)
		return inTempName.ReplaceAllString(rel, ".T.tmp")
	}
	for l := range strings.Lines(log) {
		if m := callOnFile.FindStringSubmatch(l); m != nil && strings.HasPrefix(m[2], root) {
			if path := short(m[2]); m[1] == "fsync" || !strings.HasSuffix(path, ".tmp") {
				list = append(list, m[1]+" "+path)
			}
		}
		if m := callOnNames.FindStringSubmatch(l); m != nil && strings.HasPrefix(m[2], root) {
			call := m[1] + " " + short(filepath.Join(m[2], m[3]))
			if m[1] == "rename" {
				call += " " + short(filepath.Join(m[4], m[5]))
			}
			list = append(list, call)
		}
	}
	return list
}

// sameCalls compares calls. Folders may be synced in any order.
func sameCalls(got, want []string) bool {
	swap := func(list []string) string {
		return strings.ReplaceAll(strings.Join(list, "\n"), "fsync d/a=1\nfsync d\n", "fsync d\nfsync d/a=1\n")
	}
	return swap(got) == swap(want)
}

// TestDiskErrors makes each call of a kind fail once, the first, the second and
// so on. The delivery fails, leaves nothing half, and succeeds when done again.
func TestDiskErrors(t *testing.T) {
	program := strace(t)
	for _, kind := range []string{"file", "event", "folder"} {
		for _, call := range []string{"fsync:error=EIO", "renameat,renameat2:error=EIO"} {
			for n := 1; ; n++ {
				root := t.TempDir()
				c := onDisk(t, root)[kind]
				what := fmt.Sprintf("%s, %s %d", kind, call, n)
				cmd := childCommand(t, job{Target: c.to, Message: c.m}, program, "-f", "-qq", "-o", os.DevNull, "-e", "signal=none",
					"-e", fmt.Sprintf("inject=%s:when=%d", call, n))
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%s: %s, %v", what, out, err)
				}
				if strings.HasSuffix(string(out), "<nil>\n") {
					if n == 1 && !(kind == "event" && call[0] == 'r') {
						t.Errorf("%s: there is no such call", what)
					}
					break
				}
				if !strings.Contains(string(out), "cannot write "+root) {
					t.Errorf("%s: the error is %s", what, out)
				}
				for name, content := range tree(t, root) {
					if want, ok := c.want[name]; strings.HasSuffix(name, ".tmp") || ok && content != want && name != "d/a" {
						t.Errorf("%s: there is %s with %q", what, name, content)
					}
				}
				if got := tree(t, root)["d/a"]; kind == "event" && n == 1 && got != "" {
					t.Errorf("%s: the next try takes %q for written", what, got)
				}
				deliver(t, c.to, Config{}, c.m)
				checkTree(t, root, c.want)
				if n > 20 {
					t.Fatalf("%s: too often", what)
				}
			}
		}
	}
}
