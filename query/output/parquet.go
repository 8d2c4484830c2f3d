package output

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
)

const (
	parquetBatch = 512       // rows that go to the columns at once
	parquetArena = 1 << 20   // bytes of text in a batch
	parquetRows  = 1 << 17   // rows of a row group
	parquetBytes = 32 << 20  // bytes of a row group, before they are packed
	parquetPage  = 256 << 10 // bytes of a page
	parquetPages = 16 << 20  // bytes of the pages of all columns
)

func newParquet(w io.Writer, o Options) Encoder { return &parquetFile{w: w, clock: clockOf(o)} }

// parquetFile writes a Parquet file: row groups of up to 131,072 rows or
// 32 MiB, packed with zstd, each column optional. INTEGER is INT64, REAL is
// DOUBLE, times are TIMESTAMP in microseconds and UTC, text is STRING, blobs
// are BYTE_ARRAY; a column of several kinds is STRING with what csv would
// write. A row group is kept in memory until it is whole.
type parquetFile struct {
	w     io.Writer
	clock *clock
	kinds []Kind
	one   single
	cols  []parquetColumn
	file  *parquet.GenericWriter[any]
	arena []byte // the text of the batch
	batch int    // rows that are not in a column yet
	rows  int    // of the row group
	bytes int    // of the row group
	seen  int64  // rows in all
}

var errBegin = errors.New("BUG: the encoder has not begun")

// parquetColumn is a column and its values in the batch.
type parquetColumn struct {
	name   string
	kind   Kind
	values []parquet.Value
	bytes  int    // of text that has gone into its page
	time   string // the last one
	micros int64  // and what it is
}

var (
	_ Typed   = (*parquetFile)(nil)
	_ Batched = (*parquetFile)(nil)
)

func (e *parquetFile) Kinds(kinds []Kind) { e.kinds = kinds }

func (e *parquetFile) Begin(cols []Column) error {
	if len(e.kinds) != len(cols) {
		return fmt.Errorf("BUG: parquet was told the kinds of %d columns, and there are %d", len(e.kinds), len(cols))
	}
	e.cols = make([]parquetColumn, len(cols))
	root := &parquetRoot{Group: parquet.Group{}}
	for i, name := range uniqueNames(named(cols)) {
		kind := e.kindOf(e.kinds[i])
		e.cols[i] = parquetColumn{name: name, kind: kind, values: make([]parquet.Value, 0, parquetBatch)}
		root.add(name, parquetNode(kind))
	}
	pack, err := newPacker()
	if err != nil {
		return err
	}
	page := max(4<<10, min(parquetPage, parquetPages/max(1, len(cols))))
	e.file = parquet.NewGenericWriter[any](e.w, parquet.NewSchema("rows", root), parquet.Compression(pack), parquet.PageBufferSize(page),
		parquet.ColumnPageBuffers(parquet.NewChunkBufferPool(page)), parquet.DictionaryMaxBytes(parquetPage),
		parquet.DataPageVersion(1), parquet.CreatedBy("windrow", "1.0.0", "0"))
	return nil
}

// named gives names to columns that have none: not every reader takes these.
func named(cols []Column) []Column {
	cols = slices.Clone(cols)
	for i, c := range cols {
		if c.Name == "" {
			cols[i].Name = "column" + strconv.Itoa(i+1)
		}
	}
	return cols
}

// kindOf is the kind of a column once its times look as they are wanted.
func (e *parquetFile) kindOf(k Kind) Kind {
	switch {
	case k != KindTime || e.clock == nil || e.clock.format == "":
		return k
	case strings.HasPrefix(e.clock.format, "epoch_"):
		return KindInteger
	}
	return KindText
}

func parquetNode(k Kind) parquet.Node {
	switch k {
	case KindInteger:
		return parquet.Optional(parquet.Leaf(parquet.Int64Type))
	case KindReal:
		return parquet.Optional(parquet.Leaf(parquet.DoubleType))
	case KindTime:
		return parquet.Optional(parquet.Encoded(parquet.Timestamp(parquet.Microsecond), &parquet.RLEDictionary))
	case KindBlob:
		return parquet.Optional(parquet.Leaf(parquet.ByteArrayType))
	}
	return parquet.Optional(parquet.Encoded(parquet.String(), &parquet.RLEDictionary))
}

func (e *parquetFile) Row(vals []any) error {
	b, err := e.one.of(vals)
	if err != nil {
		return err
	}
	return e.Rows(b)
}

// Rows implements Batched.
func (e *parquetFile) Rows(b *Batch) error {
	if e.file == nil {
		return errBegin
	}
	for i := range b.Len() {
		if err := e.row(b, i); err != nil {
			return err
		}
	}
	return nil
}

func (e *parquetFile) row(b *Batch, i int) error {
	e.seen++
	for j := range e.cols {
		x, err := e.value(&e.cols[j], b, b.row(i)[j])
		if err != nil {
			return err
		}
		if x.IsNull() {
			x = x.Level(0, 0, j)
		} else {
			x = x.Level(0, 1, j)
		}
		e.cols[j].values = append(e.cols[j].values, x)
	}
	if e.batch++; e.batch < parquetBatch && len(e.arena) < parquetArena {
		return nil
	}
	return e.write()
}

