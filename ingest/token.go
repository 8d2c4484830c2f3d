package ingest

import "sync"

// Token is the right to write to the store while a run goes on. Whoever wants
// it waits in line; so no two writers fight for SQLite's lock, and none
// starves. It may be used concurrently.
type Token struct {
	mu   sync.Mutex
	held bool
	line []func()
}

// Acquire calls got, now or later, once the token is the caller's. got must
// not block.
func (t *Token) Acquire(got func()) {
	t.mu.Lock()
	if t.held {
		t.line = append(t.line, got)
		t.mu.Unlock()
		return
	}
	t.held = true
	t.mu.Unlock()
	got()
}

// Release hands the token to the next in line.
func (t *Token) Release() {
	t.mu.Lock()
	if len(t.line) == 0 {
		t.held = false
		t.mu.Unlock()
		return
	}
	next := t.line[0]
	t.line = t.line[1:]
	t.mu.Unlock()
	next()
}

// Do runs f while holding the token.
func (t *Token) Do(f func() error) error {
	got := make(chan struct{})
	t.Acquire(func() { close(got) })
	<-got
	defer t.Release()
	return f()
}
