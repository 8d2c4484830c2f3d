//go:build unix

package deliver

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/windrow/windrow/schema"
)

// kills returns how many processes a test kills: WINDROW_KILLS, or few.
func kills(t *testing.T, few int) int {
	if s := os.Getenv("WINDROW_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return few
}

// childCommand is a process that does a job, under another program if one is
// given.
func childCommand(t *testing.T, j job, under ...string) *exec.Cmd {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	under = append(under, own)
	cmd := exec.Command(under[0], under[1:]...)
	cmd.Env = append(os.Environ(), childJob+"="+string(text))
	cmd.Stderr = os.Stderr
	return cmd
}

// deliverChild delivers in a child process, and kills it that long after it
// has begun; 0 never. It returns what the child said of the end, "" if it was
// killed before, and how long it took.
func deliverChild(t *testing.T, j job, killed time.Duration) (string, time.Duration) {
	t.Helper()
	cmd := childCommand(t, j)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	lines := bufio.NewReader(out)
	if l, err := lines.ReadString('\n'); err != nil || l != "begin\n" {
		t.Fatalf("the child says %q, %v", l, err)
	}
	begin := time.Now()
	if killed > 0 {
		time.AfterFunc(killed, func() { cmd.Process.Kill() })
	}
	said, err := io.ReadAll(lines)
	if err != nil && !errors.Is(err, os.ErrClosed) {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(said)), time.Since(begin)
}

// after returns a random time within that of a whole delivery, and a little
// more.
func after(whole time.Duration) time.Duration { return 1 + rand.N(whole*5/4) }

// withoutZone makes a message fit for JSON.
func withoutZone(m Message) Message {
	m.Zone = nil
	return m
}

// TestKillFile kills deliveries of a file anywhere. What is there then is the
// old report or the new one; and done again it is the new one and nothing
// else.
func TestKillFile(t *testing.T) {
	const size = 4 << 20
	root := t.TempDir()
	var reports [2]Message
	for i, letter := range []string{"a", "b"} {
		reports[i] = withoutZone(reportOf(t, "x", "text/plain", strings.Repeat(letter, size)))
		reports[i].ID = letter
	}
	to := fileTarget(root, "r/x.txt")
	_, whole := deliverChild(t, job{Target: to, Message: reports[0]}, 0)
	ended := 0
	n := kills(t, 20)
	for i := range n {
		before, now := reports[i%2], reports[(i+1)%2]
		if said, _ := deliverChild(t, job{Target: to, Message: now}, after(whole)); said != "" {
			ended++
		}
		got := tree(t, root)["r/x.txt"]
		if len(got) != size || got[:1] != before.ID && got[:1] != now.ID || strings.Trim(got, got[:1]) != "" {
			t.Fatalf("after kill %d there is half a report: %d bytes", i, len(got))
		}
		deliver(t, to, Config{}, now)
		checkTree(t, root, map[string]string{"r/": "", "r/x.txt": strings.Repeat(now.ID, size)})
	}
	t.Logf("%d deliveries of %v killed, %d were done before", n, whole, ended)
}

// TestKillFolder kills deliveries of folders. The next try has other files
// (late data have come meanwhile), and sometimes it is another delivery.
func TestKillFolder(t *testing.T) {
	root := t.TempDir()
	to := fileTarget(root, "out/")
	names := []string{"n.csv", "a=1/n.csv", "a=2/n.csv", "a=3/b=1/n.csv", "a=3/b=2/n.csv", "a=4/n.csv"}
	some := func(round int) (Message, map[string]string) {
		files := map[string]string{names[round%len(names)]: "always"}
		for _, name := range names {
			if rand.N(2) == 0 {
				files[name] = strings.Repeat(fmt.Sprint(round, name), 10_000)
			}
		}
		m := withoutZone(folderOf(t, files))
		m.ID = fmt.Sprint(round / 3)
		return m, files
	}
	first, _ := some(0)
	_, whole := deliverChild(t, job{Target: to, Message: first}, 0)
	var pending int
	n := kills(t, 20)
	for i := range n {
		killed, _ := some(i)
		deliverChild(t, job{Target: to, Message: killed}, after(whole))
		if _, err := os.Stat(filepath.Join(root, "out", pendingName)); err == nil {
			pending++
		}
		again, files := some(i)
		deliver(t, to, Config{}, again)
		got, want := tree(t, root), placed(t, "out", files)
		if !maps.Equal(got, want) {
			t.Fatalf("after kill %d: got %q\nwant %q", i, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
	t.Logf("%d deliveries of %v killed, %d while the folder was changed", n, whole, pending)
}

// TestKillAppend kills processes that append, and has two append at a time.
func TestKillAppend(t *testing.T) {
	root := t.TempDir()
	to := fileTarget(root, "alerts.ndjson")
	_, whole := deliverChild(t, job{Target: to, Message: withoutZone(eventOf("first"))}, 0)
	want := line("first")
	n := kills(t, 20)
	for i := range n {
		m := withoutZone(eventOf(fmt.Sprint(i)))
		deliverChild(t, job{Target: to, Message: m}, after(whole))
		deliver(t, to, Config{}, m)
		want += line(m.ID)
	}
	checkTree(t, root, map[string]string{"alerts.ndjson": want})
}

// A disk without room leaves what was there, and no half line and no
// temporary file.
func TestFullDisk(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{"x.txt": "old", "a": line("0")} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder := withoutZone(folderOf(t, map[string]string{"big.csv": strings.Repeat("x", 10_000)}))
	for _, c := range []struct {
		to    schema.Target
		m     Message
		limit uint64
		words string
	}{
		{fileTarget(root, "x.txt"), reportOf(t, "x", "text/plain", strings.Repeat("x", 10_000)), 5000, "x.txt: file too large"},
		{fileTarget(root, "a"), eventOf("1"), uint64(len(line("0")) + 10), "a: file too large"},
		{fileTarget(root, "out/"), folder, 5000, "out: big.csv: file too large"},
	} {
		said, _ := deliverChild(t, job{Target: c.to, Message: withoutZone(c.m), Limit: c.limit}, 0)
		if !strings.Contains(said, filepath.Join(root, c.words[:1])) || !strings.HasSuffix(said, c.words) {
			t.Errorf("the child says %q, want %q", said, c.words)
		}
	}
	got := tree(t, root)
	delete(got, "out/"+pendingName)
	want := map[string]string{"x.txt": "old", "a": line("0"), "out/": ""}
	if !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	deliver(t, fileTarget(root, "out/"), Config{}, folderOf(t, map[string]string{}))
	checkTree(t, filepath.Join(root, "out"), map[string]string{"_manifest.json": manifestOf(t, nil)})
}

// What is no file is neither replaced nor written to.
func TestNoFile(t *testing.T) {
	root := t.TempDir()
	pipe := filepath.Join(root, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, fileTarget(root, "pipe"), Config{}, reportOf(t, "x", "text/plain", "x"), false, "no regular file")
	refused(t, fileTarget(root, "pipe"), Config{}, eventOf("1"), false, "no regular file")
	info, err := os.Lstat(pipe)
	if err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Errorf("the pipe is %v, %v", info, err)
	}
}
