package export

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
)

const (
	until2  = "2026-03-01 12:02:00" // the first two windows are final
	until3  = "2026-03-01 12:03:00"
	head3   = "window_start,host,n,avg_latency\n"
	minute0 = "2026-03-01 12:00:00,web-1,4,12.5\n2026-03-01 12:00:00,web-2,2,1.5\n"
	minute1 = "2026-03-01 12:01:00,web-1,1,0.1\n2026-03-01 12:01:00,,1,\n"
	minute2 = "2026-03-01 12:02:00,web-1,3,3.3333333333333335e+299\n"
)

// finish makes windows final, and changes what script says in the same
// transaction.
func (s *source) finish(t *testing.T, before, script string) {
	t.Helper()
	s.exec(t, "BEGIN IMMEDIATE;"+script+fmt.Sprintf(";UPDATE windrow_rollup_data SET final_before = max(final_before, '%s'), revision = revision + 1; COMMIT", before))
}

func csvTo(path string) FollowOptions {
	return FollowOptions{Format: output.Find("csv"), Path: path, Poll: time.Millisecond, Check: time.Millisecond}
}

func (s *source) follow(t *testing.T, o FollowOptions) (Followed, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done, err := Follow(ctx, s.DB, "latency_1m", o)
	if ctx.Err() != nil {
		t.Error("it has not ended by itself")
	}
	return done, err
}

func (s *source) followTo(t *testing.T, path, until string) Followed {
	t.Helper()
	o := csvTo(path)
	o.Until = until
	done, err := s.follow(t, o)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func TestFollowUntil(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	if done := s.followTo(t, path, until2); done != (Followed{Rows: 4, Windows: 2}) {
		t.Errorf("got %+v", done)
	}
	if d := cmp.Diff(read(t, path), head3+minute0+minute1); d != "" {
		t.Error(d)
	}
	if done := s.followTo(t, path, until2); done != (Followed{}) {
		t.Errorf("again: %+v", done)
	}
	s.finish(t, until3, "")
	if done := s.followTo(t, path, until3); done != (Followed{Rows: 1, Windows: 1}) {
		t.Errorf("got %+v", done)
	}
	if d := cmp.Diff(read(t, path), wholeCSV); d != "" {
		t.Error(d)
	}
	if in, _ := os.ReadDir(filepath.Dir(path)); len(in) != 2 || in[1].Name() != "l.csv.cursor" {
		t.Errorf("got %v", in)
	}
}

// Windows come while it follows; the end of ctx is a good one.
func TestFollowUntilToldToEnd(t *testing.T) {
	s := newSource(t, "UPDATE windrow_rollup_data SET final_before = NULL")
	path := filepath.Join(t.TempDir(), "l.csv")
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := Follow(ctx, s.DB, "LATENCY_1m", csvTo(path))
		ended <- err
	}()
	want := head3
	for _, w := range []struct{ before, rows string }{{"2026-03-01 12:01:00", minute0}, {until2, minute1}, {until3, minute2}} {
		waitFor(t, path, want)
		s.exec(t, "UPDATE windrow_rollup_data SET final_before = '"+w.before+"', revision = revision + 1")
		want += w.rows
	}
	waitFor(t, path, want)
	_, err := s.follow(t, csvTo(path))
	wantError(t, err, "another process follows into "+path)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path + ".cursor.lock"); !os.IsNotExist(err) {
		t.Errorf("the lock stays: %v", err)
	}
}

func waitFor(t *testing.T, path, content string) {
	t.Helper()
	var got []byte
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if got, _ = os.ReadFile(path); string(got) == content {
			return
		}
	}
	t.Fatalf("got\n%s\nwant\n%s", got, content)
}

