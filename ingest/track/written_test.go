package track

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/windrow/windrow/schema"
)

// What is done to a file of 100 absorbed lines, what is absorbed after, and
// what is said about it. Each is looked at by the process that has absorbed
// the file and by a new one, and at once or late.
func TestWrittenOver(t *testing.T) {
	old := lines(0, 100)
	for _, c := range []struct {
		name   string
		change func(t *testing.T, path string)
		lines  int // of both modes
		append int
		note   string
	}{
		{"a changed end", func(t *testing.T, p string) { patch(t, p, int64(len(old))-3, "7") }, 100, 200, "written over"},
		{"cut off", func(t *testing.T, p string) { must(t, os.Truncate(p, 200)) }, 100, 123, "written over"},
		{"fewer lines and others", func(t *testing.T, p string) { put(t, p, lines(0, 20)+lines(200, 205)) }, 100, 125, "written over"},
		{"more lines, others in between", func(t *testing.T, p string) { put(t, p, lines(0, 20)+lines(200, 300)) }, 100, 220, "written over"},
		{"more lines, in a new file", func(t *testing.T, p string) { os.Remove(p); put(t, p, lines(0, 20)+lines(200, 300)) }, 100, 220, "written over"},
		{"fewer lines, in a new file", func(t *testing.T, p string) { os.Remove(p); put(t, p, lines(0, 20)) }, 100, 120, "written over"},
		{"the same and a line", func(t *testing.T, p string) { put(t, p, lines(0, 101)) }, 101, 101, ""},
		{"the same and a line, in a new file", func(t *testing.T, p string) { os.Remove(p); put(t, p, lines(0, 101)) }, 101, 101, ""},
		{"other lines", func(t *testing.T, p string) { put(t, p, lines(200, 210)) }, 110, 110, ""},
		{"more other lines", func(t *testing.T, p string) { put(t, p, lines(200, 400)) }, 300, 300, ""},
		{"emptied", func(t *testing.T, p string) { must(t, os.Truncate(p, 0)) }, 100, 100, ""},
		{"removed", func(t *testing.T, p string) { must(t, os.Remove(p)) }, 100, 100, ""},
		{"a change in the middle", func(t *testing.T, p string) { patch(t, p, int64(strings.Index(old, line(50))), `{"n":99}`) }, 100, 200, "written over"},
	} {
		for _, mode := range []schema.OnRewrite{schema.RewritePause, schema.RewriteAppend} {
			for _, killed := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", c.name, mode, killed), func(t *testing.T) {
					path := filepath.Join(t.TempDir(), "app.log")
					s := newSim(t, 1, path)
					s.stream.OnRewrite = mode
					put(t, path, old)
					s.drain()
					if s.total() != 100 {
						t.Fatal(s.total())
					}
					c.change(t, path)
					if killed {
						s.kill()
					}
					s.drain()
					want := c.lines
					if mode == schema.RewriteAppend {
						want = c.append
					}
					if got := s.total(); got != want {
						t.Errorf("%d lines, want %d", got, want)
					}
					if notes := s.notes(); c.note != "" && !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
						t.Errorf("notes %q, want %q", notes, c.note)
					}
					if paused := c.note != "" && mode == schema.RewritePause; paused != (len(s.problems) > 0 && strings.Contains(s.problems[0].Error(), "written over")) {
						t.Errorf("problems %v", s.problems)
					}
					s.kill()
					s.drain()
					if got := s.total(); got != want {
						t.Errorf("%d lines in the next run, want %d", got, want)
					}
				})
			}
		}
	}
}

func patch(t *testing.T, path string, at int64, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	_, err = f.WriteAt([]byte(text), at)
	must(t, err)
	must(t, f.Close())
}

// A file that was written over and has its old bytes again is read on.
func TestPutRight(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.log")
	s := newSim(t, 1, path)
	put(t, path, lines(0, 100))
	s.drain()
	put(t, path, lines(0, 20)+lines(200, 300))
	s.drain()
	if s.total() != 100 || len(s.problems) != 1 {
		t.Fatal(s.total(), s.problems)
	}
	put(t, path, lines(0, 110))
	s.drain()
	s.check(110)
	if len(s.problems) > 0 {
		t.Error(s.problems)
	}
}

// Bytes that nobody can read any more are counted in a note.
func TestLost(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, s *sim, path string){
		"removed while nobody looked": func(t *testing.T, s *sim, p string) { s.kill(); must(t, os.Remove(p)) },
		"truncated":                   func(t *testing.T, s *sim, p string) { must(t, os.Truncate(p, 0)) },
		"truncated and written":       func(t *testing.T, s *sim, p string) { put(t, p, lines(500, 510)) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "app.log")
			s := newSim(t, 1, path)
			put(t, path, lines(0, 10))
			s.scan()
			s.block(s.live[1], 0, 40)
			change(t, s, path)
			s.drain()
			if p := s.splits[0]; !p.Gone || !p.Ended || !strings.Contains(p.Note, "40 bytes of it were lost") {
				t.Errorf("%+v", p)
			}
		})
	}
}
