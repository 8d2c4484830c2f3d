package store

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The module is written against SQLite's own interface for virtual tables, as
// the transpiled library exports it, and not against that of the driver, which
// takes a lock, looks into two maps and allocates for each cell. SQLite offers
// it to every connection of the process through sqlite3_auto_extension; only
// the store's own make tables of it.

// vtab and vcursor are what SQLite holds pointers to, so they lie in its memory.
type vtab struct {
	_     sqlite3.Sqlite3_vtab
	feed  int64
	width int32
}

type vcursor struct {
	_     sqlite3.Sqlite3_vtab_cursor
	feed  int64
	cells uintptr // of the chunk: width cells for each row
	texts uintptr // of the chunk
	width int32
	at, n int32 // the row at which the cursor is, and how many the chunk has
}

// cell is a value in a chunk. bits are those of a number, or the offset of a
// text or blob among the chunk's texts.
type cell struct {
	bits uint64
	size int32
	kind int32
}

const (
	cellNull = iota
	cellInt
	cellReal
	cellText
	cellBlob
)

// installModule makes the module known to the connections opened from now on.
var installModule = sync.OnceValue(func() error {
	tls := libc.NewTLS()
	defer tls.Close()
	if rc := sqlite3.Xsqlite3_auto_extension(tls, pointer(registerFeed)); rc != sqlite3.SQLITE_OK {
		return errors.New("BUG: SQLite takes no extension: " + strconv.Itoa(int(rc)))
	}
	return nil
})

// pointer returns what SQLite calls f by: f must be a function at package level.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// in returns the object at an address in SQLite's memory.
func in[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// nativeModule is the table of callbacks, in SQLite's memory, for good.
var nativeModule = sync.OnceValues(func() (module, name uintptr) {
	tls := libc.NewTLS()
	defer tls.Close()
	module = sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(sqlite3.Sqlite3_module{})))
	name = sqlite3.Xsqlite3_malloc(tls, int32(len(feedModule)+1))
	if module == 0 || name == 0 {
		return 0, 0
	}
	*in[sqlite3.Sqlite3_module](module) = sqlite3.Sqlite3_module{
		FxCreate: pointer(feedCreate), FxConnect: pointer(feedConnect),
		FxDisconnect: pointer(feedDisconnect), FxDestroy: pointer(feedDisconnect),
		FxBestIndex: pointer(feedBestIndex), FxOpen: pointer(feedOpen), FxClose: pointer(feedClose),
		FxFilter: pointer(feedFilter), FxNext: pointer(feedNext), FxEof: pointer(feedEOF),
		FxColumn: pointer(feedColumn), FxRowid: pointer(feedRowid),
	}
	copy(unsafe.Slice(in[byte](name), len(feedModule)+1), feedModule+"\x00")
	return module, name
})

// registerFeed is SQLite's entry point of an extension.
func registerFeed(tls *libc.TLS, db, _, _ uintptr) int32 {
	module, name := nativeModule()
	if module == 0 {
		return sqlite3.SQLITE_NOMEM
	}
	return sqlite3.Xsqlite3_create_module_v2(tls, db, name, module, 0, 0)
}

// feedConnect is not the same as xCreate: the table would be there then
// without having been created.
func feedConnect(tls *libc.TLS, db, aux uintptr, argc int32, argv, table, message uintptr) int32 {
	return feedCreate(tls, db, aux, argc, argv, table, message)
}

// feedCreate takes the feed and the number of columns.
func feedCreate(tls *libc.TLS, db, _ uintptr, argc int32, argv, table, _ uintptr) int32 {
	if argc != 5 {
		return sqlite3.SQLITE_MISUSE
	}
	args := unsafe.Slice(in[uintptr](argv), argc)
	id, err1 := strconv.ParseInt(libc.GoString(args[3]), 10, 64)
	width, err2 := strconv.Atoi(strings.TrimSpace(libc.GoString(args[4])))
	if _, ok := feeds.Load(id); !ok || err1 != nil || err2 != nil {
		return sqlite3.SQLITE_MISUSE
	}
	sql, err := libc.CString("CREATE TABLE x(" + feedColumns(width, "") + ")")
	if err != nil {
		return sqlite3.SQLITE_NOMEM
	}
	defer libc.Xfree(tls, sql)
	if rc := sqlite3.Xsqlite3_declare_vtab(tls, db, sql); rc != sqlite3.SQLITE_OK {
		return rc
	}
	p := sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(vtab{})))
	if p == 0 {
		return sqlite3.SQLITE_NOMEM
	}
	*in[vtab](p) = vtab{feed: id, width: int32(width)}
	*in[uintptr](table) = p
	return sqlite3.SQLITE_OK
}

