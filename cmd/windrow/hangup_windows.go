package main

import "os"

// hangups is signalled at each SIGHUP, which this system does not have.
func hangups() <-chan os.Signal { return nil }
