package store

import (
	"fmt"
	"os"
	"testing"
	"time"
)

// vacuum calls Vacuum until nothing is left to give back.
func (f *fixture) vacuum(pages int) (calls int) {
	f.Helper()
	for calls = 1; must(f.Vacuum(bg, pages))(f); calls++ {
	}
	return calls
}

func (f *fixture) fileSize() int64 {
	f.Helper()
	return must(os.Stat(f.path))(f).Size()
}

// hosts commits n rows of one minute.
func (f *fixture) hosts(minute int64, n int, lo int64) {
	f.Helper()
	m := make(map[key]state, n)
	for i := range n {
		m[key{at(minute), fmt.Sprintf("host-%06d.example", i), "zone"}] = one(1)
	}
	c := f.commitOf(lo, lo+10, m)
	c.Ranges[0].MaxTime = at(minute)
	if err := f.Commit(bg, c); err != nil {
		f.Fatal(err)
	}
}

// The space of rows that have expired goes back to the file system, also
// while somebody reads what was there.
func TestVacuum(t *testing.T) {
	f := newFixture(t)
	f.retain(time.Minute)
	if f.vacuum(1000) != 1 {
		t.Error("a new store has pages to give back")
	}
	for i := range int64(10) {
		f.hosts(i, 10_000, i*10)
	}
	if err := f.CheckpointTruncate(bg); err != nil {
		t.Fatal(err)
	}
	full := f.fileSize()
	reader := must(OpenReader(f.path, ReaderOptions{}))(t)
	defer reader.Close()
	snapshot := reader.MustBegin()
	defer snapshot.Rollback()
	count := func() (n int) {
		t.Helper()
		if err := snapshot.Get(&n, "SELECT count(*) FROM latency"); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 100_000 {
		t.Fatalf("%d rows", n)
	}
	f.hosts(60, 1, 100)
	f.expire()
	if calls := f.vacuum(100); calls < 5 {
		t.Errorf("%d calls gave everything back, 100 pages each", calls)
	}
	if err := f.Checkpoint(bg); err != nil {
		t.Fatal(err)
	}
	if n := count(); n != 100_000 {
		t.Errorf("the reader sees %d rows", n)
	}
	f.hosts(61, 1, 110)
	snapshot.Rollback()
	if err := f.CheckpointTruncate(bg); err != nil {
		t.Fatal(err)
	}
	if small := f.fileSize(); small > full/20 || small > 64*pageSize {
		t.Errorf("%d bytes of %d are left", small, full)
	}
	if got := f.label("rows"); got != "2" {
		t.Errorf("%s rows", got)
	}
	f.intact()
}

// A few free pages stay: a store that loses as much as it gets is not moved about.
func TestVacuumKeepsSome(t *testing.T) {
	f := newFixture(t)
	f.retain(100 * time.Minute)
	for i := range int64(100) {
		f.hosts(i, 500, i*10)
	}
	f.hosts(103, 500, 1000)
	f.expire()
	if got := f.text("PRAGMA freelist_count"); got == "0" {
		t.Error("no page is free")
	}
	before := f.text("PRAGMA page_count")
	if calls := f.vacuum(1000); calls != 1 || f.text("PRAGMA page_count") != before {
		t.Errorf("%d calls, %s pages, before %s", calls, f.text("PRAGMA page_count"), before)
	}
}

// A store of format 1 has no way to give pages back, and says so.
func TestVacuumOldStore(t *testing.T) {
	f := newFixture(t)
	path := storePath(t)
	makeSQLite(t, path, string(must(os.ReadFile("testdata/version1.sql"))(t)))
	f.Store, f.path = mustOpen(t, path, Options{}), path
	if got := f.text("PRAGMA auto_vacuum"); got != "0" {
		t.Fatalf("auto_vacuum = %s", got)
	}
	if err := f.write(bg, "fill", func(tx *tx) error {
		return tx.script("CREATE TABLE x (y); INSERT INTO x VALUES (zeroblob(1000000)); DROP TABLE x")
	}); err != nil {
		t.Fatal(err)
	}
	if f.vacuum(10) != 1 || f.text("PRAGMA freelist_count") == "0" {
		t.Error("pages were given back")
	}
}
