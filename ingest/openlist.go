package ingest

import (
	"sync"

	"github.com/windrow/windrow/ingest/source"
)

// openList bounds how many files are open while they are read once. It may be
// used concurrently.
type openList struct {
	mu    sync.Mutex
	order []*source.Found // as they were opened
	is    map[*source.Found]bool
}

// opened takes in that a file is open. If more than so many are, the one that
// was opened first is closed: workers open it by its path.
func (l *openList) opened(f *source.Found, limit int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.is[f] {
		return
	}
	if l.is == nil {
		l.is = map[*source.Found]bool{}
	}
	l.is[f] = true
	l.order = append(l.order, f)
	if len(l.order) > limit {
		first := l.order[0]
		first.Close()
		delete(l.is, first)
		l.order = l.order[1:]
	}
}
