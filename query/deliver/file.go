package deliver

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"github.com/windrow/windrow/query/output"
	"github.com/windrow/windrow/schema"
)

// toFile writes a report's file or folder, or appends an event's line.
func toFile(ctx context.Context, t schema.Target, m Message) (Receipt, error) {
	rel, err := locate(t, m)
	place := filepath.Join(t.Root, rel)
	if err != nil {
		return Receipt{}, fmt.Errorf("cannot write %s: %w", shown(place), err)
	}
	r, err := write(ctx, t.Root, rel, m)
	if err != nil {
		return Receipt{}, fmt.Errorf("cannot write %s: %w", shown(place), err)
	}
	r.Place = place
	return r, nil
}

// locate returns the path of a file target below its root. What only the
// path's text decides is decided here; links are the concern of os.Root.
func locate(t schema.Target, m Message) (string, error) {
	path := filepath.FromSlash(expandPath(t.Address, m))
	folder := m.Content != nil && m.Content.Folder
	slash := strings.HasSuffix(path, string(filepath.Separator))
	if filepath.IsAbs(path) {
		rel, err := filepath.Rel(t.Root, path)
		if err != nil {
			return path, permanent{fmt.Errorf("it is not below %s", t.Root)}
		}
		path = rel
	}
	path = filepath.Clean(path)
	switch {
	case strings.ContainsFunc(path, unicode.IsControl):
		return path, permanent{errors.New("its name holds a control character")}
	case !filepath.IsLocal(path):
		return path, permanent{fmt.Errorf("it is not below %s", t.Root)}
	case !folder && (slash || path == "."):
		return path, permanent{errors.New("it names a folder; a file is to be written")}
	}
	return path, nil
}

// write brings the message to rel below root, durably.
func write(ctx context.Context, root, rel string, m Message) (r Receipt, err error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return r, fmt.Errorf("its root folder: %w", output.Reason(err))
	}
	base, err := os.OpenRoot(root)
	if err != nil {
		return r, fmt.Errorf("its root folder: %w", output.Reason(err))
	}
	defer base.Close()
	at := filepath.Dir(rel)
	if m.Content != nil && m.Content.Folder {
		at = rel
	}
	dir, err := openFolder(base, at)
	if err == nil {
		defer dir.Close()
		r, err = writeInto(ctx, dir, filepath.Base(rel), m)
	}
	if err == nil {
		err = syncUp(base, at)
	}
	return r, explain(base, err)
}

func writeInto(ctx context.Context, dir *os.Root, name string, m Message) (Receipt, error) {
	switch c := m.Content; {
	case c == nil:
		return Receipt{Bytes: int64(len(m.Record)), SHA256: sha256.Sum256(m.Record)}, appendLine(ctx, dir, name, m.Record)
	case c.Folder:
		return placeFolder(ctx, dir, c.File, m.ID)
	default:
		n, sum, err := placeFile(ctx, dir, name, c.File, c.SHA256, m.ID)
		return Receipt{Bytes: n, SHA256: sum}, err
	}
}

// openFolder opens a folder below base, which is made if need be.
func openFolder(base *os.Root, path string) (*os.Root, error) {
	if err := base.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	return base.OpenRoot(path)
}

// syncUp makes a folder and the folders above it, up to base, durable.
func syncUp(base *os.Root, path string) error {
	for ; ; path = filepath.Dir(path) {
		if err := syncFolder(base, path); err != nil || path == "." {
			return err
		}
	}
}

// syncFolder makes what happened to the names in a folder durable. Not every
// system lets folders be synced.
func syncFolder(base *os.Root, path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := base.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}

// explain says in words what os.Root and the system refuse, and which of it is
// for good.
func explain(base *os.Root, err error) error {
	switch {
	case err == nil:
		return nil
	case escapes(base, err):
		return permanent{fmt.Errorf("%w: a symbolic link leads out of the folder that it must stay in", output.Reason(err))}
	case errors.Is(err, syscall.ENAMETOOLONG):
		return permanent{output.Reason(err)}
	}
	return output.Reason(err)
}

// escapes reports whether os.Root has refused a way out. Its error has no name,
// so it is asked for one.
func escapes(base *os.Root, err error) bool {
	_, escape := base.Lstat("..")
	return errors.Is(err, output.Reason(escape))
}

// shown is a path as messages have it.
func shown(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(path)
	}
	return path
}
