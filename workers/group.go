package workers

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"
	"unsafe"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/value"
)

// table is the combine buffer of one rollup: the partials of all groups (a
// window and its keys) seen since the last commit. It is a hash table from
// group to a dense number, by which the states are indexed.
type table struct {
	rollup  *schema.Rollup
	seed    maphash.Seed
	slots   []slot  // open addressing, a power of two
	starts  []int64 // per group: the window's start
	keys    []byte  // encoded keys, one after the other
	ends    []uint32
	states  []aggregate.State // per part
	fixed   int               // bytes per group beside keys and states
	counts  bool              // records are counted
	records []int64           // per group, if counts: how many records are in it
	buf     []byte
	recent  recent
	window  windowGroups
	ordering
}

// slot holds the upper half of a group's hash and its number plus one.
type slot struct {
	hash  uint32
	group uint32
}

func newTable(r *schema.Rollup) *table {
	t := &table{rollup: r, seed: maphash.MakeSeed(), slots: make([]slot, 1024), ordering: newOrdering(len(r.Keys))}
	t.fixed = 8 + 4 + 3*int(unsafe.Sizeof(slot{})) + t.ordering.fixed()
	for _, p := range r.Parts {
		t.states = append(t.states, p.New())
	}
	if t.counts = r.Retention > 0; t.counts {
		t.fixed += 8
	}
	return t
}

func (t *table) len() int { return len(t.starts) }

// bytes is about the memory that the table's contents need.
func (t *table) bytes() int {
	n := len(t.starts)*t.fixed + len(t.keys) + t.ordering.bytes()
	for _, s := range t.states {
		n += s.Bytes()
	}
	return n
}

// reset empties the table and keeps its memory.
func (t *table) reset() {
	clear(t.slots)
	t.starts, t.keys, t.ends = t.starts[:0], t.keys[:0], t.ends[:0]
	t.records = t.records[:0]
	t.recent.reset()
	t.window.forget()
	t.ordering.reset()
	for _, s := range t.states {
		s.Reset()
	}
}

// groupsOf finds or makes the group of each row and appends their numbers to
// out. starts is indexed as rows is; the key columns are indexed by row.
func (t *table) groupsOf(rows []int32, starts []int64, keys []*value.Column, out []int32) []int32 {
	if oneText(keys) {
		out = t.groupsOfText(rows, starts, keys[0], out)
	} else {
		for i, row := range rows {
			t.buf = appendKey(t.buf[:0], keys, row)
			out = append(out, t.find(starts[i], t.buf))
		}
	}
	t.grown()
	return out
}

// grown makes room for what is kept of new groups.
func (t *table) grown() {
	t.number()
	for _, s := range t.states {
		s.Grow(len(t.starts))
	}
}

// oneText tells whether the key is one text, the most common one.
func oneText(keys []*value.Column) bool { return len(keys) == 1 && keys[0].Type == value.Text }

// count adds a record to each of the groups, where windows are dropped some
// day: what is dropped is told in records.
func (t *table) count(groups []int32) {
	if !t.counts {
		return
	}
	if n := len(t.starts) - len(t.records); n > 0 {
		t.records = append(t.records, make([]int64, n)...)
	}
	for _, g := range groups {
		t.records[g]++
	}
}

// groupsOfText is groupsOf for the most common key, one text, which it
// compares where it lies.
func (t *table) groupsOfText(rows []int32, starts []int64, key *value.Column, out []int32) []int32 {
	for i, row := range rows {
		if key.Kind[row] != value.KindText {
			t.buf = append(t.buf[:0], byte(value.KindNull))
			out = append(out, t.find(starts[i], t.buf))
			continue
		}
		text := key.Text[row]
		if len(text) > recentMax {
			out = append(out, t.findText(starts[i], text))
			continue
		}
		p, ok := t.recent.at(starts[i], text)
		if !ok {
			p.group = uint32(t.findText(starts[i], text)) + 1
		}
		out = append(out, int32(p.group-1))
	}
	return out
}

// findText is find for a key that is one text.
func (t *table) findText(start int64, text []byte) int32 {
	h := t.hash(start, text) ^ textSalt
	mask := uint64(len(t.slots) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := t.slots[at]
		if s.group == 0 {
			t.buf = append(append(t.buf[:0], byte(value.KindText)), text...)
			return t.insert(h, start, t.buf)
		}
		if s.hash == uint32(h>>32) {
			g := int32(s.group - 1)
			k := t.key(g)
			if t.starts[g] == start && k[0] == byte(value.KindText) && string(k[1:]) == string(text) {
				return g
			}
		}
	}
}

