package output

import (
	"fmt"
	"io"
	"testing"

	"github.com/windrow/windrow/schema/value"
)

// volume gives rows of a rollup's shape: a window of 1,000 hosts each minute.
func volume(rows int, row func(vals []any) error) error {
	hosts := make([]any, 1000)
	for i := range hosts {
		hosts[i] = fmt.Sprintf("web-%d", i)
	}
	vals := make([]any, 5)
	for i := range rows {
		if i%len(hosts) == 0 {
			vals[0] = value.Time(1772366400*value.Second + int64(i/len(hosts))*value.Minute).Format(-1)
		}
		vals[1], vals[2], vals[3], vals[4] = hosts[i%len(hosts)], int64(i%977), float64(i)/3, nil
		if err := row(vals); err != nil {
			return err
		}
	}
	return nil
}

var volumeCols = []Column{{"window_start"}, {"host"}, {"n"}, {"avg_latency"}, {"nothing"}}

var volumeKinds = []Kind{KindTime, KindText, KindInteger, KindReal, KindNull}

// write writes so many rows and calls look now and then.
func writeVolume(e Encoder, rows int, look func()) error {
	if typed, ok := e.(Typed); ok {
		typed.Kinds(volumeKinds)
	}
	if err := e.Begin(volumeCols); err != nil {
		return err
	}
	n := 0
	err := volume(rows, func(vals []any) error {
		if n++; n%250_000 == 0 {
			look()
		}
		return e.Row(vals)
	})
	if err != nil {
		return err
	}
	return e.End()
}

// Millions of rows need no more memory than thousands.
func TestMillionsOfRows(t *testing.T) {
	rows := 5_000_000
	if raceDetector {
		rows = 500_000
	}
	for _, name := range []string{"csv", "parquet"} {
		t.Run(name, func(t *testing.T) {
			peak := uint64(0)
			e := Find(name).New(io.Discard, Options{})
			if err := writeVolume(e, rows, func() { peak = max(peak, heap()) }); err != nil {
				t.Fatal(err)
			}
			t.Logf("at most %d KiB on the heap", peak>>10)
			if peak > 64<<20 {
				t.Errorf("%d rows took %d KiB of the heap", rows, peak>>10)
			}
		})
	}
}
