package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/klauspost/compress/zstd"
)

// load is an input that is big enough to be killed over: some ten megabytes
// in several files of one stream.
type load struct {
	dir   string
	csv   bool
	files []loadFile
}

// loadFile is one file with its records in order.
type loadFile struct {
	name    string
	start   int64 // of the first record, in uncompressed bytes
	size    int64 // uncompressed bytes
	records []record
}

// record is what the generator knows of a record: where it begins and what it
// holds.
type record struct {
	offset int64
	ts     int64 // microseconds
	key    uint8
	state  recordState
	n      int64
	// x is mantissa * 2^(shift-unit): sums of them are sums of integers of 128 bits
	mantissa int64
	shift    uint8
}

// recordState says what is unusual about a record.
type recordState uint8

const (
	plainRecord recordState = iota
	nullX                   // x is NULL
	badX                    // x is no number: bad for those that name it
	badN                    // the same of n
	noKey                   // k is missing, which must not be
	noTime
	brokenRecord
)

// unit is the scale of x: all of them are multiples of 2^-unit.
const unit = 55

func (r *record) x() float64 { return math.Ldexp(float64(r.mantissa), int(r.shift)-unit) }

var loadKeys = []string{"alpha", "b", "c\"q", "d,e", "é", "f", "line\nbreak", "h"}

// newLoad draws a load and writes its files to dir/in.
func newLoad(dir string, r *rand.Rand, records int) (*load, error) {
	l := &load{dir: dir, csv: r.IntN(3) == 0}
	names := []string{"a.ndjson", "b.ndjson.gz", "c.ndjson", "d.ndjson.zst"}
	if l.csv {
		names = []string{"a.csv", "b.csv.gz", "c.csv"}
	}
	if err := os.MkdirAll(filepath.Join(dir, "in"), 0o755); err != nil {
		return nil, err
	}
	g := &loadMaker{r: r, from: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), csv: l.csv, total: records}
	for i, name := range names {
		n := records / 8
		if i == 0 {
			n = records - n*(len(names)-1)
		}
		f, text := g.file(name, n)
		if err := writeParts(filepath.Join(dir, "in", name), text); err != nil {
			return nil, err
		}
		l.files = append(l.files, f)
	}
	return l, nil
}

