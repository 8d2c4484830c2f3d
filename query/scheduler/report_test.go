package scheduler

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// hourly is a report whose file has the rows of its slot.
const hourly = `CREATE REPORT hourly SCHEDULE '0 * * * *' %s FORMAT csv TO 'out/{slot}.csv'
AS SELECT window_start, host, p99 FROM latency_1m WHERE window_start >= :slot_start AND window_start < :slot_end ORDER BY 1, 2;`

func with(definition, clause string) string { return strings.Replace(definition, "%s", clause, 1) }

func TestReport(t *testing.T) {
	b := newBench(t, with(hourly, ""))
	b.latency("2 06:59", "before", 1)
	b.latency("2 07:00", "web-1", 10)
	b.latency("2 07:59", "web-2", 20.5)
	b.latency("2 08:00", "after", 1)
	b.begin()
	b.at("2 07:59:59")
	b.want("nothing is due", b.issues(), "")
	b.at("2 08:00:00")
	b.at("2 08:00:01")
	b.want("issues", b.issues(), "02 08:00 done")
	b.want("files", b.files("out"), "20260302T080000Z.csv")
	b.want("file", b.file("out/20260302T080000Z.csv"), "window_start,host,p99\n2026-03-02 07:00:00,web-1,10.0\n2026-03-02 07:59:00,web-2,20.5\n")
	b.want("ledger", b.text("SELECT attempts, rows, note, began, ended FROM windrow_issues"), "0 2 <nil> 2026-03-02 08:00:00.000 2026-03-02 08:00:00.000")
	b.want("deliveries", b.text("SELECT target, state, place, bytes FROM windrow_deliveries"),
		"out/{slot}.csv done "+filepath.Join(b.dir, "out/20260302T080000Z.csv")+" 84")
	b.want("spool", b.files("windrow.db.spool"), "")
	if !strings.Contains(b.log.String(), "msg=sent report=hourly slot=\"2026-03-02 08:00:00\" to="+b.dir) {
		t.Errorf("the log: %s", b.log)
	}
}

func TestMissed(t *testing.T) {
	for clause, want := range map[string]string{
		"MISSED RUN ALL":  "02 08:00 done; 02 09:00 done; 02 10:00 done; 02 11:00 done",
		"":                "02 08:00 done; 02 09:00 skipped; 02 10:00 skipped; 02 11:00 done",
		"MISSED RUN NONE": "02 08:00 done; 02 09:00 skipped; 02 10:00 skipped; 02 11:00 skipped",
	} {
		t.Run(clause, func(t *testing.T) {
			b := newBench(t, with(hourly, clause))
			b.begin()
			b.at("2 08:00:10")
			b.now = at(t, "2 11:20")
			b.begin()
			b.at("2 11:30")
			b.want("after a restart", b.issues(), want)
			b.at("2 12:00:01")
			b.want("goes on", b.issues(), want+"; 02 12:00 done")
			b.begin()
			b.want("nothing twice", b.issues(), want+"; 02 12:00 done")
		})
	}
	b := newBench(t, with(hourly, ""))
	b.begin()
	b.want("slots before it was defined are not its own", b.issues(), "")
	b.at("2 08:00:10")
	b.stopped = true
	b.at("2 11:20")
	b.want("the process stood still", b.issues(), "02 08:00 done; 02 09:00 skipped; 02 10:00 skipped; 02 11:00 done")
	b.at("2 14:00")
	b.want("a run that looks skips nothing", b.issues(),
		"02 08:00 done; 02 09:00 skipped; 02 10:00 skipped; 02 11:00 done; 02 12:00 done; 02 13:00 done; 02 14:00 done")
}

