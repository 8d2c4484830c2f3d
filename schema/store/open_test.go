package store

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
)

// makeSQLite writes an SQLite file by a script.
func makeSQLite(t testing.TB, path, script string) {
	t.Helper()
	dsn, err := uri(path, "")
	if err != nil {
		t.Fatal(err)
	}
	setup()
	db := sqlx.MustOpen("sqlite", dsn)
	defer db.Close()
	if _, err := db.Exec(script); err != nil {
		t.Fatal(err)
	}
}

// folder lists a directory with sizes and the bytes of its files.
func folder(t testing.TB, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		b, _ := os.ReadFile(filepath.Join(dir, e.Name()))
		files[e.Name()] = string(b)
	}
	return files
}

func TestOpenRefuses(t *testing.T) {
	newer := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 99; CREATE TABLE x(y)", applicationID)
	tests := []struct {
		name   string
		make   func(t *testing.T, path string)
		target error
		parts  []string
	}{
		{"no file", func(*testing.T, string) {}, ErrMissing, []string{"windrow.db"}},
		{"a directory", func(t *testing.T, p string) { os.Mkdir(p, 0o755) }, ErrNotStore, []string{"is a directory"}},
		{"text", func(t *testing.T, p string) { os.WriteFile(p, []byte(strings.Repeat("not a database\n", 99)), 0o644) }, ErrNotStore, []string{"not an SQLite file"}},
		{"a few bytes", func(t *testing.T, p string) { os.WriteFile(p, []byte("x"), 0o644) }, ErrNotStore, nil},
		{"another program's", func(t *testing.T, p string) { makeSQLite(t, p, "CREATE TABLE x(y)") }, ErrNotStore, []string{"another --store"}},
		{"another program's in WAL mode", func(t *testing.T, p string) {
			makeSQLite(t, p, "PRAGMA journal_mode = WAL; PRAGMA application_id = 7; CREATE TABLE x(y)")
		}, ErrNotStore, nil},
		{"a newer one", func(t *testing.T, p string) { makeSQLite(t, p, newer) }, ErrNewer, []string{"format 99", "use a newer windrow"}},
	}
	opens := map[string]func(string) error{
		"create": func(p string) error { _, err := Open(bg, p, Options{Create: true}); return err },
		"open":   func(p string) error { _, err := Open(bg, p, Options{}); return err },
		"worker": func(p string) error { _, err := Open(bg, p, Options{Create: true, Worker: true}); return err },
		"reader": func(p string) error { _, err := OpenReader(p, ReaderOptions{}); return err },
	}
	for _, tt := range tests {
		for how, open := range opens {
			if tt.target == ErrMissing && how == "create" {
				continue
			}
			t.Run(tt.name+"/"+how, func(t *testing.T) {
				dir := t.TempDir()
				path := filepath.Join(dir, "windrow.db")
				tt.make(t, path)
				before := folder(t, dir)
				wantError(t, open(path), tt.target, tt.parts...)
				if d := cmp.Diff(before, folder(t, dir)); d != "" {
					t.Errorf("the directory was touched: %s", d)
				}
			})
		}
	}
}

// Who is told to keep a store migrates none: a run of an older version may be
// at work on it.
func TestOpenKeeps(t *testing.T) {
	for version := 1; version < len(migrations); version++ {
		path := storePath(t)
		makeSQLite(t, path, string(must(os.ReadFile(fmt.Sprintf("testdata/version%d.sql", version)))(t)))
		before := cellsBefore(t, path)
		_, err := Open(bg, path, Options{Keep: true, Create: true})
		wantError(t, err, ErrOlder, "cannot open store", "the next windrow run brings it up to date")
		if d := cmp.Diff(before, cellsBefore(t, path)); d != "" {
			t.Errorf("version %d was changed: %s", version, d)
		}
		db := must(OpenReader(path, ReaderOptions{}))(t)
		wantError(t, HasReports(bg, db), ErrOlder)
		s, err := ReadStatus(bg, db)
		if version < statusFormat {
			wantError(t, err, ErrOlder)
		} else if err != nil || len(s.Streams) != 1 || s.Reports != nil {
			t.Errorf("the status of version %d: %+v, %v", version, s, err)
		}
		db.Close()
	}
	path := storePath(t)
	_, err := Open(bg, path, Options{Keep: true, Create: true})
	wantError(t, err, ErrMissing)
	mustOpen(t, path, Options{Create: true})
	s := mustOpen(t, path, Options{Keep: true})
	must(s.NextEpoch(bg))(t)
	db := must(OpenReader(path, ReaderOptions{}))(t)
	defer db.Close()
	if err := HasReports(bg, db); err != nil {
		t.Error(err)
	}
}

