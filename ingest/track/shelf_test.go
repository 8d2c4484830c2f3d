package track

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema"
)

// similar draws the content of a file: so much of a text in which at most one
// byte differs.
func similar(t *rapid.T) string {
	b := []byte(strings.Repeat("0123456789abcdefghijklmnopqrstuvwxyz\n", 100))
	if at := rapid.SampledFrom([]int{-1, -1, -1, 20, 63, 64, 90, 1000}).Draw(t, "other"); at >= 0 {
		b[at] = '!'
	}
	n := rapid.SampledFrom([]int{1, 31, 40, 63, 64, 100, 300, 1023, 1024, 2000, 2000}).Draw(t, "size")
	return rapid.SampledFrom([]string{"", "", "\xef\xbb\xbf"}).Draw(t, "mark") + string(b[:n])
}

// drawTracker makes a Tracker for a folder with splits of which less may have been
// known when they came.
func drawTracker(t *rapid.T, dir string) *Tracker {
	tr := New(&schema.Stream{Options: schema.Options{Format: schema.FormatJSON}}, Options{Follow: rapid.Bool().Draw(t, "follow")})
	for i := range rapid.IntRange(1, 6).Draw(t, "splits") {
		path, text := filepath.Join(dir, fmt.Sprint(i)), similar(t)
		then := []byte(text[:min(rapid.SampledFrom([]int{4, 33, 100, 5000}).Draw(t, "began with"), len(text))])
		if len(then) > 80 && rapid.Bool().Draw(t, "edited") {
			then[80] = '?'
		}
		f := drawFile(t, tr, path, string(then))
		e := &entry{File: tr.newFile(f), proven: true, under: rapid.Bool().Draw(t, "under")}
		e.state = rapid.SampledFrom([]state{reading, reading, lost, stopped, past}).Draw(t, "state")
		tr.add(e)
		tr.latest[path] = e
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		e.begin(f.Opened(), int64(len(text)))
		e.Size = int64(len(text))
		e.at, _ = source.StatFile(f.Opened())
	}
	return tr
}

// drawFile writes a file and looks at it.
func drawFile(t *rapid.T, tr *Tracker, path, text string) *source.Found {
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := source.Look(path, tr.stream)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// drawPlace may put an arrival in the place of a split.
func drawPlace(t *rapid.T, tr *Tracker, a *arrival) {
	e := tr.entries[rapid.IntRange(0, len(tr.entries)-1).Draw(t, "of")]
	switch rapid.SampledFrom([]string{"none", "path", "file", "truncated"}).Draw(t, "place") {
	case "path":
		tr.latest[a.path] = e
	case "file":
		e.Device, e.Inode, e.Born = a.Device, a.Inode, a.Born
		tr.filed(e)
	case "truncated":
		id := fileID{e.Device, e.Inode}
		e.Device, e.Inode = a.Device, a.Inode
		tr.filed(e)
		e.truncated = idOf(a.Stat)
		e.Device, e.Inode = id.device, id.inode
	}
}

// What is not on the shelf for an arrival, rule would say to be unrelated; and
// what is comes in the order of the splits.
func TestAlike(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		tr := drawTracker(t, dir)
		defer tr.Close()
		for i := range 10 {
			path := filepath.Join(dir, fmt.Sprint("arrival", i))
			a := &arrival{found: drawFile(t, tr, path, similar(t)), first: tr.now(), left: rapid.Bool().Draw(t, "left")}
			a.path = path
			a.Stat, _ = source.StatPath(path)
			if rapid.Bool().Draw(t, "settled") {
				a.first = a.first.Add(-defRest)
			}
			a.changed = a.first
			drawPlace(t, tr, a)
			checkAlike(t, tr, a)
		}
	})
}

func checkAlike(t *rapid.T, tr *Tracker, a *arrival) {
	alike := tr.alike(a)
	if !slices.IsSortedFunc(alike, func(a, b shelved) int { return a.order - b.order }) {
		t.Error("not in order")
	}
	for i, e := range tr.entries {
		listed := slices.ContainsFunc(alike, func(s shelved) bool { return s.entry == e && s.order == i })
		if rel := relate(a.found, a.Bytes, e); !listed && rel != differs && tr.rule(a, e, rel) != unrelated {
			t.Errorf("split %d, of which %d bytes are known, has relation %d and is not found for %d bytes", i, e.HeadLen, rel, a.Bytes)
		}
	}
}

// When reading once, a file that stays is nobody else; one that changes in
// this very look may be.
func TestApart(t *testing.T) {
	dir := t.TempDir()
	s := newSim(t, 1, filepath.Join(dir, "*.log"))
	s.follow = false
	s.kill()
	put(t, filepath.Join(dir, "a.log"), lines(0, 100))
	s.scan()
	tr, e := s.tracker, s.tracker.entries[0]
	a := &arrival{seen: seen{filepath.Join(dir, "b.log"), source.Stat{Device: 1, Inode: 1}}}
	tr.looks++
	if !tr.apart(a, e) {
		t.Error("a file that stays may be another one")
	}
	put(t, e.Path, lines(0, 10))
	tr.looks++
	if tr.apart(a, e) {
		t.Error("a file that was cut off is taken for what it was")
	}
	put(t, e.Path, lines(0, 100))
	tr.touch(e)
	if a.path = e.Path; tr.apart(a, e) {
		t.Error("what is in its place has nothing to do with it")
	}
}
