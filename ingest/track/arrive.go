package track

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/windrow/windrow/ingest/source"
)

// arrival is a file that is no split yet: it may be a new one, a copy of a
// known one, or a known one written anew.
type arrival struct {
	seen
	found   *source.Found // open; nil while it cannot be read
	err     error         // why not
	first   time.Time     // when it was seen first
	changed time.Time     // when it was last seen to change
	left    bool          // it has left its path before it was clear what it is
}

// arrive looks at the files that are no splits.
func (t *Tracker) arrive(files []seen) {
	there := map[fileID]bool{}
	for _, s := range files {
		id := idOf(s.Stat)
		if t.here[id] != nil {
			continue
		}
		there[id] = true
		a := t.arrivals[id]
		if a != nil && !a.SameFile(s.Stat) {
			t.drop(a.found)
			a = nil
		}
		if a == nil {
			a = &arrival{first: t.now()}
			t.arrivals[id] = a
		}
		t.meet(a, s)
	}
	for id, a := range t.arrivals {
		if !there[id] {
			t.part(id, a)
		}
	}
}

// meet looks at an arrival where it is under a path.
func (t *Tracker) meet(a *arrival, s seen) {
	if a.found != nil && a.Stat == s.Stat && a.path == s.path {
		return
	}
	if a.Bytes != s.Bytes || a.changed.IsZero() {
		a.changed = t.now()
	}
	a.seen, a.left = s, false
	closed := a.found == nil || a.found.Opened() == nil
	if a.found == nil {
		a.found, a.err = t.lookAt(s)
	} else {
		a.found.Path = s.path
		a.found.Move(s.path)
		a.err = a.found.Again(t.stream)
	}
	if closed && a.found != nil && a.found.Opened() != nil {
		t.open++
	}
	if errors.Is(a.err, source.ErrOther) || errors.Is(a.err, fs.ErrNotExist) {
		a.err = nil // the next look knows more
		if a.found != nil && a.found.Opened() == nil {
			a.found = nil
		}
	}
	t.spare(a)
}

// spare closes an arrival if too many files are open: it is then no longer
// there to be read if it is removed before it is a split.
func (t *Tracker) spare(a *arrival) {
	if t.open > t.o.OpenFiles && a.found != nil && a.found.Opened() != nil && !a.left {
		a.found.Close()
		t.open--
	}
}

// part looks at an arrival that has left its path before it was clear what it
// is. Its bytes are still there.
func (t *Tracker) part(id fileID, a *arrival) {
	if a.found == nil || a.found.Opened() == nil || t.here[id] != nil {
		t.drop(a.found)
		delete(t.arrivals, id)
		return
	}
	a.left = true
	st, err := source.StatFile(a.found.Opened())
	if err == nil && st != a.Stat {
		if st.Bytes != a.Bytes {
			a.changed = t.now()
		}
		a.Stat, a.err = st, a.found.Again(t.stream)
	}
	if a.found.Partial && t.settled(a.changed) {
		a.found.Close()
		delete(t.arrivals, id)
	}
}

// ready reports whether enough of the file is there to tell what it is. A
// compressed one has to be complete.
func (t *Tracker) ready(a *arrival) bool {
	return a.found != nil && a.err == nil && (!a.found.Partial || !t.o.Follow && a.Bytes > 0) && (a.found.Codec == source.Plain || t.settled(a.changed))
}

