package source

import (
	"io"

	"github.com/windrow/windrow/schema/store"
)

// Known is a split that the store has, with what is absorbed of it.
type Known struct {
	store.Split
	// Prefix is the absorbed range that begins at the split's start; Hi is the
	// start if there is none.
	Prefix store.Range
	// Begun: some of it is absorbed.
	Begun bool
	// Absorbed is how many bytes of it every cohort has absorbed.
	Absorbed int64
}

// NewKnown returns what is known of a split of which each of the stream's
// cohorts has absorbed the given ranges.
func NewKnown(s store.Split, cohorts ...[]store.Range) Known {
	k := Known{Split: s, Prefix: store.Range{Split: s.Number, Lo: s.Start, Hi: s.Start}}
	for i, ranges := range cohorts {
		k.Begun = k.Begun || len(ranges) > 0
		if len(ranges) > 0 && ranges[0].Lo == s.Start && ranges[0].Hi > k.Prefix.Hi {
			k.Prefix = ranges[0]
		}
		var n int64
		for _, r := range ranges {
			n += r.Hi - r.Lo
		}
		if i == 0 || n < k.Absorbed {
			k.Absorbed = n
		}
	}
	return k
}

// Before returns the n bytes before an offset, or io.EOF if the file ends
// earlier or can be decompressed only to an earlier place.
func (f *Found) Before(end int64, n int) ([]byte, error) {
	file, err := f.Use()
	if err != nil {
		return nil, err
	}
	defer f.Done()
	buf := make([]byte, n)
	if f.Codec == Plain {
		if got, err := file.ReadAt(buf, end-int64(n)); got < n {
			return nil, plain(err)
		}
		return buf, nil
	}
	r, err := f.Reader()
	if err != nil {
		return nil, io.EOF
	}
	defer r.Close()
	if _, err := io.CopyN(io.Discard, r, end-int64(n)); err != nil {
		return nil, io.EOF
	}
	if _, err := io.ReadFull(r, buf); err != nil {
		return nil, io.EOF
	}
	return buf, nil
}
