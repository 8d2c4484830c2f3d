package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// lockWait is how long a lock is waited for: where a run was killed while it
// started a worker, that one holds the lock until it is a program of its own.
const lockWait = 500 * time.Millisecond

// lockStore makes sure that one run at a time works on a store. The lock is on
// a file of its own beside it: SQLite's locks on the store must not be touched.
// It ends with the process, however that ends.
func lockStore(store string) (release func(), err error) {
	path := store + ".lock"
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, fmt.Errorf("cannot make the store %s: the folder %s does not exist", store, filepath.Dir(path))
	}
	l := flock.New(path)
	ok, err := l.TryLock()
	for end := time.Now().Add(lockWait); err == nil && !ok && time.Now().Before(end); ok, err = l.TryLock() {
		time.Sleep(lockWait / 50)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot lock the store %s: %w", store, err)
	}
	if !ok {
		return nil, fmt.Errorf("another run%s is working on %s; end it first, or name another --store", holder(path), store)
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		l.Unlock()
		return nil, fmt.Errorf("cannot lock the store %s: %w", store, err)
	}
	return func() { l.Unlock() }, nil
}

// holder says which process holds the lock, as far as it has said so.
func holder(path string) string {
	b, err := os.ReadFile(path)
	pid := strings.TrimSpace(string(b))
	if _, bad := strconv.Atoi(pid); err != nil || bad != nil {
		return ""
	}
	return " (process " + pid + ")"
}
