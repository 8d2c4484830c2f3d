//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// hangups is signalled at each SIGHUP.
func hangups() <-chan os.Signal {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	return c
}