// judge decides what the arrivals are, in the order of names, at last those
// that have left their paths.
func (t *Tracker) judge(ctx context.Context) error {
	order := slices.SortedFunc(maps.Values(t.arrivals), func(a, b *arrival) int {
		if a.left != b.left {
			return cmp.Compare(boolInt(a.left), boolInt(b.left))
		}
		return cmp.Compare(a.path, b.path)
	})
	for _, a := range order {
		if t.arrivals[idOf(a.Stat)] != a || !t.ready(a) {
			continue
		}
		if err := t.judgeOne(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// what is to become of an arrival with regard to one split.
type ruling uint8

const (
	unrelated ruling = iota // it is not that split
	wait                    // that is not clear yet
	theSplit                // it is that split
	overIt                  // it was written over that split
	dropIt                  // it was a copy for a while
)

// judgeOne holds an arrival against the splits of its directory that it may
// be, the newest first.
func (t *Tracker) judgeOne(ctx context.Context, a *arrival) error {
	var over *entry
	if e := t.latest[a.path]; e != nil && t.inPlace(a, e) {
		if err := t.refresh(ctx); err != nil { // an edited file is told by what is absorbed of it
			return err
		}
	}
	for _, s := range slices.Backward(t.alike(a)) {
		e := s.entry
		if t.apart(a, e) {
			continue
		}
		rel := relate(a.found, a.Bytes, e)
		if rel == differs {
			continue
		}
		if err := t.refresh(ctx); err != nil {
			return err
		}
		rel = relate(a.found, a.Bytes, e)
		for tries := 0; t.stirs(e); tries++ { // the comparison may have been with other bytes
			if tries == 3 {
				return nil // the next look judges
			}
			t.touch(e)
			rel = relate(a.found, a.Bytes, e)
		}
		if rel == differs {
			continue
		}
		switch t.rule(a, e, rel) {
		case wait:
			t.spare(a)
			return nil
		case theSplit:
			t.becomes(a, e)
			return nil
		case dropIt:
			t.drop(a.found)
			delete(t.arrivals, idOf(a.Stat))
			return nil
		case overIt:
			if over == nil {
				over = e
			}
		}
	}
	delete(t.arrivals, idOf(a.Stat))
	if over != nil {
		t.overwrite(a, over)
	} else {
		t.own(a, 0)
	}
	return nil
}

// apart reports whether an arrival has, when reading once, certainly nothing to
// do with a split: that has its own file under a path, which did not change
// since the arrivals of this look were read.
func (t *Tracker) apart(a *arrival, e *entry) bool {
	if t.o.Follow || a.left || e.state != reading || !e.under || t.inPlace(a, e) {
		return false
	}
	if e.calm != t.looks {
		if t.stirs(e) {
			return false
		}
		e.calm = t.looks
	}
	return true
}

// stirs reports whether the file of a split has changed since this look.
func (t *Tracker) stirs(e *entry) bool {
	if e.state != reading {
		return false
	}
	var st source.Stat
	var err error
	if f := e.Found.Opened(); f != nil {
		st, err = source.StatFile(f)
	} else {
		st, err = source.StatPath(e.Path)
	}
	return err != nil || st != e.at
}

// rule says what an arrival is with regard to a split with which it has more
// than nothing in common.
func (t *Tracker) rule(a *arrival, e *entry, rel relation) ruling {
	place := t.inPlace(a, e)
	rest := t.settled(a.changed) || t.now().Sub(a.first) >= patient*t.o.Settle
	switch {
	case a.left && e.state == reading && rel != alters && a.Bytes <= max(e.at.Bytes, e.extent()):
		return dropIt
	case e.state == reading && (e.under || e.at.Links > 0):
		return t.ruleHeld(a, e, rel, place, rest)
	case e.state == stopped && !e.rewritten():
		return after(rel != alters && !rest, wait, unrelated)
	case e.state == reading: // its file has no name any more
		done := e.whole() && (e.Ended || a.found.Codec == source.Plain) || !t.o.Follow
		switch {
		case rel == holds:
			return after(done || a.found.Codec == source.Plain, theSplit, wait)
		case rel == begins && !rest:
			return wait
		case place:
			return after(done, overIt, wait)
		}
		return unrelated
	case rel == holds:
		return theSplit
	case rel == begins && !rest:
		return wait
	case place:
		return overIt
	}
	return unrelated
}

// ruleHeld is rule for a split whose own file still has its bytes.
func (t *Tracker) ruleHeld(a *arrival, e *entry, rel relation, place, rest bool) ruling {
	packed := a.found.Codec != source.Plain && t.o.Follow && e.plain() &&
		(a.path == e.Path+".gz" || a.path == e.Path+".zst")
	switch {
	case packed && rel != alters:
		return wait // until the packer has removed the original
	case !e.under && rel == holds && e.extent()-e.Start >= tailLen:
		return after(rest, theSplit, wait) // an editor has put the old file aside
	case !e.under && rel == holds && place:
		return after(rest, overIt, wait) // so little may as well be a new file's
	case place && idOf(a.Stat) == e.truncated && (rel == alters || rest):
		return overIt
	case rel == alters || rest:
		return unrelated
	}
	return wait
}

func after(ok bool, yes, no ruling) ruling {
	if ok {
		return yes
	}
	return no
}

// inPlace reports whether an arrival has taken the place of a split: its path,
// of which the split was the last one, or its inode.
func (t *Tracker) inPlace(a *arrival, e *entry) bool {
	id := idOf(a.Stat)
	return t.latest[a.path] == e || id == e.truncated || id == (fileID{e.Device, e.Inode}) && a.SameFile(source.Stat{Device: e.Device, Inode: e.Inode, Born: e.Born})
}

// own makes an arrival a split of its own.
func (t *Tracker) own(a *arrival, generation int64) *entry {
	e := &entry{File: t.newFile(a.found), fresh: true, proven: true, changed: t.now()}
	e.Generation = generation
	if last := t.latest[a.path]; last != nil && last.Device == e.Device && last.Inode == e.Inode {
		e.Generation = max(e.Generation, last.Generation+1)
	}
	t.add(e)
	t.settle(e, a)
	t.touch(e)
	return e
}

// settle takes in where an arrival was in the last look: it may have left its
// path since.
func (t *Tracker) settle(e *entry, a *arrival) {
	t.here[idOf(a.Stat)] = e
	t.settleAt(e, a.path)
	if st, err := source.StatPath(a.path); err != nil || !st.SameFile(a.Stat) {
		e.under, e.gone = false, t.now()
		delete(t.byPath, e.real)
	}
}

// becomes makes an arrival the file of a known split.
func (t *Tracker) becomes(a *arrival, e *entry) {
	delete(t.arrivals, idOf(a.Stat))
	copied := !t.inPlace(a, e)
	t.takeOver(e, a.found)
	e.copied = copied
	t.settle(e, a)
	t.touch(e)
}

// takeOver gives a split the file that holds its bytes now.
func (t *Tracker) takeOver(e *entry, f *source.Found) {
	t.o.Log.Info("the split has moved", "from", e.Path, "to", f.Path)
	if (f.Device != e.Device || f.Inode != e.Inode) && e.state == lost {
		e.truncated = fileID{e.Device, e.Inode}
	}
	t.forget(e)
	t.drop(e.Found)
	t.bind(&e.File, f)
	t.filed(e)
	e.state, e.moved, e.read, e.over, e.proven = reading, true, true, false, true
	e.Gone, e.Ended, e.Note, e.Idle = false, false, "", false
	e.at, e.scanned, e.changed, e.gone, e.fade = source.Stat{}, 0, t.now(), time.Time{}, time.Time{}
}

// overwrite is for an arrival that begins as a known split does, in its place,
// and does not hold what was absorbed of it.
func (t *Tracker) overwrite(a *arrival, e *entry) {
	held := e.state == reading && e.at.Links > 0
	if t.appends() {
		if !held {
			t.retire(e)
			e.Gone, e.Ended, e.Note = true, true, noteAppended+lostNote(e.missing())
		}
		t.own(a, e.Generation+1)
		return
	}
	if held { // by a copy
		e = t.own(a, e.Generation+1)
		e.Ended, e.Size = true, e.Start
		e.stop(noteRewritten + ": it begins as a file that was absorbed before; nothing of it is read")
		t.drop(e.Found)
		return
	}
	lost := lostNote(e.missing())
	t.forget(e)
	t.drop(e.Found)
	t.bind(&e.File, a.found)
	t.filed(e)
	t.drop(a.found)
	t.settleAt(e, a.path)
	e.at, e.under, e.Ended, e.Gone, e.Idle = a.Stat, true, true, false, false
	if e.Size < 0 || e.Size > e.prefix.Hi {
		e.Size = max(e.prefix.Hi, e.Start)
	}
	e.stop(noteRewritten + ": bytes that are absorbed already have changed; nothing more of it is read" + lost)
	t.here[idOf(a.Stat)] = e
}

// noteAppended is the Note of a split whose file was written over and is read
// as new records.
const noteAppended = "its file was written over and is read as new records"

// lostNote says how many bytes were lost, if any.
func lostNote(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %d bytes of it were lost before they were read", n)
}
