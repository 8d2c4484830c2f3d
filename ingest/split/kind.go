// Package split knows where records begin and end in a file of lines, of CSV
// or of one JSON array. It cuts a reader into chunks of whole records and
// aligns ranges; it does not look at what a record means.
package split

import "bytes"

// Kind says how records are separated. The zero Kind is Lines.
type Kind struct {
	form             form
	delimiter, quote byte
}

type form uint8

const (
	lines form = iota
	csv
	array
)

// Lines: a record is a line; the last one may lack its newline.
var Lines = Kind{}

// Array: records are the elements of one JSON array. The data begins after
// its '['. An element is what stands between two commas outside strings and
// brackets, whatever it is, and owns the comma after it. The closing ']'
// belongs to no element; with anything but white space after it, everything
// from the ']' on is one record, which no decoder accepts.
var Array = Kind{form: array}

// CSV: a record is a line whose quoted fields may hold line breaks. A quote
// opens a quoted field only as its first byte; inside, a doubled quote is a
// quote. A record that does not end within the greatest record length is only
// its first line (see NewChunker), and the next begins after that line,
// outside quotes: one stray quote never costs more than its line. quote 0
// means that there are no quotes. Where line breaks cannot be quoted, use
// Lines.
func CSV(delimiter, quote byte) Kind {
	return Kind{form: csv, delimiter: delimiter, quote: quote}
}

// cut returns how many bytes at the front of data, which begins at a record,
// are whole records. closed reports that an array's ']' follows them.
func (k Kind) cut(data []byte, max int) (n int, closed bool) {
	switch {
	case k.form == array:
		return cutArray(data)
	case k.form == csv && k.quote != 0:
		return k.cutCSV(data, max), false
	}
	return bytes.LastIndexByte(data, '\n') + 1, false
}
