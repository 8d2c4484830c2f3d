package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// machine says where and with what a table was measured.
func (b *bench) machine(ctx context.Context) string {
	facts := []string{
		time.Now().UTC().Format(time.DateOnly),
		fmt.Sprintf("%s/%s", runtime.GOOS, runtime.GOARCH),
	}
	if name := afterColon("/proc/cpuinfo", "model name"); name != "" {
		facts = append(facts, name)
	}
	facts = append(facts, fmt.Sprintf("%d cores", runtime.NumCPU()))
	if kb := afterColon("/proc/meminfo", "MemTotal"); kb != "" {
		var n float64
		fmt.Sscan(kb, &n)
		facts = append(facts, fmt.Sprintf("%.0f GiB", n/(1<<20)))
	}
	return strings.Join(append(facts, b.versions(ctx)...), ", ")
}

// versions are those of the programs, as far as they are there.
func (b *bench) versions(ctx context.Context) []string {
	facts := []string{"Go " + strings.TrimPrefix(runtime.Version(), "go")}
	if b.options.windrow != "" {
		facts = append(facts, "Windrow "+filepath.Base(b.options.windrow))
	} else if commit, err := output(ctx, "git", "describe", "--always", "--dirty", "--abbrev=9"); err == nil {
		facts = append(facts, "Windrow "+commit)
	}
	if binary, err := b.duckDB(ctx); err == nil {
		if v, err := output(ctx, binary, "version"); err == nil {
			facts = append(facts, "DuckDB "+strings.TrimPrefix(v, "v"))
		}
	}
	if v, err := output(ctx, "sqlite3", "--version"); err == nil {
		v, _, _ = strings.Cut(v, " ")
		facts = append(facts, "sqlite3 "+v)
	}
	if v, err := output(ctx, "node", "--version"); err == nil {
		facts = append(facts, "Node.js "+strings.TrimPrefix(v, "v"))
	}
	return facts
}

// afterColon is the value of the first line "key : value" of a file, or "".
func afterColon(path, key string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
