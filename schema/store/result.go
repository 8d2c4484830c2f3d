package store

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"time"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Result are the rows of a statement on a reader's connection. Values are read
// from SQLite's own memory: no value has a lock, an allocation or a copy of
// its own. Where that is not possible they come through the driver, and are
// the same. Not for concurrent use.
type Result struct {
	rows    driver.Rows
	columns []string
	read    bool // the statement stands at a row that Next has given, or its end

	handle handle
	stmt   uintptr        // 0: through the driver
	values []driver.Value // of the row, if it comes through the driver
	closed bool
}

// Values takes the values of a row, from left to right. Bytes are valid during
// the call.
type Values interface {
	Null()
	Integer(int64)
	Real(float64)
	Text([]byte)
	Blob([]byte)
}

// Query runs a statement on a connection as sqlx.Conn.Raw gives it, which must
// be one of OpenReader's. The rows must be closed before that connection is
// used for something else.
func Query(ctx context.Context, dc any, sql string, args []driver.NamedValue) (*Result, error) {
	c, ok := dc.(driver.QueryerContext)
	if !ok {
		return nil, fmt.Errorf("BUG: the driver's connection %T takes no queries", dc)
	}
	rows, err := c.QueryContext(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	r := &Result{rows: rows, columns: rows.Columns()}
	if c, ok := dc.(*readerConn); ok && !r.hasTimes() {
		r.handle, r.stmt = c.handle, c.running(sql, len(r.columns))
	}
	if r.stmt != 0 {
		r.handle.lock()
	}
	if r.stmt == 0 {
		r.values = make([]driver.Value, len(r.columns))
	}
	return r, nil
}

// hasTimes reports whether the driver makes times of the text of a column.
func (r *Result) hasTimes() bool {
	types, ok := r.rows.(driver.RowsColumnTypeDatabaseTypeName)
	for i := range r.columns {
		if !ok {
			return true
		}
		switch types.ColumnTypeDatabaseTypeName(i) {
		case "DATE", "DATETIME", "TIMESTAMP":
			return true
		}
	}
	return false
}

// Columns returns the names of the columns.
func (r *Result) Columns() []string { return r.columns }

// Next goes to the next row; io.EOF if there is none. After an error it must
// not be called again.
func (r *Result) Next() error {
	if r.stmt == 0 {
		return r.rows.Next(r.values)
	}
	if !r.read { // the driver has made the first step
		r.read = true
		return nil
	}
	switch rc := sqlite3.Xsqlite3_step(r.handle.tls, r.stmt); rc {
	case sqlite3.SQLITE_ROW:
		return nil
	case sqlite3.SQLITE_DONE:
		return io.EOF
	default: // the end of the statement fails in the same way
		if err := r.Close(); err != nil {
			return err
		}
		return fmt.Errorf("BUG: a statement that SQLite has given up (%d) ends well", rc)
	}
}

// Row gives the values of the row that Next has gone to.
func (r *Result) Row(to Values) error {
	if r.stmt == 0 {
		return r.driverRow(to)
	}
	tls := r.handle.tls
	cell := sqlite3.Xsqlite3_column_value(tls, r.stmt, 0)
	for range r.columns {
		switch sqlite3.Xsqlite3_value_type(tls, cell) {
		case sqlite3.SQLITE_INTEGER:
			to.Integer(sqlite3.Xsqlite3_value_int64(tls, cell))
		case sqlite3.SQLITE_FLOAT:
			to.Real(sqlite3.Xsqlite3_value_double(tls, cell))
		case sqlite3.SQLITE_TEXT:
			p := sqlite3.Xsqlite3_value_text(tls, cell)
			to.Text(bytesAt(p, sqlite3.Xsqlite3_value_bytes(tls, cell)))
		case sqlite3.SQLITE_BLOB:
			p := sqlite3.Xsqlite3_value_blob(tls, cell)
			to.Blob(bytesAt(p, sqlite3.Xsqlite3_value_bytes(tls, cell)))
		default:
			to.Null()
		}
		cell += cellSize
	}
	return nil
}

// cellSize is the distance in bytes between the values of a row: SQLite keeps
// them side by side. A test holds it against sqlite3_column_value.
const cellSize = unsafe.Sizeof(sqlite3.Tsqlite3_value{})

// bytesAt is SQLite's memory as Go sees it.
func bytesAt(p uintptr, n int32) []byte {
	if p == 0 || n == 0 {
		return nil
	}
	return libc.GoBytes(p, int(n))
}

// driverRow is Row through the driver.
func (r *Result) driverRow(to Values) error {
	for _, v := range r.values {
		switch v := v.(type) {
		case nil:
			to.Null()
		case int64:
			to.Integer(v)
		case float64:
			to.Real(v)
		case string:
			to.Text([]byte(v))
		case []byte:
			to.Blob(v)
		case time.Time: // the driver's reading of a column declared DATETIME
			to.Text(v.UTC().AppendFormat(nil, "2006-01-02 15:04:05.999999999"))
		default:
			return fmt.Errorf("BUG: the driver gives a value of type %T", v)
		}
	}
	return nil
}

// Close ends the statement. It may be called again.
func (r *Result) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	if r.stmt != 0 {
		r.handle.unlock()
	}
	return r.rows.Close()
}
