//go:build faults

package fault

import (
	"bytes"
	"os"
	"runtime"
)

var planted = os.Getenv("WINDROW_FAULT")

// Is reports whether a fault is planted.
func Is(name string) bool { return planted == name }

// The texts that make a record poison.
const (
	poisonPanic  = "POISON-PANIC"
	poisonHang   = "POISON-HANG"
	poisonMemory = "POISON-MEMORY"
)

// memoryBomb bounds what poison takes where no limit ends the process first.
const memoryBomb = 4 << 30

// Swallow does with records, as a decoder is given them, what Poison says: one
// that contains POISON-PANIC panics, one with POISON-HANG never comes back,
// one with POISON-MEMORY takes memory until the process ends.
func Swallow(records []byte) {
	if !Is(Poison) || !bytes.Contains(records, []byte("POISON-")) {
		return
	}
	switch {
	case bytes.Contains(records, []byte(poisonPanic)):
		panic(poisonPanic)
	case bytes.Contains(records, []byte(poisonHang)):
		<-make(chan struct{})
	case bytes.Contains(records, []byte(poisonMemory)):
		explode()
	}
}

// explode allocates, and writes to what it has, so that it is memory indeed.
func explode() {
	var kept [][]byte
	for n := int64(0); n < memoryBomb; n += 1 << 20 {
		b := make([]byte, 1<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		kept = append(kept, b)
	}
	runtime.KeepAlive(kept)
	panic(poisonMemory + ": nothing has limited the memory of this process")
}
