package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/wire"
)

// busyReport is a report with something of everything.
func busyReport() *report {
	now := time.Date(2026, 3, 1, 14, 8, 16, 0, time.UTC)
	began, seen := now.Add(-125*time.Minute), now.Add(-2*time.Second)
	lag := 3.5
	r := &report{now: now, At: moment(now),
		Run:   runReport{State: runRunning, PID: 4711, Mode: "follow", Began: moment(began), Seen: moment(seen), began: began, seen: seen},
		Store: storeReport{Path: "metrics.db", Bytes: 8_190_000, WALBytes: 1_200_000, PageSize: 8192, Pages: 1000, FreePages: 12},
		Streams: []streamReport{{Name: "requests", Splits: splitCounts{9, 3, 2, 2, 1, 1}, Progress: []progressReport{
			{Cohort: 1, Rollups: []string{"latency_1m", "traffic_5m"}, Records: 38_412, Bytes: 6_132_386, Late: 617, Future: 1, LagBytes: 1_200_000, LagSplits: 2,
				LagSeconds: &lag, Newest: text("2026-03-01 14:08:12.5"), Watermark: text("2026-03-01 14:08:02"), LostBytes: 120,
				HeldBy: &holderReport{Split: 3, Path: "logs/web-03.ndjson", Reason: "newest", Newest: text("2026-03-01 14:08:07"), written: now.Add(-3 * time.Minute)},
				Splits: []splitReport{{5, "logs/web-05.ndjson", "paused", "its absorbed bytes were written over", 700, 300, 400}}},
			{Cohort: 2, Rollups: []string{"latency_1m (rebuild)"}, Records: 10_000, Bytes: 1_500_000, LagBytes: 4_500_000, LagSplits: 7,
				LagSeconds: &lag, Newest: text("2026-03-01 14:08:12.5"), HeldBy: &holderReport{Path: "/very/long/folder/with/many/names/in/it/logs/web-01.ndjson", Reason: "unread"}},
		}}},
		Rollups: []rollupReport{
			{Name: "latency_1m", Cohort: 1, Attached: false, Rows: 1441, Absorbed: 37_924, Filtered: 452, Quarantined: 36, Expired: 7, Horizon: text("2026-02-01 00:00:00"), FinalBefore: text("2026-03-01 14:08:00"), DiskBytes: 106_496, CPUSeconds: 0.125},
			{Name: "traffic_5m", Cohort: 1, Attached: true, Rows: 889, Absorbed: 30_000, Quarantined: 8_390, FinalBefore: text("2026-03-01 14:05:00"), CompleteFrom: text("2026-02-01 00:00:00"), MissingSplits: 3, DiskBytes: 40_960, CPUSeconds: 12.25},
			{Name: "latency_1m (rebuild)", Cohort: 2, Attached: true, Replaces: text("latency_1m"), Rows: 12, Absorbed: 10_000, DiskBytes: 8192},
			{Name: "old", Cohort: 3, Rows: 1_234_000, DiskBytes: 8192},
		},
		Reports: []scheduledReport{
			{Name: "morning", Kind: "report", Attached: true, LastSlot: text("2026-03-02 07:00:00"), LastDone: text("2026-02-27 07:00:00"), Open: 2,
				Waiting: &issueReport{Slot: text("2026-03-02 07:00:00"), Began: text("2026-03-02 07:00:01.5"), Note: "waits until latency_1h is final before 2026-03-02 06:00:00"},
				Failing: &issueReport{Slot: text("2026-03-01 07:00:00"), Revision: 2, Attempts: 7, Began: text("2026-03-01 07:00:01.5"), NextTry: text("2026-03-01 14:10:00"),
					Target: "mailto:${OPS}", Error: "cannot connect\x1b[2J"}},
			{Name: "slow", Kind: "alert", Attached: true, LastSlot: text("2026-03-01 14:08:00"), Firing: 1234,
				FiringRows: []firingReport{{Key: raw(`{"host":"web-1"}`), Since: text("2026-03-01 14:05:00")}, {Key: raw(`{"host":"web-2"}`)}, {Key: raw("3")}, {Key: raw("4")}, {Key: raw("5")}, {Key: raw("6")}},
				Failing:    &issueReport{Slot: text("2026-03-01 14:07:00"), Event: "evaluation", Attempts: 4, Began: text("2026-03-01 14:07:00.1"), Note: "no such column: p98"},
				Failed:     &issueReport{Slot: text("2026-03-01 13:08:00"), Event: "resolved", Key: raw(`{"host":"web-3"}`), Revision: 1, Ended: text("2026-03-01 13:09:00"), Note: "no such table"}},
			{Name: "gone", Kind: "report", Since: text("2026-02-01 00:00:00"), Failing: &issueReport{Slot: text("2026-02-01 00:00:00")}},
			{Name: "test", Kind: "report"},
		},
		Workers: []workerReport{
			{Stream: "requests", Cohort: 1, Worker: 0, PID: 4712, Alive: true, State: "running", Records: 38_412, Rate: 12_345.6, Memory: 61_200_000, CPUSeconds: 1.25},
			{Stream: "requests", Cohort: 1, Worker: 1, PID: 4713, State: "running", Restarts: 7, Reason: "panic: index out of range\x1b[2J"},
		}}
	r.judge()
	return r
}

