package decode

import (
	"fmt"

	"github.com/windrow/windrow/schema"
)

// DefaultMaxRecord is the greatest length of a record in bytes where the
// stream does not say.
const DefaultMaxRecord = 1 << 20

// New returns the decoder for the records of a stream, in a split of the given
// layout. want tells by column index which columns to fill; computed columns
// never are. Whether a record is broken and what a cell holds does not depend
// on which other columns are wanted.
//
// For CSV a wanted column that the header lacks is an error; a missing JSON key
// is NULL.
//
// Values that no wanted column names are passed over: their strings and
// brackets are checked, because the record's end depends on them, their
// numbers, names, escapes and inner commas are not.
func New(s *schema.Stream, want []bool, l Layout) (Decoder, error) {
	if len(want) != len(s.Columns) {
		return nil, fmt.Errorf("stream %s has %d columns, and %d were chosen from", s.Name, len(s.Columns), len(want))
	}
	sh, err := newSheet(s, want)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", s.Name, err)
	}
	switch s.Format {
	case schema.FormatJSON:
		return newJSON(sh, l), nil
	case schema.FormatCSV:
		return newCSV(sh, l)
	}
	return nil, fmt.Errorf("stream %s: format '%s' is not known; use json or csv", s.Name, s.Format)
}
