package decode

import (
	"bytes"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// node is one level of the tree of wanted paths: the wanted keys of an object,
// or the wanted indexes of an array.
type node struct {
	fields  []*field
	indexes []*field // those of an array
	table   []*field // fields by hash; collisions are chained; never nil
	factor  uint64   // of the hash
	none    *field   // stands in the table where there is no field
	all     []*field // none, then fields, by id
}

// field is a wanted key or index with what it leads to.
type field struct {
	key        string
	w0, w1     uint64 // the first 16 bytes of key, zeros after its end
	id, index  int
	next       *field // of the same hash
	seen       uint64 // number of the record that has had it
	begin, end int    // of its value there, if walk has read the record
	cols       []*sink
	sub        *node
	one        *sink  // the column of a field that has one and nothing below it
	read       reader // and its fast path
}

// reader says which fast path reads a field.
type reader uint8

const (
	readAny reader = iota
	readText
	readInteger
	readReal
	readTime
)

// newTree arranges the paths of the wanted columns as a tree.
func newTree(sinks []sink, paths [][]string) *node {
	root := &node{}
	for i := range sinks {
		n := root
		for depth, key := range paths[i] {
			f := n.add(key, depth > 0)
			if depth == len(paths[i])-1 {
				f.cols = append(f.cols, &sinks[i])
				break
			}
			if f.sub == nil {
				f.sub = &node{}
			}
			n = f.sub
		}
	}
	root.finish()
	return root
}

// add returns the field of a path element, new or not. A record is an object,
// so the first element is a key even if it looks like an index.
func (n *node) add(key string, mayIndex bool) *field {
	index := -1
	if mayIndex {
		index = pathIndex(key)
	}
	list := &n.fields
	if index >= 0 {
		list = &n.indexes
	}
	for _, f := range *list {
		if f.key == key {
			return f
		}
	}
	f := &field{key: key, index: index}
	*list = append(*list, f)
	return f
}

// pathIndex returns 3 for [3], -1 for a key.
func pathIndex(key string) int {
	digits, ok := strings.CutPrefix(key, "[")
	digits, closed := strings.CutSuffix(digits, "]")
	if i, err := strconv.ParseUint(digits, 10, 31); ok && closed && err == nil {
		return int(i)
	}
	return -1
}

func (n *node) finish() {
	size := 8
	for size < 8*len(n.fields) {
		size *= 2
	}
	n.none = &field{}
	n.all = append([]*field{n.none}, n.fields...)
	for id, f := range n.all {
		f.id = id
	}
	for k := uint64(1); k < 128; k += 2 { // so that few have the same hash
		if n.factor = k * golden; n.fill(size) {
			break
		}
	}
	for _, f := range slices.Concat(n.fields, n.indexes) {
		if len(f.cols) == 1 && f.sub == nil {
			f.one, f.read = f.cols[0], f.cols[0].read
		}
		if f.sub != nil {
			f.sub.finish()
		}
	}
}

const golden = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio

// fill makes the table and reports whether no two fields have the same hash.
func (n *node) fill(size int) bool {
	n.table = slices.Repeat([]*field{n.none}, size)
	alone := true
	for _, f := range n.fields {
		f.w0, f.w1 = keyWords([]byte(f.key))
		h := n.slot(f.w0, f.w1)
		if f.next = nil; n.table[h] != n.none {
			f.next, alone = n.table[h], false
		}
		n.table[h] = f
	}
	return alone
}

// slot returns where the fields of a key with these words are chained.
func (n *node) slot(w0, w1 uint64) uint64 {
	h := (w0 ^ bits.RotateLeft64(w1, 29)) * n.factor
	return h >> 32 & uint64(len(n.table)-1)
}

// keyWords returns the first 16 bytes of a key, zeros after its end.
func keyWords(key []byte) (w0, w1 uint64) {
	var pad [16]byte
	copy(pad[:], key)
	return load(pad[:], 0), load(pad[:], 8)
}

// keyMasks has the bits of keyWords that belong to a key, by its length.
var keyMasks = func() (t [17][2]uint64) {
	for i := range t {
		t[i][0], t[i][1] = keyWords(bytes.Repeat([]byte{0xff}, i))
	}
	return t
}()

// find returns the field of a key, nil if it is not wanted.
func (n *node) find(key []byte) *field {
	for f := n.table[n.slot(keyWords(key))]; f != nil; f = f.next {
		if f.key == string(key) && f != n.none {
			return f
		}
	}
	return nil
}

// forget makes that nothing below n has been seen.
func (n *node) forget() {
	for _, f := range n.fields {
		f.seen = 0
		if f.sub != nil {
			f.sub.forget()
		}
	}
	for _, f := range n.indexes {
		if f.sub != nil {
			f.sub.forget()
		}
	}
}

// at returns the field of an array's element, nil if it is not wanted.
func (n *node) at(index int) *field {
	for _, f := range n.indexes {
		if f.index == index {
			return f
		}
	}
	return nil
}

// each calls do for all columns below n.
func (n *node) each(do func(*sink)) {
	for _, f := range slices.Concat(n.fields, n.indexes) {
		for _, s := range f.cols {
			do(s)
		}
		if f.sub != nil {
			f.sub.each(do)
		}
	}
}
