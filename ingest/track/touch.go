package track

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema/store"
)

const (
	headMax  = 1024     // bytes at the front that are hashed
	stepSize = 64 << 10 // bytes read at a time to find the last line's end
)

// touch looks at a file that has changed, or may have: how far it reaches now,
// and whether it still holds what was published of it.
func (t *Tracker) touch(e *entry) {
	if e.state == stopped {
		t.touchStopped(e)
		return
	}
	if e.state != reading {
		return
	}
	file, st, err := t.opened(e)
	switch {
	case errors.Is(err, source.ErrOther), errors.Is(err, fs.ErrNotExist):
		t.missed = true // the next look at everything knows more
		return
	case err != nil:
		t.problem(e.Path, err)
		return
	case st == e.at:
		return
	case !e.proven && !t.proveNow(e, st), !t.take(e, file, st):
		t.lose(e)
	}
	if t.open > t.o.OpenFiles && e.under {
		e.Found.Close()
		t.open--
	}
}

// take takes in how far a file reaches. It is false if the file does not hold
// any more what was published of it.
func (t *Tracker) take(e *entry, file *os.File, st source.Stat) bool {
	was := e.File
	if !t.verify(&was, e.at.Bytes, file, st.Bytes) {
		return false
	}
	grown, before := st.Bytes != e.at.Bytes, e.at
	if st.Bytes < e.at.Bytes {
		e.scanned = 0
	}
	e.at = st
	t.here[idOf(st)] = e
	if !grown {
		return e.intact()
	}
	t.grow(e, file)
	if !t.verify(&was, before.Bytes, file, st.Bytes) { // it was cut off meanwhile: what was just seen is not of this split
		e.File, e.read = was, false
		return false
	}
	return true
}

// intact reports whether a file that was changed without growing still holds
// what is known of it, as far as hashes tell.
func (e *entry) intact() bool {
	if !e.plain() || e.HeadLen == 0 {
		return true
	}
	head, err := e.Found.Before(int64(e.HeadLen), e.HeadLen)
	return err == nil && sha256.Sum256(head) == e.Head && sameTail(e.Found, e)
}

// proveNow holds a file against what the store knows of its split.
func (t *Tracker) proveNow(e *entry, st source.Stat) bool {
	if err := e.Found.Again(t.stream); err != nil {
		return true // a problem of reading: grow will meet it, too
	}
	if relate(e.Found, st.Bytes, e) != holds {
		return false
	}
	t.prove(e)
	e.read = true // there may be something that is not absorbed
	return true
}

// opened returns the file of an entry, opening it if it is closed, and how it
// is now.
func (t *Tracker) opened(e *entry) (*os.File, source.Stat, error) {
	f := e.Found.Opened()
	if f == nil {
		var err error
		if f, err = e.Found.Open(); err != nil {
			return nil, source.Stat{}, err
		}
		t.open++
	}
	st, err := source.StatFile(f)
	return f, st, err
}

// verify reports whether a file still holds what was published of it when it
// had so many bytes, as far as a few bytes at its front and before the
// published size tell. Of a compressed one the beginning must be the same.
func (t *Tracker) verify(e *File, bytesThen int64, file *os.File, bytesNow int64) bool {
	if e.Found.Codec != source.Plain {
		f := &source.Found{Path: e.Path, Codec: e.Found.Codec}
		defer f.Close()
		return f.Again(t.stream) != nil || bytes.HasPrefix(f.First, []byte(e.First))
	}
	end := e.Size
	if e.Cut {
		end = max(end, bytesThen)
	}
	if end > bytesNow {
		return false
	}
	var buf [tailLen]byte
	return same(file, buf[:len(e.First)], e.Start, e.First) && same(file, buf[:len(e.Tail)], end-int64(len(e.Tail)), string(e.Tail))
}

// same reports whether the file has the given bytes at an offset.
func same(file *os.File, buf []byte, off int64, want string) bool {
	if want == "" {
		return true
	}
	n, _ := file.ReadAt(buf, off)
	return n == len(want) && string(buf) == want
}

// grow publishes what a file has got.
func (t *Tracker) grow(e *entry, file *os.File) {
	e.changed = t.now()
	limit := e.at.Bytes
	if e.Ended && e.Disk == limit {
		return // as the last run left it
	}
	e.Ended = false
	switch {
	case !e.plain():
		e.read, e.Idle = true, false
		return
	case e.Cut:
		e.read, e.Idle = true, false
	case !t.o.Follow:
		e.Size, e.Ended, e.Disk, e.read = max(limit, e.Start), true, limit, true
	default:
		from := max(e.scanned, e.Size, e.Start)
		end := lastLine(file, from, limit)
		if e.scanned = max(from, limit); end == from { // no line has ended
			e.Size = max(e.Size, e.Start)
			return
		}
		e.Size, e.read, e.Idle, limit = end, true, false, end
	}
	e.Tail, _ = tailOf(file, limit)
	e.begin(file, limit)
}

// begin remembers more of the beginning of a split that was short when it was
// registered.
func (e *entry) begin(file *os.File, limit int64) {
	if n := min(limit-e.Start, store.FirstLen); n > int64(len(e.First)) {
		buf := make([]byte, n)
		if got, _ := file.ReadAt(buf, e.Start); int64(got) == n {
			e.First = string(buf)
		}
	}
	if n := min(limit, headMax); n > int64(e.HeadLen) {
		buf := make([]byte, n)
		if got, _ := file.ReadAt(buf, 0); int64(got) == n {
			e.HeadLen, e.Head = int(n), sha256.Sum256(buf)
			for _, s := range e.shelves {
				s.byHead(e)
			}
		}
	}
}

// lastLine returns the offset after the last newline in [from, limit), or from
// if there is none.
func lastLine(file *os.File, from, limit int64) int64 {
	var small [1024]byte
	buf := small[:]
	for hi := limit; hi > from; {
		lo := max(from, hi-int64(len(buf)))
		n, err := file.ReadAt(buf[:hi-lo], lo)
		if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
			return lo + int64(i) + 1
		}
		if err != nil && err != io.EOF {
			return from // the next look tries again
		}
		if hi = lo; len(buf) < stepSize {
			buf = make([]byte, stepSize)
		}
	}
	return from
}

// tailOf returns the bytes before an offset.
func tailOf(file *os.File, end int64) ([]byte, error) {
	buf := make([]byte, min(tailLen, end))
	_, err := file.ReadAt(buf, end-int64(len(buf)))
	if err != nil && err != io.EOF {
		return nil, err
	}
	return buf, nil
}

// touchStopped looks at a file of which nothing more is read: it may have been
// put right, or be another one by now.
func (t *Tracker) touchStopped(e *entry) {
	st, err := source.StatPath(e.Path)
	if err != nil || st == e.at || !st.SameFile(e.stat()) {
		return
	}
	e.at = st
	f, err := t.lookAt(seen{e.Path, st})
	if err != nil {
		return
	}
	switch rel := relate(f, st.Bytes, e); {
	case rel == holds && e.rewritten() && e.begun():
		t.takeOver(e, f)
		t.open++
		t.settleAt(e, e.Path)
		t.touch(e)
		return
	case rel == differs && !f.Partial, rel != holds && !e.rewritten():
		e.Gone, e.Ended = true, true
		t.retire(e) // what is there now is an arrival
	}
	f.Close()
}
