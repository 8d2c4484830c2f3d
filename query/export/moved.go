package export

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/windrow/windrow/query/output"
)

// markOf is the place of a second name of the file, a hard link, which it has
// while a page is written into it. Where it is left by a process that was
// killed it leads to the file, wherever that was moved, so that what the cursor
// does not know can be cut off there too.
//
// It is made after the cursor knows of the file, and taken away before the
// cursor knows of another one: it always belongs to the file of the cursor.
func markOf(path string) string { return cursorOf(path) + ".writing" }

// mark gives the file its second name, and says whether that worked: it does
// not if the file has been moved since it was looked at. On file systems
// without links a small file stands in for it: it says that a page was being
// written, but not where.
func (g *growing) mark() (ok bool, err error) {
	if err := g.unmark(); err != nil {
		return false, err
	}
	mine, err := g.f.Stat()
	if err != nil {
		return false, fmt.Errorf("cannot read %s: %w", g.path, output.Reason(err))
	}
	real, err := filepath.EvalSymlinks(g.path)
	if os.IsNotExist(err) {
		return false, nil
	}
	if err = cmp.Or(err, os.Link(real, markOf(g.path))); err != nil && !os.IsNotExist(err) {
		return true, g.standIn(err)
	}
	linked, err := os.Stat(markOf(g.path))
	if err != nil || !os.SameFile(mine, linked) {
		return false, g.unmark()
	}
	syncDir(filepath.Dir(g.path))
	return true, nil
}

const noLink = "cannot be a link: "

func (g *growing) standIn(why error) error {
	if err := os.WriteFile(markOf(g.path), []byte(noLink+output.Reason(why).Error()+"\n"), 0o666); err != nil {
		return fmt.Errorf("cannot write %s: %w", markOf(g.path), output.Reason(err))
	}
	return nil
}

func isStandIn(path string) bool {
	b, err := os.ReadFile(path)
	return err == nil && strings.HasPrefix(string(b), noLink)
}

func (g *growing) unmark() error {
	if err := os.Remove(markOf(g.path)); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("cannot remove %s: %w", markOf(g.path), output.Reason(err))
	}
	return nil
}

// marked reports whether a page was being written into the file.
func (g *growing) marked(file fs.FileInfo) bool {
	linked, err := os.Stat(markOf(g.path))
	return err == nil && (os.SameFile(file, linked) || linked.Size() < 500 && isStandIn(markOf(g.path)))
}

// settle cuts off what a process that was killed has written into a file that
// is not at its place any more, and says whether there may be copies of that.
func (g *growing) settle() (torn bool, err error) {
	path, end := markOf(g.path), g.cursor.Size
	old, err := os.OpenFile(path, os.O_RDWR, 0)
	if os.IsNotExist(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot open %s: %w", path, output.Reason(err))
	}
	defer old.Close()
	info, err := old.Stat()
	if err != nil {
		return false, fmt.Errorf("cannot read %s: %w", path, output.Reason(err))
	}
	stands := info.Size() < 500 && isStandIn(path)
	if info.Size() > end && !stands {
		tail, err := tailOf(old, end)
		if err == nil && (end == 0 || tail == g.cursor.Tail) {
			err = cmp.Or(old.Truncate(end), old.Sync())
		}
		if err != nil {
			return false, fmt.Errorf("cannot cut %s: %w", path, output.Reason(err))
		}
	}
	err = g.unmark()
	syncDir(filepath.Dir(path))
	return stands || info.Size() != end, err
}

// goOn begins a file after one that was moved, removed or emptied. Killed
// before the cursor knows of it, it leaves an empty file, after which the next
// call goes on just so.
func (g *growing) goOn(why string) error {
	c := g.cursor
	torn, err := g.settle()
	if err != nil {
		return err
	}
	if g.f != nil {
		g.f.Close()
	}
	size := c.Size
	c.Size, c.Tail, c.Columns, c.Rows, c.Windows = 0, "", nil, 0, 0
	if err := g.create(); err != nil {
		return err
	}
	if size == 0 && !torn {
		return nil
	}
	from := "the first window"
	if c.Before != "" {
		from = "the windows from " + c.Before + " on"
	}
	message := fmt.Sprintf("%s %s: a new file is begun with %s", g.path, why, from)
	if torn {
		message += fmt.Sprintf("; a process was killed while it wrote into the older one: what a copy of that holds beyond %d bytes is written again", size)
	}
	g.say("%s", message)
	return nil
}

// create makes the file, or takes the empty one that is there, and lets the
// cursor know of it.
func (g *growing) create() error {
	_, missing := os.Lstat(g.path)
	f, err := os.OpenFile(g.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", g.path, output.Reason(err))
	}
	g.f, g.at = f, 0
	info, err := f.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("cannot read %s: %w", g.path, output.Reason(err))
	case info.Size() > 0 || !info.Mode().IsRegular():
		return g.changed()
	}
	if err := g.keep(); err != nil {
		if missing != nil {
			os.Remove(g.path)
		}
		return err
	}
	return nil
}
