package track

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"path/filepath"
	"slices"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema/store"
)

// shelf holds the splits that are or were in a folder by how they begin, so
// that a file need not be held against each of them. Nothing is taken out, so
// what is found may begin in another way by now.
type shelf struct {
	order  map[*entry]int                 // in which they came
	heads  map[int]map[[32]byte][]shelved // by how many bytes of the head are known, and their hash
	lens   []int                          // the keys of heads, ascending
	firsts map[first][]shelved
}

// shelved is a split with its place in the order.
type shelved struct {
	order int
	*entry
}

// first are so many bytes from the start of a split on as firstLens has, or none.
type first struct {
	start int64
	text  string
}

var firstLens = [...]int{store.FirstLen, store.FirstLen / 2}

// shelve puts a split on the shelf of a folder.
func (t *Tracker) shelve(dir string, e *entry) {
	s := t.byDir[dir]
	if s == nil {
		s = &shelf{order: map[*entry]int{}, heads: map[int]map[[32]byte][]shelved{}, firsts: map[first][]shelved{}}
		t.byDir[dir] = s
	}
	if _, ok := s.order[e]; ok {
		return
	}
	s.order[e] = len(s.order)
	e.shelves = append(e.shelves, s)
	s.byHead(e)
	s.byFirst(e)
	s.put(first{start: e.Start}, e)
}

// byHead takes in the head of a split, again when more of it becomes known: a
// part that is known already may have been edited since.
func (s *shelf) byHead(e *entry) {
	same := s.heads[e.HeadLen]
	if same == nil {
		same = map[[32]byte][]shelved{}
		s.heads[e.HeadLen] = same
		i, _ := slices.BinarySearch(s.lens, e.HeadLen)
		s.lens = slices.Insert(s.lens, i, e.HeadLen)
	}
	same[e.Head] = append(same[e.Head], shelved{s.order[e], e})
}

// byFirst takes in the first bytes of a split. If more of them become known, a
// file that has these has the head of today, too.
func (s *shelf) byFirst(e *entry) {
	for _, n := range firstLens {
		if len(e.First) >= n {
			s.put(first{e.Start, e.First[:n]}, e)
		}
	}
}

func (s *shelf) put(at first, e *entry) { s.firsts[at] = append(s.firsts[at], shelved{s.order[e], e}) }

// begin returns the splits whose head is the beginning of the given one.
func (s *shelf) begin(head []byte) []shelved {
	var out []shelved
	var sum [32]byte
	hash, at := sha256.New(), 0
	for _, n := range s.lens {
		if n > len(head) {
			break
		}
		hash.Write(head[at:n])
		at = n
		out = append(out, s.heads[n][[32]byte(hash.Sum(sum[:0]))]...)
	}
	return out
}

// beyond returns the splits that begin as a file does and of whose head more
// is known than all of that.
func (s *shelf) beyond(f *source.Found) []shelved {
	if len(s.lens) == 0 || s.lens[len(s.lens)-1] <= len(f.Head) {
		return nil
	}
	at := first{start: f.Start}
	for _, n := range firstLens {
		if len(f.First) >= n {
			at.text = string(f.First[:n])
			break
		}
	}
	var out []shelved
	for _, e := range s.firsts[at] {
		if n := min(len(f.First), len(e.First)); e.HeadLen > len(f.Head) && bytes.Equal(f.First[:n], []byte(e.First)[:n]) {
			out = append(out, e)
		}
	}
	return out
}

// alike returns the splits of its folder with which an arrival has something
// to do, the newest last: all to which relate says more than that it differs.
// Left out are those for which rule has no use, if the arrival is not in their
// place: the ones that go on in another way before their known heads end and,
// when reading once, those of which it is a beginning.
func (t *Tracker) alike(a *arrival) []shelved {
	s := t.byDir[filepath.Dir(a.path)]
	if s == nil {
		return nil
	}
	out := s.begin(a.found.Head)
	if t.o.Follow || a.left {
		out = append(out, s.beyond(a.found)...)
	}
	for _, e := range slices.Concat(t.byFile[idOf(a.Stat)], []*entry{t.latest[a.path]}) {
		if n, ok := s.order[e]; ok {
			out = append(out, shelved{n, e})
		}
	}
	byOrder := func(a, b shelved) int { return cmp.Compare(a.order, b.order) }
	if !slices.IsSortedFunc(out, byOrder) {
		slices.SortFunc(out, byOrder)
	}
	return slices.Compact(out)
}