// A page ends with a window, and what ctx ends is whole.
func TestFollowInPages(t *testing.T) {
	pageRows = 1
	defer func() { pageRows = 100_000 }()
	s := newSource(t, "")
	s.finish(t, until3, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	f, err := newFollower(t.Context(), s.DB, "latency_1m", csvTo(path))
	if err != nil {
		t.Fatal(err)
	}
	want := head3
	for i, rows := range []string{minute0, minute1, minute2} {
		more, err := f.look(t.Context())
		if err != nil || more != (i < 2) {
			t.Fatal(more, err)
		}
		want += rows
		if d := cmp.Diff(read(t, path), want); d != "" {
			t.Error(d)
		}
		if c := f.cursor; c.Size != int64(len(want)) || c.Windows != int64(i+1) {
			t.Errorf("got %+v", c)
		}
	}
	f.release()

	// Told to end while the first page is written.
	pageRows = 100_000
	path += "2"
	ctx, cancel := context.WithCancel(t.Context())
	if f, err = newFollower(ctx, s.DB, "latency_1m", csvTo(path)); err != nil {
		t.Fatal(err)
	}
	snapshot, err := query.Open(ctx, s.DB)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if more, err := f.page(ctx, snapshot, until3); err != nil || !more {
		t.Errorf("%v, %v", more, err)
	}
	snapshot.Close()
	f.release()
	if d := cmp.Diff(read(t, path), head3+minute0); d != "" {
		t.Error(d)
	}
	s.followTo(t, path, until3)
	if d := cmp.Diff(read(t, path), wholeCSV); d != "" {
		t.Error(d)
	}
}

// What a killed process has written beyond the cursor is cut off; killed before
// anything, it begins.
func TestFollowAfterKill(t *testing.T) {
	s := newSource(t, "")
	for name, prepare := range map[string]func(path string){
		"a torn window": func(path string) { s.followTo(t, path, until2); write(t, path, read(t, path)+"2026-03-01 12:0") },
		"windows that were not kept": func(path string) {
			s.followTo(t, path, until2)
			write(t, path, read(t, path)+minute2+"2026-03-01 12:03:00,x,1,2.0\n")
		},
		"an empty file without cursor": func(path string) { write(t, path, "") },
		"a cursor without header":      func(path string) { s.kept(t, path) },
		"a cursor and a torn header":   func(path string) { s.kept(t, path); s.torn(t, path, "window_sta") },
		"a cursor without file":        func(path string) { s.kept(t, path); os.Remove(path) },
		"a lock that nobody holds":     func(path string) { write(t, path+".cursor.lock", "") },
		"half a cursor":                func(path string) { write(t, filepath.Join(filepath.Dir(path), ".l.csv.cursor.ABCDEFGH.tmp"), `{"cur`) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "l.csv")
			prepare(path)
			s.followTo(t, path, until2)
			if d := cmp.Diff(read(t, path), head3+minute0+minute1); d != "" {
				t.Error(d)
			}
		})
	}
}

// kept is a file that is begun and has nothing in it.
func (s *source) kept(t *testing.T, path string) {
	t.Helper()
	f, err := newFollower(t.Context(), s.DB, "latency_1m", csvTo(path))
	if err != nil {
		t.Fatal(err)
	}
	f.release()
}

