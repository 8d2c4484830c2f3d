package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain is also the process that tests measure.
func TestMain(m *testing.M) {
	switch os.Getenv("BENCH_TEST") {
	case "hold":
		hold(64 << 20)
	case "fail":
		os.Stderr.WriteString("no such\ncolumn")
		os.Exit(3)
	default:
		os.Exit(m.Run())
	}
}

// hold uses so many bytes for as long as it takes to read its input.
func hold(n int) {
	b := make([]byte, n)
	for i := 0; i < n; i += 4096 {
		b[i] = 1
	}
	os.Stdout.Write(b[:1])
	for range 5 {
		for i := range b {
			b[i]++
		}
	}
}

// self is a contestant of this test program, twice.
func self(t *testing.T, as string) *contestant {
	t.Helper()
	t.Setenv("BENCH_TEST", as)
	s := step{args: []string{os.Args[0]}, stdout: "out"}
	return &contestant{name: "self", dir: filepath.Join(t.TempDir(), "self"), steps: []step{s, s}}
}

func TestTime(t *testing.T) {
	c := self(t, "hold")
	one := *c
	one.steps = c.steps[:1]
	u, err := c.time(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	v, err := one.time(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if u.cpu <= v.cpu || v.cpu <= 0 || u.wall < u.cpu/8 {
		t.Errorf("two processes took %v, one %v", u, v)
	}
	if b, err := os.ReadFile(filepath.Join(c.dir, "out")); len(b) != 1 || err != nil {
		t.Errorf("the output is %q, %v", b, err)
	}
}

// What an earlier run has left is gone.
func TestClear(t *testing.T) {
	c := self(t, "hold")
	c.steps = nil
	if err := os.MkdirAll(c.dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, "r.db"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := c.time(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(c.dir); len(left) != 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestFailedStep(t *testing.T) {
	_, err := self(t, "fail").time(t.Context())
	if err == nil || !strings.Contains(err.Error(), "self: exit status 3: no such column") {
		t.Errorf("%v", err)
	}
}
