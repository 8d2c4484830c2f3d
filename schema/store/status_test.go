package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/windrow/windrow/schema/value"
)

// status reads the status as another process would.
func (f *fixture) status() Status {
	f.Helper()
	db := must(OpenReader(f.path, ReaderOptions{}))(f)
	defer db.Close()
	return must(ReadStatus(bg, db))(f)
}

func TestStatusOfWork(t *testing.T) {
	f := newFixture(t)
	c := f.commitOf(0, 400, map[key]state{{at(0), "a", "x"}: {n: 3, s: 1.5, m: int64(1), b: []byte{}}})
	c.Ranges[0].Late, c.Ranges[0].Future = 2, 1
	c.Rollups[0].Filtered, c.Rollups[0].CPU = 7, 1500*time.Microsecond
	c.Rollups[0].Rejects = []Reject{{Split: f.split.Number, Offset: 9, Reason: "x is missing", Record: []byte("{}")}}
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	s := f.status()
	if s.Epoch != f.epoch || s.Run != nil || s.Estimated || s.PageSize != pageSize || s.Pages < 10 || len(s.Streams) != 1 {
		t.Fatalf("%+v", s)
	}
	st := s.Streams[0]
	if st.Name != "requests" || st.Delay != 5*time.Second || st.Splits != (SplitCounts{Live: 1}) || len(st.Cohorts) != 1 {
		t.Fatalf("%+v", st)
	}
	got := st.Cohorts[0]
	rollup := RollupStatus{ID: 1, Name: "latency", Attached: true, Definition: "CREATE ROLLUP latency", FinalBefore: "2026-03-01 00:06:00",
		Absorbed: 400, Filtered: 7, Quarantined: 1, Rows: 1, Disk: pageSize, CPU: 1500 * time.Microsecond}
	mark := at(0) + value.Time(395*value.Second)
	want := CohortStatus{ID: f.cohort.ID, Watermark: mark, Newest: at(0) + value.Time(400*value.Second),
		Records: 400, Late: 2, Future: 1, Bytes: 400, Rollups: []RollupStatus{rollup},
		Splits: []SplitStatus{{Number: 1, Path: "a.ndjson", Size: 1000, Absorbed: 400, Front: 400, FrontTime: at(0) + value.Time(400*value.Second)}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if n := got.Splits[0].Behind(); n != 600 {
		t.Errorf("%d bytes behind", n)
	}
}

func TestStatusOfRun(t *testing.T) {
	f := newFixture(t)
	began := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	want := RunState{Epoch: f.epoch, PID: 42, Mode: "follow", Began: began, Seen: began.Add(time.Minute), Note: "the disk is full",
		Workers: []WorkerState{{Cohort: f.cohort.ID, Worker: 1, PID: 43, State: "running", Began: began.Add(time.Second), Restarts: 2,
			Reason: "panic: no", Records: 5, Bytes: 6, Rate: 7.5, Memory: 8, CPU: 9 * time.Millisecond}}}
	for _, ended := range []time.Time{{}, began.Add(time.Hour)} {
		want.Ended = ended
		if err := f.PutRun(bg, want); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(&want, f.status().Run); d != "" {
			t.Error(d)
		}
	}
}

// What holds back the watermark is a split without a time first, then the one
// with the least; finished, idle and gone ones do not.
func TestHolder(t *testing.T) {
	none := value.MinTime - 1
	read := func(number int64, front, size int64, to value.Time) SplitStatus {
		return SplitStatus{Number: number, Size: size, Absorbed: front, Front: front, FrontTime: to}
	}
	idle, ended, gone, paused := read(1, 10, 10, at(1)), read(1, 10, 10, at(1)), read(1, 5, 10, at(1)), read(1, 5, 10, at(1))
	idle.Idle, ended.Ended, gone.Gone, paused.Note = true, true, true, "written over"
	behind := idle
	behind.Front, behind.Absorbed = 9, 9
	for name, c := range map[string]struct {
		splits []SplitStatus
		want   int64 // 0 for none
	}{
		"none":         {nil, 0},
		"least":        {[]SplitStatus{read(1, 10, 10, at(2)), read(2, 10, 10, at(1)), read(3, 5, 10, at(3))}, 2},
		"unread":       {[]SplitStatus{read(1, 10, 10, at(2)), read(2, 0, 10, none)}, 2},
		"first unread": {[]SplitStatus{read(1, 0, 10, none), read(2, 0, 10, none)}, 1},
		"not idle":     {[]SplitStatus{idle, read(2, 10, 10, at(5))}, 2},
		"idle, behind": {[]SplitStatus{behind, read(2, 10, 10, at(5))}, 1},
		"not ended":    {[]SplitStatus{ended, read(2, 10, 10, at(5))}, 2},
		"not gone":     {[]SplitStatus{gone}, 0},
		"paused":       {[]SplitStatus{paused, read(2, 10, 10, at(5))}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got := int64(0)
			if h := (&CohortStatus{Splits: c.splits}).Holder(); h != nil {
				got = h.Number
			}
			if got != c.want {
				t.Errorf("split %d, want %d", got, c.want)
			}
		})
	}
}

// The splits that are listed, and the counts of all.
func TestStatusOfSplits(t *testing.T) {
	f := newFixture(t)
	more := []Split{
		{Path: "ended", Size: 10, Ended: true}, {Path: "ended, behind", Size: 10, Ended: true}, {Path: "not looked into", Size: -1, Ended: true},
		{Path: "idle", Size: 10, Idle: true}, {Path: "lost", Size: 10, Ended: true, Gone: true}, {Path: "paused", Size: 10, Note: "written over"},
		{Path: "gone", Size: 10, Ended: true, Gone: true}, {Path: "empty", Start: 3, Size: 3, Ended: true},
	}
	for i, p := range must(f.AddSplits(bg, f.epoch, f.ref.ID, more))(t) {
		if i == 1 || p.Size < 10 || p.Path == "lost" {
			continue
		}
		c := f.commitOf(0, 10, nil)
		c.Ranges[0].Split = p.Number
		if err := f.Commit(bg, c); err != nil {
			t.Fatal(err)
		}
	}
	st := f.status().Streams[0]
	if want := (SplitCounts{Live: 1, Idle: 1, Ended: 4, Paused: 1, Gone: 2}); st.Splits != want || want.Total() != 9 {
		t.Errorf("%+v, want %+v", st.Splits, want)
	}
	var listed []string
	for _, p := range st.Cohorts[0].Splits {
		listed = append(listed, p.Path)
	}
	if d := cmp.Diff([]string{"a.ndjson", "ended, behind", "not looked into", "idle", "lost", "paused"}, listed); d != "" {
		t.Error(d)
	}
}

// The estimate is near to the count of pages, and ReadStatus leaves a reader
// as restricted as it was.
func TestStatusOfDisk(t *testing.T) {
	f := newFixture(t)
	rows := map[key]state{}
	for i := range 10_000 {
		rows[key{at(int64(i / 10)), "host-" + string(rune('a'+i%10)), "zone"}] = state{n: int64(i), s: float64(i), m: "some text", b: make([]byte, 20)}
	}
	if err := f.Commit(bg, f.commitOf(0, 400, rows)); err != nil {
		t.Fatal(err)
	}
	db := must(OpenReader(f.path, ReaderOptions{MaxConns: 1}))(t)
	defer db.Close()
	counted := must(ReadStatus(bg, db))(t)
	disk := counted.Streams[0].Cohorts[0].Rollups[0].Disk
	if disk < 10_000*60 || disk > 10_000*150 {
		t.Errorf("%d bytes", disk)
	}
	tx := must(db.Beginx())(t)
	if err := (&statusReader{ctx: bg, q: tx, Status: &counted}).estimate((counted.Pages - counted.FreePages) * counted.PageSize); err != nil {
		t.Fatal(err)
	}
	tx.Rollback()
	if got := counted.Streams[0].Cohorts[0].Rollups[0].Disk; got < disk || got > disk*3/2 {
		t.Errorf("estimated %d bytes, counted %d", got, disk)
	}
	for _, denied := range []string{"SELECT * FROM dbstat", "PRAGMA page_count"} {
		var n int
		if err := db.QueryRow(denied).Scan(&n); err == nil {
			t.Errorf("%s is allowed", denied)
		}
	}
}

func TestStatusOfOldFormat(t *testing.T) {
	f := newFixture(t)
	err := f.write(bg, "age", func(t *tx) error { return t.script("PRAGMA user_version = 1") })
	if err != nil {
		t.Fatal(err)
	}
	db := must(OpenReader(f.path, ReaderOptions{}))(t)
	defer db.Close()
	_, err = ReadStatus(bg, db)
	wantError(t, err, nil, "cannot read the status of the store: it is of an older format", "the next windrow run")
}
