package track

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"time"

	"github.com/windrow/windrow/ingest/source"
)

// seen is a file under one of the stream's paths.
type seen struct {
	path string
	source.Stat
}

// list returns the files under the stream's paths, in the order of names, each
// once. whole is false if something is in the way, so that files may be there
// that it does not list.
func (t *Tracker) list() (files []seen, whole bool) {
	paths, problems := source.Paths(t.stream)
	whole = true
	for _, p := range problems {
		whole = whole && !hides(p.Err)
	}
	t.problems = append(t.problems, problems...)
	at := map[fileID]int{}
	for _, p := range paths {
		st, err := source.StatPath(p)
		if err == nil && !st.Regular {
			err = source.ErrNotRegular
		}
		if err != nil {
			whole = whole && !hides(err)
			if !errors.Is(err, fs.ErrNotExist) {
				t.problem(p, err)
			}
			continue
		}
		if i, ok := at[idOf(st)]; ok { // a link to a file that is there under another name
			if e := t.here[idOf(st)]; e != nil && e.Path == p {
				files[i].path = p
			}
			continue
		}
		at[idOf(st)] = len(files)
		files = append(files, seen{p, st})
	}
	return files, whole
}

// hides reports whether an error may hide files that are there.
func hides(err error) bool {
	var errno syscall.Errno
	return errors.As(err, &errno) && !errors.Is(err, fs.ErrNotExist) && errno != syscall.ELOOP && errno != syscall.ENOTDIR
}

func (t *Tracker) problem(path string, err error) {
	t.problems = append(t.problems, source.Problem{Path: path, Err: err})
}

// visit looks at the known files: those under a path, and those that have left it.
func (t *Tracker) visit(files []seen, whole bool) {
	there := map[*entry]bool{}
	for _, s := range files {
		e := t.here[idOf(s.Stat)]
		if e == nil {
			continue
		}
		if e.Found != nil && e.Found.Opened() == nil && !e.stat().SameFile(s.Stat) {
			t.vanish(e) // its inode was used again
			continue
		}
		there[e] = true
		t.settleAt(e, s.path)
		if e.at != s.Stat {
			t.touch(e)
		} else {
			t.rest(e)
		}
	}
	for _, e := range t.entries {
		if e.state != past && e.state != lost && !there[e] && (whole || !e.under || e.away()) {
			t.leave(e)
		}
	}
}

// away reports whether the file is certainly not at its path any more.
func (e *entry) away() bool {
	st, err := source.StatPath(e.left)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !st.SameFile(e.stat())
}

// settleAt takes in the path of a file.
func (t *Tracker) settleAt(e *entry, path string) {
	e.under = true
	t.latest[path] = e
	if e.Path == path && e.left == path && t.byPath[e.real] == e {
		return
	}
	e.Path, e.left = path, path
	e.Found.Move(path)
	if t.byPath[e.real] == e {
		delete(t.byPath, e.real)
	}
	e.real = path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		e.real = real
	}
	t.byPath[e.real] = e
	t.shelve(filepath.Dir(path), e)
}

// rest is for a file that has not changed since the last look.
func (t *Tracker) rest(e *entry) {
	if e.state != reading {
		return
	}
	quiet := t.now().Sub(e.changed)
	if idle := t.stream.IdleTimeout; idle > 0 && quiet >= idle {
		e.Idle = true
	}
	if e.copied && !e.Ended && t.settled(e.changed) {
		t.end(e)
	}
}

// leave looks at a file that is under none of the stream's paths any more.
func (t *Tracker) leave(e *entry) {
	if e.under || e.gone.IsZero() {
		e.under, e.gone = false, t.now()
		delete(t.byPath, e.real)
	}
	if e.state == stopped {
		t.retire(e)
		return
	}
	if e.Found.Opened() == nil && !t.reopen(e) {
		t.vanish(e)
		return
	}
	if st, err := source.StatFile(e.Found.Opened()); err == nil && st != e.at {
		if p := t.whereIs(e, st); p != "" && p != e.Path {
			e.Path = p
			e.Found.Move(p)
		}
		t.touch(e)
	}
	if e.state == reading && !e.Ended && t.settled(e.changed) && t.settled(e.gone) {
		t.end(e)
	}
}

// end takes a file as it is: nothing will be appended, so that what follows
// the last whole record is a record, too.
func (t *Tracker) end(e *entry) {
	if !e.plain() || !t.o.Follow {
		return // a cutter has read it to its end, or will have
	}
	if t.touch(e); e.state != reading {
		return
	}
	e.Ended, e.Disk = true, e.at.Bytes
	if e.Size != e.at.Bytes || e.Cut {
		e.Size, e.read = e.at.Bytes, true
	}
	e.Tail = nil
	if file := e.Found.Opened(); file != nil && !e.Cut {
		e.Tail, _ = tailOf(file, e.Size)
	}
}

// reopen opens a file that has left its path, if it can be found.
func (t *Tracker) reopen(e *entry) bool {
	if _, err := e.Found.Open(); err == nil {
		t.open++
		return true
	}
	p := t.findInode(e)
	if p == "" {
		return false
	}
	e.Found.Move(p)
	if _, err := e.Found.Open(); err != nil {
		return false
	}
	e.Path = p
	t.open++
	return true
}

// vanish is for a file that is closed and cannot be opened any more.
func (t *Tracker) vanish(e *entry) {
	t.forget(e)
	t.lose(e)
}

// forget takes an entry out of those that have a file.
func (t *Tracker) forget(e *entry) {
	for _, id := range []fileID{idOf(e.at), {e.Device, e.Inode}} {
		if t.here[id] == e {
			delete(t.here, id)
		}
	}
	if t.byPath[e.real] == e {
		delete(t.byPath, e.real)
	}
	e.under = false
}

// lose is for a split whose file does not hold its bytes any more.
func (t *Tracker) lose(e *entry) {
	t.forget(e)
	t.drop(e.Found)
	if e.state == reading && e.proven {
		e.over, e.read = true, false
	}
	e.state, e.gone, e.searched = lost, t.now(), nil
}

// retire stops looking at a file; it is known again if it comes back.
func (t *Tracker) retire(e *entry) {
	t.forget(e)
	t.drop(e.Found)
	e.state = past
}

// lingers reports whether a file that has left its path may still be written.
func (t *Tracker) lingers(e *entry) bool {
	return t.o.Follow && t.now().Sub(later(e.changed, e.gone)) < linger
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