func TestFollowMistakes(t *testing.T) {
	s := newSource(t, `CREATE VIEW other AS SELECT window_start FROM latency_1m; CREATE VIEW plain AS SELECT host FROM windrow_state_1;
		INSERT INTO windrow_rollup_data (id, name, cohort, attached, identity, definition) VALUES (2, 'other', 1, 1, x'00', ''), (3, 'plain', 1, 1, x'00', '');`)
	dir := t.TempDir()
	mine := filepath.Join(dir, "mine.csv")
	write(t, mine, "mine")
	begun := filepath.Join(dir, "l.csv")
	s.followTo(t, begun, until2)
	cursor := read(t, begun+".cursor")
	change := func(content string) string {
		path := filepath.Join(t.TempDir(), "l.csv")
		write(t, path, content)
		write(t, path+".cursor", cursor)
		return path
	}
	for _, c := range []struct {
		name, what, path string
		edit             func(*FollowOptions)
		want             string
	}{
		{"a SELECT", "SELECT * FROM latency_1m", "", nil, "only a rollup can be followed: a SELECT has no final windows; give the name of a rollup"},
		{"a rollup that is not there", "latency_2m", "", nil, "no rollup named latency_2m; did you mean latency_1m?"},
		{"a table", "windrow_streams", "", nil, "windrow_streams is no rollup: only the windows of a rollup become final"},
		{"no window_start", "plain", "", nil, "plain shows no window_start: --follow needs it"},
		{"a format that cannot grow", "latency_1m", "", func(o *FollowOptions) { o.Format = output.Find("json") }, "a file of format json cannot grow; to follow take one of csv, tsv, ndjson"},
		{"compressed", "latency_1m", mine + ".gz", nil, "a compressed file cannot grow: to follow take a name without .gz or .zst"},
		{"a time", "latency_1m", "", func(o *FollowOptions) { o.Until = "soon" }, `--until: "soon" is neither a time`},
		{"a file of something else", "latency_1m", mine, nil, mine + " is there already and has no mine.csv.cursor: it was not begun with --follow; remove it, or choose another name"},
		{"a folder", "latency_1m", dir, nil, "it is not a regular file; without -o the windows go to standard output"},
		{"no folder", "latency_1m", filepath.Join(dir, "no", "l.csv"), nil, "no such file or directory"},
		{"another rollup", "other", begun, nil, "l.csv follows latency_1m, not other; choose another file"},
		{"other options", "latency_1m", begun, func(o *FollowOptions) { o.Output.Delimiter = ';' }, "l.csv was begun in another form: give the same format and options as then, --format csv; or choose another file"},
		{"shorter", "latency_1m", change(head3 + minute0), nil, "holds 97 bytes, and l.csv.cursor says that 153 were written: put back what was written, or move it away and a new file goes on after it"},
		{"edited", "latency_1m", change(strings.ToUpper(head3) + minute0 + minute1), nil, "was changed by another program: put back what was written, or move it away and a new file goes on after it"},
		{"a delimiter", "latency_1m", "", func(o *FollowOptions) { o.Output.Delimiter = 'x' }, "cannot stand between fields"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := csvTo(c.path)
			if c.edit != nil {
				c.edit(&o)
			}
			before := tree(t, dir)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			_, err := Follow(ctx, s.DB, c.what, o)
			wantError(t, err, c.want)
			if d := cmp.Diff(tree(t, dir), before); d != "" {
				t.Error(d)
			}
		})
	}
	for content, want := range map[string]string{"{}": "is no cursor of an export", `{"cursor":2}`: "from a newer version"} {
		path := change("")
		write(t, path+".cursor", content)
		_, err := s.follow(t, csvTo(path))
		wantError(t, err, want)
	}
}

// Another form is told as flags.
func TestFormOfFile(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	o := csvTo("")
	o.Output = output.Options{Delimiter: ';', NoHeader: true, Null: "-", Zone: zone, TimeFormat: "iso", GuardFormulas: true}
	const want = `--format csv --delimiter ";" --null "-" --time-zone "Europe/Berlin" --time-format "iso" --no-header --guard-formulas`
	if got := newCursor("r", "", o).form.String(); got != want {
		t.Errorf("got %s", got)
	}
}