const busyText = `metrics.db: following for 2 h 5 min, process 4711; 6 things to look at
  8.19 MB on disk, 98.3 kB of it free, -wal 1.2 MB; the run was last heard of 2.0 s ago

! logs/web-05.ndjson of requests is paused: its absorbed bytes were written over
! worker 1 of requests has no process 4713 any more
! traffic_5m could not use 21.9 % of 38,390 records; see windrow quarantine list
! morning of 2026-03-01 07:00:00 (revision 2) fails: mailto:${OPS}: cannot connect[2J
! slow of 2026-03-01 14:07:00 (evaluation) fails: no such column: p98
! slow of 2026-03-01 13:08:00 (resolved {"host":"web-3"}) was given up: no such table

requests: 9 files: 3 live, 2 idle, 2 ended, 1 paused, 1 gone
 for latency_1m, traffic_5m
  absorbed   38,412 events, 6.13 MB, 617 late, 1 in the future
  behind     1.2 MB in 2 files; the newest event is of 2026-03-01 14:08:12.5, 3.5 s ago
  watermark  2026-03-01 14:08:02, as logs/web-03.ndjson is at 14:08:07, last written 3 min ago
  lost       120 bytes that were not absorbed when their files went
 for latency_1m (rebuild)
  absorbed   10,000 events, 1.5 MB
  behind     4.5 MB in 7 files; the newest event is of 2026-03-01 14:08:12.5, 3.5 s ago
  watermark  none yet, held back by …folder/with/many/names/in/it/logs/web-01.ndjson, not begun yet

rollup                  rows  absorbed  filtered  unusable  final before            disk      cpu
latency_1m             1,441    37,924       452        36  2026-03-01 14:08:00   106 kB   0.12 s
traffic_5m               889    30,000         0     8,390  2026-03-01 14:05:00    41 kB  12.25 s
latency_1m (rebuild)      12    10,000         0         0  -                    8.19 kB   0.00 s
old                   1.23 M         0         0         0  -                    8.19 kB   0.00 s
  latency_1m: what is before 2026-02-01 00:00:00 has expired; 7 events came later than that
  traffic_5m is complete from 2026-02-01 00:00:00 on; 3 files were gone when it was filled
  latency_1m (rebuild) takes the place of latency_1m when it has caught up: 25 % is read
  old is no longer defined and stays as it is; windrow drop old deletes it

report   kind    last slot            last done            open  firing
morning  report  2026-03-02 07:00:00  2026-02-27 07:00:00     2       -
slow     alert   2026-03-01 14:08:00  -                       0   1,234
gone     report  -                    -                       0       -
test     report  -                    -                       0       -
  morning of 2026-03-02 07:00:00 waits until latency_1h is final before 2026-03-02 06:00:00
  morning of 2026-03-01 07:00:00 (revision 2): 7 tries since 2026-03-01 07:00:01, next at 14:10:00
  slow of 2026-03-01 14:07:00 (evaluation): 4 tries since 2026-03-01 14:07:00, next at once
  slow of 2026-03-01 13:08:00 (resolved {"host":"web-3"}): 1 try, the last at 2026-03-01 13:09:00
  slow is firing since 2026-03-01 14:05:00: {"host":"web-1"}
  slow is firing since -: {"host":"web-2"}
  slow is firing since -: 3
  slow is firing since -: 4
  slow is firing since -: 5
  slow: 1,229 rows more; see windrow_alerts
  gone is no longer defined; what it did stays in windrow_issues
  test was only run by hand so far

worker  stream     pid  state    events  events/s   memory     cpu  restarts
0       requests  4712  running  38,412    12,345  61.2 MB  1.25 s         0
1       requests  4713  gone          0         0  0 bytes  0.00 s         7
  worker 1 of requests ended before: panic: index out of range[2J
`

