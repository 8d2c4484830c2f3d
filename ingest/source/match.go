package source

import (
	"crypto/sha256"
	"errors"
	"io"
	"path/filepath"
	"slices"

	"github.com/windrow/windrow/schema/store"
)

// Known is a split that the store has, with what is absorbed of it.
type Known struct {
	store.Split
	// Prefix is the absorbed range that begins at the split's start; Hi is the
	// start if there is none.
	Prefix store.Range
	// Begun: some of it is absorbed.
	Begun bool
	// Absorbed is how many bytes of it every cohort has absorbed.
	Absorbed int64
}

// NewKnown returns what is known of a split of which each of the stream's
// cohorts has absorbed the given ranges.
func NewKnown(s store.Split, cohorts ...[]store.Range) Known {
	k := Known{Split: s, Prefix: store.Range{Split: s.Number, Lo: s.Start, Hi: s.Start}}
	for i, ranges := range cohorts {
		k.Begun = k.Begun || len(ranges) > 0
		if len(ranges) > 0 && ranges[0].Lo == s.Start && ranges[0].Hi > k.Prefix.Hi {
			k.Prefix = ranges[0]
		}
		var n int64
		for _, r := range ranges {
			n += r.Hi - r.Lo
		}
		if i == 0 || n < k.Absorbed {
			k.Absorbed = n
		}
	}
	return k
}

// Verdict says what a found file is.
type Verdict uint8

const (
	Fresh     Verdict = iota // not seen before
	Same                     // a known split, maybe longer, maybe under a new name
	Rewritten                // a known split whose absorbed bytes have changed
)

// Match tells for each found file which known split it is (an index into
// known, or -1). A file is known by its device, inode and first bytes; or by
// its path and content; or as a copy, renamed or compressed, in the same
// directory, of a split whose own path does not hold that content any more.
func Match(found []*Found, known []Known) ([]int, []Verdict, error) {
	m := &matcher{found: found, known: known, which: make([]int, len(found)), verdict: make([]Verdict, len(found)), taken: make([]bool, len(known))}
	for i := range m.which {
		m.which[i] = -1
	}
	m.index()
	for _, candidates := range []func(*Found) []int{m.sameFile, m.samePath, m.copies} {
		if err := m.pass(candidates); err != nil {
			return nil, nil, err
		}
	}
	m.rewritten()
	return m.which, m.verdict, nil
}

type matcher struct {
	found   []*Found
	known   []Known
	which   []int
	verdict []Verdict
	taken   []bool

	// indexes into known, ascending
	byFile map[[2]uint64][]int
	byPath map[string][]int
	byHead map[headKey][]int
	lens   map[int]bool // the lengths of heads that there are
}

// headKey is what a copy has in common with its original.
type headKey struct {
	dir  string
	n    int
	head [32]byte
}

func (m *matcher) index() {
	m.byFile, m.byPath, m.byHead, m.lens = map[[2]uint64][]int{}, map[string][]int{}, map[headKey][]int{}, map[int]bool{}
	for i := range m.known {
		k := &m.known[i]
		file, head := [2]uint64{k.Device, k.Inode}, headKey{filepath.Dir(k.Path), k.HeadLen, k.Head}
		m.byFile[file] = append(m.byFile[file], i)
		m.byPath[k.Path] = append(m.byPath[k.Path], i)
		m.byHead[head] = append(m.byHead[head], i)
		m.lens[k.HeadLen] = true
	}
}

// pass gives each file that is not known yet the newest of its candidates
// whose content it holds.
func (m *matcher) pass(candidates func(*Found) []int) error {
	for i, f := range m.found {
		if m.which[i] >= 0 {
			continue
		}
		for _, k := range slices.Backward(candidates(f)) {
			if m.taken[k] || !sameHead(f, &m.known[k]) {
				continue
			}
			ok, err := f.holds(&m.known[k])
			if err != nil {
				return Problem{f.Path, err}
			}
			if ok {
				m.which[i], m.verdict[i], m.taken[k] = k, Same, true
				break
			}
		}
	}
	return nil
}

func (m *matcher) sameFile(f *Found) []int { return m.byFile[[2]uint64{f.Device, f.Inode}] }

func (m *matcher) samePath(f *Found) []int { return m.byPath[f.Path] }

// copies returns the splits of the same directory with the same head of which
// enough is absorbed to tell.
func (m *matcher) copies(f *Found) []int {
	var out []int
	for n := range m.lens {
		head, ok := f.headHash(n)
		if !ok {
			continue
		}
		for _, k := range m.byHead[headKey{filepath.Dir(f.Path), n, head}] {
			if m.known[k].Prefix.Hi > m.known[k].Start && m.known[k].Prefix.TailLen > 0 {
				out = append(out, k)
			}
		}
	}
	slices.Sort(out)
	return out
}

func sameHead(f *Found, k *Known) bool {
	h, ok := f.headHash(k.HeadLen)
	return ok && h == k.Head
}

// rewritten marks the files that have the place of a known split, are not
// shorter than what was absorbed of it, and yet hold something else there.
func (m *matcher) rewritten() {
	for i, f := range m.found {
		if m.which[i] >= 0 || f.Codec != Plain {
			continue
		}
		for _, k := range m.byPath[f.Path] {
			known := &m.known[k]
			if !m.taken[k] && f.Device == known.Device && f.Inode == known.Inode && f.Bytes >= known.Prefix.Hi && known.Prefix.Hi > known.Start {
				m.which[i], m.verdict[i], m.taken[k] = k, Rewritten, true
				break
			}
		}
	}
}

// holds reports whether the file still has the bytes before the end of what
// was absorbed of k.
func (f *Found) holds(k *Known) (bool, error) {
	p := &k.Prefix
	if p.Hi <= k.Start || p.TailLen == 0 {
		return true, nil
	}
	defer f.Close()
	buf, err := f.Before(p.TailEnd, p.TailLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	return err == nil && sha256.Sum256(buf) == p.Tail, nil
}

// Before returns the n bytes before an offset, or io.EOF if the file ends
// earlier or can be decompressed only to an earlier place.
func (f *Found) Before(end int64, n int) ([]byte, error) {
	file, err := f.Open()
	if err != nil {
		return nil, err
	}
	buf := make([]byte, n)
	if f.Codec == Plain {
		if got, err := file.ReadAt(buf, end-int64(n)); got < n {
			return nil, plain(err)
		}
		return buf, nil
	}
	r, err := f.Reader()
	if err != nil {
		return nil, io.EOF
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, end-int64(n)); err != nil {
		return nil, io.EOF
	}
	if _, err := io.ReadFull(r, buf); err != nil {
		return nil, io.EOF
	}
	return buf, nil
}
