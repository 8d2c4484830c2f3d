package track

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/windrow/windrow/ingest/source"
)

// load takes in what the store knows and finds the files of its splits.
func (t *Tracker) load(ctx context.Context, files []seen) error {
	known, err := t.o.Known(ctx)
	if err != nil {
		return err
	}
	t.knownAt = t.now()
	for _, k := range known {
		e := &entry{File: File{Split: k.Split}, saved: k.Split, prefix: k.Prefix, absorbed: k.Absorbed, state: past}
		t.add(e)
		t.latest[e.Path], t.numbers[e.Number] = e, e
	}
	byID := map[fileID]seen{}
	for _, s := range files {
		byID[idOf(s.Stat)] = s
	}
	for _, e := range slices.Backward(t.entries) {
		switch s, ok := byID[fileID{e.Device, e.Inode}]; {
		case e.Gone:
		case ok && t.here[idOf(s.Stat)] == nil && t.claim(e, s, true):
		case t.claimAway(e):
		case e.whole() && e.Ended && e.Note == "" && t.findInode(e) != "":
			e.Path = t.findInode(e)
		default:
			e.state, e.gone = lost, t.now()
		}
	}
	return nil
}

// stat is how a split's file is known.
func (e *entry) stat() source.Stat {
	return source.Stat{Device: e.Device, Inode: e.Inode, Born: e.Born}
}

// claim makes a file that was seen the one of a split of the store, if it
// holds its bytes. One that cannot be read now is taken for it until then.
func (t *Tracker) claim(e *entry, s seen, under bool) bool {
	if !s.SameFile(e.stat()) {
		return false
	}
	f, err := t.lookAt(s)
	if err != nil {
		e.Found = &source.Found{Path: s.path, Codec: source.CodecOf(s.path), Device: s.Device, Inode: s.Inode, Born: s.Born}
	} else {
		if relate(f, s.Bytes, e) != holds || e.rewritten() && !e.begun() {
			f.Close()
			return e.rewritten() && t.claimStopped(e, f, s)
		}
		e.Found = f
		t.open++
		t.prove(e)
		if under && t.open > t.o.OpenFiles {
			f.Close()
			t.open--
		}
	}
	e.state, e.changed = reading, t.now()
	if e.Note != "" {
		e.Note = "" // it is tried once more
		e.Ended = false
	}
	t.here[idOf(s.Stat)] = e
	if under {
		t.settleAt(e, s.path)
	} else {
		e.Path = s.path
		e.Found.Move(s.path)
	}
	return true
}

// claimStopped keeps the reading of a file stopped that was written over.
func (t *Tracker) claimStopped(e *entry, f *source.Found, s seen) bool {
	if t.appends() || relate(f, s.Bytes, e) == differs {
		return false
	}
	f.Close()
	e.Found, e.state, e.at, e.over, e.proven = f, stopped, s.Stat, true, true
	t.here[idOf(s.Stat)] = e
	t.settleAt(e, s.path)
	return true
}

// claimAway claims a file that is not under the stream's paths, if there may
// be something to read of it.
func (t *Tracker) claimAway(e *entry) bool {
	if e.Gone || e.whole() && e.Ended {
		return false
	}
	p := t.findInode(e)
	st, err := source.StatPath(p)
	return err == nil && t.here[idOf(st)] == nil && t.claim(e, seen{p, st}, false)
}

// prove takes in what was found of the file of a split of the store.
func (t *Tracker) prove(e *entry) {
	f := e.Found
	t.bind(&e.File, f)
	if file := f.Opened(); file != nil && !e.Cut && e.Size > 0 {
		e.Tail, _ = tailOf(file, e.Size)
	}
	e.proven = true
}

// refresh asks the store what is absorbed, at most once in a Poll.
func (t *Tracker) refresh(ctx context.Context) error {
	if now := t.now(); now.Sub(t.knownAt) < t.o.Poll {
		return nil
	}
	known, err := t.o.Known(ctx)
	if err != nil {
		return err
	}
	t.knownAt = t.now()
	for _, k := range known {
		if e := t.numbers[k.Number]; e != nil {
			e.prefix, e.absorbed = k.Prefix, k.Absorbed
		}
	}
	return nil
}

// fates decides what becomes of splits whose files are lost or have left.
func (t *Tracker) fates(ctx context.Context) error {
	for _, e := range t.entries {
		switch {
		case e.state == lost && (e.finished() || t.settled(e.gone)) && !t.contested(e),
			e.state == reading && !e.under && (e.Ended || !e.plain()) && !t.lingers(e):
		case e.state == past && e.Note != "" && t.now().Before(e.fade) && t.now().Sub(t.knownAt) >= rowPace:
		default:
			continue
		}
		if err := t.refresh(ctx); err != nil {
			return err
		}
		t.decide(e)
	}
	return nil
}

// decide is fates for one split.
func (t *Tracker) decide(e *entry) {
	switch e.state {
	case reading:
		if !e.whole() && e.plain() {
			return // read on through the descriptor
		}
		if e.Gone = e.at.Links == 0; e.Gone && !e.whole() {
			e.over, e.Note = true, "its file was removed before it was read to its end"
		}
		t.retire(e)
	case lost:
		t.retire(e)
		e.Gone, e.Ended, e.fade = true, true, t.now().Add(linger)
		e.Note = goneNote(e)
		if e.Note != "" {
			t.o.Log.Warn(e.Path+": "+e.Note, "split", e.Number)
		}
	case past:
		if e.Gone && e.Note != "" && !e.rewritten() {
			e.Note = goneNote(e)
		}
	}
}

// goneNote says what of a split was lost with its file.
func goneNote(e *entry) string {
	if e.missing() == 0 {
		return ""
	}
	return "its file was removed or truncated" + lostNote(e.missing())
}

// contested reports whether an arrival may yet turn out to be a lost split.
func (t *Tracker) contested(e *entry) bool {
	for _, a := range t.arrivals {
		if t.ready(a) && relate(a.found, a.Bytes, e) != differs {
			return true
		}
	}
	return false
}

// complain tells of the files that are not read.
func (t *Tracker) complain() {
	for _, e := range t.entries {
		if e.state == stopped {
			t.problem(e.Path, errors.New(e.Note))
		}
	}
	for _, a := range t.arrivals {
		if a.err != nil {
			t.problem(a.path, a.err)
		}
	}
	slices.SortFunc(t.problems, func(a, b source.Problem) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
}

// trim closes files that are absorbed and have been quiet longest until no
// more are open than may be.
func (t *Tracker) trim(ctx context.Context) error {
	t.open = 0
	for _, a := range t.arrivals {
		if a.found != nil && a.found.Opened() != nil {
			t.open++
		}
	}
	var idle []*entry
	for _, e := range t.entries {
		if e.Found != nil && e.Found.Opened() != nil {
			t.open++
			if e.state == reading && e.under {
				idle = append(idle, e)
			}
		}
	}
	if t.open <= t.o.OpenFiles {
		return nil
	}
	if err := t.refresh(ctx); err != nil {
		return err
	}
	slices.SortFunc(idle, func(a, b *entry) int { return a.changed.Compare(b.changed) })
	for _, e := range idle {
		if t.open > t.o.OpenFiles && e.whole() && e.told() && t.now().Sub(e.changed) > time.Second {
			e.Found.Close()
			t.open--
		}
	}
	return nil
}

// told reports whether the last Changes have said all that there is to read.
func (e *entry) told() bool { return !e.fresh && !e.read && !e.moved }