func TestStatusText(t *testing.T) {
	var b bytes.Buffer
	if err := busyReport().print(&b, false); err != nil {
		t.Fatal(err)
	}
	if b.String() != busyText {
		t.Errorf("%s\ngot\n%s", firstDifference(b.String(), busyText), &b)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		if n := len([]rune(line)); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// What is said first, for each way in which a run can be or end.
func TestStatusHeadline(t *testing.T) {
	for _, c := range []struct {
		change func(*report)
		want   string
	}{
		{func(r *report) { r.Run = runReport{State: runNone} }, "metrics.db: no run has said anything here; all is well"},
		{func(r *report) { r.Run = runReport{State: runStarting, PID: 9} }, "metrics.db: a run is starting, process 9; all is well"},
		{func(r *report) { r.Run.Mode = "once" }, "metrics.db: reading once for 2 h 5 min, process 4711; all is well"},
		{func(r *report) { r.Run.State, r.Run.Ended, r.Run.Note = runEnded, r.Run.Seen, noteSignal },
			"metrics.db: ended 2026-03-01 14:08:14, stopped by a signal; all is well"},
		{func(r *report) { r.Run.State, r.Run.Ended, r.Run.Note = runEnded, r.Run.Seen, "the disk is full" },
			"metrics.db: ended 2026-03-01 14:08:14, the disk is full; 1 thing to look at"},
		{func(r *report) { r.Run.State = runCopied }, "metrics.db: a copy, made about 2026-03-01 14:08:14; all is well"},
		{func(r *report) { r.Run.State = runGone }, "metrics.db: no run; the last one is gone since about 2026-03-01 14:08:14; 1 thing to look at"},
		{func(r *report) { r.Run.Note = "waits for room on the disk" }, "metrics.db: following for 2 h 5 min, process 4711; 1 thing to look at"},
		{func(r *report) { r.Run.seen = r.now.Add(-time.Minute) }, "metrics.db: following for 2 h 5 min, process 4711; 1 thing to look at"},
		{func(r *report) { r.Reports = waitingReport(2) }, "metrics.db: following for 2 h 5 min, process 4711; 1 thing to look at"},
		{func(r *report) { r.Reports = waitingReport(0) }, "metrics.db: following for 2 h 5 min, process 4711; all is well"},
		{func(r *report) { r.Store.WALBytes = 1 << 30 }, "metrics.db: following for 2 h 5 min, process 4711; 1 thing to look at"},
	} {
		r := busyReport()
		r.Streams, r.Workers, r.Rollups, r.Reports = nil, nil, nil, nil
		c.change(r)
		r.judge()
		var b bytes.Buffer
		if err := r.print(&b, false); err != nil {
			t.Fatal(err)
		}
		if got, _, _ := strings.Cut(b.String(), "\n"); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// runningStore makes a store in which a run has said that it is this process,
// with one file of which half is absorbed.
func runningStore(t *testing.T) (path string, run *store.RunState, put func()) {
	t.Helper()
	dir := t.TempDir()
	path = filepath.Join(dir, "s.db")
	events := filepath.Join(dir, "e.ndjson")
	if err := os.WriteFile(events, make([]byte, 100), 0o644); err != nil {
		t.Fatal(err)
	}
	p, problems := schema.Load([]schema.Source{{Name: "w.sql", Dir: dir, Text: `
		CREATE STREAM s (ts TIMESTAMP, WATERMARK FOR ts) WITH (connector = 'file', path = 'e.ndjson');
		CREATE ROLLUP r AS SELECT window_start, count(*) AS n FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY window_start;`}}, schema.LoadOptions{})
	if len(problems) > 0 {
		t.Fatal(problems.Format())
	}
	ctx := context.Background()
	st, err := store.Open(ctx, path, store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	epoch, err := st.NextEpoch(ctx)
	if err != nil {
		t.Fatal(err)
	}
	refs, err := st.Register(ctx, p, store.RegisterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	device, inode := fileID(t, events)
	splits, err := st.AddSplits(ctx, epoch, refs[0].ID, []store.Split{{Path: events, Device: device, Inode: inode, Size: 80}})
	if err != nil {
		t.Fatal(err)
	}
	c := refs[0].Cohorts[0]
	newest := value.TimeOf(time.Now().Add(-time.Hour))
	err = st.Commit(ctx, &store.Commit{Epoch: epoch, Cohort: c.ID, Ranges: []store.Range{{Split: splits[0].Number, Hi: 50, MaxTime: newest, Records: 5}},
		Rollups: []store.RollupCommit{{RollupRef: c.Rollups[0], Absorbed: 5}}})
	if err != nil {
		t.Fatal(err)
	}
	run = &store.RunState{Epoch: epoch, PID: os.Getpid(), Mode: "follow", Began: time.Now(), Seen: time.Now(),
		Workers: []store.WorkerState{{Cohort: c.ID, PID: os.Getpid(), State: "running"}, {Cohort: c.ID, Worker: 1, PID: 1 << 30, State: "running"}}}
	return path, run, func() {
		t.Helper()
		if err := st.PutRun(ctx, *run); err != nil {
			t.Fatal(err)
		}
	}
}

func fileID(t *testing.T, path string) (device, inode uint64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	device, inode, err = wire.FileID(f)
	if err != nil {
		t.Fatal(err)
	}
	return device, inode
}

func statusOf(t *testing.T, path string) *report {
	t.Helper()
	code, out, stderr := call(t, "", "status", "--json", "--store", path)
	if code != exitDone || stderr != "" {
		t.Fatalf("code %d, err %q", code, stderr)
	}
	var r report
	d := json.NewDecoder(strings.NewReader(out))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return &r
}

// The run's state follows the lock, which tells whether its process is alive.
func TestStatusOfLife(t *testing.T) {
	path, _, put := runningStore(t)
	if r := statusOf(t, path); r.Run.State != runNone || !r.Well {
		t.Errorf("before it says anything: %+v %q", r.Run, r.Attention)
	}
	put()
	if r := statusOf(t, path); r.Run.State != runCopied || !r.Well {
		t.Errorf("where no run has been: %+v %q", r.Run, r.Attention)
	}
	writeFile(t, path+".lock", "1\n")
	if r := statusOf(t, path); r.Run.State != runGone || r.Run.PID != os.Getpid() || r.Well || r.Workers[0].Alive {
		t.Errorf("without a lock: %+v %q", r.Run, r.Attention)
	}
	release, err := lockStore(path)
	if err != nil {
		t.Fatal(err)
	}
	r := statusOf(t, path)
	if r.Run.State != runRunning || !r.Workers[0].Alive || r.Workers[1].Alive {
		t.Errorf("with the lock: %+v %+v", r.Run, r.Workers)
	}
	if len(r.Attention) != 1 || r.Attention[0] != "worker 1 of s has no process 1073741824 any more" {
		t.Errorf("%q", r.Attention)
	}
	if err := os.WriteFile(path+".lock", []byte("77\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if r := statusOf(t, path); r.Run.State != runStarting || r.Run.PID != 77 || r.Run.Mode != "" {
		t.Errorf("with another one's lock: %+v", r.Run)
	}
	release()
	if _, err := lockStore(path); err != nil {
		t.Errorf("status keeps the lock: %v", err)
	}
}

func TestStatusAfterTheEnd(t *testing.T) {
	path, run, put := runningStore(t)
	run.Ended, run.Note = time.Now(), noteSignal
	put()
	if r := statusOf(t, path); r.Run.State != runEnded || r.Run.Ended == nil || !r.Well || r.Workers[0].Alive {
		t.Errorf("%+v %q", r.Run, r.Attention)
	}
}

// What lies in a file beyond what the store knows is lag, too; that of another
// file in its place is not.
func TestStatusLag(t *testing.T) {
	path, _, _ := runningStore(t)
	p := statusOf(t, path).Streams[0].Progress[0]
	if p.LagBytes != 50 || p.LagSplits != 1 || *p.LagSeconds < 3599 || *p.LagSeconds > 3700 {
		t.Errorf("lag of %d bytes in %d splits, %v s", p.LagBytes, p.LagSplits, *p.LagSeconds)
	}
	if p.HeldBy == nil || p.HeldBy.Reason != "newest" {
		t.Errorf("held by %+v", p.HeldBy)
	}
	events := filepath.Join(filepath.Dir(path), "e.ndjson")
	if err := os.Rename(events, events+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(events, make([]byte, 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	if p := statusOf(t, path).Streams[0].Progress[0]; p.LagBytes != 30 {
		t.Errorf("lag of %d bytes with another file", p.LagBytes)
	}
}

// --watch --json prints an object a line until Ctrl-C, which is its good end.
func TestStatusWatch(t *testing.T) {
	path, _, put := runningStore(t)
	put()
	cmd := exec.Command("windrow", "status", "--watch", "--json", "--store", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	for i := range 2 {
		var r report
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &r) != nil || r.Run.State != runCopied {
			t.Fatalf("line %d: %s\n%s", i, lines.Text(), &stderr)
		}
	}
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("%v %s", err, &stderr)
	}
}

// Reports and alerts as a run has left them in the store.
func TestStatusOfReports(t *testing.T) {
	path, run, _ := runningStore(t)
	ctx := context.Background()
	st, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	slot := time.Date(2026, 3, 2, 7, 0, 0, 0, time.UTC)
	refs, err := st.RegisterReports(ctx, run.Epoch, []store.ReportDef{{Name: "morning"}, {Name: "slow", Alert: true}}, slot)
	if err != nil {
		t.Fatal(err)
	}
	if r := statusOf(t, path); !r.Well || len(r.Reports) != 2 || r.Reports[1].Kind != "alert" || r.Reports[0].LastSlot != nil {
		t.Errorf("new ones: %q %+v", r.Attention, r.Reports)
	}
	_, err = st.Claim(ctx, run.Epoch, refs[0].ID, slot, []store.Issue{
		{Slot: slot, Kind: store.IssueReport, Revision: 1, State: store.IssueDue, Attempts: 2, Began: slot, Try: slot.Add(time.Minute),
			Deliveries: []store.Delivery{{Target: "a.html", Done: true}, {Target: "https://hooks.example.com/x", Error: "answered 503"}}},
		{Slot: slot.Add(time.Hour), Kind: store.IssueReport, Revision: 1, State: store.IssueWaiting, Began: slot, Note: "r is not final"}})
	if err != nil {
		t.Fatal(err)
	}
	alerts := []store.AlertRow{{Key: `{"host":"a"}`, Firing: true, Count: 1, Since: slot, Row: []byte(`{"host":"a","n":1}`)}, {Key: "not JSON", Firing: true, Since: slot}, {Key: "pending", Since: slot}}
	if _, err = st.PutAlerts(ctx, run.Epoch, refs[1].ID, slot, alerts, nil); err != nil {
		t.Fatal(err)
	}
	r := statusOf(t, path)
	if len(r.Attention) != 1 || r.Attention[0] != "morning of 2026-03-02 07:00:00 fails: https://hooks.example.com/x: answered 503" {
		t.Errorf("%q", r.Attention)
	}
	got, err := json.Marshal(r.Reports)
	if err != nil {
		t.Fatal(err)
	}
	const want = `[{"name":"morning","kind":"report","attached":true,"since":"2026-03-02 07:00:00","last_slot":"2026-03-02 07:00:00","last_done":null,"open":2,` +
		`"waiting":{"slot":"2026-03-02 08:00:00","event":"","key":null,"revision":1,"attempts":0,"began":"2026-03-02 07:00:00","next_try":null,"ended":null,"note":"r is not final","target":"","error":""},` +
		`"failing":{"slot":"2026-03-02 07:00:00","event":"","key":null,"revision":1,"attempts":2,"began":"2026-03-02 07:00:00","next_try":"2026-03-02 07:01:00","ended":null,"note":"",` +
		`"target":"https://hooks.example.com/x","error":"answered 503"},"failed":null,"firing":0,"firing_rows":[]},` +
		`{"name":"slow","kind":"alert","attached":true,"since":"2026-03-02 07:00:00","last_slot":"2026-03-02 07:00:00","last_done":null,"open":0,"waiting":null,"failing":null,"failed":null,"firing":2,` +
		`"firing_rows":[{"key":"not JSON","since":"2026-03-02 07:00:00","row":null},{"key":{"host":"a"},"since":"2026-03-02 07:00:00","row":{"host":"a","n":1}}]}]`
	if string(got) != want {
		t.Errorf("%s\ngot  %s\nwant %s", firstDifference(string(got), want), got, want)
	}
}
