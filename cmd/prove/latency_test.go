//go:build linux

package main

import (
	"io"
	"testing"
	"time"
)

func testProgram(t testing.TB) *program {
	t.Helper()
	p, err := (&judge{dir: t.TempDir(), out: io.Discard}).build(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A test shares the machine with others, so it looks at most lines only; -latency
// looks at nearly all.
func TestLatency(t *testing.T) {
	d, err := measureLatency(t.Context(), testProgram(t), t.TempDir(), 40, quickFlush)
	if err != nil {
		t.Fatal(err)
	}
	if d.at(0.5) > quickLimit {
		t.Errorf("half of the lines took more than %v: %v", quickLimit, d)
	}
	t.Log(d)
}

func BenchmarkLatency(b *testing.B) {
	p := testProgram(b)
	for _, flush := range []time.Duration{quickFlush, defaultFlush} {
		b.Run(flush.String(), func(b *testing.B) {
			d, err := measureLatency(b.Context(), p, b.TempDir(), max(b.N, 20), flush)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(d.at(0.5))/1e6, "p50-ms")
			b.ReportMetric(float64(d.at(0.99))/1e6, "p99-ms")
		})
	}
}
