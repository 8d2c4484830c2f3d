//go:build !linux

package workers

// LimitMemory does nothing here: only Linux has a limit that a Go program can
// live with.
func LimitMemory(int64) error { return nil }