// writeParts writes the parts to a file, compressed as its name says: in gzip
// each part is a member of its own, and members one after the other are one file.
func writeParts(path string, parts ...[]byte) error {
	var b bytes.Buffer
	switch filepath.Ext(path) {
	case ".gz":
		for _, part := range parts {
			w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
			w.Write(part)
			w.Close()
		}
	case ".zst":
		w, err := zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			return err
		}
		for _, part := range parts {
			w.Write(part)
		}
		w.Close()
	default:
		b.Write(bytes.Join(parts, nil))
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

var _ input = (*load)(nil)

// file implements input: files keep their names.
func (l *load) file(p *splitRow) (*loadFile, error) {
	for i := range l.files {
		if l.files[i].name == filepath.Base(p.path) {
			return &l.files[i], nil
		}
	}
	return nil, violated("guarantee", "a file that is not there was absorbed: %s", p.path)
}

// all implements input.
func (l *load) all() ([]*loadFile, func()) {
	var files []*loadFile
	for i := range l.files {
		files = append(files, &l.files[i])
	}
	return files, func() {}
}

// loadMaker draws records and spells them.
type loadMaker struct {
	r     *rand.Rand
	from  int64
	made  int
	total int
	csv   bool
	lines bool // no line breaks inside of records; each begins in a way of its own
}

const loadSpan = 90_000_000 // microseconds that the events of a load span

func (g *loadMaker) file(name string, n int) (loadFile, []byte) {
	f := loadFile{name: name, records: make([]record, 0, n)}
	var b []byte
	if g.csv {
		b = append(b, g.header()...)
	}
	f.start = int64(len(b))
	for range n {
		rec := g.record()
		rec.offset = int64(len(b))
		b = g.spell(b, &rec)
		f.records = append(f.records, rec)
		if g.r.IntN(500) == 0 {
			b = append(b, '\n')
		}
	}
	f.size = int64(len(b))
	return f, b
}

func (g *loadMaker) record() record {
	at := int64(g.made) * loadSpan / int64(g.total)
	g.made++
	rec := record{ts: g.from + at + g.r.Int64N(2_000_000), key: uint8(g.r.IntN(len(loadKeys))), n: int64(g.r.IntN(21) - 10)}
	if g.lines && g.csv && loadKeys[rec.key] == "line\nbreak" {
		rec.key++
	}
	rec.mantissa, rec.shift = g.r.Int64N(1<<50)-1<<49, uint8(g.r.IntN(50))
	if g.r.IntN(30) == 0 {
		rec.ts -= g.r.Int64N(loadSpan) // late
	}
	if g.r.IntN(200) == 0 {
		rec.state = recordState(g.r.IntN(int(brokenRecord) + 1))
	}
	return rec
}

func (g *loadMaker) header() []byte { return []byte("pad,ts,k,n,x\n") }

// spell appends a record and its line end.
func (g *loadMaker) spell(b []byte, rec *record) []byte {
	if rec.state == brokenRecord {
		if g.lines {
			return fmt.Appendf(b, "%016x broken\n", g.r.Uint64())
		}
		return append(b, "broken\n"...)
	}
	key, n, x, ts := loadKeys[rec.key], strconv.FormatInt(rec.n, 10), strconv.FormatFloat(rec.x(), 'g', -1, 64), moment(rec.ts).text()
	null, bad := "null", `"n/a"`
	if g.csv {
		key, null = csvField(g.r, key), ""
	} else {
		key, ts = strconv.Quote(key), `"`+ts+`"`
	}
	switch rec.state {
	case nullX:
		x = null
	case badX:
		x = bad
	case badN:
		n = bad
	case noKey:
		key = null
	case noTime:
		ts = null
	}
	pad := "........................................................................................................................"[:g.r.IntN(120)]
	switch {
	case g.lines && g.csv:
		return fmt.Appendf(b, "%016x%s,%s,%s,%s,%s\n", g.r.Uint64(), pad, ts, key, n, x)
	case g.csv:
		return fmt.Appendf(b, "\"%s\n\",%s,%s,%s,%s\n", pad, ts, key, n, x)
	case g.lines:
		return fmt.Appendf(b, `{"pad":"%016x%s","ts":%s,"k":%s,"n":%s,"x":%s}`+"\n", g.r.Uint64(), pad, ts, key, n, x)
	}
	return fmt.Appendf(b, `{"ts":%s,"k":%s,"n":%s,"x":%s,"pad":"%s"}`+"\n", ts, key, n, x, pad)
}

// definition is the pipeline of a load.
func (l *load) definition(settings string) string {
	if l.csv {
		return pipeline(settings, "path = 'in/*', format = 'csv'")
	}
	return pipeline(settings, "path = 'in/*', format = 'json'")
}

// pipeline is a stream with the rollups that batchRollups knows.
func pipeline(settings, options string) string {
	return settings + `CREATE STREAM s (ts TIMESTAMP, k TEXT NOT NULL, n INTEGER, x REAL, WATERMARK FOR ts)
WITH (connector = 'file', ` + options + `);

CREATE ROLLUP per_key AS
SELECT window_start, k, count(*) AS events, count(x) AS xs, sum(n) AS n, sum(x) AS x, avg(x) AS mean, min(x) AS low, max(x) AS high, median(x) AS half
FROM TUMBLE(s, INTERVAL '1 second') GROUP BY window_start, k;

CREATE ROLLUP per_minute AS
SELECT window_start, count(*) AS events, sum(n) AS n, sum(x) AS x, quantile(x, 0.9) AS p90, quantile(x, 0) AS least
FROM TUMBLE(s, INTERVAL '1 minute') WHERE n >= 0 GROUP BY window_start;

CREATE ROLLUP per_class AS
SELECT window_start, n % 5 AS class, count(*) AS events, sum(n) FILTER (WHERE n > 2) AS n, min(k) AS low, max(k) AS high
FROM TUMBLE(s, INTERVAL '10 seconds') GROUP BY window_start, class;

CREATE ROLLUP ticks AS
SELECT window_start, count(*) AS events
FROM TUMBLE(s, INTERVAL '50 milliseconds') GROUP BY window_start;

CREATE ROLLUP recent WITH (retention = '20 seconds') AS
SELECT window_start, count(*) AS events
FROM TUMBLE(s, INTERVAL '1 second') GROUP BY window_start;
`
}
