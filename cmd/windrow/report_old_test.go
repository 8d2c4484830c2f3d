package main

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// outdate makes a store one of before there were reports: outdate FILE.
func outdate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: outdate FILE")
	}
	ts.Check(withoutReports(ts.MkAbs(args[0])))
}

// withoutReports takes what format 3 has added out of a store.
func withoutReports(path string) error {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath())
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.Exec(`
		DROP VIEW windrow_alerts; DROP VIEW windrow_reports; DROP VIEW windrow_issues; DROP VIEW windrow_deliveries;
		DROP TABLE windrow_alert_data; DROP TABLE windrow_delivery_data; DROP TABLE windrow_issue_data; DROP TABLE windrow_report_data;
		PRAGMA user_version = 2`)
	return err
}

// What is done by hand beside a run of an older version leaves the store as it
// is: the workers of that run could not go on.
func TestByHandBesideAnOlderRun(t *testing.T) {
	const older = "it is of an older format; the next windrow run brings it up to date"
	path, _, put := runningStore(t)
	put()
	detach(t, path)
	if err := withoutReports(path); err != nil {
		t.Fatal(err)
	}
	definitions := t.TempDir() + "/windrow.sql"
	writeFile(t, definitions, `
		CREATE STREAM s (ts TIMESTAMP, WATERMARK FOR ts) WITH (connector = 'file', path = 'e.ndjson');
		CREATE ROLLUP r AS SELECT window_start, count(*) AS n FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY window_start;
		CREATE REPORT daily SCHEDULE '@daily' TO 'out.md' AS SELECT * FROM r;
		CREATE ALERT busy EVERY INTERVAL '1 minute' TO 'out.ndjson' AS SELECT n FROM r;`)
	release, err := lockStore(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"report", "run", "daily", definitions},
		{"alert", "run", "busy", definitions},
		{"quarantine", "retry", definitions},
		{"drop", "r", "--yes"},
	} {
		code, _, stderr := call(t, "", append(args, "--store", path)...)
		if code != exitFailed || !strings.Contains(stderr, older) {
			t.Errorf("%q: code %d, %q", args, code, stderr)
		}
		if got := formatOf(t, path); got != 2 {
			t.Fatalf("%q has made it format %d", args, got)
		}
	}
	release()
	if code, _, stderr := call(t, "", "drop", "r", "--yes", "--store", path); code != exitDone {
		t.Errorf("without a run: code %d, %q", code, stderr)
	}
	if got := formatOf(t, path); got < 3 {
		t.Errorf("drop without a run has left it at format %d", got)
	}
}

func formatOf(t *testing.T, path string) (format int) {
	t.Helper()
	db, err := openReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Get(&format, "PRAGMA user_version"); err != nil {
		t.Fatal(err)
	}
	return format
}
