package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// ReaderOptions of OpenReader.
type ReaderOptions struct {
	BusyTimeout time.Duration // 2 s if 0; readers wait only for a recovery after a crash
	MaxConns    int           // 4 if 0
	// Now is what ago() counts from; the clock if nil. It is asked while
	// statements run, on their goroutines.
	Now func() time.Time
}

// OpenReader opens a store for SQL from people and programs that are not
// trusted: it reads, and nothing else. It never creates or migrates a file.
// Call Guard on each connection that is taken out of the pool, and give
// queries a context with a deadline. Errors wrap ErrMissing, ErrNotStore or
// ErrNewer.
func OpenReader(path string, o ReaderOptions) (*sqlx.DB, error) {
	empty, err := identify(path)
	if err == nil && empty {
		err = fmt.Errorf("%w: %q is empty", ErrNotStore, path)
	}
	if err != nil {
		return nil, err
	}
	if o.BusyTimeout == 0 {
		o.BusyTimeout = 2 * time.Second
	}
	if o.MaxConns == 0 {
		o.MaxConns = 4
	}
	setup()
	dsn, err := uri(path, fmt.Sprintf("mode=ro&_query_only=1&_defensive=1&_dqs=0&_busy_timeout=%d", o.BusyTimeout.Milliseconds()))
	if err != nil {
		return nil, err
	}
	db, err := openClocked(dsn, o.Now)
	if err != nil {
		return nil, fail(path, "read", err)
	}
	db.SetMaxOpenConns(o.MaxConns)
	if err := checkReader(db, path); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// checkReader looks at the format again through the -wal file, where a newer
// version may have just migrated.
func checkReader(db *sqlx.DB, path string) error {
	var version int64
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return fail(path, "read", err)
	}
	return checkHeader(path, applicationID, version)
}

// limits of one statement. Lengths are bytes.
var limits = map[int]int{
	sqlite3.SQLITE_LIMIT_LENGTH:              16 << 20,
	sqlite3.SQLITE_LIMIT_SQL_LENGTH:          1 << 20,
	sqlite3.SQLITE_LIMIT_ATTACHED:            0,
	sqlite3.SQLITE_LIMIT_COMPOUND_SELECT:     100,
	sqlite3.SQLITE_LIMIT_FUNCTION_ARG:        100,
	sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
	sqlite3.SQLITE_LIMIT_VDBE_OP:             250_000,
	sqlite3.SQLITE_LIMIT_WORKER_THREADS:      0,
}

// Guard sets SQLite's limits on a connection that was taken from OpenReader's
// pool: a single step of a statement cannot be interrupted, so values must
// stay small. It is cheap and may be called again.
func Guard(ctx context.Context, c *sqlx.Conn) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	plain := false
	err := c.Raw(func(dc any) error {
		r, ok := dc.(*readerConn)
		if ok {
			r.setLimits(limits)
		}
		plain = !ok
		return nil
	})
	for id, value := range limits {
		if plain && err == nil {
			_, err = sqlite.Limit(c.Conn, id, value)
		}
	}
	if err != nil {
		return fmt.Errorf("cannot set SQLite's limits: %w", err)
	}
	return nil
}
