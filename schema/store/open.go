// Package store is the only package that opens the SQLite file in which
// Windrow keeps rollups, positions and quarantined records. Its promise: what
// a commit writes is there completely or not at all, together with the input
// ranges it came from, and no range is ever counted twice.
//
// A Store has one writing connection; readers get connections of their own
// from OpenReader. FORMAT.md describes the tables.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"modernc.org/sqlite"
)

// Limits of a store's own connection.
const (
	pageSize       = 8192             // bytes
	walLimit       = 64 << 20         // bytes to which a reset -wal file is cut
	ledgerWAL      = 96 << 20         // bytes of the -wal file after which the ledger moves it
	defaultBusy    = 10 * time.Second // wait for another writer
	truncateBusy   = 200 * time.Millisecond
	quarantineCut  = 4096 // bytes kept of a rejected record
	writerDriver   = "windrow_writer"
	durablePower   = "power"
	durableProcess = "process"
)

// Options of Open.
type Options struct {
	Create bool // make the store if there is none
	// Durability is "power" (the default: fsync at each commit) or "process"
	// (a power cut may take the last commits, whole ones).
	Durability string
	// Worker opens for a child process: it never creates nor migrates.
	Worker bool
	// Keep leaves a store of an older format as it is, which then is ErrOlder. A
	// run that is at work on it may be of an older version, whose workers could
	// not go on: only who holds the lock of runs may do without it.
	Keep        bool
	BusyTimeout time.Duration // wait for another writer; 10 s if 0
}

// Store is an open store. Its methods may be called concurrently; they run
// one after the other.
type Store struct {
	path string // as given
	file string // with symbolic links resolved: -wal and -shm are beside it
	busy time.Duration
	make bool // there is no file yet, or an empty one

	mu    sync.Mutex
	db    *sqlx.DB
	conn  *sqlx.Conn // nil after a connection was lost, until the next use
	stmts map[string]*sqlx.Stmt
	feed  *feed
	refs  map[int64][]RollupRef // by cohort, from Register
}

// registerDriver gives writing connections a driver of their own, so that the
// module is known to no other.
var registerDriver = sync.OnceValue(func() error {
	if err := installModule(); err != nil {
		return err
	}
	sql.Register(writerDriver, &sqlite.Driver{})
	sqlx.BindDriver(writerDriver, sqlx.QUESTION)
	return nil
})

// Open opens the store at path for writing. Errors wrap ErrMissing,
// ErrNotStore (the file is then untouched), ErrNewer, ErrOlder or ErrBusy, or
// say what is read-only.
func Open(ctx context.Context, path string, o Options) (*Store, error) {
	create, err := mayCreate(path, o)
	if err != nil {
		return nil, err
	}
	s, err := newStore(path, o, create)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, o); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// mayCreate checks what is at path, and says whether Open shall create.
func mayCreate(path string, o Options) (bool, error) {
	empty, err := identify(path)
	create := o.Create && !o.Worker && !o.Keep
	switch {
	case errors.Is(err, ErrMissing) && create:
		return true, nil
	case err != nil:
		return false, err
	case empty && !create:
		return false, fmt.Errorf("%w: %q is empty", ErrNotStore, path)
	}
	return empty, nil
}

func newStore(path string, o Options, create bool) (*Store, error) {
	sync := "FULL"
	switch o.Durability {
	case "", durablePower:
	case durableProcess:
		sync = "NORMAL"
	default:
		return nil, fmt.Errorf("durability is %q or %q, not %q", durablePower, durableProcess, o.Durability)
	}
	s := &Store{path: path, file: path, busy: o.BusyTimeout, make: create, feed: newFeed()}
	if s.busy == 0 {
		s.busy = defaultBusy
	}
	mode := "rw"
	if create {
		mode = "rwc"
	}
	dsn, err := uri(path, fmt.Sprintf("mode=%s&_busy_timeout=%d&_synchronous=%s&_dqs=0&_defensive=1&_txlock=immediate"+
		"&_pragma=page_size(%d)&_pragma=wal_autocheckpoint(0)&_pragma=temp_store(memory)&_pragma=journal_size_limit(%d)",
		mode, s.busy.Milliseconds(), sync, pageSize, walLimit))
	if err != nil {
		return nil, err
	}
	setup()
	if err := registerDriver(); err != nil {
		return nil, err
	}
	if s.db, err = sqlx.Open(writerDriver, dsn); err != nil {
		return nil, fail(path, "open", err)
	}
	s.db.SetMaxOpenConns(1)
	s.db.SetMaxIdleConns(0)
	return s, nil
}

// prepare brings the file to the newest format and into WAL mode; for a worker,
// and where it is to be kept, it only checks.
func (s *Store) prepare(ctx context.Context, o Options) error {
	s.mu.Lock()
	err := s.connect(ctx)
	s.mu.Unlock()
	if err != nil {
		return fail(s.path, "open", err)
	}
	if o.Worker || o.Keep {
		return s.checkFormat(ctx, o.Worker)
	}
	if err := s.migrate(ctx, migrations); err != nil {
		return err
	}
	if real, err := filepath.EvalSymlinks(s.path); err == nil {
		s.file = real
	}
	return s.enterWAL(ctx)
}

// enterWAL makes sure that readers and the writer do not block each other. It
// comes after the first migration, so that the main file says from its
// creation on whose it is.
func (s *Store) enterWAL(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var mode string
	if err := s.conn.QueryRowxContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return fail(s.path, "open", err)
	}
	if mode != "wal" {
		return fmt.Errorf("cannot open store %q: its file system has no shared memory for SQLite's WAL mode; use a local disk", s.path)
	}
	return nil
}

// checkFormat gives an error for a store that would have to be migrated.
func (s *Store) checkFormat(ctx context.Context, worker bool) error {
	if real, err := filepath.EvalSymlinks(s.path); err == nil {
		s.file = real
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var id, version int64
	err := s.conn.QueryRowxContext(ctx, "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version").Scan(&id, &version)
	if err != nil {
		return fail(s.path, "open", err)
	}
	if err := checkHeader(s.path, id, version); err != nil {
		return err
	}
	switch {
	case version == int64(len(migrations)):
		return nil
	case !worker:
		return fmt.Errorf("cannot open store %q: %w", s.path, ErrOlder)
	}
	return fmt.Errorf("cannot open store %q: it has format %d, not %d yet, and a worker does not migrate", s.path, version, len(migrations))
}

// Path returns the path that the store was opened with.
func (s *Store) Path() string { return s.path }

// Close closes the store. The last process that does so moves the -wal file
// into the main one.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disconnect()
	s.feed.close()
	return fail(s.path, "close", s.db.Close())
}

// WALSize returns the bytes of the -wal file, 0 if there is none.
func (s *Store) WALSize() int64 {
	info, err := os.Stat(s.file + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}
