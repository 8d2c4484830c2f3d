package aggregatetest

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/windrow/windrow/schema/aggregate"
	"pgregory.net/rapid"
)

// Cell generates cells of any type.
func Cell() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Int64(), func(v int64) any { return v }),
		rapid.Map(rapid.Float64(), func(v float64) any { return v }),
		rapid.SampledFrom([]any{math.NaN(), math.Inf(1), math.Copysign(0, -1), true, int(1)}),
		rapid.Map(rapid.String(), func(v string) any { return v }),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(v []byte) any { return v }),
	)
}

// CheckMerged checks cells that Merge has accepted: they must be just what an
// empty state gives back after merging them. (Text may come as []byte.)
func CheckMerged(t rapid.TB, part aggregate.Part, cells []any) {
	t.Helper()
	s := part.New()
	s.Grow(1)
	if err := s.Merge(0, cells); err != nil {
		t.Fatalf("accepted once, then: %v", err)
	}
	in := make([]any, len(cells))
	for i, c := range cells {
		if b, ok := c.([]byte); ok && part.Columns[i].Type == "TEXT" {
			c = string(b)
		}
		in[i] = c
	}
	if got := Cells(s, part, 0); Show(got) != Show(in) {
		t.Fatalf("accepted %s\nbut gives %s", Show(in), Show(got))
	}
}

// FuzzMerge checks that arbitrary cells are refused or canonical, and never a
// panic or a hang.
func FuzzMerge(f *testing.F, parts []aggregate.Part) {
	for i := range parts {
		f.Add(byte(i), []byte{})
		f.Add(byte(i), []byte("\x01\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00"))
		f.Add(byte(i), []byte("\x02\x3f\xf0\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x04\x07\x01\x00\x04\x00\x00\x00\x01"))
		f.Add(byte(i), []byte("\x03\x132026-03-01 12:30:05\x01\x01\x00\x00\x00\x00\x00\x00\x00"))
	}
	f.Fuzz(func(t *testing.T, which byte, data []byte) {
		part := parts[int(which)%len(parts)]
		cells := make([]any, len(part.Columns))
		for i := range cells {
			cells[i], data = readCell(data)
		}
		s := part.New()
		s.Grow(1)
		if s.Merge(0, cells) == nil {
			CheckMerged(t, part, cells)
			_ = s.Merge(0, cells)
			Cells(s, part, 0)
		}
	})
}

// readCell takes a cell from data: a byte for its type, eight bytes or a byte
// for its length, and that many bytes.
func readCell(data []byte) (any, []byte) {
	if len(data) == 0 {
		return nil, nil
	}
	typ, data := data[0], data[1:]
	switch typ % 5 {
	case 1, 2:
		var b [8]byte
		data = data[copy(b[:], data):]
		if typ%5 == 1 {
			return int64(binary.LittleEndian.Uint64(b[:])), data
		}
		return math.Float64frombits(binary.BigEndian.Uint64(b[:])), data
	case 3, 4:
		if len(data) == 0 {
			return nil, nil
		}
		n := min(int(data[0]), len(data)-1)
		if b := data[1 : 1+n]; typ%5 == 4 {
			return b, data[1+n:]
		}
		return string(data[1 : 1+n]), data[1+n:]
	}
	return nil, data
}