func feedDisconnect(tls *libc.TLS, table uintptr) int32 {
	sqlite3.Xsqlite3_free(tls, table)
	return sqlite3.SQLITE_OK
}

func feedBestIndex(_ *libc.TLS, _, info uintptr) int32 {
	i := in[sqlite3.Sqlite3_index_info](info)
	i.FestimatedCost, i.FestimatedRows = 1e5, 1e5
	return sqlite3.SQLITE_OK
}

func feedOpen(tls *libc.TLS, table, cursor uintptr) int32 {
	p := sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(vcursor{})))
	if p == 0 {
		return sqlite3.SQLITE_NOMEM
	}
	t := in[vtab](table)
	*in[vcursor](p) = vcursor{feed: t.feed, width: t.width}
	*in[uintptr](cursor) = p
	return sqlite3.SQLITE_OK
}

func feedClose(tls *libc.TLS, cursor uintptr) int32 {
	sqlite3.Xsqlite3_free(tls, cursor)
	return sqlite3.SQLITE_OK
}

func feedFilter(tls *libc.TLS, cursor uintptr, _ int32, _ uintptr, _ int32, _ uintptr) int32 {
	return nextChunk(tls, in[vcursor](cursor), true)
}

func feedNext(tls *libc.TLS, cursor uintptr) int32 {
	c := in[vcursor](cursor)
	if c.at++; c.at < c.n {
		return sqlite3.SQLITE_OK
	}
	return nextChunk(tls, c, false)
}

func nextChunk(tls *libc.TLS, c *vcursor, first bool) int32 {
	f, ok := feeds.Load(c.feed)
	if !ok {
		return sqlite3.SQLITE_MISUSE
	}
	if first {
		f.(*feed).next = 0
	}
	return f.(*feed).chunk(tls, c)
}

func feedEOF(_ *libc.TLS, cursor uintptr) int32 {
	if c := in[vcursor](cursor); c.at < c.n {
		return 0
	}
	return 1
}

func feedRowid(_ *libc.TLS, cursor, rowid uintptr) int32 {
	c := in[vcursor](cursor)
	f, ok := feeds.Load(c.feed)
	if !ok {
		return sqlite3.SQLITE_MISUSE
	}
	*in[int64](rowid) = int64(f.(*feed).rows32[c.at])
	return sqlite3.SQLITE_OK
}

// feedColumn gives SQLite one cell. Texts are not copied: they are said to be
// static and stay where they are until the cursor is past their chunk. So a
// statement over a feed takes each row as it comes, as an INSERT and a join do;
// one that keeps values, by ORDER BY, GROUP BY, DISTINCT or max(), may not.
func feedColumn(tls *libc.TLS, cursor, ctx uintptr, column int32) int32 {
	c := in[vcursor](cursor)
	v := in[cell](c.cells + uintptr(c.at*c.width+column)*unsafe.Sizeof(cell{}))
	switch v.kind {
	case cellInt:
		sqlite3.Xsqlite3_result_int64(tls, ctx, int64(v.bits))
	case cellReal:
		sqlite3.Xsqlite3_result_double(tls, ctx, *(*float64)(unsafe.Pointer(&v.bits)))
	case cellText:
		sqlite3.Xsqlite3_result_text(tls, ctx, c.texts+uintptr(v.bits), v.size, sqlite3.SQLITE_STATIC)
	case cellBlob:
		sqlite3.Xsqlite3_result_blob(tls, ctx, c.texts+uintptr(v.bits), v.size, sqlite3.SQLITE_STATIC)
	}
	return sqlite3.SQLITE_OK
}
