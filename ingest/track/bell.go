package track

import (
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/fsnotify/fsnotify"
)

// manyNames is how many changed files are kept apart; with more, everything is
// looked at.
const manyNames = 4096

// bell says when a look may be worth while. The system's messages about
// changes only ring it earlier: none of them has to come.
type bell struct {
	ring  chan struct{}
	log   *slog.Logger
	timer *time.Timer
	open  func() (*fsnotify.Watcher, error)

	watcher *fsnotify.Watcher // nil if there is none
	watched map[string]bool
	said    bool // that a folder cannot be watched
	done    sync.WaitGroup

	mu    sync.Mutex
	names map[string]bool // files that have changed; true if they came or went
	all   bool            // so many that each may have changed
	left  []string        // folders that are not watched any more
}

func newBell(o Options) *bell {
	b := &bell{ring: make(chan struct{}, 1), log: o.Log, open: fsnotify.NewWatcher, watched: map[string]bool{}, names: map[string]bool{}}
	b.timer = time.AfterFunc(time.Hour, b.now)
	b.timer.Stop()
	b.now()
	return b
}

// now rings.
func (b *bell) now() {
	select {
	case b.ring <- struct{}{}:
	default:
	}
}

// after rings once so much time has passed, and not at an earlier set time.
func (b *bell) after(d time.Duration) { b.timer.Reset(d) }

// take returns which files have changed since the last call, true for those
// that came or went. all says that it may be any.
func (b *bell) take() (names map[string]bool, all bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, dir := range b.left {
		delete(b.watched, dir)
	}
	names, all = b.names, b.all
	b.names, b.all, b.left = map[string]bool{}, false, nil
	return names, all
}

// watch has the system tell of changes in folders. Where it cannot, that is
// said once.
func (b *bell) watch(dirs map[string]bool) {
	for dir := range dirs {
		if b.watched[dir] {
			continue
		}
		if b.watcher == nil && !b.start() {
			return
		}
		if err := b.watcher.Add(dir); err == nil {
			b.watched[dir] = true
		} else if !errors.Is(err, fs.ErrNotExist) {
			b.say(dir, err)
			b.watched[dir] = true // do not try again at each look
		}
	}
	for dir := range b.watched {
		if !dirs[dir] {
			delete(b.watched, dir)
			b.watcher.Remove(dir)
		}
	}
}

func (b *bell) start() bool {
	if b.said {
		return false
	}
	w, err := b.open()
	if err != nil {
		b.say("files", err)
		return false
	}
	b.watcher = w
	b.done.Add(1)
	go b.listen(w)
	return true
}

func (b *bell) say(what string, err error) {
	if !b.said {
		b.log.Warn("the system does not tell of changes in "+what+": changes are seen by looking at the files now and then", "err", err)
	}
	b.said = true
}

// listen takes in the system's messages until the watcher is closed.
func (b *bell) listen(w *fsnotify.Watcher) {
	defer b.done.Done()
	for {
		select {
		case ev, ok := <-w.Events:
			if !ok {
				return
			}
			if ev.Op != fsnotify.Chmod {
				b.heard(ev)
			}
		case _, ok := <-w.Errors:
			if !ok {
				return
			}
			b.mu.Lock()
			b.all = true
			b.mu.Unlock()
		}
		b.now()
	}
}

func (b *bell) heard(ev fsnotify.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	moved := ev.Has(fsnotify.Create) || ev.Has(fsnotify.Remove) || ev.Has(fsnotify.Rename)
	if ev.Has(fsnotify.Remove) || ev.Has(fsnotify.Rename) {
		b.left = append(b.left, ev.Name) // if it was a folder
	}
	if len(b.names) >= manyNames || len(b.left) >= manyNames {
		b.all = true
		b.left = b.left[:min(len(b.left), manyNames)]
		return
	}
	b.names[ev.Name] = b.names[ev.Name] || moved
}

func (b *bell) close() {
	b.timer.Stop()
	if b.watcher != nil {
		b.watcher.Close()
		b.done.Wait()
	}
}

// folders returns the folders in which changes matter: those of the files, and
// those where the patterns begin.
func (t *Tracker) folders(files []seen) map[string]bool {
	dirs := map[string]bool{}
	if !t.o.Follow {
		return dirs
	}
	for _, p := range t.stream.Paths {
		base, _ := doublestar.SplitPattern(filepath.ToSlash(p))
		dirs[filepath.Clean(filepath.FromSlash(base))] = true
	}
	for _, s := range files {
		dirs[filepath.Dir(s.path)] = true
	}
	for real := range t.byPath {
		dirs[filepath.Dir(real)] = true
	}
	return dirs
}

// matches reports whether a path is one of the stream's.
func (t *Tracker) matches(path string) bool {
	for _, p := range t.stream.Paths {
		p = filepath.Clean(p)
		if ok, err := doublestar.PathMatch(p, path); ok && err == nil || p == path {
			return true
		}
	}
	return false
}
