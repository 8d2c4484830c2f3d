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
	}
	return nil
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
