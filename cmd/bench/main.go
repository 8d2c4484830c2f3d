package main

import (
	"fmt"
	"os"
)

func main() {
	for _, f := range dataFiles {
		if err := generate(os.Args[1], f, 10_000_000); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
