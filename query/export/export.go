// Package export writes results to files that say what they hold: one file, or
// a folder of files by partition, with a manifest beside them; or a file that
// grows by the windows of a rollup as these become final.
//
// What Write makes is from one moment of the store. A file appears when it is
// complete; after an error an older export is as it was.
package export

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/windrow/windrow/query"
	"github.com/windrow/windrow/query/output"
)

// Options of Write.
type Options struct {
	Format *output.Format
	Output output.Options

	// PartitionBy is "day" for the date of window_start, or a column of the
	// result; "" for one file. A column that is named day comes first. The date
	// is that of Output.Zone, where there is one, else that of UTC.
	PartitionBy string

	// Name is that of the export in its manifest, and of the files in a
	// folder; "export" if empty.
	Name string

	// Manifest has a manifest written. Where one is already, it is always
	// written: it would lie otherwise.
	Manifest bool

	Version  string           // of the program, for the manifest
	Progress func(rows int64) // is told every few thousand rows; may be nil
}

func (o Options) name() string {
	if o.Name == "" {
		return "export"
	}
	return o.Name
}

// typed reports whether the encoders of the format are output.Typed.
func (o Options) typed() bool {
	_, ok := o.Format.New(discard{}, o.Output).(output.Typed)
	return ok
}

// discard is a writer of its own, for io.Discard would offer more than Write.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Summary says what Write has written.
type Summary struct {
	Rows  int64
	Bytes int64 // of all files, without the manifest
	Files int   // without the manifest

	// SHA256 is that of the one file. Of a folder it is that of the text which
	// has a line `HASH  PATH` for each file, in the order of the manifest, as
	// sha256sum prints it.
	SHA256 [32]byte

	Places []string // the paths of all files, the manifest's last
}

// Write writes the result of q, as s has it, to path: a file, or with
// PartitionBy a folder, which is made if it is not there. q.SQL is then put
// into another statement that orders its rows by the partition.
//
// A folder is changed when all its files are written. Files of an older
// export into it that its manifest lists are removed when they are not written
// any more.
func Write(ctx context.Context, s *query.Snapshot, q query.Query, path string, o Options) (Summary, error) {
	if err := o.Output.Check(); err != nil {
		return Summary{}, err
	}
	if o.PartitionBy != "" {
		return writeFolder(ctx, s, q, path, o)
	}
	return writeFile(ctx, s, q, path, o)
}

// hexOf gives a hash as people compare it.
func hexOf(sum [32]byte) string { return hex.EncodeToString(sum[:]) }

// plural gives a number with its unit.
func plural(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