func TestFollowForms(t *testing.T) {
	s := newSource(t, "")
	for _, c := range []struct {
		format string
		o      output.Options
		want   string
	}{
		{"tsv", output.Options{}, strings.ReplaceAll(wholeCSV, ",", "\t")},
		{"csv", output.Options{NoHeader: true, Delimiter: ';'}, strings.ReplaceAll(minute0+minute1+minute2, ",", ";")},
		{"ndjson", output.Options{}, `{"window_start":"2026-03-01 12:00:00","host":"web-1","n":4,"avg_latency":12.5}
{"window_start":"2026-03-01 12:00:00","host":"web-2","n":2,"avg_latency":1.5}
{"window_start":"2026-03-01 12:01:00","host":"web-1","n":1,"avg_latency":0.1}
{"window_start":"2026-03-01 12:01:00","host":null,"n":1,"avg_latency":null}
{"window_start":"2026-03-01 12:02:00","host":"web-1","n":3,"avg_latency":3.3333333333333335e+299}
`},
	} {
		path := filepath.Join(t.TempDir(), "f")
		for _, until := range []string{"2026-03-01 12:01:00", until2, until3} {
			s.finish(t, until, "")
			o := csvTo(path)
			o.Format, o.Output, o.Until = output.Find(c.format), c.o, until
			if _, err := s.follow(t, o); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff(read(t, path), c.want); d != "" {
			t.Error(d)
		}
	}
}

func TestFollowToStdout(t *testing.T) {
	s := newSource(t, "")
	var out bytes.Buffer
	o := FollowOptions{Format: output.Find("csv"), Out: &out, Since: "2026-03-01 12:01:00", Until: until2, Poll: time.Millisecond}
	done, err := s.follow(t, o)
	if err != nil || done.Rows != 2 || out.String() != head3+minute1 {
		t.Errorf("%+v, %v\n%s", done, err, out.String())
	}
	o.Out = broken{}
	_, err = s.follow(t, o)
	wantError(t, err, "broken pipe")
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// Since counts only where the file is begun.
func TestFollowSince(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	o := csvTo(path)
	o.Since, o.Until = "2026-03-01 12:01:00", until2
	if _, err := s.follow(t, o); err != nil {
		t.Fatal(err)
	}
	s.finish(t, until3, "")
	o.Since, o.Until = "2026-03-01 12:02:30", until3
	if _, err := s.follow(t, o); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(read(t, path), head3+minute1+minute2); d != "" {
		t.Error(d)
	}
}

// An error while the store is read is tried again for a while; what the page
// had written is gone then.
func TestStoreThatCannotBeRead(t *testing.T) {
	patience = 50 * time.Millisecond
	defer func() { patience = 30 * time.Second }()
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	s.followTo(t, path, until2)
	const bad = "DROP VIEW latency_1m; CREATE VIEW latency_1m AS SELECT window_start, nullif(host, x'') AS host, n, %s AS avg_latency FROM windrow_state_1"
	s.finish(t, "2026-03-01 12:04:00", `WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM c LIMIT 9000) -- more than fits a buffer
		INSERT INTO windrow_state_1 SELECT '2026-03-01 12:02:30', 'host-' || i, 1, 1.0 FROM c;
		INSERT INTO windrow_state_1 VALUES ('2026-03-01 12:03:00', 'bad', 9, 1.0);`+
		fmt.Sprintf(bad, "CASE n WHEN 9 THEN abs(-9223372036854775807 - 1) ELSE total / n END"))
	o := csvTo(path)
	_, err := s.follow(t, o)
	wantError(t, err, "cannot read the store for 50ms: export: integer overflow")
	if d := cmp.Diff(read(t, path), head3+minute0+minute1); d != "" {
		t.Error(d)
	}
	s.exec(t, strings.Replace(fmt.Sprintf(bad, "total / n"), " AS avg_latency", " AS avg_latency, 1 AS more", 1))
	_, err = s.follow(t, o)
	wantError(t, err, "the columns of latency_1m have changed since "+path+" was begun: they were window_start, host, n, avg_latency, and are window_start, host, n, avg_latency, more now; move it away and a new file goes on after it")
	s.exec(t, "DELETE FROM windrow_rollup_data; DROP VIEW latency_1m; CREATE TABLE latency_1m (window_start)")
	_, err = s.follow(t, o)
	wantError(t, err, "latency_1m is no rollup")
}

// Somebody works on the file while it grows.
func TestFileThatOthersTouch(t *testing.T) {
	for name, c := range map[string]struct {
		touch func(path string)
		want  string
	}{
		"replaced": {func(path string) { os.Rename(path, path+".1"); write(t, path, "mine") }, "was changed by another program"},
		"appended": {func(path string) { write(t, path, head3+minute0+minute1+"x\n") }, "was changed by another program"},
		"dropped":  {nil, "there is no rollup latency_1m in the store any more"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSource(t, "")
			path := filepath.Join(t.TempDir(), "l.csv")
			ended := make(chan error)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			go func() {
				_, err := Follow(ctx, s.DB, "latency_1m", csvTo(path))
				ended <- err
			}()
			waitFor(t, path, head3+minute0+minute1)
			waitForCursor(t, path)
			if c.touch != nil {
				c.touch(path)
				s.finish(t, until3, "")
			} else {
				s.exec(t, "DELETE FROM windrow_rollup_data")
			}
			wantError(t, <-ended, c.want)
		})
	}
}

// waitForCursor waits until the cursor knows of all bytes.
func waitForCursor(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		var c cursor
		b, _ := os.ReadFile(path + ".cursor")
		if json.Unmarshal(b, &c) == nil && c.Size == int64(len(read(t, path))) {
			return
		}
	}
	t.Fatal("the cursor has not come")
}

// A write that fails says how far the file is.
func TestWriteFails(t *testing.T) {
	s := newSource(t, "")
	path := filepath.Join(t.TempDir(), "l.csv")
	s.followTo(t, path, until2)
	f, err := newFollower(t.Context(), s.DB, "latency_1m", csvTo(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.release()
	f.file.f.Close()
	_, err = f.file.Write([]byte("x"))
	wantError(t, err, "; it holds the windows before 2026-03-01 12:02:00, and goes on from there when the command is given again")
}
