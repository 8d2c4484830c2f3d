package main

import (
	"io"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	o, err := parse([]string{"-events", "1000", "-only", "w1,export", "-dir", "here"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if !o.wants("w1") || !o.wants("export") || o.wants("w2") || o.pairs != 5 || !strings.HasSuffix(o.dir, "/here") {
		t.Errorf("%+v", o)
	}
	for _, args := range []string{"-only w9", "-pairs 0", "-events -1", "more"} {
		if _, err := parse(strings.Fields(args), io.Discard); err == nil {
			t.Errorf("%s: no error", args)
		}
	}
}
