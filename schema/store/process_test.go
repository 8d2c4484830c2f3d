package store

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

// workerFixture opens a store as another process would, and knows its rollup.
func workerFixture(t testing.TB, path string, epoch int64) *fixture {
	f := &fixture{TB: t, path: path, rollup: testRollup("latency", testStream("requests")), epoch: epoch, split: Split{Number: 1}}
	f.Store = mustOpen(t, path, Options{Worker: true, Durability: "process", BusyTimeout: time.Minute})
	f.cohort = Cohort{ID: 1, Rollups: []RollupRef{{ID: 1, Rollup: f.rollup, Table: "windrow_state_1"}}}
	return f
}

const share = 40 // commits per writer

// Several writers want the same ranges; each range counts once.
func TestWritersInOneProcess(t *testing.T) {
	f := newFixture(t)
	var wg sync.WaitGroup
	for range 3 {
		w := workerFixture(t, f.path, f.epoch)
		wg.Go(func() { absorbAll(t, w) })
	}
	wg.Wait()
	checkShared(f)
}

func absorbAll(t testing.TB, w *fixture) {
	for i := int64(0); i < share; i++ {
		c := w.commitOf(i*10, i*10+10, map[key]state{keyA: one(i), {at(i), "b", "y"}: one(1)})
		if err := w.Commit(bg, c); err != nil && !errors.Is(err, ErrOverlap) {
			t.Error(err)
		}
	}
}

func checkShared(f *fixture) {
	f.Helper()
	got := f.view()
	want := map[key]state{}
	for i := int64(0); i < share; i++ {
		want[keyA] = add(want, keyA, one(i))
		want[key{at(i), "b", "y"}] = one(1)
	}
	equalViews(f, got, want)
	r := must(f.Ranges(bg, 1))(f)[1]
	if len(r) != 1 || r[0].Hi != share*10 || r[0].Records != share*10 {
		f.Errorf("ranges %+v", r)
	}
	f.intact()
}

// The same with processes, one of which is killed again and again.
func TestWriterProcesses(t *testing.T) {
	if path := os.Getenv("WINDROW_TEST_WRITER"); path != "" {
		epoch, _ := strconv.ParseInt(os.Getenv("WINDROW_TEST_EPOCH"), 10, 64)
		absorbAll(t, workerFixture(t, path, epoch))
		return
	}
	f := newFixture(t)
	start := func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^TestWriterProcesses$")
		cmd.Env = append(os.Environ(), "WINDROW_TEST_WRITER="+f.path, "WINDROW_TEST_EPOCH="+strconv.FormatInt(f.epoch, 10))
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	a := start()
	for n := 0; n < 3; n++ {
		b := start()
		waitForRanges(f, int64(n*100))
		b.Process.Kill()
		b.Wait()
		f.intact()
	}
	if err := a.Wait(); err != nil {
		t.Error(err)
	}
	checkShared(f)
}

// waitForRanges polls until so many bytes are absorbed.
func waitForRanges(f *fixture, bytes int64) {
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		if must(f.Totals(bg))(f).Cohorts[0].Bytes >= bytes {
			return
		}
	}
	f.Fatal("the writers do not get on")
}

// A process that wakes up after a new run has begun changes nothing.
func TestFenced(t *testing.T) {
	f := newFixture(t)
	old := workerFixture(t, f.path, f.epoch)
	must(f.NextEpoch(bg))(t)
	wantError(t, old.Commit(bg, old.commitOf(0, 10, map[key]state{keyA: one(1)})), ErrFenced)
	if got := len(f.view()); got != 0 {
		t.Errorf("%d rows", got)
	}
}

// A definition that changes the schema does not disturb an open writer.
func TestWriterSeesNewView(t *testing.T) {
	f := newFixture(t)
	w := workerFixture(t, f.path, f.epoch)
	if err := w.Commit(bg, w.commitOf(0, 10, map[key]state{keyA: one(1)})); err != nil {
		t.Fatal(err)
	}
	f.register(f.rollup, testRollup("later", f.rollup.Stream))
	if err := w.Commit(bg, w.commitOf(10, 20, map[key]state{keyA: one(1)})); err != nil {
		t.Fatal(err)
	}
	if got := f.view()[keyA].n; got != 2 {
		t.Errorf("n = %d", got)
	}
}
