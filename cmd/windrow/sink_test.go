package main

import "testing"

func TestBinaryFormatsAreNothingForATerminal(t *testing.T) {
	for _, c := range []struct {
		o        outputFlags
		terminal bool
		want     string // the format, or the mistake
	}{
		{outputFlags{Format: "parquet"}, true, "parquet is nothing for a terminal: name a file with -o"},
		{outputFlags{Format: "xlsx", Output: "-"}, true, "xlsx is nothing for a terminal: name a file with -o"},
		{outputFlags{Format: "parquet"}, false, "parquet"},
		{outputFlags{Format: "xlsx", Output: "a"}, true, "xlsx"},
		{outputFlags{Output: "a.parquet"}, true, "parquet"},
		{outputFlags{}, true, "table"},
		{outputFlags{CSV: true}, true, "csv"},
	} {
		f, err := c.o.format(c.terminal)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = f.Name
		}
		if got != c.want {
			t.Errorf("%+v, terminal %v: %s, want %s", c.o, c.terminal, got, c.want)
		}
	}
}
