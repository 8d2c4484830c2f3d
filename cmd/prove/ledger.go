package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// ledger is what a writer has written, byte for byte. What a file is to hold
// is entered before it is written, so that no store can be ahead of it. It is
// safe for concurrent use.
type ledger struct {
	mu     sync.Mutex
	gens   []*generation
	splits map[int64]*generation // those that were told apart
}

// generation is what a file held from its first byte until it was cut off, or
// to its end: the harness's own word for what a split must be.
type generation struct {
	loadFile
	text     []byte
	known    bool // the store had absorbed something of it when it was last looked at
	absorbed bool // and all of this
}

var _ input = (*ledger)(nil)

// begin makes a new generation.
func (l *ledger) begin(log string) *generation {
	l.mu.Lock()
	defer l.mu.Unlock()
	g := &generation{loadFile: loadFile{name: fmt.Sprintf("%s#%d", log, len(l.gens))}}
	l.gens = append(l.gens, g)
	return g
}

// append enters bytes and the records that begin in them.
func (l *ledger) append(g *generation, text []byte, records []record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g.text = append(g.text, text...)
	g.records = append(g.records, records...)
	g.size = int64(len(g.text))
	g.absorbed = false
}

// header enters the bytes before the first record.
func (l *ledger) header(g *generation, text []byte) {
	l.append(g, text, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	g.start = g.size
}

// cut says that the last record of a generation will never be whole.
func (l *ledger) cut(g *generation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	g.records[len(g.records)-1].state = brokenRecord
}

// mark remembers what a snapshot says.
func (l *ledger) mark(s *snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, g := range l.gens {
		spans := s.spans[g.name]
		g.known = len(spans) > 0
		g.absorbed = len(without([]span{{lo: g.start, hi: g.size}}, spans)) == 0
	}
}

func (l *ledger) isKnown(g *generation) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return g.known
}

func (l *ledger) isAbsorbed(g *generation) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return g.absorbed
}

// all implements input.
func (l *ledger) all() ([]*loadFile, func()) {
	l.mu.Lock()
	var files []*loadFile
	for _, g := range l.gens {
		files = append(files, &g.loadFile)
	}
	return files, l.mu.Unlock
}

// enough is how many first bytes tell two generations apart.
const enough = 24

// file implements input: a split is told by its content alone. It is called
// between all and done.
func (l *ledger) file(p *splitRow) (*loadFile, error) {
	if g := l.splits[p.number]; g != nil {
		return &g.loadFile, nil
	}
	var fit []*generation
	for _, g := range l.gens {
		if g.start == p.start && g.size >= g.start && bytes.HasPrefix(g.text[g.start:], p.first) && (len(p.first) >= enough || g.tailed(p.tails)) {
			fit = append(fit, g)
		}
	}
	if len(fit) != 1 {
		return nil, violated("guarantee", "split %d, %s, begins with %q at %d: so did %d of the files that were written", p.number, p.path, p.first, p.start, len(fit))
	}
	l.splits[p.number] = fit[0]
	return &fit[0].loadFile, nil
}

// tailed reports whether all tails are of this content.
func (g *generation) tailed(tails []tail) bool {
	for _, t := range tails {
		if t.end > g.size || t.n > t.end {
			return false
		}
		if sum := sha256.Sum256(g.text[t.end-t.n : t.end]); !bytes.Equal(sum[:], t.sum) {
			return false
		}
	}
	return true
}

// export writes all generations to a folder, each as a file of its own.
func (l *ledger) export(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, g := range l.gens {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("g%05d", i)), g.text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
