package main

import (
	"math/rand/v2"
	"strconv"
)

// A layout writes one event as a line.
type layout func(b []byte, e *event) []byte

const csvHeader = "ts,host,region,status,latency_ms,bytes,path\n"

func appendCSV(b []byte, e *event) []byte {
	b = append(e.appendTime(b), ',')
	b = append(e.appendHost(b), ',')
	b = append(e.appendRegion(b), ',')
	b = append(strconv.AppendInt(b, int64(e.status), 10), ',')
	b = append(e.appendLatency(b), ',')
	b = append(strconv.AppendInt(b, int64(e.bytes), 10), ',')
	return append(e.appendPath(b), '\n')
}

// fields are the members of an event's object, in their order.
var fields = []struct {
	key    string
	append layout
}{
	{`"ts":`, func(b []byte, e *event) []byte { return append(e.appendTime(append(b, '"')), '"') }},
	{`"host":`, func(b []byte, e *event) []byte { return append(e.appendHost(append(b, '"')), '"') }},
	{`"region":`, func(b []byte, e *event) []byte { return append(e.appendRegion(append(b, '"')), '"') }},
	{`"status":`, func(b []byte, e *event) []byte { return strconv.AppendInt(b, int64(e.status), 10) }},
	{`"latency_ms":`, func(b []byte, e *event) []byte { return e.appendLatency(b) }},
	{`"bytes":`, func(b []byte, e *event) []byte { return strconv.AppendInt(b, int64(e.bytes), 10) }},
	{`"path":`, func(b []byte, e *event) []byte { return append(e.appendPath(append(b, '"')), '"') }},
}

func appendJSON(b []byte, e *event) []byte {
	for i, f := range fields {
		b = append(b, "{,,,,,,"[i])
		b = f.append(append(b, f.key...), e)
	}
	return append(b, '}', '\n')
}

// shuffled writes objects whose members come in any order, among others that
// nobody asked for: a nested object with members of the same names, and texts
// with escapes.
func shuffled() layout {
	r := rand.New(rand.NewPCG(5, 6))
	order := make([]int, len(fields)+2)
	return func(b []byte, e *event) []byte {
		for i := range order {
			order[i] = i
		}
		r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for i, f := range order {
			b = append(b, "{,,,,,,,,"[i])
			switch f {
			case len(fields):
				b = append(b, `"http":{"status":999,"host":"decoy","headers":{"accept":"*\/*","x":[1,2.5,{"status":"\u2713"}]}}`...)
			case len(fields) + 1:
				b = append(b, `"agent":"Mozilla\/5.0 (\"X11\"; Linux)\tcaf\u00e9 \\ `...)
				b = append(strconv.AppendInt(b, int64(e.bytes%97), 10), '"')
			default:
				b = append(b, fields[f].key...)
				b = fields[f].append(b, e)
			}
		}
		return append(b, '}', '\n')
	}
}
