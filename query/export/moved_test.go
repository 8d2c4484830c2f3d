package export

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/windrow/windrow/query/output"
)

// torn appends what a killed process has written to a file and not kept.
func (s *source) torn(t *testing.T, path, more string) {
	t.Helper()
	f, err := newFollower(t.Context(), s.DB, "latency_1m", csvTo(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.release()
	if err := f.file.ready(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.file.Write([]byte(more)); err != nil {
		t.Fatal(err)
	}
}

const goesOn = " a new file is begun with the windows from 2026-03-01 12:02:00 on"

// Where the file was taken away between two calls, the next one goes on in a new
// file. What a killed process had written beyond the cursor is cut off wherever
// it lies now, so that each window is in one file.
func TestFileThatIsGone(t *testing.T) {
	const two = head3 + minute0 + minute1
	move := func(path string) { os.Rename(path, path+".1") }
	s := newSource(t, "")
	for name, c := range map[string]struct {
		take func(path string)
		old  string // what path.1 holds then; "" if it is not there
		say  string
	}{
		"moved":                        {move, two, "was moved or removed:" + goesOn},
		"removed":                      {func(path string) { os.Remove(path) }, "", "was moved or removed:" + goesOn},
		"emptied":                      {func(path string) { write(t, path+".1", read(t, path)); os.Truncate(path, 0) }, two, "was emptied:" + goesOn},
		"moved, and an empty one made": {func(path string) { move(path); write(t, path, "") }, two, goesOn},
		"moved, with a torn window": {func(path string) { s.torn(t, path, "2026-03-01 12:0"); move(path) }, two,
			goesOn + "; a process was killed while it wrote into the older one: what a copy of that holds beyond 153 bytes is written again"},
		"moved, with a whole window that was not kept": {func(path string) { s.torn(t, path, minute2); move(path); write(t, path, "") }, two, goesOn},
		"moved, marked and with nothing more":          {func(path string) { s.torn(t, path, ""); move(path) }, two, "was moved or removed:" + goesOn},
		"moved twice, and killed in between": {func(path string) {
			move(path)
			s.kept(t, path)
			s.torn(t, path, head3+minute2)
			os.Rename(path, path+".2")
		}, two, goesOn},
		"moved, where links cannot be made": {func(path string) {
			move(path)
			write(t, markOf(path), noLink+"no")
		}, two, "what a copy of that holds beyond 153 bytes is written again"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, "")
			path := filepath.Join(t.TempDir(), "l.csv")
			s.followTo(t, path, until2)
			c.take(path)
			s.finish(t, until3, "")
			var said []string
			o := csvTo(path)
			o.Until, o.Say = until3, func(m string) { said = append(said, m) }
			for range 2 {
				if _, err := s.follow(t, o); err != nil {
					t.Fatal(err)
				}
			}
			if strings.HasPrefix(name, "moved twice") {
				if got := read(t, path+".2"); got != "" {
					t.Errorf("the second file holds %q", got)
				}
				if len(said) != 1 || !strings.Contains(said[0], "beyond 0 bytes") {
					t.Errorf("it said %q", said)
				}
			} else if len(said) != 1 || !strings.Contains(said[0], path) || !strings.HasSuffix(said[0], c.say) && !strings.Contains(said[0], c.say+";") {
				t.Errorf("it said %q", said)
			}
			files := tree(t, filepath.Dir(path))
			delete(files, "l.csv.cursor")
			delete(files, "l.csv.2")
			want := map[string]string{"l.csv": head3 + minute2}
			if c.old != "" {
				want["l.csv.1"] = c.old
			}
			if d := cmp.Diff(files, want); d != "" {
				t.Error(d)
			}
		})
	}
}

// Killed between the new file and its cursor, and after both.
func TestKilledWhileANewFileIsBegun(t *testing.T) {
	for _, kept := range []bool{false, true} {
		s := newSource(t, "")
		path := filepath.Join(t.TempDir(), "l.csv")
		s.followTo(t, path, until2)
		os.Rename(path, path+".1")
		if kept {
			s.kept(t, path)
		} else {
			write(t, path, "")
		}
		s.finish(t, until3, "")
		s.followTo(t, path, until3)
		if got := read(t, path+".1") + read(t, path); got != head3+minute0+minute1+head3+minute2 {
			t.Errorf("kept %v: got\n%s", kept, got)
		}
	}
}

// A file that is put back when the next one is begun is not cut.
func TestPutBackTooLate(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	s.followTo(t, path, until2)
	os.Rename(path, path+".1")
	s.kept(t, path)
	os.Rename(path+".1", path)
	_, err := s.follow(t, csvTo(path))
	wantError(t, err, "was changed by another program")
	if got := read(t, path); got != head3+minute0+minute1 {
		t.Errorf("got\n%s", got)
	}
}

// The file is taken away while it is followed into.
func TestFileThatGoesAway(t *testing.T) {
	for name, c := range map[string]struct {
		take func(path string)
		say  string
	}{
		"moved":   {func(path string) { os.Rename(path, path+".1") }, "was moved or removed:" + goesOn},
		"removed": {func(path string) { os.Remove(path) }, "was moved or removed:" + goesOn},
		"made":    {func(path string) { os.Rename(path, path+".1"); write(t, path, "") }, "was moved or removed:" + goesOn},
		"emptied": {func(path string) { os.Truncate(path, 0) }, "was emptied:" + goesOn},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, "")
			path := filepath.Join(t.TempDir(), "l.csv")
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			said, ended := make(chan string, 9), make(chan error)
			o := csvTo(path)
			o.Say, o.Until = func(m string) { said <- m }, "2026-03-01 12:04:00"
			go func() {
				_, err := Follow(ctx, s.DB, "latency_1m", o)
				ended <- err
			}()
			waitFor(t, path, head3+minute0+minute1)
			waitForCursor(t, path)
			c.take(path)
			s.finish(t, until3, "")
			waitFor(t, path, head3+minute2)
			s.finish(t, "2026-03-01 12:04:00", "INSERT INTO windrow_state_1 VALUES ('2026-03-01 12:03:00', 'x', 1, 1.0)")
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if got := read(t, path); got != head3+minute2+"2026-03-01 12:03:00,x,1,1.0\n" {
				t.Errorf("got\n%s", got)
			}
			if m := <-said; len(said) > 0 || !strings.HasSuffix(m, c.say) {
				t.Errorf("it said %s, and %d more", m, len(said))
			}
			if _, err := os.Stat(markOf(path)); !os.IsNotExist(err) {
				t.Errorf("the second name stays: %v", err)
			}
		})
	}
}