// The night to 29 March has no 02:30 in Berlin, that to 25 October has two.
func TestDST(t *testing.T) {
	b := newBench(t, `CREATE REPORT nightly SCHEDULE '30 2 * * *' TIME ZONE 'Europe/Berlin' FORMAT csv TO 'out/{date}-{time}.csv'
		AS SELECT :slot_start AS a, :slot_end AS b, ago('1 hour') AS c;`)
	b.now = time.Date(2026, 3, 27, 12, 0, 0, 0, time.UTC)
	b.begin()
	for h := range 4 * 24 {
		b.until(time.Date(2026, 3, 27, 12+h, 0, 1, 0, time.UTC))
	}
	b.want("spring", b.files("out"), "2026-03-28-0230.csv 2026-03-29-0300.csv 2026-03-30-0230.csv 2026-03-31-0230.csv")
	b.want("the short day", b.file("out/2026-03-30-0230.csv"), "a,b,c\n2026-03-29 01:00:00,2026-03-30 00:30:00,2026-03-29 23:30:00\n")
	os.RemoveAll(filepath.Join(b.dir, "out"))
	b.now = time.Date(2026, 10, 24, 22, 0, 0, 0, time.UTC)
	b.define(strings.ReplaceAll(`CREATE REPORT hours SCHEDULE '30 * * * *' TIME ZONE 'Europe/Berlin' FORMAT csv TO 'hours/{slot}.csv' AS SELECT :slot_start AS a;
		CREATE REPORT fixed SCHEDULE '30 2 * * *' TIME ZONE 'Europe/Berlin' FORMAT csv TO 'fixed/{slot}.csv' AS SELECT :slot_end AS a;`, "\n", " "))
	b.begin()
	for m := range 16 * 2 {
		b.until(time.Date(2026, 10, 24, 22, 30*m, 1, 0, time.UTC))
	}
	b.want("autumn, a fixed hour", b.files("fixed"), "20261025T003000Z.csv")
	if n := len(strings.Fields(b.files("hours"))); n != 16 {
		t.Errorf("autumn: %d slots in 16 hours", n)
	}
}

func TestWaitForFinal(t *testing.T) {
	b := newBench(t, with(hourly, "WAIT FOR FINAL"))
	b.latency("2 07:00", "web-1", 10)
	b.begin()
	b.at("2 08:00")
	b.want("none is final", b.text("SELECT state, note, attempts FROM windrow_issues"), "waiting waits until latency_1m is final before 2026-03-02 08:00:00 0")
	b.final("2 07:59")
	b.at("2 08:30")
	b.begin()
	b.at("2 09:00")
	b.want("both wait", b.issues(), "02 08:00 waiting; 02 09:00 waiting")
	b.latency("2 07:59", "web-1", 11)
	b.final("2 08:00")
	b.at("2 09:00:01")
	b.want("the first is done", b.issues(), "02 08:00 done; 02 09:00 waiting")
	b.want("what came meanwhile", b.file("out/20260302T080000Z.csv"), "window_start,host,p99\n2026-03-02 07:00:00,web-1,10.0\n2026-03-02 07:59:00,web-1,11.0\n")
	b.want("no note", b.text("SELECT note FROM windrow_issues WHERE state = 'done'"), "<nil>")
	b.final("2 09:30")
	b.at("2 09:31")
	b.want("all", b.issues(), "02 08:00 done; 02 09:00 done")
}

func TestWaitUpTo(t *testing.T) {
	b := newBench(t, strings.Replace(with(hourly, "WAIT FOR FINAL UP TO INTERVAL '30 minutes'"), "FORMAT csv TO 'out/{slot}.csv'", "FORMAT text TO 'out/{slot}.txt'", 1))
	b.latency("2 07:00", "web-1", 10)
	b.final("2 07:55")
	b.begin()
	b.at("2 08:00")
	b.at("2 08:29:59")
	b.want("waits", b.issues(), "02 08:00 waiting")
	b.begin() // the time goes on across a restart
	b.at("2 08:30")
	b.want("does not wait any more", b.text("SELECT state, note FROM windrow_issues"), "done not final: latency_1m is final before 2026-03-02 07:55:00")
	if text := b.file("out/20260302T080000Z.txt"); !strings.Contains(text, "not final: latency_1m is final before 2026-03-02 07:55:00") {
		t.Error(text)
	}
}

// Only what the sections read has to be final.
func TestWaitForOthers(t *testing.T) {
	b := newBench(t, `CREATE REPORT hourly SCHEDULE '0 * * * *' WAIT FOR FINAL FORMAT csv TO 'out/{slot}.csv' AS SELECT 1 AS latency;`)
	b.begin()
	b.at("2 08:00")
	b.want("issues", b.issues(), "02 08:00 done")
}

