package main

import (
	"path/filepath"
	"testing"
	"time"
)

// A lock that its holder gives up in a moment is waited for; one that stays is
// not.
func TestLockStoreWaitsALittle(t *testing.T) {
	store := filepath.Join(t.TempDir(), "x.db")
	release, err := lockStore(store)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockStore(store); err == nil {
		t.Fatal("two runs hold the lock")
	}
	time.AfterFunc(lockWait/10, release)
	again, err := lockStore(store)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