func TestOpenCreates(t *testing.T) {
	names := []string{"windrow.db", "odd ?#%41&;=+:'\" ä.db", "-x.db"}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			s := mustOpen(t, name, Options{Create: true})
			for query, want := range map[string]string{
				"PRAGMA journal_mode": "wal", "PRAGMA page_size": "8192", "PRAGMA application_id": "1464747090", "PRAGMA user_version": fmt.Sprint(len(migrations)),
				"PRAGMA synchronous": "2", "PRAGMA wal_autocheckpoint": "0", "PRAGMA auto_vacuum": "2",
			} {
				if got := queryText(t, s, query); got != want {
					t.Errorf("%s = %s, want %s", query, got, want)
				}
			}
			if runtime.GOOS == "linux" && !sqlite.OFDLockingEnabled() {
				t.Error("a close of the file by others drops SQLite's locks")
			}
			if !sqlite.StrictPragmasEnabled() {
				t.Error("pragmas are not strict")
			}
			if s.WALSize() != 0 {
				t.Error("the new store is not in the main file")
			}
			must(s.NextEpoch(bg))(t)
			if s.WALSize() == 0 {
				t.Error("WALSize is 0 after a write")
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(len(folder(t, "."))); got != "1" {
				t.Errorf("%s files are left", got)
			}
			w := mustOpen(t, name, Options{Worker: true, Durability: "process"})
			if got := queryText(t, w, "PRAGMA synchronous"); got != "1" {
				t.Errorf("synchronous = %s", got)
			}
			db, err := OpenReader(name, ReaderOptions{})
			if err != nil {
				t.Fatal(err)
			}
			db.Close()
		})
	}
}

// A creation that was killed leaves an empty file, which the next run takes.
func TestOpenTakesEmptyFile(t *testing.T) {
	path := storePath(t)
	os.WriteFile(path, nil, 0o644)
	if _, err := Open(bg, path, Options{}); err == nil {
		t.Error("opened an empty file without Create")
	}
	mustOpen(t, path, Options{Create: true})
}

