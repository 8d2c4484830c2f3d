package aggregate

// texts holds one text per group in memory of its own. A text that is replaced
// by one that is not longer takes its place; longer ones go to the end, and
// when half of the memory is of no use any more, the rest is moved together.
type texts struct {
	slot []slot
	buf  []byte
	dead int // bytes of buf that belong to no slot
	old  []byte
}

type slot struct {
	off  int
	size uint32
	room uint32
}

const compactFrom = 1 << 16

func (t *texts) grow(n int) {
	old := len(t.slot)
	t.slot = grown(t.slot, n)
	clear(t.slot[old:])
}

// get returns the text of a group, valid until the next set.
func (t *texts) get(group int) []byte {
	s := t.slot[group]
	return t.buf[s.off : s.off+int(s.size)]
}

// set copies b as the text of a group.
func (t *texts) set(group int, b []byte) {
	s := &t.slot[group]
	if len(b) > int(s.room) {
		t.dead += int(s.room)
		s.size, s.room = 0, 0
		if t.dead > compactFrom && t.dead > len(t.buf)/2 {
			t.compact()
		}
		s.off, s.room = len(t.buf), uint32(len(b))
		t.buf = append(t.buf, b...)
	}
	copy(t.buf[s.off:], b)
	s.size = uint32(len(b))
}

func (t *texts) compact() {
	to := t.old[:0]
	for i := range t.slot {
		s := &t.slot[i]
		off := len(to)
		to = append(to, t.buf[s.off:s.off+int(s.size)]...)
		s.off, s.room = off, s.size
	}
	t.buf, t.old, t.dead = to, t.buf, 0
}

func (t *texts) bytes() int { return len(t.buf) }

func (t *texts) reset() { t.slot, t.buf, t.dead = t.slot[:0], t.buf[:0], 0 }
