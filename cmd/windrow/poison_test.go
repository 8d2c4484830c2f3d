//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// faulty builds windrow with the faults that tests plant.
var faulty = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "windrow-faults-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "windrow")
	out, err := exec.Command("go", "build", "-tags", "faults", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// poisoned makes n records of which some bear a text that ends workers.
func poisoned(n int, poison map[int]string, line func(i int, k string) string) []byte {
	var b bytes.Buffer
	for i := range n {
		k := poison[i]
		if k == "" {
			k = fmt.Sprint("k", i%7)
		}
		b.WriteString(line(i, k))
	}
	return b.Bytes()
}

// A record that ends every worker that reads it is found among many, goes to
// the quarantine, and costs no other record, in each way of reading.
func TestPoisonIsQuarantined(t *testing.T) {
	binary, err := faulty()
	if err != nil {
		t.Fatal(err)
	}
	json := func(i int, k string) string { return fmt.Sprintf(`{"ts":%d,"k":"%s","n":1}`+"\n", 1772366400+i/100, k) }
	csv := func(i int, k string) string { return fmt.Sprintf("%d,\"%s\n\",1\n", 1772366400+i/100, k) }
	array := func(i int, k string) string { return fmt.Sprintf(`,{"ts":%d,"k":"%s","n":1}`, 1772366400+i/100, k) }
	const n = 30_000
	for _, c := range []struct {
		name, file string
		poison     map[int]string
		line       func(int, string) string
		reason     string
	}{
		{"panic", "a.ndjson", map[int]string{0: "POISON-PANIC", 12345: "POISON-PANIC", 12346: "POISON-PANIC", n - 1: "POISON-PANIC"}, json, "it ended 3 workers: BUG: POISON-PANIC"},
		{"hang", "a.ndjson", map[int]string{777: "POISON-HANG"}, json, "it ended 3 workers: it made no progress for 300ms"},
		{"memory", "a.ndjson", map[int]string{n / 2: "POISON-MEMORY"}, json, "it ended 3 workers: fatal error: "},
		{"gzip", "a.ndjson.gz", map[int]string{20_000: "POISON-PANIC"}, json, "it ended 3 workers: BUG: POISON-PANIC"},
		{"csv with line breaks", "a.csv", map[int]string{20_000: "POISON-PANIC", 20_001: "POISON-PANIC"}, csv, "it ended 3 workers: BUG: POISON-PANIC"},
		{"array", "a.json", map[int]string{20_000: "POISON-PANIC"}, array, "it ended 3 workers: BUG: POISON-PANIC"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			text := poisoned(n, c.poison, c.line)
			switch filepath.Ext(c.file) {
			case ".csv":
				text = append([]byte("ts,k,n\n"), text...)
			case ".json":
				text = append(append([]byte("["), text[1:]...), ']')
			case ".gz":
				var b bytes.Buffer
				z := gzip.NewWriter(&b)
				z.Write(text)
				z.Close()
				text = b.Bytes()
			}
			write(t, dir, c.file, string(text))
			write(t, dir, "windrow.sql", `CREATE STREAM s (ts TIMESTAMP, k TEXT, n INTEGER, WATERMARK FOR ts) WITH (path = '`+c.file+`');
CREATE ROLLUP r AS SELECT window_start, count(*) AS n FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY 1;`)
			cmd := exec.Command(binary, "run", "--once", "--workers", "2", "windrow.sql")
			if c.name == "hang" {
				cmd.Args = append(cmd.Args, "--hang-limit", "300ms")
			}
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "WINDROW_FAULT=poison")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			store := filepath.Join(dir, "windrow.db")
			if got, want := total(t, store), n-len(c.poison); got != want {
				t.Errorf("%d records are in the rollup, want %d", got, want)
			}
			rows := windrow(t, "query", "--store", store, "SELECT reason, record FROM windrow_quarantine ORDER BY offset", "--json")
			if strings.Count(rows, c.reason) != len(c.poison) || strings.Count(rows, "POISON-") < len(c.poison) {
				t.Errorf("the quarantine has\n%s", rows)
			}
		})
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