// What an earlier, deleted store left beside it does not come back.
func TestOpenIgnoresStaleWAL(t *testing.T) {
	path := storePath(t)
	s := mustOpen(t, path, Options{Create: true})
	for range 5 {
		must(s.NextEpoch(bg))(t)
	}
	wal := must(os.ReadFile(path + "-wal"))(t)
	s.Close()
	os.Remove(path)
	os.WriteFile(path+"-wal", wal, 0o644)
	fresh := mustOpen(t, path, Options{Create: true})
	if got := must(fresh.NextEpoch(bg))(t); got != 1 {
		t.Errorf("epoch %d in a new store", got)
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(bg, filepath.Join(dir, "no", "windrow.db"), Options{Create: true})
	wantError(t, err, nil, "does not exist", filepath.Join(dir, "no"))
	_, err = Open(bg, filepath.Join(dir, "a\x00b"), Options{Create: true})
	wantError(t, err, nil, "a\\x00b")
	_, err = Open(bg, filepath.Join(dir, "x.db"), Options{Create: true, Durability: "both"})
	wantError(t, err, nil, `"power" or "process"`)
}

func TestBusy(t *testing.T) {
	f := newFixture(t)
	other := mustOpen(t, f.path, Options{Worker: true, BusyTimeout: time.Millisecond})
	err := f.write(bg, "hold", func(*tx) error {
		_, err := other.NextEpoch(bg)
		wantError(t, err, ErrBusy)
		wantError(t, other.Commit(bg, f.commitOf(0, 1, nil)), ErrBusy)
		ctx, cancel := context.WithCancel(bg)
		cancel()
		_, err = other.NextEpoch(ctx)
		wantError(t, err, context.Canceled)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Commit(bg, f.commitOf(0, 1, nil)); err != nil {
		t.Errorf("after waiting: %v", err)
	}
}

func TestDiskFull(t *testing.T) {
	f := newFixture(t)
	if err := f.Commit(bg, f.commitOf(0, 10, map[key]state{keyA: one(1)})); err != nil {
		t.Fatal(err)
	}
	before := dump(f)
	f.conn.ExecContext(bg, "PRAGMA max_page_count = 1") // rounds up to the pages in use
	big := one(2)
	big.b = make([]byte, 1<<20)
	c := f.commitOf(10, 20, map[key]state{keyA: one(1), keyB: big})
	wantError(t, f.Commit(bg, c), ErrFull)
	if d := cmp.Diff(before, dump(f)); d != "" {
		t.Error(d)
	}
	f.conn.ExecContext(bg, "PRAGMA max_page_count = 1000000")
	if err := f.Commit(bg, c); err != nil {
		t.Fatal(err)
	}
	if got := f.view()[keyA]; got.n != 2 {
		t.Errorf("after there was room: n = %d, want 2", got.n)
	}
	f.intact()
}

func TestCheckpoint(t *testing.T) {
	f := newFixture(t)
	if err := f.Checkpoint(bg); err != nil {
		t.Fatal(err)
	}
	reader := must(OpenReader(f.path, ReaderOptions{}))(t)
	defer reader.Close()
	snapshot := reader.MustBegin()
	var n int
	if err := snapshot.Get(&n, "SELECT count(*) FROM latency"); err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(bg, f.commitOf(0, 10, map[key]state{keyA: one(1)})); err != nil {
		t.Fatal(err)
	}
	wantError(t, f.CheckpointTruncate(bg), ErrBusy)
	if got := f.text("PRAGMA busy_timeout"); got != "10000" {
		t.Errorf("busy_timeout = %s afterwards", got)
	}
	snapshot.Rollback()
	if err := f.CheckpointTruncate(bg); err != nil {
		t.Fatal(err)
	}
	if f.WALSize() != 0 {
		t.Errorf("%d bytes of WAL are left", f.WALSize())
	}
}

// A file that was caught within a checkpoint is a store like any other.
func TestOpenWithinCheckpoint(t *testing.T) {
	f := newFixture(t)
	for i := range int64(20) {
		m := map[key]state{}
		for h := range 100 {
			m[key{at(i), fmt.Sprintf("host %d", h), ""}] = one(1)
		}
		if err := f.Commit(bg, f.commitOf(i*10, i*10+10, m)); err != nil {
			t.Fatal(err)
		}
	}
	main, wal := must(os.ReadFile(f.path))(t), must(os.ReadFile(f.path+"-wal"))(t)
	if err := f.CheckpointTruncate(bg); err != nil {
		t.Fatal(err)
	}
	// Page 1 is already that of the end, the others are not there yet.
	copy(main[:pageSize], must(os.ReadFile(f.path))(t))
	path := storePath(t)
	os.WriteFile(path, main, 0o644)
	os.WriteFile(path+"-wal", wal, 0o644)
	db := must(OpenReader(path, ReaderOptions{}))(t)
	defer db.Close()
	if got, err := ask(t, db, "SELECT count(*) FROM latency"); got != "2000" || err != nil {
		t.Errorf("%s rows, %v", got, err)
	}
	s := mustOpen(t, path, Options{})
	if got := queryText(t, s, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
}

// A store whose making was killed is made anew; a reader says what to do.
func TestOpenHalfMade(t *testing.T) {
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole.db")
	must(Open(bg, whole, Options{Create: true}))(t).Close()
	text, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	// What SQLite leaves when it is killed after three pages: a journal that
	// says that there were none before.
	journal := make([]byte, 512)
	copy(journal, "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7\x00\x00\x00\x00\x04\x28\xb8\x4e\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x20\x00")
	path := filepath.Join(dir, "half.db")
	text[18], text[19] = 1, 1 // not in WAL mode yet
	for name, content := range map[string][]byte{path: text[:3*pageSize], path + "-journal": journal} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if db, err := OpenReader(path, ReaderOptions{}); err == nil {
		db.Close()
		t.Error("a reader has opened it")
	} else if !strings.Contains(err.Error(), "windrow run") {
		t.Errorf("a reader: %v", err)
	}
	s := must(Open(bg, path, Options{Create: true}))(t)
	defer s.Close()
	if _, err := s.NextEpoch(bg); err != nil {
		t.Error(err)
	}
}