// value makes a value of its column's type.
func (e *parquetFile) value(c *parquetColumn, b *Batch, x cell) (parquet.Value, error) {
	if x.kind == cellText && c.kind != KindTime && e.clock != nil && IsTime(b.text(x)) {
		x = b.addShown(e.clock.show(b.text(x)))
	}
	switch x.kind {
	case cellNull:
		return parquet.NullValue(), nil
	case cellInteger:
		switch c.kind {
		case KindInteger:
			return parquet.Int64Value(x.integer()), nil
		case KindReal:
			if f := float64(x.integer()); f < 1<<63 && int64(f) == x.integer() {
				return parquet.DoubleValue(f), nil
			}
			return parquet.Value{}, e.changed(c)
		}
	case cellReal:
		if c.kind == KindReal {
			return parquet.DoubleValue(x.real()), nil
		}
	case cellText:
		if s := b.text(x); c.kind == KindTime && (c.time == s || IsTime(s)) {
			if c.time != s {
				c.time, c.micros = strings.Clone(s), int64(parseTime(s))
			}
			return parquet.Int64Value(c.micros), nil
		}
	case cellBlob:
		if c.kind == KindBlob {
			return e.keep(c, append(e.arena, b.blob(x)...)), nil
		}
	}
	if c.kind != KindText && c.kind != KindNull {
		return parquet.Value{}, e.changed(c)
	}
	return e.keep(c, appendPlainText(e.arena, b, x)), nil
}

// changed is the error of a value that the first pass has not seen.
func (e *parquetFile) changed(c *parquetColumn) error {
	return fmt.Errorf("column %s has another kind of value in row %d than when the rows were looked at first: the statement gives other rows each time (random()?)",
		appendVisible(nil, c.name), e.seen)
}

// keep makes a value of what arena has more than e.arena. The bytes stay until
// the batch has been written.
func (e *parquetFile) keep(c *parquetColumn, arena []byte) parquet.Value {
	n := len(e.arena)
	e.arena = arena
	c.bytes += len(arena) - n
	return parquet.ByteArrayValue(arena[n:len(arena):len(arena)])
}

// appendPlainText appends a value as csv writes it, in UTF-8.
func appendPlainText(to []byte, b *Batch, c cell) []byte {
	switch c.kind {
	case cellInteger:
		return strconv.AppendInt(to, c.integer(), 10)
	case cellReal:
		return appendReal(to, c.real())
	case cellText:
		return append(to, strings.ToValidUTF8(b.text(c), "\ufffd")...)
	case cellBlob:
		return appendHex(to, b.blob(c))
	}
	return to
}

// write moves the batch into the columns, and ends the row group when it is
// large enough.
func (e *parquetFile) write() error {
	for i, w := range e.file.ColumnWriters() {
		c := &e.cols[i]
		if _, err := w.WriteRowValues(c.values); err != nil {
			return err
		}
		// A page of a dictionary's numbers is not full before the dictionary is huge.
		if c.bytes >= parquetArena {
			c.bytes = 0
			if err := w.Flush(); err != nil {
				return err
			}
		}
		clear(c.values)
		c.values = c.values[:0]
	}
	e.rows += e.batch
	e.bytes += len(e.arena) + 8*e.batch*len(e.cols)
	e.batch = 0
	if e.arena = e.arena[:0]; cap(e.arena) > 4*parquetArena {
		e.arena = nil
	}
	if e.rows < parquetRows && e.bytes < parquetBytes {
		return nil
	}
	e.rows, e.bytes = 0, 0
	if err := e.file.Flush(); err != nil {
		return err
	}
	e.trimIndex()
	return nil
}

// trimIndex lets go of the long values that the index of the row group just
// written has only the first bytes of: it is kept until the end of the file.
func (e *parquetFile) trimIndex() {
	for _, column := range e.file.File().ColumnIndexes() {
		for _, bounds := range [][][]byte{column.MinValues, column.MaxValues} {
			for i := range bounds {
				bounds[i] = bytes.Clone(bounds[i])
			}
		}
	}
}

func (e *parquetFile) End() error {
	if e.file == nil {
		return errBegin
	}
	if err := e.write(); err != nil {
		return err
	}
	return e.file.Close()
}

// parquetRoot is a group whose fields stay in the order of the columns.
// parquet.Group would sort them.
type parquetRoot struct {
	parquet.Group
	fields []parquet.Field
}

func (r *parquetRoot) add(name string, n parquet.Node) {
	r.Group[name] = n
	r.fields = append(r.fields, parquetField{n, name})
}

func (r *parquetRoot) Fields() []parquet.Field { return r.fields }

// parquetField is a field of parquetRoot.
type parquetField struct {
	parquet.Node
	name string
}

func (f parquetField) Name() string { return f.name }

// Value is not used: rows are written a column at a time.
func (f parquetField) Value(base reflect.Value) reflect.Value {
	return base.MapIndex(reflect.ValueOf(f.name))
}
