package workers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
)

// batchesOf returns n batches of requests as the decoder gives them, 0.36 ms
// apart, most of them up to 100 ms out of order. Texts lie where the input
// would.
func batchesOf(n int) []*decode.Batch {
	r := rand.New(rand.NewPCG(1, 2))
	zipf := rand.NewZipf(rand.New(rand.NewPCG(3, 4)), 1.1, 1, 999)
	batches := make([]*decode.Batch, n)
	for k := range batches {
		b := &decode.Batch{Len: decode.BatchRows}
		types := []value.Type{value.Timestamp, value.Text, value.Text, value.Integer, value.Real, value.Integer, value.Text, value.Integer, value.Text, value.Boolean}
		b.Columns = make([]value.Column, len(types))
		for c, t := range types {
			b.Columns[c].Type = t
			b.Columns[c].Resize(b.Len)
		}
		data := make([]byte, 0, b.Len*160)
		text := func(c, row int, format string, args ...any) {
			from := len(data)
			data = fmt.Appendf(data, format, args...)
			b.Columns[c].Kind[row], b.Columns[c].Text[row] = value.KindText, data[from:len(data):len(data)]
		}
		for row := range b.Len {
			i := k*decode.BatchRows + row
			late := r.Float64() * 100e3
			if r.Float64() < 0.05 {
				late = r.Float64() * 2e6
			}
			status := []int64{200, 200, 200, 200, 200, 200, 200, 200, 200, 304, 404, 200, 200, 200, 500, 200, 200, 200, 200, 200}[r.IntN(20)]
			b.Begin, b.End = append(b.Begin, int64(i*160)), append(b.End, int64(i*160+159))
			b.Columns[0].Set(row, value.Int64(1772366400_000000+int64(i)*360-int64(late)))
			text(1, row, "host-%04d", zipf.Uint64())
			text(2, row, "region-%d", r.IntN(8))
			b.Columns[3].Set(row, value.Int64(status))
			b.Columns[4].Set(row, value.Float64(math.Round(math.Exp(3+r.NormFloat64())*1000)/1000))
			b.Columns[5].Set(row, value.Int64(r.Int64N(200_000)))
			text(6, row, "/api/v1/item/%03d", r.IntN(200))
			b.Columns[7].Set(row, value.Int64(r.Int64N(1_000_000)))
			text(8, row, "/a/path/that/is/rather/long/for/a/key/%06d", r.IntN(1000))
			b.Columns[9].Set(row, value.Int64(int64(i)&1))
			data = append(data, make([]byte, 40)...)
		}
		batches[k] = b
	}
	return batches
}

const benchStream = `
CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, region TEXT, status INTEGER, latency_ms REAL, bytes INTEGER, path TEXT,
  id INTEGER, long TEXT, cached BOOLEAN, WATERMARK FOR ts AS ts - INTERVAL '5 seconds') WITH (connector = 'file', path = 'x', format = 'json');
`

// benchRollup is a rollup with the aggregates of the first workload.
func benchRollup(name, window, keys string) string {
	return fmt.Sprintf(`CREATE ROLLUP %s AS SELECT window_start%s, count(*) AS n, avg(latency_ms) AS a, min(latency_ms) AS mi, max(latency_ms) AS ma, sum(bytes) AS b
  FROM TUMBLE(requests, INTERVAL '%s') WHERE status < 500 GROUP BY window_start%[2]s;
`, name, keys, window)
}

// benchRollups are tables of all shapes, by name.
func benchRollups() []struct{ name, sql string } {
	return []struct{ name, sql string }{
		{"none", benchRollup("r", "1 minute", "")},
		{"host", benchRollup("r", "1 minute", ", host")},
		{"host_path", benchRollup("r", "1 minute", ", host, path")},
		{"status", benchRollup("r", "1 minute", ", status")},
		{"id", benchRollup("r", "1 minute", ", id")},
		{"cached", benchRollup("r", "1 minute", ", cached")},
		{"long", benchRollup("r", "1 minute", ", long")},
		{"host_second", benchRollup("r", "1 second", ", host")},
		{"host_10ms", benchRollup("r", "10 milliseconds", ", host")},
		{"four", benchRollup("r", "1 minute", ", region, status, cached, host")},
		{"several", benchRollup("r1", "1 minute", ", host") + benchRollup("r2", "1 minute", ", path") + benchRollup("r3", "10 seconds", ", status")},
		{"count", "CREATE ROLLUP r AS SELECT window_start, host, count(*) AS n FROM TUMBLE(requests, INTERVAL '1 minute') GROUP BY window_start, host;\n"},
	}
}

// benchBudget is the budget of a worker; tables that are over it are sorted
// and emptied.
const benchBudget = 24 << 20

// BenchmarkRollup takes decoded batches to partials, and orders them where a
// worker would commit.
func BenchmarkRollup(b *testing.B) {
	batches := batchesOf(800)
	for _, c := range benchRollups() {
		b.Run(c.name, func(b *testing.B) {
			pipe := reader(b, load(b, benchStream+c.sql)).pipe
			run := func() {
				for _, in := range batches {
					pipe.add(in, 1, noTime, noTime)
					if pipe.bytes() > benchBudget {
						endTable(pipe)
					}
				}
				endTable(pipe)
			}
			run()
			b.ReportAllocs()
			for b.Loop() {
				run()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(batches))/decode.BatchRows, "ns/event")
		})
	}
}

// endTable does what a commit makes of the tables.
func endTable(p *pipeline) {
	for _, r := range p.rollups {
		r.commit()
	}
	p.reset()
}
