package workers

import (
	"hash/maphash"
	"math"
	"math/bits"
	"math/rand/v2"
	"unsafe"

	"github.com/windrow/windrow/schema/value"
)

// dictionary gives the distinct values of one key dense numbers, in the order
// in which they come; 0 is NULL. It is a hash table whose slots hold
// short values themselves, so that finding one touches one place. Encoded
// keys have one form for what SQLite compares as equal.
type dictionary struct {
	seed   maphash.Seed
	k0, k1 uint64      // secrets: nobody can choose values that collide
	slots  []valueSlot // open addressing, a power of two
	values []keyValue
	text   []byte // of all texts, one after the other
	ranking
}

// valueSlot holds a value as two words and a form that says what they mean, and its
// number; the form is 0 where there is none.
type valueSlot struct {
	w0, w1   uint64
	form, id uint32
}

// Forms: a text of n bytes has n+1. Of a text that is longer than shortText
// the words are a hash.
const (
	formInt   = math.MaxUint32
	formReal  = math.MaxUint32 - 1
	shortText = 16
)

// keyValue is a value by number: an integer, the bits of a REAL, or where a
// text begins in dictionary.text.
type keyValue struct {
	bits uint64
	size uint32
	kind value.Kind
}

const (
	slotSize = int(unsafe.Sizeof(valueSlot{}))
	// keyValueSize counts a value's rank, its place in the order, twice, what
	// sorts it and its group in a window, too.
	keyValueSize = int(unsafe.Sizeof(keyValue{})+unsafe.Sizeof(sortKey{})) + 3*4 + 8
)

func newDictionary() *dictionary {
	return &dictionary{seed: maphash.MakeSeed(), k0: rand.Uint64(), k1: rand.Uint64(),
		slots: make([]valueSlot, 64), values: make([]keyValue, 1)}
}

// bytes is about the memory that the values need.
func (d *dictionary) bytes() int {
	return len(d.text) + (len(d.values)-1)*(keyValueSize+2*slotSize)
}

// reset forgets all values but keeps the memory.
func (d *dictionary) reset() {
	clear(d.slots)
	d.values, d.text = d.values[:1], d.text[:0]
	d.ranking.reset()
}

// number is the number of a value that nextKey gave.
func (d *dictionary) number(v value.Value, text []byte) uint32 {
	switch v.Kind {
	case value.KindInt:
		return d.find(uint64(v.Int), 0, formInt)
	case value.KindReal:
		return d.find(math.Float64bits(v.Real), 0, formReal)
	case value.KindText:
		if len(text) > shortText {
			return d.long(text)
		}
		return d.short(text)
	}
	return 0
}

// short is the number of a text that a slot holds.
func (d *dictionary) short(text []byte) uint32 {
	w0, w1 := words(text)
	form := uint32(len(text) + 1)
	mask := uint64(len(d.slots) - 1)
	for at := d.hash(w0, w1); ; at++ {
		s := &d.slots[at&mask]
		if s.w0 == w0 && s.w1 == w1 && s.form == form {
			return s.id
		}
		if s.form == 0 {
			return d.insert(valueSlot{w0, w1, form, d.keepText(text)})
		}
	}
}

// hash is where the search for a value begins: the product of the two words,
// each mixed with a secret, folded, as in wyhash.
func (d *dictionary) hash(w0, w1 uint64) uint64 {
	hi, lo := bits.Mul64(w0^d.k0, w1^d.k1)
	return hi ^ lo
}

// find is the number of an integer or REAL.
func (d *dictionary) find(w0, w1 uint64, form uint32) uint32 {
	slots := d.slots
	mask := uint64(len(slots) - 1)
	for at := d.hash(w0, w1); ; at++ {
		s := &slots[at&mask]
		if s.w0 == w0 && s.w1 == w1 && s.form == form {
			return s.id
		}
		if s.form == 0 {
			kind := value.KindInt
			if form == formReal {
				kind = value.KindReal
			}
			return d.insert(valueSlot{w0, w1, form, d.keep(keyValue{bits: w0, kind: kind})})
		}
	}
}

// long is the number of a text that has no place in a slot.
func (d *dictionary) long(text []byte) uint32 {
	w0, form := maphash.Bytes(d.seed, text), uint32(len(text)+1)
	mask := uint64(len(d.slots) - 1)
	for at := d.hash(w0, 0); ; at++ {
		s := &d.slots[at&mask]
		if s.w0 == w0 && s.w1 == 0 && s.form == form && string(d.textOf(s.id)) == string(text) {
			return s.id
		}
		if s.form == 0 {
			return d.insert(valueSlot{w0, 0, form, d.keepText(text)})
		}
	}
}

func (d *dictionary) keepText(text []byte) uint32 {
	v := keyValue{bits: uint64(len(d.text)), size: uint32(len(text)), kind: value.KindText}
	d.text = append(d.text, text...)
	return d.keep(v)
}

func (d *dictionary) keep(v keyValue) uint32 {
	d.values = append(d.values, v)
	return uint32(len(d.values) - 1)
}

// insert puts a slot that is not there into the table and returns its number.
func (d *dictionary) insert(s valueSlot) uint32 {
	if len(d.values)*3 > len(d.slots)*2 {
		old := d.slots
		d.slots = make([]valueSlot, 2*len(old))
		for i := range old {
			if old[i].form != 0 {
				d.put(&old[i])
			}
		}
	}
	d.put(&s)
	return s.id
}

func (d *dictionary) put(s *valueSlot) {
	mask := uint64(len(d.slots) - 1)
	at := d.hash(s.w0, s.w1)
	for d.slots[at&mask].form != 0 {
		at++
	}
	d.slots[at&mask] = *s
}

// textOf returns the bytes of a text, valid until the next one is kept.
func (d *dictionary) textOf(id uint32) []byte {
	v := &d.values[id]
	return d.text[v.bits : v.bits+uint64(v.size)]
}
