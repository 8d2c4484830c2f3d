package track

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/windrow/windrow/ingest/source"
	"github.com/windrow/windrow/schema"
)

// BenchmarkIdleScan is a look at 10,000 files that do not change. The share of
// a core follows from the time between looks.
func BenchmarkIdleScan(b *testing.B) {
	dir := b.TempDir()
	for i := range 10_000 {
		put(b, filepath.Join(dir, fmt.Sprintf("%d.log", i)), line(i)+"\n")
	}
	s := newSim(b, 1, filepath.Join(dir, "*.log"))
	s.drain()
	for b.Loop() {
		s.scan()
	}
	mean := b.Elapsed() / time.Duration(b.N)
	wait := max(defPoll, share*mean)
	b.ReportMetric(100*float64(mean)/float64(mean+wait), "%core")
	b.ReportMetric(float64(s.tracker.open), "open")
}

// BenchmarkAppend is the time from an append to the Change that tells of it,
// through the system's message about it.
func BenchmarkAppend(b *testing.B) {
	path := filepath.Join(b.TempDir(), "app.log")
	put(b, path, lines(0, 1))
	tr := New(&schema.Stream{Options: schema.Options{Paths: []string{path}, Format: schema.FormatJSON}},
		Options{Follow: true, Known: func(context.Context) ([]source.Known, error) { return nil, nil }})
	defer tr.Close()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	must(b, err)
	defer f.Close()
	var took []time.Duration
	size := int64(len(lines(0, 1)))
	seen := int64(0)
	await := func() {
		for seen < size {
			<-tr.Wake()
			changes, _, err := tr.Scan(b.Context())
			must(b, err)
			for i := range changes {
				if changes[i].New {
					tr.Registered(&changes[i], 1)
				}
				seen = changes[i].Size
			}
		}
	}
	await()
	i := 0
	for b.Loop() {
		n, _ := f.WriteString(line(i) + "\n")
		began := time.Now()
		size += int64(n)
		await()
		took = append(took, time.Since(began))
		i++
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
