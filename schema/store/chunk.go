package store

import (
	"math"
	"unsafe"

	"github.com/windrow/windrow/schema/value"
	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// chunkRows is how many rows are made cells at a time: few enough that a chunk
// stays in the processor's cache between being written and being read.
const chunkRows = 256

// chunkMemory is where a feed puts the rows that a cursor walks over, in the
// memory of SQLite. There is at most one cursor on a feed at any time.
type chunkMemory struct {
	next   int // the first row, or element of pick, behind the chunk
	rows32 [chunkRows]int32
	column value.Column
	cells  block
	texts  block
	used   int  // bytes of texts
	lost   bool // there is no memory, or a cell of no type that SQLite knows
}

// block is a piece of SQLite's memory.
type block struct {
	at  uintptr
	len int
}

// grow makes sure that b holds n bytes and keeps the first kept ones.
func (b *block) grow(tls *libc.TLS, n, kept int) bool {
	if n <= b.len {
		return true
	}
	n = max(n, 2*b.len)
	p := sqlite3.Xsqlite3_malloc64(tls, uint64(n))
	if p == 0 {
		return false
	}
	fresh := block{p, n}
	copy(fresh.bytes(), b.bytes()[:kept])
	b.free(tls)
	*b = fresh
	return true
}

func (b *block) bytes() []byte { return unsafe.Slice(in[byte](b.at), b.len) }

func (b *block) free(tls *libc.TLS) {
	sqlite3.Xsqlite3_free(tls, b.at)
	*b = block{}
}

func (m *chunkMemory) free() {
	tls := libc.NewTLS()
	defer tls.Close()
	m.cells.free(tls)
	m.texts.free(tls)
}

// chunk makes the next rows cells and sets the cursor upon the first.
func (f *feed) chunk(tls *libc.TLS, c *vcursor) int32 {
	numbers := f.numbers()
	c.at, c.n = 0, int32(len(numbers))
	if len(numbers) == 0 {
		return sqlite3.SQLITE_OK
	}
	f.used, f.lost = 0, false
	size := len(numbers) * int(c.width) * int(unsafe.Sizeof(cell{}))
	if !f.cells.grow(tls, size, 0) || !f.texts.grow(tls, 1, 0) {
		return sqlite3.SQLITE_NOMEM
	}
	width := int(c.width)
	all := unsafe.Slice(in[cell](f.cells.at), len(numbers)*width)
	for col := range width {
		f.fill(tls, numbers, col, all[col:], width)
	}
	if f.lost {
		return sqlite3.SQLITE_ERROR
	}
	c.cells, c.texts = f.cells.at, f.texts.at
	return sqlite3.SQLITE_OK
}

// numbers returns those of the rows of the next chunk.
func (f *feed) numbers() []int32 {
	switch {
	case f.rows == nil:
		return nil
	case f.pick != nil:
		n := copy(f.rows32[:], f.pick[f.next:])
		f.next += n
		return f.rows32[:n]
	}
	n := min(chunkRows, f.rows.Len()-f.next)
	for i := range n {
		f.rows32[i] = int32(f.next + i)
	}
	f.next += n
	return f.rows32[:n]
}

// fill puts a column of rows into every width-th cell.
func (f *feed) fill(tls *libc.TLS, rows []int32, col int, cells []cell, width int) {
	if r, ok := f.rows.(ColumnRows); ok {
		f.column.Type = value.Any
		f.column.Resize(len(rows))
		if r.Column(rows, col, &f.column) {
			f.take(tls, len(rows), cells, width)
			return
		}
	}
	for i, row := range rows {
		f.put(tls, &cells[i*width], f.rows.Cell(int(row), col))
	}
}

// take puts the n values of the column into cells. Neighbours that are the very same
// text, as the start of a window is, share one copy.
func (f *feed) take(tls *libc.TLS, n int, cells []cell, width int) {
	var last []byte
	var shared cell
	for i, k := range f.column.Kind[:n] {
		to := &cells[i*width]
		switch k {
		case value.KindInt:
			*to = cell{bits: uint64(f.column.Int[i]), kind: cellInt}
		case value.KindReal:
			*to = realCell(f.column.Real[i])
		case value.KindText:
			t := f.column.Text[i]
			if shared.kind == cellNull || len(t) != len(last) || unsafe.SliceData(t) != unsafe.SliceData(last) {
				last, shared = t, f.text(tls, t, cellText)
			}
			*to = shared
		default:
			*to = cell{}
		}
	}
}

// put makes a value, as Rows.Cell gives it, a cell.
func (f *feed) put(tls *libc.TLS, to *cell, v any) {
	switch v := v.(type) {
	case nil:
		*to = cell{}
	case int64:
		*to = cell{bits: uint64(v), kind: cellInt}
	case float64:
		*to = realCell(v)
	case string:
		*to = f.text(tls, unsafe.Slice(unsafe.StringData(v), len(v)), cellText)
	case []byte:
		*to = f.text(tls, v, cellBlob)
	default:
		f.lost = true
	}
}

func realCell(x float64) cell { return cell{bits: math.Float64bits(x), kind: cellReal} }

// text copies a text or blob into the chunk.
func (f *feed) text(tls *libc.TLS, t []byte, kind int32) cell {
	at := f.used
	if len(t) > math.MaxInt32 || !f.texts.grow(tls, at+len(t), at) {
		f.lost = true
		return cell{}
	}
	f.used += copy(f.texts.bytes()[at:], t)
	return cell{uint64(at), int32(len(t)), kind}
}
