package ingest

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/windrow/windrow/ingest/source"
)

// The file that was opened first is closed when there are too many, however
// often others were used again.
func TestOpenList(t *testing.T) {
	var l openList
	dir := t.TempDir()
	var files []*source.Found
	for i := range 5 {
		path := filepath.Join(dir, strconv.Itoa(i))
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, &source.Found{Path: path})
	}
	for _, c := range []struct {
		opened int
		want   string
	}{{0, "0"}, {1, "01"}, {0, "01"}, {2, "012"}, {1, "012"}, {3, "123"}, {0, "230"}, {4, "304"}, {3, "304"}} {
		f := files[c.opened]
		if _, err := f.Open(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(f.Close)
		l.opened(f, 3)
		for i, f := range files {
			want := false
			for _, n := range c.want {
				want = want || int(n-'0') == i
			}
			if open := f.Opened() != nil; open != want {
				t.Errorf("after %d: file %d is open: %v, want %s", c.opened, i, open, c.want)
			}
		}
	}
}
