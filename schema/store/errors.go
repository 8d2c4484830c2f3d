package store

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ErrSpent says that a Commit failed after stored states had been merged into
// its rows, and that those states have changed since. Nothing was written and
// the commit cannot be tried again: its ranges must be read anew.
var ErrSpent = errors.New("these partials were merged with a state that has changed since; read the ranges again")

// code returns the extended result code of SQLite in err, 0 if there is none.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// sentinel returns the error of this package that callers act on for what
// SQLite reports, or nil.
func sentinel(err error) error {
	switch c := code(err); {
	case c == sqlite3.SQLITE_IOERR_SHMSIZE:
		return ErrFull
	case c&0xff == sqlite3.SQLITE_BUSY:
		return ErrBusy
	case c&0xff == sqlite3.SQLITE_FULL:
		return ErrFull
	case c&0xff == sqlite3.SQLITE_NOTADB:
		return ErrNotStore
	case ioFailed(err):
		return fmt.Errorf("%w (%s); the system's log may say more", ErrIO, ioStep(c))
	}
	return nil
}

// ioFailed says whether the file system has failed, after which nobody knows
// what of the written pages is on the disk: the connection must not be used
// any more.
func ioFailed(err error) bool {
	c := code(err)
	return c&0xff == sqlite3.SQLITE_IOERR && c != sqlite3.SQLITE_IOERR_NOMEM && c != sqlite3.SQLITE_IOERR_SHMSIZE
}

// ioStep names what has failed, for people.
func ioStep(c int) string {
	switch c {
	case sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC:
		return "fsync"
	case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_TRUNCATE:
		return "write"
	case sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ:
		return "read"
	}
	return fmt.Sprintf("SQLite's code %d", c)
}

// fail says what could not be done to the store at path. What callers act on
// stays wrapped; the rest is text.
func fail(path, what string, err error) error {
	if err == nil {
		return nil
	}
	if s := sentinel(err); s != nil {
		return fmt.Errorf("cannot %s store %q: %w", what, path, s)
	}
	switch c := code(err); {
	case c == sqlite3.SQLITE_READONLY_ROLLBACK || c == sqlite3.SQLITE_READONLY_RECOVERY:
		return fmt.Errorf("cannot %s store %q: a run on it was cut off; the next `windrow run` sets it right", what, path)
	case c == sqlite3.SQLITE_READONLY_DIRECTORY || c&0xff == sqlite3.SQLITE_CANTOPEN:
		return fmt.Errorf("cannot %s store %q: %s", what, path, diagnose(path, err))
	case c&0xff == sqlite3.SQLITE_READONLY || c&0xff == sqlite3.SQLITE_PERM:
		return fmt.Errorf("cannot %s store %q: the file is read-only for this user", what, path)
	}
	return fmt.Errorf("cannot %s store %q: %w", what, path, err)
}
