package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Backup writes a copy of the store at from to a new file, while others write
// to the store: the state at one moment, in one read transaction, which is
// never begun again. The copy is a store in one file, without -wal, and has no
// free pages. It has its name only when it is complete and on the disk; a file
// that is there already is never written over. During a backup the store's
// -wal file cannot shrink.
//
// Errors wrap ErrMissing, ErrNotStore or ErrNewer for from, and ErrFull.
func Backup(ctx context.Context, from, to string) error {
	empty, err := identify(from)
	if err == nil && empty {
		err = fmt.Errorf("%w: %q is empty", ErrNotStore, from)
	}
	if err != nil {
		return err
	}
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("cannot back up to %q: %w; choose another name, or remove it", to, fs.ErrExist)
	}
	part, err := partial(from, to)
	if err != nil {
		return fmt.Errorf("cannot back up to %q: %w", to, err)
	}
	defer os.Remove(part) // gone if all went well
	if err := copyInto(ctx, from, part); err != nil {
		os.Remove(part + "-journal")
		return fmt.Errorf("%w (to %q)", fail(from, "back up", err), to)
	}
	if err := publish(part, to); err != nil {
		return fmt.Errorf("cannot back up to %q: %w", to, err)
	}
	return nil
}

// partial makes an empty file beside to, with the permissions of from.
func partial(from, to string) (string, error) {
	info, err := os.Stat(from)
	if err != nil {
		return "", err
	}
	dir, err := filepath.Abs(filepath.Dir(to))
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(to)+".*.part")
	if err != nil {
		return "", err
	}
	if err = f.Chmod(info.Mode().Perm()); err != nil && runtime.GOOS != "windows" {
		f.Close()
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), f.Close()
}

// copyInto has SQLite write the store into an empty file.
func copyInto(ctx context.Context, from, part string) error {
	setup()
	dsn, err := uri(from, fmt.Sprintf("mode=ro&_busy_timeout=%d", defaultBusy.Milliseconds()))
	if err != nil {
		return err
	}
	target, err := uri(part, "mode=rwc")
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", target)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// publish gives a complete file its name, unless there is one of that name.
func publish(part, to string) error {
	if err := syncFile(part); err != nil {
		return err
	}
	err := os.Link(part, to)
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if err != nil { // a file system without links
		if _, e := os.Lstat(to); e == nil {
			return fs.ErrExist
		}
		if err := os.Rename(part, to); err != nil {
			return err
		}
	}
	if runtime.GOOS == "windows" { // where folders cannot be synced
		return nil
	}
	return syncFile(filepath.Dir(to))
}

func syncFile(path string) error {
	mode := os.O_RDWR
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		mode = os.O_RDONLY
	}
	f, err := os.OpenFile(path, mode, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
