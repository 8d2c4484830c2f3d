package store

import (
	"database/sql/driver"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// readerConn is a connection of a reader: the driver's, and SQLite's own below
// it, which the driver keeps to itself.
type readerConn struct {
	driverConn
	handle
}

// driverConn is what the driver's connections can do, and database/sql uses.
type driverConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
	sqlite.AuthorizerRegisterer
}

// handle is a connection as SQLite's functions take it. It lives as long as
// the driver's connection, and whoever may use that one may use the handle.
type handle struct {
	tls *libc.TLS
	db  uintptr
}

// openConn opens a connection, which is a *readerConn if its handle was found.
// For that dsn gets a parameter, which SQLite and the driver pass over.
func openConn(d *sqlite.Driver, dsn string) (driver.Conn, error) {
	watchOpening()
	id := strconv.FormatUint(lastOpening.Add(1), 10)
	openings.Store(id, handle{})
	c, err := d.Open(dsn + "&" + openingParam + "=" + id)
	h, _ := openings.LoadAndDelete(id)
	if err != nil {
		return nil, err
	}
	if dc, ok := c.(driverConn); ok && h != (handle{}) {
		return &readerConn{dc, h.(handle)}, nil
	}
	return c, nil
}

// openingParam is the parameter of a file: URI that openConn adds.
const openingParam = "windrow_opening"

var (
	lastOpening atomic.Uint64
	openings    sync.Map // from the parameter to the handle, empty until it is found
	openingName uintptr  // openingParam as SQLite takes it
)

// watchOpening lets SQLite call noteHandle within each sqlite3_open_v2 of this
// process from now on: it is an automatic extension. Without it there are no
// handles.
var watchOpening = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	defer tls.Close()
	name, err := libc.CString(openingParam)
	if err != nil {
		return
	}
	openingName = name
	f := noteHandle
	sqlite3.Xsqlite3_auto_extension(tls, *(*uintptr)(unsafe.Pointer(&f))) // as a C function pointer
})

// noteHandle keeps the handle of a connection that openConn opens.
func noteHandle(tls *libc.TLS, db, _, _ uintptr) int32 {
	id := sqlite3.Xsqlite3_uri_parameter(tls, sqlite3.Xsqlite3_db_filename(tls, db, 0), openingName)
	if id != 0 {
		openings.CompareAndSwap(libc.GoString(id), handle{}, handle{tls, db})
	}
	return sqlite3.SQLITE_OK
}

// setLimits sets SQLite's limits.
func (h handle) setLimits(limits map[int]int) {
	for id, value := range limits {
		sqlite3.Xsqlite3_limit(h.tls, h.db, int32(id), int32(value))
	}
}

// running returns the statement that was compiled from sql, has been begun and
// has so many columns; 0 if there is none, or more than one. Virtual tables
// have statements of their own.
func (h handle) running(sql string, columns int) uintptr {
	found := uintptr(0)
	for s := sqlite3.Xsqlite3_next_stmt(h.tls, h.db, 0); s != 0; s = sqlite3.Xsqlite3_next_stmt(h.tls, h.db, s) {
		if sqlite3.Xsqlite3_stmt_busy(h.tls, s) == 0 || int(sqlite3.Xsqlite3_data_count(h.tls, s)) != columns ||
			!beginsWith(sql, sqlite3.Xsqlite3_sql(h.tls, s)) {
			continue
		}
		if found != 0 {
			return 0
		}
		found = s
	}
	return found
}

// lock takes SQLite's lock of the connection, which is taken within most of
// SQLite's functions too: it is cheaper where it is held already. It belongs to
// the connection, not to a goroutine, so that nothing waits for it.
func (h handle) lock() { sqlite3.Xsqlite3_mutex_enter(h.tls, sqlite3.Xsqlite3_db_mutex(h.tls, h.db)) }

func (h handle) unlock() {
	sqlite3.Xsqlite3_mutex_leave(h.tls, sqlite3.Xsqlite3_db_mutex(h.tls, h.db))
}

// beginsWith reports whether a statement's text, which SQLite has without what
// follows its end, is where sql begins.
func beginsWith(sql string, text uintptr) bool {
	return text != 0 && strings.HasPrefix(sql, libc.GoString(text))
}
