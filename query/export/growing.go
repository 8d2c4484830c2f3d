package export

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/windrow/windrow/query/output"
)

// growing is a file that grows in steps: what a step has written counts when
// the cursor has been kept after it.
type growing struct {
	path   string
	f      *os.File
	cursor *cursor
	at     int64 // the end of what has been written
	lock   *flock.Flock
	say    func(format string, args ...any)
}

// openGrowing opens the file at path, or makes it, and reads its cursor into c,
// which says how it would be begun. say is told when it is a new one after
// another.
func openGrowing(path string, c *cursor, say func(format string, args ...any)) (*growing, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("cannot follow into %s: it is not a regular file; without -o the windows go to standard output", path)
	}
	g := &growing{path: path, cursor: c, say: say}
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
			return fmt.Errorf("cannot write %s: %w", g.path, output.Reason(err))
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
func (g *growing) open() error {
	known, err := g.cursor.load(cursorOf(g.path))
	if err != nil {
		return err
	}
	g.f, err = os.OpenFile(g.path, os.O_RDWR|os.O_APPEND, 0)
	switch {
	case os.IsNotExist(err) && known:
		return g.goOn(moved)
	case os.IsNotExist(err):
		return g.begin()
	case err != nil:
		return fmt.Errorf("cannot write %s: %w", g.path, output.Reason(err))
	}
	info, err := g.f.Stat()
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", g.path, output.Reason(err))
	}
	switch {
	case !known && info.Size() > 0:
		return fmt.Errorf("%s is there already and has no %s: it was not begun with --follow; remove it, or choose another name", g.path, filepath.Base(cursorOf(g.path)))
	case !known:
		return g.begin()
	case info.Size() == 0:
		return g.goOn(emptied)
	}
	return g.resume(info)
}

// Why a new file is begun after another.
const (
	moved   = "was moved or removed"
	emptied = "was emptied"
)

// begin begins the first file.
func (g *growing) begin() error {
	if g.f != nil {
		g.f.Close()
	}
	if err := g.unmark(); err != nil {
		return err
	}
	return g.create()
}

// resume checks that the file is the one that was written, and cuts off what
// the cursor does not know.
func (g *growing) resume(info fs.FileInfo) error {
	switch {
	case info.Size() < g.cursor.Size:
		return fmt.Errorf("%s holds %d bytes, and %s says that %d were written: put back what was written, or move it away and a new file goes on after it",
			g.path, info.Size(), filepath.Base(cursorOf(g.path)), g.cursor.Size)
	case g.cursor.Size == 0 && !g.marked(info): // it may be anything
		return g.changed()
	}
	if tail, err := tailOf(g.f, g.cursor.Size); err != nil || tail != g.cursor.Tail && g.cursor.Size > 0 {
		return cmp.Or(err, g.changed())
	}
	return g.back()
}

func (g *growing) changed() error {
	return fmt.Errorf("%s was changed by another program: put back what was written, or move it away and a new file goes on after it", g.path)
}

// tailBytes is how much of the end of a file is compared before it grows.
const tailBytes = 4096

// tailOf hashes the bytes of a file before end.
func tailOf(f *os.File, end int64) (string, error) {
	b := make([]byte, min(end, tailBytes))
	if _, err := f.ReadAt(b, end-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("cannot read %s: %w", f.Name(), output.Reason(err))
	}
	return hexOf(sha256.Sum256(b)), nil
}

// ready makes sure that a page can be appended: to the file that was written,
// or to a new one where that was moved, removed or emptied.
func (g *growing) ready() error {
	for range 100 { // somebody may move it again and again
		if err := g.there(); err != nil {
			return err
		}
		if ok, err := g.mark(); ok || err != nil {
			return err
		}
	}
	return g.changed()
}

// there checks that the file is still at its place, as it was written.
func (g *growing) there() error {
	mine, err := g.f.Stat()
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", g.path, output.Reason(err))
	}
	there, err := os.Stat(g.path)
	switch {
	case os.IsNotExist(err):
		return g.goOn(moved)
	case err != nil:
		return fmt.Errorf("cannot read %s: %w", g.path, output.Reason(err))
	case !os.SameFile(mine, there) && there.Size() == 0:
		return g.goOn(moved) // who moves it may make the next one
	case !os.SameFile(mine, there):
		return g.changed()
	case mine.Size() == 0 && g.at > 0:
		return g.goOn(emptied)
	}
	return g.intact()
}

// intact checks that nobody else has written into the file, or cut it.
func (g *growing) intact() error {
	info, err := g.f.Stat()
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", g.path, output.Reason(err))
	}
	if info.Size() != g.at {
		return g.changed()
	}
	return nil
}

// back cuts off what has been written since the cursor was kept.
func (g *growing) back() error {
	if info, err := g.f.Stat(); err == nil && info.Size() < g.cursor.Size {
		return g.changed()
	}
	if err := g.f.Truncate(g.cursor.Size); err != nil {
		return fmt.Errorf("cannot cut %s: %w", g.path, output.Reason(err))
	}
	g.at = g.cursor.Size
	return g.unmark()
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
	return fmt.Errorf("cannot write %s: %w; %s when the command is given again", g.path, output.Reason(err), so)
}

// keep makes what was written durable, and then the cursor that knows of it.
func (g *growing) keep() error {
	if err := g.intact(); err != nil {
		return err
	}
	if err := g.f.Sync(); err != nil {
		return g.stopped(err)
	}
	tail, err := tailOf(g.f, g.at)
	if err != nil {
		return err
	}
	g.cursor.Size, g.cursor.Tail = g.at, tail
	if err := g.remember(); err != nil {
		return err
	}
	return g.unmark()
}

// remember writes the cursor.
func (g *growing) remember() error { return g.cursor.save(cursorOf(g.path)) }

// writer is where pages go.
func (f *follower) writer() io.Writer {
	if f.file != nil {
		return f.file
	}
	return f.o.Out
}
