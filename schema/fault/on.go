//go:build faults

package fault

import "os"

var planted = os.Getenv("WINDROW_FAULT")

// Is reports whether a fault is planted.
func Is(name string) bool { return planted == name }
