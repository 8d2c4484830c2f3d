package split

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// checkBoundary holds what is found from the middle against all records from
// the front.
func checkBoundary(t failer, k Kind, data []byte, lo, hi, at, limit int) {
	b := k.Boundary(data[lo:hi], at, limit)
	if b < 0 {
		return
	}
	if b <= at || lo+b > hi {
		t.Fatalf("boundary %d at or after %d of %d bytes", b, at, hi-lo)
	}
	if k.quote == 0 {
		k = Lines // the reference knows no CSV without quotes
	}
	for _, e := range reference(k, data, limit) {
		if e.hi == lo+b {
			return
		}
	}
	t.Fatalf("%v limit %d: no record of %q ends at %d, seen in [%d,%d) from %d on", k, limit, data, lo+b, lo, hi, at)
}

func TestBoundariesAreThoseOfTheReference(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", ",", "\"", "\"\"", "\n", "\r\n", ",\"", "\",", "\"\n", "\n\"", ",\"a\nb\",", "'", ";'", "';", "aaaaaaaa", "a,b\nc,d\n"})
	rapid.Check(t, func(t *rapid.T) {
		data := []byte(strings.Join(rapid.SliceOfN(piece, 1, 60).Draw(t, "pieces"), ""))
		k := kinds[rapid.IntRange(0, len(kinds)-1).Draw(t, "kind")]
		limit := rapid.IntRange(0, 40).Draw(t, "limit")
		for lo := 0; lo <= len(data); lo += rapid.IntRange(1, 9).Draw(t, "step") {
			for _, at := range []int{0, limit / 2, limit, limit + 3} {
				checkBoundary(t, k, data, lo, len(data), at, limit)
				checkBoundary(t, k, data, lo, (lo+len(data))/2, at, limit)
			}
		}
	})
}

func FuzzBoundary(f *testing.F) {
	for i, s := range seeds {
		f.Add([]byte(s), i, 3, 5, 20)
	}
	f.Fuzz(func(t *testing.T, data []byte, kind, lo, at, limit int) {
		if len(data) > 4096 {
			return
		}
		lo = int(uint(lo) % uint(len(data)+1))
		checkBoundary(t, kinds[uint(kind)%uint(len(kinds))], data, lo, len(data), int(uint(at)%300), int(uint(limit)%300))
	})
}

// A quote-free stretch as long as a record and a quoted field are proofs; text
// that may all be quoted is none.
func TestBoundaryIsFound(t *testing.T) {
	plain := bytes.Repeat([]byte("a,b\n"), 100)
	breaks := []byte(strings.Repeat("1,\"x\ny\",2\n", 40))
	for _, tc := range []struct {
		data      []byte
		at, limit int
		want      int
	}{
		{plain, 100, 100, 104},
		{plain, 99, 100, 108}, // 100 bytes after the first newline
		{plain, 99, 1000, -1},
		{breaks[4:], 100, 1000, 106},
		{breaks[4:], 107, 1000, 116},
		{[]byte("a\nb\",c\nd\n"), 0, 1000, 7},
		{[]byte("a\nb,\"c\nd\n"), 0, 1000, -1},
		{[]byte("a,b"), 0, 1, -1},
	} {
		if got := CSV(',', '"').Boundary(tc.data, tc.at, tc.limit); got != tc.want {
			t.Error(fmt.Sprintf("%.20q from %d, limit %d:", tc.data, tc.at, tc.limit), got, "want", tc.want)
		}
	}
}
