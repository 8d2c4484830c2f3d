package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers"
)

// Why a record cannot be tried again as its source has it.
const (
	whyGone    = "only its beginning was kept, and its file is gone"
	whyChanged = "only its beginning was kept, and its file holds something else there now"
	whyLong    = "it is still longer than max_record"
	whyHeader  = "its file, whose header names the columns, is gone or has changed"
)

// sourceRecords reads records of a stream from the files that hold them, in
// the order of splits and offsets.
type sourceRecords struct {
	db     *sqlx.DB
	stream *schema.Stream
	number int64 // the split of file
	file   *recordFile
}

// recordFile is a file of records; nil if it is not there.
type recordFile struct {
	*source.Found
	kind split.Kind
	from io.ReadCloser
	buf  *bufio.Reader
	at   int64 // offset of buf
}

// record gives a reject for another try, all of it if its file still has it;
// or says why there is none.
func (r *sourceRecords) record(ctx context.Context, j store.Reject) (record workers.RetryRecord, why string) {
	record = workers.RetryRecord{Split: j.Split, Offset: j.Offset, Record: j.Record, Array: bytes.IndexByte(j.Record, '\n') >= 0}
	cut := len(j.Record) >= workers.RecordCut
	named := r.stream.Format == schema.FormatCSV && r.stream.CSV.Header
	f := r.of(ctx, j.Split)
	switch {
	case f == nil && cut:
		return record, whyGone
	case f == nil && named:
		return record, whyHeader
	case f == nil:
		return record, ""
	}
	kind := f.kind
	if kind != split.Array && strings.HasPrefix(j.Reason, "longer than ") {
		kind = split.Lines // of CSV, too, it was the first line that was taken for a record
	}
	whole, err := f.read(j.Offset, kind, r.stream.MaxRecord)
	switch {
	case errors.Is(err, errLong):
		return record, whyLong
	case err == nil && bytes.HasPrefix(whole, j.Record) && (cut || len(whole) == len(j.Record)):
		record.Record, record.Whole, record.Header, record.Array = whole, true, f.Header, f.Array
		return record, ""
	case cut:
		return record, whyChanged
	case named:
		return record, whyHeader
	}
	return record, ""
}

// of is the file of a split, which stays open until another one is asked for.
func (r *sourceRecords) of(ctx context.Context, number int64) *recordFile {
	if r.number == number {
		return r.file
	}
	r.close()
	r.number = number
	var path string
	if err := r.db.GetContext(ctx, &path, "SELECT path FROM windrow_splits WHERE number = ?", number); err != nil {
		return nil
	}
	found, err := source.Look(path, r.stream)
	if err != nil {
		return nil
	}
	s := r.stream
	r.file = &recordFile{Found: found, kind: split.Of(string(s.Format), s.CSV.Delimiter, s.CSV.Quote, s.CSV.Multiline, found.Array)}
	return r.file
}

// close closes what is open.
func (r *sourceRecords) close() {
	if r.file != nil {
		r.file.rewind()
		r.file.Found.Close()
	}
	r.file, r.number = nil, 0
}

func (f *recordFile) rewind() {
	if f.from != nil {
		f.from.Close()
	}
	f.from, f.buf, f.at = nil, nil, 0
}

// seek brings buf to an offset.
func (f *recordFile) seek(offset int64, limit int) error {
	if f.from == nil || offset < f.at {
		f.rewind()
		var err error
		if f.from, err = f.Reader(); err != nil {
			return err
		}
		f.buf = bufio.NewReaderSize(f.from, limit+recordEnd)
	}
	for f.at < offset {
		n, err := f.buf.Discard(int(min(offset-f.at, 1<<20)))
		if f.at += int64(n); err != nil {
			return err
		}
	}
	return nil
}

// recordEnd is room for what ends a record.
const recordEnd = 16

var errLong = errors.New("the record is too long")

// read returns the record that begins at an offset, of at most limit bytes,
// without its end.
func (f *recordFile) read(offset int64, kind split.Kind, limit int) ([]byte, error) {
	if err := f.seek(offset, limit); err != nil {
		return nil, err
	}
	for size := 8 << 10; ; size *= 2 {
		data, err := f.buf.Peek(min(size, limit+recordEnd))
		if err != nil && err != io.EOF {
			return nil, err
		}
		if n, whole := firstRecord(data, kind, limit); whole || err == io.EOF {
			record := bytes.TrimRight(data[:n], "\r\n")
			if len(record) > limit {
				return nil, errLong
			}
			return bytes.Clone(record), nil
		}
		if size > limit+recordEnd {
			return nil, errLong
		}
	}
}

// firstRecord returns how long the first record of data is, and whether it
// ends there for certain.
func firstRecord(data []byte, kind split.Kind, limit int) (int, bool) {
	if kind == split.Array {
		n := split.ElementEnd(data)
		return n, n < len(data)
	}
	if starts := kind.Starts(data, limit); len(starts) > 1 {
		return starts[1], true
	}
	return len(data), kind == split.Lines && bytes.HasSuffix(data, []byte("\n"))
}
