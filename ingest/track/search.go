package track

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/windrow/windrow/ingest/source"
)

// whereIs returns the path of an open file that has left its own, or "".
func (t *Tracker) whereIs(e *entry, st source.Stat) string {
	if st.Links == 0 {
		return ""
	}
	if runtime.GOOS != "linux" {
		return t.findInode(e)
	}
	p, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", e.Found.Opened().Fd()))
	if err != nil {
		return ""
	}
	if at, err := source.StatPath(p); err != nil || !at.SameFile(st) {
		return ""
	}
	return p
}

// findInode looks for the file of a split in its directory, whatever its name.
func (t *Tracker) findInode(e *entry) string {
	for _, dir := range []string{filepath.Dir(e.Path), filepath.Dir(e.left)} {
		if s, ok := t.folder(dir).byID[fileID{e.Device, e.Inode}]; ok && s.SameFile(e.stat()) {
			return s.path
		}
	}
	return ""
}

// folder is what was found in a directory.
type folder struct {
	files []seen
	byID  map[fileID]seen
}

// folder returns the files of a directory; it is read once in a look.
func (t *Tracker) folder(dir string) *folder {
	if f := t.listed[dir]; f != nil {
		return f
	}
	f := &folder{byID: map[fileID]seen{}}
	entries, _ := os.ReadDir(dir)
	for _, d := range entries {
		p := filepath.Join(dir, d.Name())
		if st, err := source.StatPath(p); err == nil && st.Regular {
			f.files = append(f.files, seen{p, st})
			f.byID[idOf(st)] = seen{p, st}
		}
	}
	t.listed[dir] = f
	return f
}

// seek looks for the bytes of lost splits in all files of their directories:
// they may have been copied, or be copied just now, to a name that no path
// matches.
func (t *Tracker) seek() {
	for _, e := range t.entries {
		if e.state == lost && !e.finished() {
			t.seekCopy(e)
		}
	}
}

// finished reports whether all of the split is absorbed and no more will come.
func (e *entry) finished() bool { return e.Ended && e.missing() == 0 }

// seekCopy looks for a copy of one split.
func (t *Tracker) seekCopy(e *entry) {
	for _, s := range t.folder(filepath.Dir(e.left)).files {
		id := idOf(s.Stat)
		if s.Bytes == 0 || t.here[id] != nil || id == (fileID{e.Device, e.Inode}) || source.CodecOf(s.path) == source.Plain && s.Bytes < e.extent() {
			continue
		}
		if e.searched[id] == s.Stat {
			continue // and it was none
		}
		f, err := t.lookAt(s)
		if err != nil {
			continue
		}
		if e.searched == nil {
			e.searched = map[fileID]source.Stat{}
		}
		e.searched[id] = s.Stat
		if f.Partial || relate(f, s.Bytes, e) != holds || e.extent() == e.Start {
			f.Close()
			continue
		}
		a := t.arrivals[id]
		if a != nil {
			t.drop(a.found)
			delete(t.arrivals, id)
		}
		copied := a == nil || !t.inPlace(a, e)
		t.takeOver(e, f)
		t.open++
		e.copied = copied
		t.here[id] = e
		if a != nil {
			t.settleAt(e, s.path)
		} else {
			e.gone = t.now()
		}
		t.touch(e)
		return
	}
}

// lookAt opens a file that was seen and looks at its beginning. The error is
// source.ErrOther if another one is at its path by now.
func (t *Tracker) lookAt(s seen) (*source.Found, error) {
	f, err := source.Look(s.path, t.stream)
	if err == nil && !s.SameFile(source.Stat{Device: f.Device, Inode: f.Inode, Born: f.Born}) {
		f.Close()
		err = source.ErrOther
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}
