//go:build !faults

package fault

// Is reports whether a fault is planted.
func Is(string) bool { return false }

// Swallow does nothing.
func Swallow([]byte) {}
