package workers

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/workers/wire"
)

// load reads definitions that must be right.
func load(t testing.TB, text string) *schema.Pipeline {
	t.Helper()
	p, problems := schema.Load([]schema.Source{{Name: "test.sql", Text: text}}, schema.LoadOptions{})
	if len(problems) > 0 {
		t.Fatal(problems.Format())
	}
	return p
}

// reader returns a block reader for the only stream of a pipeline.
func reader(t testing.TB, p *schema.Pipeline, splits ...wire.Split) *blockReader {
	t.Helper()
	var refs []store.RollupRef
	for i, r := range p.Rollups {
		refs = append(refs, store.RollupRef{ID: int64(i + 1), Rollup: r})
	}
	pipe, err := newPipeline(p.Streams[0], refs)
	if err != nil {
		t.Fatal(err)
	}
	r := newBlockReader(p.Streams[0], pipe)
	for _, s := range splits {
		r.add(s)
	}
	return r
}

const stream0 = `
CREATE STREAM requests (ts TIMESTAMP, host TEXT NOT NULL, region TEXT, status INTEGER, latency_ms REAL, bytes INTEGER, path TEXT,
  WATERMARK FOR ts AS ts - INTERVAL '5 seconds') WITH (connector = 'file', path = 'x', format = 'json');
`

const requests = stream0 + `
CREATE ROLLUP w1 AS SELECT window_start, host, count(*) AS n, avg(latency_ms) AS a, min(latency_ms) AS mi, max(latency_ms) AS ma, sum(bytes) AS b
  FROM TUMBLE(requests, INTERVAL '1 minute') WHERE status < 500 GROUP BY window_start, host;`

// kept is requests with windows that are dropped after a while.
var kept = strings.Replace(requests, "ROLLUP w1 AS", "ROLLUP w1 WITH (retention = '30 days') AS", 1)

// accessLog makes n events of a web server farm, 0.36 ms apart.
func accessLog(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	t0 := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var b []byte
	for i := range n {
		ts := t0.Add(time.Duration(i)*360*time.Microsecond - time.Duration(r.Float64()*float64(100*time.Millisecond)))
		status := 200
		if r.Float64() > 0.9 {
			status = []int{304, 404, 500, 503}[r.IntN(4)]
		}
		b = fmt.Appendf(b, `{"ts":"%s","host":"host-%04d","region":"r-%d","status":%d,"latency_ms":%.3f,"bytes":%d,"path":"/api/v1/item/%03d"}`+"\n",
			ts.Format("2006-01-02T15:04:05.000Z"), int(1000*math.Pow(r.Float64(), 3)), r.IntN(8), status, math.Exp(3+r.NormFloat64()), r.IntN(200000), r.IntN(200))
	}
	return b
}

// BenchmarkPipeline takes records from bytes to partials, as a worker does;
// retention counts the records of each group as well.
func BenchmarkPipeline(b *testing.B) {
	b.Run("plain", func(b *testing.B) { benchmarkPipeline(b, requests) })
	b.Run("retention", func(b *testing.B) { benchmarkPipeline(b, kept) })
}

func benchmarkPipeline(b *testing.B, definitions string) {
	const n = 200_000
	data := accessLog(n)
	r := reader(b, load(b, definitions), wire.Split{Number: 1})
	var progress atomic.Int64
	blk := &wire.Block{Split: 1, Mode: wire.Inline, Hi: int64(len(data))}
	run := func() {
		rng, err := r.block(context.Background(), blk, data, &progress)
		if err != nil || rng.Records != n {
			b.Fatal(rng, err)
		}
	}
	run() // tables and buffers have their size from here on
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		run()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
}
