//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/windrow/windrow/query/querytest"
)

// terminal is a file that is a terminal, and what was written to it.
func terminal(t *testing.T) (tty *os.File, written func() string) {
	t.Helper()
	ptmx, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if errors.Is(err, fs.ErrNotExist) { // a container without devpts
		t.Skipf("no pseudo-terminals: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ptmx.Close() })
	fd := int(ptmx.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 25, Col: 100})
	}
	if err == nil {
		tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	all := make(chan string)
	go func() {
		var b []byte
		buf := make([]byte, 4096)
		for {
			n, err := ptmx.Read(buf)
			if b = append(b, buf[:n]...); err != nil { // when tty is closed
				all <- string(b)
				return
			}
		}
	}()
	return tty, func() string { tty.Close(); return <-all }
}

// rowsScript makes a rollup of the store bigger.
const rowsScript = `
WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c LIMIT 20000)
INSERT INTO windrow_state_1 SELECT '2026-03-01 12:03:00', 'host-' || i, 1, 1.0 FROM c;
UPDATE windrow_rollup_data SET rows = 20005;`

// The bar is for a terminal, knows how many rows a whole rollup has, and goes
// away.
func TestExportBar(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "s.db")
	querytest.Create(t, db, querytest.Rollup+rowsScript)
	for _, c := range []struct {
		args []string
		bar  string
		said string
	}{
		{[]string{"latency_1m", "-o", dir + "/a.csv"}, "/20005", "wrote 20,005 rows to " + dir + "/a.csv\r\n"},
		{[]string{`"Latency_1m"`, "--partition-by", "day", "-o", dir + "/d"}, "/20005", "wrote 20,005 rows in 1 file below " + dir + "/d\r\n"},
		{[]string{"SELECT * FROM latency_1m", "-o", dir + "/b.parquet"}, "rows (", "wrote 20,005 rows to " + dir + "/b.parquet\r\n"},
		{[]string{"latency_1m", "--only-final", "-o", dir + "/c.csv"}, "", "wrote 4 rows to " + dir + "/c.csv\r\n"},
		{[]string{"latency_1m", "--follow", "--until", "2026-03-01 12:02", "-o", dir + "/f.csv"}, "", "wrote 4 rows of 2 windows to " + dir + "/f.csv\r\n"},
	} {
		tty, written := terminal(t)
		code := run(t.Context(), append([]string{"export", "--store", db}, c.args...), nil, os.Stdout, tty)
		got := written()
		if code != exitDone || !strings.Contains(got, c.bar) || !strings.HasSuffix(got, c.said) {
			t.Errorf("%v: code %d, written %q", c.args, code, got)
		}
	}
	tty, written := terminal(t)
	if code := run(t.Context(), []string{"export", "--store", db, "latency_1m", "--format", "parquet"}, nil, tty, tty); code != exitUsage {
		t.Errorf("code %d", code)
	}
	if got := written(); got != "windrow: parquet is nothing for a terminal: name a file with -o\r\n" {
		t.Errorf("written %q", got)
	}
	code, out, err := call(t, "", "export", "--store", db, "latency_1m", "-o", dir+"/p.csv")
	if code != exitDone || out+err != "" {
		t.Errorf("without a terminal: code %d, %q, %q", code, out, err)
	}
}
