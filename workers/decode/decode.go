// Package decode turns the bytes of records into columns.
package decode

import (
	"github.com/windrow/windrow/schema/value"
)

// BatchRows is the greatest number of rows in a batch.
const BatchRows = 1024

// Batch holds decoded records as columns. It is reused from one Decode to the
// next, and belongs to one goroutine.
type Batch struct {
	Len     int
	Columns []value.Column // one per column of the stream; only wanted physical ones are filled
	Begin   []int64        // offset in the split of each record's first byte
	End     []int64        // and of the first byte after it (line end not included)
	Data    []byte         // what Decode was given; record i is Data[Begin[i]-Base : End[i]-Base]
	Base    int64
	// Broken lists the records that are no records at all (not JSON, an
	// unclosed quote, too few fields ...). All their cells are KindBad.
	Broken []Broken
	// Bad lists the cells that are KindBad in records that are not broken.
	Bad []BadCell
}

// Broken is a record that cannot be read, with the reason for the user.
type Broken struct {
	Row    int
	Reason string
}

// BadCell is a value that does not convert to its column's type.
type BadCell struct {
	Row, Col int
	Reason   string // `status: 'abc' is not an INTEGER`
}

// Decoder reads records of one layout. It is used by one goroutine.
type Decoder interface {
	// Decode empties b, reads up to BatchRows records from the front of data,
	// and returns how many bytes it has consumed: all of them unless the batch
	// is full. data begins at a record, ends after one, and has offset base in
	// its split. Empty lines are no records. Text in b points into data or
	// into memory of the decoder, valid until the next Decode.
	// It never fails: what is no record becomes a broken one.
	Decode(b *Batch, data []byte, base int64) int
}

// Layout says what differs from split to split of a stream.
type Layout struct {
	Header []string // CSV: the names in the first record, nil without header
	Array  bool     // JSON: the split is one array, its elements are the records
}
