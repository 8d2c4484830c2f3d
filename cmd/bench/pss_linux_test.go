package main

import "testing"

func TestWeigh(t *testing.T) {
	n, err := self(t, "hold").weigh(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n < 60<<20 || n > 200<<20 {
		t.Errorf("a process that holds 64 MiB weighs %d bytes", n)
	}
}
