package aggregate

import (
	"fmt"
	"unsafe"
)

// notState is the error of Merge for cells that no state of the part gives.
func notState(part string, cells []any) error {
	return fmt.Errorf("not a state of %s: %v", part, brief(cells))
}

// brief cuts long cells for a message.
func brief(cells []any) []any {
	out := make([]any, len(cells))
	for i, c := range cells {
		switch v := c.(type) {
		case string:
			out[i] = fmt.Sprintf("%.40q", v)
		case []byte:
			out[i] = fmt.Sprintf("x'%.40x'", v)
		default:
			out[i] = v
		}
	}
	return out
}

// allNull reports whether cells are the n NULLs of an empty state.
func allNull(cells []any, n int) bool {
	for _, c := range cells {
		if c != nil {
			return false
		}
	}
	return len(cells) == n
}

// textCell returns the bytes of a TEXT cell, not to be changed or kept.
func textCell(c any) ([]byte, bool) {
	switch v := c.(type) {
	case string:
		return unsafe.Slice(unsafe.StringData(v), len(v)), true
	case []byte:
		return v, true
	}
	return nil, false
}

// stringOf returns b as a string without copying it: for results of Cell,
// which hold only until the next call.
func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// sizeOf is the memory of the elements of s.
func sizeOf[T any](s []T) int {
	var t T
	return len(s) * int(unsafe.Sizeof(t))
}

// grown returns s with n elements, doubling its memory when it must grow; the
// new elements are undefined.
func grown[T any](s []T, n int) []T {
	if n <= cap(s) {
		return s[:max(n, len(s))]
	}
	t := make([]T, n, max(n, 2*cap(s)))
	copy(t, s)
	return t
}