// A revision does not wait again.
// Nothing is computed again while no rollup has moved that is read.
// What a statement reads by ago() may be gone before the slot's own windows.
// A statement that is never at rest is issued less and less often.
// A claim that is older than a day is tried all the same.
// A run is killed at each point there is. The next one does the issue again:
// in the end each target has it, and there is one file.
// Where the data has changed when an issue is done again, all targets get the
// new content: a revision has one.
// Where it has not, only those get it that have nothing yet.
// A file without the slot in its name never goes back to an older slot.
// What was made by an old definition is not sent any more.
// The issue of a report that is gone stays open, and goes on when it is back.
func TestPartitionsAndManifest(t *testing.T) {
	const columns = "AS SELECT host, window_start, p99 FROM latency_1m WHERE window_start >= :slot_start AND window_start < :slot_end ORDER BY 1, 2;"
	b := newBench(t, `CREATE REPORT parts SCHEDULE '0 * * * *' REVISE FORMAT csv TO 'parts/{date}/' WITH (partition_by = 'host') `+columns+
		`CREATE REPORT listed SCHEDULE '0 * * * *' FORMAT csv TO 'listed/{date}.csv' WITH (manifest = true) `+columns)
	b.latency("2 07:00", "web-1", 10)
	b.latency("2 07:00", "web-2", 20)
	b.begin()
	b.at("2 08:00")
	b.want("parts", b.files("parts"), "2026-03-02/_manifest.json 2026-03-02/host=web-1/parts.csv 2026-03-02/host=web-2/parts.csv")
	b.want("one", b.file("parts/2026-03-02/host=web-2/parts.csv"), "host,window_start,p99\nweb-2,2026-03-02 07:00:00,20.0\n")
	b.want("listed", b.files("listed"), "2026-03-02.csv 2026-03-02.csv.manifest.json")
	for _, part := range []string{`"path": "2026-03-02.csv"`, `"slot_end": "2026-03-02 08:00:00"`, `"rows": 2`, `"name": "listed"`} {
		if text := b.file("listed/2026-03-02.csv.manifest.json"); !strings.Contains(text, part) {
			t.Errorf("the manifest lacks %s:\n%s", part, text)
		}
	}
	b.latency("2 07:05", "web-2", 30)
	b.at("2 08:40")
	b.want("revised", b.file("parts/2026-03-02/host=web-2/parts.csv"), "host,window_start,p99\nweb-2,2026-03-02 07:00:00,20.0\nweb-2,2026-03-02 07:05:00,30.0\n")
	b.want("spool", b.files("windrow.db.spool"), "")
}

func TestManifestNeedsRows(t *testing.T) {
	b := newBench(t, `CREATE REPORT page SCHEDULE '0 * * * *' FORMAT html TO 'page.html' AS SELECT 1 AS a;`)
	b.defs.Reports[0].Options.Manifest = true
	b.begin()
	b.at("2 08:00")
	if got := b.text("SELECT state, note FROM windrow_issues"); !strings.HasPrefix(got, "failed a manifest lists files of rows") {
		t.Error(got)
	}
}

func TestFormats(t *testing.T) {
	var text strings.Builder
	for _, f := range []string{"html", "markdown", "text", "csv", "tsv", "json", "ndjson", "xlsx", "parquet"} {
		fmt.Fprintf(&text, `CREATE REPORT r_%s SCHEDULE '0 9 * * *' TIME ZONE 'Europe/Berlin' FORMAT %s TO 'out/%s'
			AS SELECT window_start, p99 FROM latency_1m;`, f, f, f)
	}
	b := newBench(t, text.String())
	b.latency("2 07:00", "web-1", 10)
	b.begin()
	b.at("2 08:00")
	b.want("issues", b.text("SELECT state, count(*) FROM windrow_issues GROUP BY 1"), "done 9")
	for _, f := range []string{"html", "markdown", "text"} {
		if got := b.file("out/" + f); !strings.Contains(got, "08:00") {
			t.Errorf("%s is not in the report's zone:\n%s", f, got)
		}
	}
	for _, f := range []string{"csv", "tsv", "json", "ndjson"} {
		if got := b.file("out/" + f); !strings.Contains(got, "2026-03-02 07:00:00") {
			t.Errorf("%s is not in UTC:\n%s", f, got)
		}
	}
}

// The store refuses to write for a while: nothing is delivered twice.
