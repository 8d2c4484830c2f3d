package track

import (
	"bytes"
	"crypto/sha256"

	"github.com/windrow/windrow/ingest/source"
)

// relation is what the bytes of a file have to do with a split.
type relation uint8

const (
	differs relation = iota // it begins with other bytes
	begins                  // it is shorter, and the same as far as it goes
	alters                  // it begins with the same bytes and then differs
	holds                   // it has all the bytes that are known of the split, as far as can be told
)

// relate compares a file of so many bytes on disk with a split.
func relate(f *source.Found, size int64, e *entry) relation {
	n := 0 // bytes of which more than a hash is known
	if f.Start == e.Start {
		n = min(len(f.First), len(e.First))
		if !bytes.Equal(f.First[:n], []byte(e.First)[:n]) {
			return unlessEdited(f, size, e)
		}
		if len(f.First) < len(e.First) {
			return begins
		}
	}
	head, ok := f.HeadHash(e.HeadLen)
	switch {
	case n == 0 && (!ok || head != e.Head):
		return unlessEdited(f, size, e)
	case !ok:
		return begins
	case head != e.Head:
		return alters
	}
	if f.Codec != source.Plain {
		return relateUnpacked(f, e)
	}
	switch {
	case !sameAsOpen(f, size, e), size >= e.prefix.TailEnd && !sameTail(f, e), size >= e.Size && !sameEnd(f, e):
		return alters
	case size < e.extent():
		return begins
	}
	return holds
}

// unlessEdited is for a file that begins with other bytes: it differs, unless
// it is the very file of the split and still has the bytes at the end of what
// was absorbed. Then somebody has changed its beginning.
func unlessEdited(f *source.Found, size int64, e *entry) relation {
	if f.Codec != source.Plain || f.Device != e.Device || f.Inode != e.Inode || f.Born != e.Born {
		return differs
	}
	p := &e.prefix
	if p.TailLen > 0 && size >= p.TailEnd && sameTail(f, e) || len(e.Tail) > 0 && size >= e.Size && sameEnd(f, e) {
		return alters
	}
	return differs
}

// relateUnpacked goes on where the beginnings are the same and the size is not
// known before all is unpacked.
func relateUnpacked(f *source.Found, e *entry) relation {
	if n := e.extent(); n > 0 {
		if _, err := f.Before(n, 1); err != nil {
			return begins
		}
	}
	if !sameTail(f, e) || !sameEnd(f, e) {
		return alters
	}
	return holds
}

// sameTail reports whether a file has the bytes before the end of what was
// absorbed of a split.
func sameTail(f *source.Found, e *entry) bool {
	p := &e.prefix
	if p.TailLen == 0 {
		return true
	}
	buf, err := f.Before(p.TailEnd, p.TailLen)
	return err == nil && sha256.Sum256(buf) == p.Tail
}

// sameEnd reports whether a file has the bytes before the published size.
func sameEnd(f *source.Found, e *entry) bool {
	if e.Cut || len(e.Tail) == 0 || e.Size < int64(len(e.Tail)) {
		return true
	}
	buf, err := f.Before(e.Size, len(e.Tail))
	return err == nil && bytes.Equal(buf, e.Tail)
}

// sameAsOpen compares a plain file with the one of the split, if that is open
// and still holds the split, where the shorter one ends.
func sameAsOpen(f *source.Found, size int64, e *entry) bool {
	if e.state != reading || !e.plain() || e.Found.Opened() == nil || e.Found == f {
		return true
	}
	end := min(size, e.at.Bytes)
	n := int(min(end, 4096))
	a, errA := f.Before(end, n)
	b, errB := e.Found.Before(end, n)
	return errA != nil || errB != nil || bytes.Equal(a, b)
}
