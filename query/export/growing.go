package export

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// growing is a file that grows in steps: what a step has written counts when
// the cursor has been kept after it.
type growing struct {
	path   string
	f      *os.File
	cursor *cursor
	at     int64 // the end of what has been written
	lock   *flock.Flock
}

// openGrowing opens the file at path, or makes it, and reads its cursor into c,
// which says how it would be begun.
func openGrowing(path string, c *cursor) (*growing, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot follow into %s: it is not a regular file; without -o the windows go to standard output", path)
	}
	g := &growing{path: path, cursor: c}
	if err := g.acquire(); err != nil {
		return nil, err
	}
	if err := g.open(); err != nil {
		g.close()
		return nil, err
	}
	return g, nil
}

func cursorOf(path string) string { return path + ".cursor" }

// acquire makes sure that one process at a time follows into a file.
func (g *growing) acquire() error {
	path := cursorOf(g.path) + ".lock"
	for {
		g.lock = flock.New(path)
		ok, err := g.lock.TryLock()
		if err != nil {
			return fmt.Errorf("cannot write %s: %w", g.path, reason(err))
		}
		if !ok {
			return fmt.Errorf("another process follows into %s; end it first, or choose another file", g.path)
		}
		mine, err := g.lock.Stat()
		there, gone := os.Stat(path)
		if err == nil && gone == nil && os.SameFile(mine, there) {
			return nil
		}
		g.lock.Unlock() // it was removed by a process that ended meanwhile
	}
}

func (g *growing) close() {
	if g.f != nil {
		g.f.Close()
	}
	os.Remove(g.lock.Path()) // before others can have it
	g.lock.Unlock()
}

// open opens the file and brings it to what its cursor says.
func (g *growing) open() (err error) {
	known, err := g.cursor.load(cursorOf(g.path))
	if err != nil {
		return err
	}
	if g.f, err = os.OpenFile(g.path, os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return fmt.Errorf("cannot write %s: %w", g.path, reason(err))
	}
	info, err := g.f.Stat()
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", g.path, reason(err))
	}
	switch {
	case !known && info.Size() > 0:
		return fmt.Errorf("%s is there already and has no %s: it was not begun with --follow; remove it, or choose another name", g.path, filepath.Base(cursorOf(g.path)))
	case info.Size() < g.cursor.Size:
		return fmt.Errorf("%s holds %d bytes, and %s says that %d were written: put it back, or remove both to begin anew",
			g.path, info.Size(), filepath.Base(cursorOf(g.path)), g.cursor.Size)
	}
	if tail, err := g.tail(g.cursor.Size); err != nil || tail != g.cursor.Tail && g.cursor.Size > 0 {
		return cmp.Or(err, g.changed())
	}
	if err := g.back(); err != nil || known {
		return err
	}
	return g.keep() // a file that is begun is known by its cursor
}

func (g *growing) changed() error {
	return fmt.Errorf("%s was changed by another program: put back what was written, or remove it and %s to begin anew", g.path, filepath.Base(cursorOf(g.path)))
}

// tailBytes is how much of the end of a file is compared before it grows.
const tailBytes = 4096

// tail hashes the bytes before end.
func (g *growing) tail(end int64) (string, error) {
	b := make([]byte, min(end, tailBytes))
	if _, err := g.f.ReadAt(b, end-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("cannot read %s: %w", g.path, reason(err))
	}
	return hexOf(sha256.Sum256(b)), nil
}

// ready checks that the file is still the one that was written.
func (g *growing) ready() error {
	mine, err := g.f.Stat()
	there, gone := os.Stat(g.path)
	if err != nil || gone != nil || !os.SameFile(mine, there) {
		return fmt.Errorf("%s was moved or removed: put it back, or remove %s to begin anew", g.path, filepath.Base(cursorOf(g.path)))
	}
	if mine.Size() != g.at {
		return g.changed()
	}
	return nil
}

// back cuts off what has been written since the cursor was kept.
func (g *growing) back() error {
	if err := g.f.Truncate(g.cursor.Size); err != nil {
		return fmt.Errorf("cannot cut %s: %w", g.path, reason(err))
	}
	if _, err := g.f.Seek(g.cursor.Size, io.SeekStart); err != nil {
		return fmt.Errorf("cannot write %s: %w", g.path, reason(err))
	}
	g.at = g.cursor.Size
	return nil
}

// Write implements io.Writer.
func (g *growing) Write(p []byte) (int, error) {
	n, err := g.f.Write(p)
	g.at += int64(n)
	if err != nil {
		return n, g.stopped(err)
	}
	return n, nil
}

func (g *growing) stopped(err error) error {
	so := "it goes on from its beginning"
	if g.cursor.Before != "" {
		so = "it holds the windows before " + g.cursor.Before + ", and goes on from there"
	}
	return fmt.Errorf("cannot write %s: %w; %s when the command is given again", g.path, reason(err), so)
}

// keep makes what was written durable, and then the cursor that knows of it.
func (g *growing) keep() error {
	if err := g.f.Sync(); err != nil {
		return g.stopped(err)
	}
	tail, err := g.tail(g.at)
	if err != nil {
		return err
	}
	g.cursor.Size, g.cursor.Tail = g.at, tail
	return g.cursor.save(cursorOf(g.path))
}

// writer is where pages go.
func (f *follower) writer() io.Writer {
	if f.file != nil {
		return f.file
	}
	return f.o.Out
}
