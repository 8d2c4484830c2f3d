//go:build ignore

// Generate writes the events of this example into logs/: 38,412 requests to
// twelve web servers within two hours, always the same ones.
//
//	cd examples/quickstart && go run generate.go && python3 want.py
//
// About 2 % of them arrive up to 30 seconds late, a few are unusable in one of
// five ways, one has a clock that is far ahead, and web-07 has a bad quarter of
// an hour. Host web-12 has an older logger: local time, status in quotes.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// files take the events in order of arrival; the counts add up to 38,412.
var files = []struct {
	name   string
	events int
}{
	{"access-1.ndjson.zst", 9412},
	{"access-2.ndjson.gz", 9500},
	{"access-3.ndjson.gz", 9500},
	{"access-4.ndjson", 5000},
	{"access-5.ndjson", 5000},
}

const (
	hosts    = 12
	paths    = 240
	duration = 2 * time.Hour
)

var (
	start     = time.Date(2026, time.March, 2, 17, 0, 0, 0, time.UTC)
	older     = time.FixedZone("", 3600)
	random    = rand.New(rand.NewPCG(2026, 3))
	rank      = rand.NewZipf(random, 1.15, 2, paths-1)
	countries = strings.Fields("DE DE DE DE FR FR US US US GB GB NL NL PL ES IN BR")
	methods   = strings.Fields("GET GET GET GET GET GET GET GET POST POST PUT DELETE")
	pages     = strings.Fields("/products/%d /products/%d /articles/%d /api/items/%d /api/cart/%d /users/%d")
)

// event is one request. Arrival is when the log received it.
type event struct {
	time, arrival   time.Duration // since start
	host            int
	method, path    string
	status, bytes   int
	latency         float64 // ms
	country, damage string
}

func main() {
	n := 0
	for _, f := range files {
		n += f.events
	}
	events := make([]event, n)
	for i := range events {
		events[i] = newEvent()
	}
	slices.SortFunc(events, func(a, b event) int { return cmp.Compare(a.arrival, b.arrival) })
	spoil(events)
	for _, f := range files {
		if err := write(filepath.Join("logs", f.name), events[:f.events]); err != nil {
			log.Fatal(err)
		}
		events = events[f.events:]
	}
}

func newEvent() event {
	e := event{time: when(), host: 1 + random.IntN(hosts), method: pick(methods), country: pick(countries)}
	e.arrival = e.time
	if random.Float64() < 0.02 {
		e.arrival += time.Duration(1+random.IntN(30_000)) * time.Millisecond
	}
	if random.Float64() < 0.03 {
		e.country = ""
	}
	r := int(rank.Uint64())
	e.path = fmt.Sprintf(pages[r%len(pages)], 100+r)
	e.status, e.latency = answer(e.host, r, e.time)
	if e.status < 300 || e.status >= 400 {
		e.bytes = int(math.Exp(7.5 + 1.1*random.NormFloat64()))
	}
	return e
}

// when draws a time of the evening: the load rises to a peak at about 18:20.
func when() time.Duration {
	for {
		t := random.Float64()
		if random.Float64() < 0.45+0.55*math.Sin(math.Pi*(0.08+0.63*t)) {
			return (time.Duration(t * float64(duration))).Truncate(time.Millisecond)
		}
	}
}

// answer draws the status and the latency of a request for the page of rank r.
func answer(host, r int, t time.Duration) (int, float64) {
	latency := math.Exp(2.9 + float64(r%7)/9 + 0.6*random.NormFloat64())
	if host == 7 && t > 68*time.Minute && t < 83*time.Minute {
		if latency *= 9; random.Float64() < 0.2 {
			return 504, 2000 + 3*latency
		}
	}
	switch p := random.Float64(); {
	case p < 0.900:
		return 200, latency
	case p < 0.935:
		return 304, latency / 4
	case p < 0.950:
		return 301, latency / 4
	case p < 0.990:
		return 404, latency / 2
	case p < 0.997:
		return 500, latency * 2
	}
	return 503, latency / 3
}

// spoil makes a few events unusable and puts one into the far future.
func spoil(events []event) {
	order := random.Perm(len(events))
	for _, d := range []struct {
		damage string
		times  int
	}{{"cut off", 12}, {"status", 8}, {"no host", 6}, {"latency", 8}, {"empty", 2}, {"future", 1}} {
		for range d.times {
			events[order[0]].damage = d.damage
			order = order[1:]
		}
	}
}

// line is the event as its server logged it, without line end.
func (e event) line() string {
	if e.damage == "empty" {
		return "{}"
	}
	at, status := start.Add(e.time), fmt.Sprint(e.status)
	if e.host == hosts {
		at, status = at.In(older), `"`+status+`"`
	}
	host, latency, size, client := fmt.Sprintf(`"host":"web-%02d",`, e.host), fmt.Sprintf("%.3f", e.latency), "null", ""
	if e.bytes > 0 {
		size = fmt.Sprint(e.bytes)
	}
	if e.country != "" {
		client = `,"client":{"country":"` + e.country + `"}`
	}
	switch e.damage {
	case "status":
		status = `"oops"`
	case "no host":
		host = ""
	case "latency":
		latency = `"n/a"`
	case "future":
		at = time.Date(2099, time.December, 31, 23, 59, 59, 0, at.Location())
	}
	l := fmt.Sprintf(`{"ts":"%s",%s"method":"%s","path":"%s","status":%s,"latency_ms":%s,"bytes":%s%s}`,
		at.Format("2006-01-02T15:04:05.000Z07:00"), host, e.method, e.path, status, latency, size, client)
	if e.damage == "cut off" {
		l = l[:20+random.IntN(len(l)-40)]
	}
	return l
}

func write(name string, events []event) error {
	var file bytes.Buffer
	out, err := compressor(filepath.Ext(name), &file)
	if err != nil {
		return err
	}
	for _, e := range events {
		if _, err := fmt.Fprintln(out, e.line()); err != nil {
			return err
		}
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.WriteFile(name, file.Bytes(), 0o644)
}

func compressor(ext string, w io.Writer) (io.WriteCloser, error) {
	switch ext {
	case ".gz":
		return gzip.NewWriterLevel(w, gzip.BestCompression)
	case ".zst":
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	}
	return plain{w}, nil
}

type plain struct{ io.Writer }

func (plain) Close() error { return nil }

func pick(from []string) string { return from[random.IntN(len(from))] }
