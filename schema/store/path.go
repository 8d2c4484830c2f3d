package store

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks our files: "WNDR".
const applicationID = 0x574E4452

// setup makes the process-wide settings of the driver. They hold from the
// first connection on, so it runs before each open.
var setup = sync.OnceFunc(func() {
	sqlite.StrictPragmas(true)
	// Without it, any close of the file in this process drops SQLite's locks.
	// Where the system has no such locks there is nothing to be done.
	_, _ = sqlite.OFDLocking(true)
})

// uri returns a file: URI that SQLite reads back as path, whatever characters
// are in it. query is the part after the question mark.
func uri(path, query string) (string, error) {
	if strings.ContainsRune(path, 0) {
		return "", fmt.Errorf("the path of a store cannot hold a NUL byte: %q", path)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	abs = filepath.ToSlash(abs)
	if !strings.HasPrefix(abs, "/") {
		abs = "/" + abs // C:/dir
	}
	b := []byte("file://")
	for i := 0; i < len(abs); i++ {
		if c := abs[i]; plain(c) {
			b = append(b, c)
		} else {
			b = fmt.Appendf(b, "%%%02X", c)
		}
	}
	return string(b) + "?" + query, nil
}

func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("/-_.~:", c) >= 0
}

// identify checks, without creating or locking anything, that path is a store
// that this version can open. An empty file gives empty = true: what a killed
// creation leaves behind.
func identify(path string) (empty bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("%w: %q; windrow run makes one, --store names another", ErrMissing, path)
	case err != nil:
		return false, fmt.Errorf("cannot open store %q: %w", path, err)
	case info.IsDir():
		return false, fmt.Errorf("%w: %q is a directory", ErrNotStore, path)
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%w: %q is not a file", ErrNotStore, path)
	case info.Size() == 0:
		return true, nil
	}
	id, version, err := peek(path)
	if err != nil {
		return false, err
	}
	return false, checkHeader(path, id, version)
}

// peek reads the two marks of an SQLite file from its first page alone: as
// immutable, so that not even a -shm file appears beside it.
func peek(path string) (id, version int64, err error) {
	id, version, err = marks(path, "mode=ro&immutable=1")
	if code(err)&0xff == sqlite3.SQLITE_CORRUPT && exists(path+"-wal") {
		// Caught in the middle of a checkpoint, or killed there: the main file
		// makes sense only together with its -wal.
		id, version, err = marks(path, "mode=ro")
	}
	if code(err)&0xff == sqlite3.SQLITE_CORRUPT && halfMade(path) {
		return applicationID, 0, nil
	}
	switch code(err) & 0xff {
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return 0, 0, fmt.Errorf("%w: %q is not an SQLite file, or a damaged one", ErrNotStore, path)
	}
	return id, version, fail(path, "open", err)
}

// halfMade reports whether a store is at path whose making was cut off: its
// first page bears our mark, and its journal, which undoes the rest, is there.
// It is no database in use, so that looking at the file harms no lock.
func halfMade(path string) bool {
	if !exists(path + "-journal") {
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var page [72]byte
	_, err = io.ReadFull(f, page[:])
	return err == nil && string(page[:16]) == "SQLite format 3\x00" && binary.BigEndian.Uint32(page[68:]) == applicationID
}

// marks needs no more than the first page: these pragmas do not load a schema.
func marks(path, query string) (id, version int64, err error) {
	setup()
	dsn, err := uri(path, query)
	if err != nil {
		return 0, 0, err
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	if err = db.QueryRow("PRAGMA application_id").Scan(&id); err == nil {
		err = db.QueryRow("PRAGMA user_version").Scan(&version)
	}
	return id, version, err
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func checkHeader(path string, id, version int64) error {
	switch {
	case id != applicationID:
		return fmt.Errorf("%w: %q is an SQLite file of another program; use another --store", ErrNotStore, path)
	case version > int64(len(migrations)):
		return fmt.Errorf("%w: %q has format %d, this one knows up to %d; use a newer windrow", ErrNewer, path, version, len(migrations))
	}
	return nil
}

// diagnose says in a sentence part why a file cannot be opened or created.
func diagnose(path string, cause error) string {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Sprintf("the directory %q does not exist", dir)
	case err != nil:
		return err.Error()
	case !info.IsDir():
		return fmt.Sprintf("%q is not a directory", dir)
	}
	f, err := os.CreateTemp(dir, ".windrow-")
	if err != nil {
		return fmt.Sprintf("the directory %q is read-only for this user, and SQLite writes files beside the store", dir)
	}
	f.Close()
	os.Remove(f.Name())
	return fmt.Sprintf("the file cannot be opened for this user (%v)", cause)
}
