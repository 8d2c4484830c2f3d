package source

import (
	"crypto/sha256"
	"io"
	"path/filepath"

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
	steps := []func(*Found, *Known) (bool, error){m.sameFile, m.samePath, m.copyOf}
	for _, step := range steps {
		if err := m.pass(step); err != nil {
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
}

// pass gives each file that is not known yet the newest split that fits.
func (m *matcher) pass(fits func(*Found, *Known) (bool, error)) error {
	for i, f := range m.found {
		for k := len(m.known) - 1; k >= 0 && m.which[i] < 0; k-- {
			if m.taken[k] {
				continue
			}
			ok, err := fits(f, &m.known[k])
			if err != nil {
				return Problem{f.Path, err}
			}
			if ok {
				m.which[i], m.verdict[i], m.taken[k] = k, Same, true
			}
		}
	}
	return nil
}

func (m *matcher) sameFile(f *Found, k *Known) (bool, error) {
	if f.Device != k.Device || f.Inode != k.Inode || !m.sameHead(f, k) {
		return false, nil
	}
	return f.holds(k)
}

func (m *matcher) samePath(f *Found, k *Known) (bool, error) {
	if f.Path != k.Path || !m.sameHead(f, k) {
		return false, nil
	}
	return f.holds(k)
}

func (m *matcher) copyOf(f *Found, k *Known) (bool, error) {
	if filepath.Dir(f.Path) != filepath.Dir(k.Path) || k.Prefix.Hi <= k.Start || k.Prefix.TailLen == 0 || !m.sameHead(f, k) {
		return false, nil
	}
	return f.holds(k)
}

func (m *matcher) sameHead(f *Found, k *Known) bool {
	h, ok := f.headHash(k.HeadLen)
	return ok && h == k.Head
}

// rewritten marks the files that have the place of a known split, are not
// shorter than what was absorbed of it, and yet hold something else there.
func (m *matcher) rewritten() {
	for i, f := range m.found {
		for k := range m.known {
			if m.which[i] < 0 && !m.taken[k] && f.Path == m.known[k].Path && f.Device == m.known[k].Device && f.Inode == m.known[k].Inode &&
				f.Codec == Plain && f.Bytes >= m.known[k].Prefix.Hi && m.known[k].Prefix.Hi > m.known[k].Start {
				m.which[i], m.verdict[i], m.taken[k] = k, Rewritten, true
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
	buf := make([]byte, p.TailLen)
	from := p.TailEnd - int64(p.TailLen)
	if f.Codec == Plain {
		if _, err := f.File.ReadAt(buf, from); err == io.EOF {
			return false, nil
		} else if err != nil {
			return false, plain(err)
		}
		return sha256.Sum256(buf) == p.Tail, nil
	}
	r, err := f.Reader()
	if err != nil {
		return false, err
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, from); err != nil {
		return false, nil // shorter, or cut short: not the same content
	}
	if _, err := io.ReadFull(r, buf); err != nil {
		return false, nil
	}
	return sha256.Sum256(buf) == p.Tail, nil
}
