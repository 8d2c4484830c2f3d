package workers

import "encoding/binary"

// recent finds the groups of short text keys that were seen lately without
// touching the table: a group's window, its text (in two words) and number lie
// in one cache line. It forgets: a place holds the last group that hashed to it.
type recent struct{ places []place }

// place is a key of at most 16 bytes with its group; group is the number plus
// one, 0 for none.
type place struct {
	w0, w1 uint64
	start  int64
	size   uint32
	group  uint32
}

const (
	recentPlaces = 1 << 12 // 128 KiB
	recentMax    = 16      // bytes of a text
)

func (r *recent) reset() { clear(r.places) }

// at returns the place for a key and whether the key is the one in it. Text
// has at most recentMax bytes.
func (r *recent) at(start int64, text []byte) (*place, bool) {
	if r.places == nil {
		r.places = make([]place, recentPlaces)
	}
	w0, w1 := words(text)
	h := (w0 ^ uint64(start)*0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>32 ^ w1) * 0x94d049bb133111eb
	p := &r.places[h>>(64-12)]
	if p.w0 == w0 && p.w1 == w1 && p.start == start && p.size == uint32(len(text)) && p.group != 0 {
		return p, true
	}
	p.w0, p.w1, p.start, p.size = w0, w1, start, uint32(len(text))
	return p, false
}

// words returns the bytes of a text as two words: with the length they tell
// texts of at most 16 bytes apart.
func words(b []byte) (w0, w1 uint64) {
	switch n := len(b); {
	case n >= 8:
		return binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[n-8:])
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[n-4:]))
	case n > 0:
		return uint64(b[0]) | uint64(b[n/2])<<8 | uint64(b[n-1])<<16, 0
	}
	return 0, 0
}