// A new file may have other columns, and no header where none is wanted.
func TestNewFileNewColumns(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l")
	o := csvTo(path)
	o.Format, o.Until = output.Find("tsv"), until2
	if _, err := s.follow(t, o); err != nil {
		t.Fatal(err)
	}
	os.Remove(path)
	s.finish(t, until3, "DROP VIEW latency_1m; CREATE VIEW latency_1m AS SELECT window_start, n FROM windrow_state_1")
	o.Until = until3
	if _, err := s.follow(t, o); err != nil {
		t.Fatal(err)
	}
	if got := read(t, path); got != "window_start\tn\n2026-03-01 12:02:00\t3\n" {
		t.Errorf("got %q", got)
	}
}

// A name that leads elsewhere: the file there is begun anew, and the name stays.
func TestGoneBehindALink(t *testing.T) {
	s := newSource(t, "")
	dir := t.TempDir()
	path, real := filepath.Join(dir, "l.csv"), filepath.Join(t.TempDir(), "real.csv")
	if err := os.Symlink(real, path); err != nil {
		if runtime.GOOS == "windows" { // where links are a privilege
			t.Skip(err)
		}
		t.Fatal(err)
	}
	s.followTo(t, path, until2)
	os.Rename(real, real+".1")
	s.finish(t, until3, "")
	s.followTo(t, path, until3)
	if got := read(t, real+".1") + read(t, real); got != head3+minute0+minute1+head3+minute2 {
		t.Errorf("got\n%s", got)
	}
}

// An error makes nothing: neither the file nor its second name.
func TestErrorMakesNothing(t *testing.T) {
	s := newSource(t, "")
	dir := t.TempDir()
	path := filepath.Join(dir, "l.csv")
	s.followTo(t, path, until2)
	os.Remove(path)
	before := tree(t, dir)
	o := csvTo(path)
	o.Format = output.Find("tsv")
	_, err := s.follow(t, o)
	wantError(t, err, "was begun in another form")
	if d := cmp.Diff(tree(t, dir), before); d != "" {
		t.Error(d)
	}
}
