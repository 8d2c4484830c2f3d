package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// content lists all rows of all tables.
func content(t testing.TB, s *Store) []string {
	t.Helper()
	var tables, lines []string
	err := s.read(bg, "read", func(tx *tx) error {
		err := tx.all("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name", nil, func(scan func(...any) error) error {
			var n string
			err := scan(&n)
			tables = append(tables, n)
			return err
		})
		for _, n := range tables {
			if err != nil {
				return err
			}
			rows, e := s.conn.QueryxContext(bg, "SELECT * FROM "+quote(n))
			if e != nil {
				return e
			}
			for rows.Next() {
				v, e := rows.SliceScan()
				if e != nil {
					return e
				}
				lines = append(lines, fmt.Sprintf("%s %v", n, v))
			}
			err = rows.Close()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// files lists a folder.
func files(t testing.TB, dir string) string {
	t.Helper()
	var names []string
	for _, e := range must(os.ReadDir(dir))(t) {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

func TestBackup(t *testing.T) {
	f := newFixture(t)
	if err := f.Commit(bg, f.commitOf(0, 10, map[key]state{keyA: one(3), keyB: {1, 2, "x", []byte{}}})); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(f.path, 0o640); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	to := filepath.Join(dir, "a ? # %41 é.db")
	if err := Backup(bg, f.path, to); err != nil {
		t.Fatal(err)
	}
	if got := files(t, dir); got != filepath.Base(to) {
		t.Errorf("files %s", got)
	}
	if info := must(os.Stat(to))(t); info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v", info.Mode())
	}
	db := must(OpenReader(to, ReaderOptions{}))(t)
	var n int
	if err := db.Get(&n, "SELECT count(*) FROM latency"); err != nil || n != 2 {
		t.Error(n, err)
	}
	db.Close()
	s := mustOpen(t, to, Options{})
	if d := cmp.Diff(content(t, f.Store), content(t, s)); d != "" {
		t.Error(d)
	}
	const pragmas = "SELECT application_id || ' ' || user_version || ' ' || page_size || ' ' || auto_vacuum || ' ' || journal_mode FROM pragma_application_id, pragma_user_version, pragma_page_size, pragma_auto_vacuum, pragma_journal_mode"
	if got, want := queryText(t, s, pragmas), f.text(pragmas); got != want {
		t.Errorf("the copy has %s, the store %s", got, want)
	}
	if got := queryText(t, s, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
	// A run goes on with the copy.
	g := *f
	g.Store = s
	g.epoch = must(s.NextEpoch(bg))(t)
	must(s.Register(bg, pipeline(f.rollup), RegisterOptions{}))(t)
	if err := s.Commit(bg, g.commitOf(10, 20, map[key]state{keyA: one(1)})); err != nil {
		t.Error(err)
	}
}

func TestBackupRefuses(t *testing.T) {
	f := newFixture(t)
	dir := t.TempDir()
	there := filepath.Join(dir, "there")
	if err := os.WriteFile(there, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	done, cancel := context.WithCancel(bg)
	cancel()
	tests := []struct {
		name     string
		ctx      context.Context
		from, to string
		target   error
		part     string
	}{
		{"a file that is there", bg, f.path, there, fs.ErrExist, "choose another name"},
		{"a dangling link", bg, f.path, filepath.Join(dir, "link"), fs.ErrExist, "choose another name"},
		{"itself", bg, f.path, f.path, fs.ErrExist, "choose another name"},
		{"no store", bg, f.path + "x", filepath.Join(dir, "x"), ErrMissing, ""},
		{"another file", bg, there, filepath.Join(dir, "x"), ErrNotStore, ""},
		{"no folder", bg, f.path, filepath.Join(dir, "no", "x"), fs.ErrNotExist, "cannot back up to"},
		{"a caller who left", done, f.path, filepath.Join(dir, "x"), context.Canceled, "cannot back up store"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantError(t, Backup(tt.ctx, tt.from, tt.to), tt.target, tt.part)
			if got := files(t, dir); got != "link there" {
				t.Errorf("files %s", got)
			}
		})
	}
	if got := string(must(os.ReadFile(there))(t)); got != "mine" {
		t.Errorf("the file has %q", got)
	}
	part := filepath.Join(dir, "part")
	if err := os.WriteFile(part, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := publish(part, there); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a file that came meanwhile was written over: %v", err)
	}
}

// Copies of a store that another process writes to have whole commits, and
// what they have is what the store had then.
func TestBackupWhileWriting(t *testing.T) {
	if path := os.Getenv("WINDROW_TEST_BACKUP"); path != "" {
		epoch, _ := strconv.ParseInt(os.Getenv("WINDROW_TEST_EPOCH"), 10, 64)
		w := workerFixture(t, path, epoch)
		for i := int64(0); ; i++ {
			m := map[key]state{{at(i % 50), "a", ""}: one(1)}
			for k := range int64(50) {
				m[key{at(i), fmt.Sprint(k), "y"}] = state{1, 0.5, "x", bytes.Repeat([]byte{7}, 300)}
			}
			if err := w.Commit(bg, w.commitOf(i*10, i*10+10, m)); err != nil {
				t.Fatal(err)
			}
		}
	}
	f := newFixture(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestBackupWhileWriting$")
	cmd.Env = append(os.Environ(), "WINDROW_TEST_BACKUP="+f.path, "WINDROW_TEST_EPOCH="+strconv.FormatInt(f.epoch, 10))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { cmd.Process.Kill(); cmd.Wait() }()
	const whole = `SELECT (SELECT hi FROM windrow_range_data) = absorbed AND rows = (SELECT count(*) FROM windrow_state_1)
		AND absorbed / 10 * 51 = (SELECT sum(n) FROM windrow_state_1) FROM windrow_rollup_data`
	for i := range int64(5) {
		waitForRanges(f, 100*(i+1))
		before := must(f.Totals(bg))(t).Rollups[0].Absorbed
		to := filepath.Join(t.TempDir(), "copy.db")
		if err := Backup(bg, f.path, to); err != nil {
			t.Fatal(err)
		}
		after := must(f.Totals(bg))(t).Rollups[0].Absorbed
		s := mustOpen(t, to, Options{})
		got := must(s.Totals(bg))(t).Rollups[0].Absorbed
		if got < before || got > after || queryText(t, s, whole) != "1" || queryText(t, s, "PRAGMA integrity_check") != "ok" {
			t.Errorf("copy %d has %d records, the store %d before and %d after", i, got, before, after)
		}
	}
	if must(f.Totals(bg))(t).Rollups[0].Absorbed < 500 {
		t.Error("the writer did not get on")
	}
	f.intact()
}