// textSalt separates the hashes of texts alone from those of encoded keys.
// With one text key, the only other encoded key is NULL.
const textSalt = 0x9e3779b97f4a7c15

func (t *table) hash(start int64, key []byte) uint64 {
	h := maphash.Bytes(t.seed, key) ^ uint64(start)*0xbf58476d1ce4e5b9
	return h ^ h>>29
}

func (t *table) find(start int64, key []byte) int32 {
	h := t.hash(start, key)
	mask := uint64(len(t.slots) - 1)
	for at := h & mask; ; at = (at + 1) & mask {
		s := t.slots[at]
		if s.group == 0 {
			return t.insert(h, start, key)
		}
		if s.hash == uint32(h>>32) {
			g := int32(s.group - 1)
			if t.starts[g] == start && bytes.Equal(t.key(g), key) {
				return g
			}
		}
	}
}

// insert adds a group that is not there, with hash h.
func (t *table) insert(h uint64, start int64, key []byte) int32 {
	if (len(t.starts)+1)*2 > len(t.slots) {
		t.grow()
	}
	mask := uint64(len(t.slots) - 1)
	at := h & mask
	for t.slots[at].group != 0 {
		at = (at + 1) & mask
	}
	g := len(t.starts)
	t.slots[at] = slot{uint32(h >> 32), uint32(g + 1)}
	t.starts = append(t.starts, start)
	t.keys = append(t.keys, key...)
	t.ends = append(t.ends, uint32(len(t.keys)))
	return int32(g)
}

func (t *table) grow() {
	t.slots = make([]slot, 2*len(t.slots))
	mask := uint64(len(t.slots) - 1)
	for g := range t.starts {
		k := t.key(int32(g))
		var h uint64
		if len(t.rollup.Keys) == 1 && k[0] == byte(value.KindText) && t.textKey() {
			h = t.hash(t.starts[g], k[1:]) ^ textSalt
		} else {
			h = t.hash(t.starts[g], k)
		}
		at := h & mask
		for t.slots[at].group != 0 {
			at = (at + 1) & mask
		}
		t.slots[at] = slot{uint32(h >> 32), uint32(g + 1)}
	}
}

func (t *table) textKey() bool { return t.rollup.Keys[0].Expr.Type == value.Text }

func (t *table) key(g int32) []byte {
	var lo uint32
	if g > 0 {
		lo = t.ends[g-1]
	}
	return t.keys[lo:t.ends[g]]
}

// appendKey encodes the keys of a row: a kind byte each, then eight bytes for
// a number; text has its length first unless it is the last key.
func appendKey(b []byte, keys []*value.Column, row int32) []byte {
	for i, c := range keys {
		k := c.Kind[row]
		switch k {
		case value.KindInt:
			b = append(b, byte(k))
			b = binary.LittleEndian.AppendUint64(b, uint64(c.Int[row]))
		case value.KindReal:
			b = appendReal(b, c.Real[row], c.Type)
		case value.KindText:
			b = append(b, byte(k))
			if i < len(keys)-1 {
				b = binary.AppendUvarint(b, uint64(len(c.Text[row])))
			}
			b = append(b, c.Text[row]...)
		default:
			b = append(b, byte(value.KindNull))
		}
	}
	return b
}

// appendReal encodes a REAL key. Where a key may be INTEGER as well, an
// integral REAL becomes one: SQLite compares 1 and 1.0 as equal.
func appendReal(b []byte, f float64, t value.Type) []byte {
	if t == value.Any && f == math.Trunc(f) && f >= -1<<63 && f < 1<<63 {
		b = append(b, byte(value.KindInt))
		return binary.LittleEndian.AppendUint64(b, uint64(int64(f)))
	}
	b = append(b, byte(value.KindReal))
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(f+0)) // +0: no negative zero
}

// nextKey decodes the first of n keys from b.
func nextKey(b []byte, n int) (v value.Value, text, rest []byte) {
	k := value.Kind(b[0])
	b = b[1:]
	switch k {
	case value.KindInt:
		return value.Int64(int64(binary.LittleEndian.Uint64(b))), nil, b[8:]
	case value.KindReal:
		return value.Float64(math.Float64frombits(binary.LittleEndian.Uint64(b))), nil, b[8:]
	case value.KindText:
		if n == 1 {
			return value.Value{Kind: k}, b, nil
		}
		l, w := binary.Uvarint(b)
		b = b[w:]
		return value.Value{Kind: k}, b[:l], b[l:]
	}
	return value.Value{}, nil, b
}
