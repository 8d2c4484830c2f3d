package decode_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
)

// shaped are records that are not flat: their members come in any order.
var shaped = []struct {
	name string
	rows int
	cols []schema.Column
	make func(i int) []string
}{
	{"deep", 3000, nil, func(i int) []string {
		return []string{`"x":` + strings.Repeat(`{"a":[`, 20) + "1" + strings.Repeat("]}", 20)}
	}},
	{"objects", 3000, nil, func(i int) []string {
		return []string{`"items":[` + strings.Repeat(`{"id":1,"name":"a thing","tags":["x","y"]},`, 10) + `{}]`}
	}},
	{"path", 10000, []schema.Column{{Name: "route", Type: value.Text, Path: []string{"request", "route"}}, {Name: "ms", Type: value.Real, Path: []string{"request", "timing", "ms"}}}, func(i int) []string {
		return []string{fmt.Sprintf(`"request":{"method":"GET","route":"/items/%d","timing":{"dns":0.1,"ms":%d.5}}`, i%50, i%90), `"trace":"0af7651916cd43dd8448eb211c80319c"`}
	}},
	{"typed", 3000, []schema.Column{{Name: "extra", Type: value.JSON}}, func(i int) []string {
		return []string{`"extra":{"a":[1,2,3],"b":"text","c":{"d":null}}`}
	}},
	{"long", 300, nil, func(i int) []string { return []string{`"body":"` + strings.Repeat(`a line of a log\n`, 640) + `"`} }},
	{"many", 300, nil, func(i int) []string {
		var list []string
		for k := range 200 {
			list = append(list, fmt.Sprintf(`"field_%03d":%d`, k, i+k))
		}
		return list
	}},
}

func BenchmarkShapes(b *testing.B) {
	for _, array := range []bool{false, true} {
		for _, sh := range shaped {
			rng := rand.New(rand.NewPCG(1, 2))
			var data bytes.Buffer
			for i := range sh.rows {
				m := append(sh.make(i), fmt.Sprintf(`"status":%d`, 200+i%7), fmt.Sprintf(`"host":"web-%d"`, i%100), `"region":"eu"`)
				rng.Shuffle(len(m), func(i, j int) { m[i], m[j] = m[j], m[i] })
				data.WriteString("{" + strings.Join(m, ",") + "}")
				data.WriteString(map[bool]string{true: ",\n", false: "\n"}[array])
			}
			name := sh.name
			if array {
				name += "InArray"
			}
			cols := append([]schema.Column{{Name: "status", Type: value.Integer}, {Name: "host", Type: value.Text}}, sh.cols...)
			b.Run(name, func(b *testing.B) { benchmarkShape(b, cols, data.Bytes(), sh.rows, decode.Layout{Array: array}) })
		}
	}
}

func benchmarkShape(b *testing.B, cols []schema.Column, data []byte, rows int, l decode.Layout) {
	want := make([]bool, len(cols))
	for i := range want {
		want[i] = true
	}
	s := &schema.Stream{Name: "s", Columns: cols}
	s.Format = schema.FormatJSON
	d, err := decode.New(s, want, l)
	if err != nil {
		b.Fatal(err)
	}
	var batch decode.Batch
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for at := 0; at < len(data); n += batch.Len {
			at += d.Decode(&batch, data[at:], int64(at))
			if len(batch.Broken)+len(batch.Bad) > 0 {
				b.Fatal(batch.Broken, batch.Bad)
			}
		}
		if n != rows {
			b.Fatal(n)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(rows), "ns/record")
}
