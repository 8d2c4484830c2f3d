package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
)

// A rollup that a run computes is not dropped; one that it no longer has is.
func TestDropDuringARun(t *testing.T) {
	path, _, put := runningStore(t)
	put()
	release, err := lockStore(path)
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	code, _, stderr := call(t, "", "drop", "r", "--yes", "--store", path)
	want := fmt.Sprintf("windrow: the run of process %d computes r; end it, or take r out of the definition file and send it SIGHUP\n", os.Getpid())
	if code != exitFailed || stderr != want {
		t.Errorf("code %d, %q, want %q", code, stderr, want)
	}
	detach(t, path)
	code, out, stderr := call(t, "", "drop", "r", "--yes", "--store", path)
	if code != exitDone || out != "dropped r: 0 rows in 0 windows\n" || stderr != "" {
		t.Errorf("code %d, %q %q", code, out, stderr)
	}
}

// detach registers definitions that no longer have the rollup r.
func detach(t *testing.T, path string) {
	t.Helper()
	p, problems := schema.Load([]schema.Source{{Name: "w.sql", Text: `
		CREATE STREAM s (ts TIMESTAMP, WATERMARK FOR ts) WITH (connector = 'file', path = 'e.ndjson');
		CREATE ROLLUP q AS SELECT window_start, count(*) AS n FROM TUMBLE(s, INTERVAL '1 hour') GROUP BY window_start;`}}, schema.LoadOptions{})
	if len(problems) > 0 {
		t.Fatal(problems.Format())
	}
	ctx := context.Background()
	st, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if _, err := st.Register(ctx, p, store.RegisterOptions{}); err != nil {
		t.Fatal(err)
	}
}

// What is no terminal is not asked.
func TestDropAsksNoPipe(t *testing.T) {
	path, _, _ := runningStore(t)
	code, _, stderr := call(t, "r\n", "drop", "r", "--store", path)
	if code != exitUsage || !strings.Contains(stderr, "add --yes if it is meant") {
		t.Errorf("code %d, %q", code, stderr)
	}
}
