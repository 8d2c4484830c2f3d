package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/windrow/windrow/query/querytest"
)

// verifyFixture is a folder with a store over two files of events: a.ndjson
// has the minutes 0 to 9, b.ndjson those from 10 to 19.
func verifyFixture(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for i, name := range []string{"a.ndjson", "b.ndjson"} {
		var b strings.Builder
		for n := range 200 {
			fmt.Fprintf(&b, `{"ts":"2026-03-01T12:%02d:%02dZ","host":"h%d","x":%d.1}`+"\n", i*10+n/20, n%20, n%3, n)
		}
		writeFile(t, filepath.Join(dir, name), b.String())
	}
	writeFile(t, filepath.Join(dir, "windrow.sql"), `
CREATE STREAM s (ts TIMESTAMP, host TEXT, x REAL, WATERMARK FOR ts) WITH (connector = 'file', path = '?.ndjson');
CREATE ROLLUP other AS SELECT window_start, count(*) AS n FROM TUMBLE(s, INTERVAL '1 hour') GROUP BY window_start;
CREATE ROLLUP r AS SELECT window_start, host, count(*) AS n, sum(x) AS total FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY window_start, host;`)
	windrow(t, "run", "--once", "--store", filepath.Join(dir, "s.db"), filepath.Join(dir, "windrow.sql"))
	return dir
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestVerify(t *testing.T) {
	alter := func(script string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { querytest.Create(t, filepath.Join(dir, "s.db"), script) }
	}
	rewrite := func(name string, change func(string) string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			b, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, filepath.Join(dir, name), change(string(b)))
		}
	}
	remove := func(names ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			for _, name := range names {
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*testing.T, string)
		code   int
		want   []string
	}{
		"as it was":  {func(*testing.T, string) {}, exitDone, []string{"r: 60 rows in 20 windows, the same to the last bit\n  read again: 400 records, 20.6 kB, from 2 files in "}},
		"grown":      {rewrite("b.ndjson", func(s string) string { return s + s }), exitDone, []string{"r: 60 rows in 20 windows, the same", "400 records"}},
		"a new file": {func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, "c.ndjson"), "{}\n") }, exitDone, []string{"400 records"}},
		"renamed file": {func(t *testing.T, dir string) {
			os.Rename(filepath.Join(dir, "a.ndjson"), filepath.Join(dir, "c.ndjson"))
		}, exitDone, []string{"r: 60 rows"}},
		"a wrong count": {alter("UPDATE windrow_state_2 SET count = count + 1 WHERE window_start = '2026-03-01 12:03:00' AND host = 'h1'"), exitFailed,
			[]string{"windrow: r differs from what its sources give in 1 of 60 rows; first\nwindow 2026-03-01 12:03:00\n", "in the store │ 2026-03-01 12:03:00 │ h1   │ 8 │", "read again   │ 2026-03-01 12:03:00 │ h1   │ 7 │"}},
		"a wrong last bit": {alter("UPDATE windrow_state_2 SET sum_x = sum_x * (1 + 2.3e-16)"), exitFailed, []string{"r differs from what its sources give in 60 of 60 rows", "window 2026-03-01 12:00:00"}},
		"a row too few":    {alter("DELETE FROM windrow_state_2 WHERE window_start = '2026-03-01 12:03:00'"), exitFailed, []string{"in 3 of 60 rows; first\nwindow 2026-03-01 12:03:00\n", "not in the store │ NULL "}},
		"a row too many": {alter("UPDATE windrow_state_2 SET window_start = '2026-03-01 12:59:00' WHERE window_start = '2026-03-01 12:03:00' AND host = 'h1'"), exitFailed,
			[]string{"in 2 of 61 rows; first\nwindow 2026-03-01 12:03:00\n", "not in the store │ NULL"}},
		"first file gone": {remove("a.ndjson"), exitDone, []string{"r: 30 rows in 10 windows, the same", "200 records, ", "from 1 file",
			"not checked: 10 windows up to 2026-03-01 12:09:19, of which events could not be read again\n", "a.ndjson: 10.3 kB of 10.3 kB are gone or changed\n"}},
		"last file gone": {remove("b.ndjson"), exitFailed, []string{"windrow: nothing of r could be checked\n  not checked: 20 windows up to 2026-03-01 12:19:19"}},
		"rewritten":      {rewrite("a.ndjson", func(s string) string { return strings.ReplaceAll(s, `"h1"`, `"h2"`) }), exitDone, []string{"not checked: 10 windows", "a.ndjson: 10.3 kB of 10.3 kB are gone or changed"}},
		"another definition": {rewrite("windrow.sql", func(s string) string { return strings.ReplaceAll(s, "sum(x)", "max(x)") }), exitFailed,
			[]string{"windrow: cannot verify r: the store holds it under another definition; name the definition file that it was made with\n"}},
		"not defined": {rewrite("windrow.sql", func(s string) string { return strings.ReplaceAll(s, "ROLLUP r", "ROLLUP q") }), exitFailed,
			[]string{"windrow: no rollup named R in the definitions; there are other, q\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := verifyFixture(t)
			c.change(t, dir)
			cmd := exec.CommandContext(t.Context(), "windrow", "verify", "R", "--store", filepath.Join(dir, "s.db"), filepath.Join(dir, "windrow.sql"))
			var out, stderr strings.Builder
			cmd.Stdout, cmd.Stderr = &out, &stderr
			cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("code %d, want %d", code, c.code)
			}
			for _, w := range c.want {
				if !strings.Contains(out.String()+stderr.String(), w) {
					t.Errorf("it does not say\n%s", w)
				}
			}
			if t.Failed() {
				t.Logf("%s%s", &out, &stderr)
			}
		})
	}
}

func TestCompareCells(t *testing.T) {
	const big = int64(1) << 53
	ascending := []any{nil, -1e300, int64(-5), -4.5, int64(0), 0.5, int64(1), float64(big), big + 1, 1e300, "", "A", "a", []byte{}, []byte{1}}
	for i, a := range ascending {
		for j, b := range ascending {
			want := max(-1, min(1, i-j))
			if got := compareCells(a, b); got != want {
				t.Errorf("%v %v: %d, want %d", a, b, got, want)
			}
			if same := sameCell(a, b); same != (i == j) {
				t.Errorf("%v %v: same is %v", a, b, same)
			}
		}
	}
	if sameCell(int64(1), 1.0) || sameCell(0.0, math.Copysign(0, -1)) {
		t.Error("values of other types, or other bits, are the same")
	}
}
