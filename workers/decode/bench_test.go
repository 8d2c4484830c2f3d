package decode_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
)

// events makes access events: one every 0.36 ms on average, 5 % of them up to
// 2 s out of order, hosts and paths by Zipf's law.
type events struct {
	rng   *rand.Rand
	hosts *rand.Zipf
	at    time.Time
}

type event struct {
	ts, host, region, latency, path string
	status, bytes                   int
}

func newEvents() *events {
	rng := rand.New(rand.NewPCG(1, 2))
	return &events{rng: rng, hosts: rand.NewZipf(rng, 1.1, 1, 999), at: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
}

func (e *events) next() event {
	e.at = e.at.Add(360 * time.Microsecond)
	late := time.Duration(e.rng.IntN(100)) * time.Millisecond
	if e.rng.IntN(20) == 0 {
		late = time.Duration(e.rng.IntN(2000)) * time.Millisecond
	}
	status := 200
	if e.rng.IntN(10) == 0 {
		status = []int{304, 404, 500, 503}[e.rng.IntN(4)]
	}
	return event{
		ts:   e.at.Add(-late).Format("2006-01-02T15:04:05.000Z"),
		host: fmt.Sprintf("web-%04d.example", e.hosts.Uint64()), region: fmt.Sprintf("eu-west-%d", e.rng.IntN(8)),
		status: status, latency: fmt.Sprintf("%.3f", math.Exp(3+e.rng.NormFloat64())),
		bytes: e.rng.IntN(60_000), path: fmt.Sprintf("/api/v1/items/%d", e.rng.IntN(200)),
	}
}

func (e event) members() []string {
	return []string{
		`"ts":"` + e.ts + `"`, `"host":"` + e.host + `"`, `"region":"` + e.region + `"`, fmt.Sprintf(`"status":%d`, e.status),
		`"latency_ms":` + e.latency, fmt.Sprintf(`"bytes":%d`, e.bytes), `"path":"` + e.path + `"`,
	}
}

const benchRows = 20_000

func benchData(row func(*rand.Rand, event) string) []byte {
	e := newEvents()
	var b bytes.Buffer
	for range benchRows {
		b.WriteString(row(e.rng, e.next()))
	}
	return b.Bytes()
}

func inOrder(_ *rand.Rand, e event) string { return "{" + strings.Join(e.members(), ",") + "}\n" }

func shuffled(rng *rand.Rand, e event) string {
	m := append(e.members(), `"agent":"Mozilla\/5.0 \"compatible\" \u00e9"`, `"inner":{"status":"x","host":{"host":"decoy","a":[1,"]"]},"ts":null}`, `"referer":"https:\/\/example.com\/a?b=c"`)
	rng.Shuffle(len(m), func(i, j int) { m[i], m[j] = m[j], m[i] })
	return "{" + strings.Join(m, ",") + "}\n"
}

func spaced(_ *rand.Rand, e event) string {
	return strings.ReplaceAll("{"+strings.Join(e.members(), ", ")+"}\n", `":`, `": `)
}

func csvRow(_ *rand.Rand, e event) string {
	return fmt.Sprintf("%s,%s,%s,%d,%s,%d,%s\n", e.ts, e.host, e.region, e.status, e.latency, e.bytes, e.path)
}

func csvQuoted(_ *rand.Rand, e event) string {
	return fmt.Sprintf("%s,\"%s\",\"%s\",%d,%s,%d,\"%s\"\n", e.ts, e.host, e.region, e.status, e.latency, e.bytes, e.path)
}

func benchStream(format schema.Format) (*schema.Stream, []bool) {
	s := &schema.Stream{Name: "events", Columns: []schema.Column{
		{Name: "ts", Type: value.Timestamp}, {Name: "host", Type: value.Text}, {Name: "region", Type: value.Text},
		{Name: "status", Type: value.Integer}, {Name: "latency_ms", Type: value.Real}, {Name: "bytes", Type: value.Integer},
		{Name: "path", Type: value.Text},
	}}
	s.Format, s.CSV = format, schema.CSV{Delimiter: ',', Quote: '"', Multiline: true}
	return s, []bool{true, true, false, true, true, true, false}
}

func BenchmarkDecode(b *testing.B) {
	for _, bc := range []struct {
		name   string
		format schema.Format
		row    func(*rand.Rand, event) string
	}{
		{"json", schema.FormatJSON, inOrder}, {"jsonSpaced", schema.FormatJSON, spaced}, {"jsonShuffled", schema.FormatJSON, shuffled},
		{"csv", schema.FormatCSV, csvRow}, {"csvQuoted", schema.FormatCSV, csvQuoted},
	} {
		data := benchData(bc.row)
		b.Run(bc.name, func(b *testing.B) {
			s, want := benchStream(bc.format)
			d, err := decode.New(s, want, decode.Layout{})
			if err != nil {
				b.Fatal(err)
			}
			var batch decode.Batch
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				rows := 0
				for at := 0; at < len(data); {
					at += d.Decode(&batch, data[at:], int64(at))
					rows += batch.Len
					if len(batch.Broken)+len(batch.Bad) > 0 {
						b.Fatal(batch.Broken, batch.Bad)
					}
				}
				if rows != benchRows {
					b.Fatal(rows)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/record")
		})
	}
}
