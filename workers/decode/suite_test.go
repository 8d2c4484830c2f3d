package decode_test

import (
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
	"github.com/windrow/windrow/workers/decode/decodetest"
)

func allTypes() []schema.Column {
	return []schema.Column{
		{Name: "ts", Type: value.Timestamp, Path: []string{"ts"}},
		{Name: "host", Type: value.Text, Path: []string{"host"}},
		{Name: "status", Type: value.Integer, Path: []string{"status"}},
		{Name: "latency", Type: value.Real, Path: []string{"latency"}},
		{Name: "ok", Type: value.Boolean, Path: []string{"ok"}},
		{Name: "double", Type: value.Real, Expr: &schema.Expr{}},
	}
}

func jsonColumns() []schema.Column {
	return append(allTypes(),
		schema.Column{Name: "extra", Type: value.JSON, Path: []string{"extra"}},
		schema.Column{Name: "deep", Type: value.Integer, Path: []string{"extra", "a", "b"}},
		schema.Column{Name: "third", Type: value.Text, Path: []string{"list", "[2]"}},
		schema.Column{Name: "status_text", Type: value.Text, Path: []string{"status"}},
	)
}

var goodObjects = []string{
	`{"ts":"2026-03-01T12:30:05.250Z","host":"a","status":200,"latency":1.5,"ok":true,"extra":{"a":{"b":7}},"list":[1,2,"x"]}`,
	`{"ts":"2026-03-01T12:30:06.250Z","host":"b","status":"200","latency":"1.5","ok":"yes","extra":{"a":{"b":"x"}},"list":[1,{"c":[]},3]}`,
	`{"ts":1700000000,"host":"\u0061\n\"","status":2e2,"latency":1e400,"ok":2,"extra":{"a" {"b":7}},"list":[1 2]}`,
	` { "host" : null , "status" : 1.5 , "skipped" : { "host" : "no" , "x" : [ "]" ] } , "list" : [ ] } `,
	`{}`, `{"a":"\u00e9é","status":tru,"host":12,"latency":-0,"ok":[],"ts":"soon","extra":[1,2],"list":{"[2]":1}}`,
	`{"status":1,"status":2,"host":"\ud83d\ude00","st\u0061tus":3,"extra":null}`,
	`{"host":"` + "\xff" + `","extra":{"a":{"b":9223372036854775808}},"ts":"2026-03-01 12:30:05"}`,
}

var brokenObjects = []string{
	`{"a":1`, `{"a" 1}`, `{"a":}`, `{"a":1,}`, `{"a":1}x`, `{"a":1}{"b":2}`, `[1]`, `7`, `"x"`, `{"a":"x}`, `{"a":{"b":1]}}`, `{a:1}`, `{"a":1 "b":2}`,
	"{\"a\":\"x\ty\"}", `{"\q":1}`, `{"a":"\`, `{"a":1,,"b":2}`, `{,}`, `x`,
}

func with(list []string, after string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = s + after
	}
	return out
}

func stream(f schema.Format, cols []schema.Column) *schema.Stream {
	s := &schema.Stream{Name: "s", Columns: cols}
	s.Format, s.TimestampFormat = f, "auto"
	s.CSV = schema.CSV{Delimiter: ',', Quote: '"', Header: true, Multiline: true}
	return s
}

func jsonCase() decodetest.Case {
	return decodetest.Case{
		Stream: stream(schema.FormatJSON, jsonColumns()),
		Good:   with(goodObjects, "\n"),
		Broken: with(brokenObjects, "\n"),
		Blank:  []string{"\n", " \t\n", "\r\n"},
	}
}

func arrayCase() decodetest.Case {
	c := jsonCase()
	c.Layout = decode.Layout{Array: true}
	c.Good = append(with(goodObjects, ","), "{\n  \"host\": \"a\",\n  \"list\": [\n  1\n]\n}\n,\n")
	c.Broken = []string{`{"a" 1},`, `{"a":},`, `{"a":1}x,`, `[1],`, `7,`, `"x,]",`, ` {"a":1} {"b":2},`, `{a:1},`, `,`, "tru\n,"}
	c.Blank = []string{"", " \n"}
	return c
}

func csvCase() decodetest.Case {
	s := stream(schema.FormatCSV, append(allTypes(), schema.Column{Name: "again", Type: value.Text, Path: []string{"status"}}))
	return decodetest.Case{
		Stream: s,
		Layout: decode.Layout{Header: []string{"ts", "x", "host", " status ", "latency", "ok", "host"}},
		Good: []string{
			"2026-03-01T12:30:05.250Z,x,a,200,1.5,true,\n", "2026-03-01 12:30:05,,,,,,\r\n", `"2026-03-01","a ""b""","c,d", 7 ,"1e3","","z"` + "\n",
			"a,b,c,d,e,f,g\n", "\"\",\"x\ny\",\"li\r\nne\",9223372036854775808,1e999,0,\n", `1700000000.5,a"b",b"c, 200.0,-0,no,"z"` + "\r\n", ",,\xff,,,,\n",
		},
		Broken: []string{"a,b\n", "1,2,3,4,5,6,7,8\n", `"a"x,,,,,,` + "\n", `"a" ,,,,,,` + "\r\n", " \n", `""",` + `"x,,,,,` + "\n"},
		Blank:  []string{"\n", "\r\n"},
	}
}

func lineCSVCase() decodetest.Case {
	c := csvCase()
	c.Stream.CSV.Multiline = false
	c.Good = c.Good[:4]
	c.Broken = append(c.Broken, `"a,b,c,d,e,f,g`+"\n", `,,"""`+"\n")
	return c
}

func TestContract(t *testing.T) {
	t.Run("json", func(t *testing.T) { decodetest.Run(t, jsonCase()) })
	t.Run("array", func(t *testing.T) { decodetest.Run(t, arrayCase()) })
	t.Run("csv", func(t *testing.T) { decodetest.Run(t, csvCase()) })
	t.Run("csv lines", func(t *testing.T) { decodetest.Run(t, lineCSVCase()) })
}

func FuzzAnyBytes(f *testing.F) {
	for i, c := range []decodetest.Case{jsonCase(), arrayCase(), csvCase(), lineCSVCase()} {
		for _, list := range [][]string{c.Good, c.Broken, c.Blank} {
			for _, s := range list {
				f.Add(i, []byte(s))
			}
		}
	}
	var checkers []*decodetest.Checker
	for _, c := range []decodetest.Case{jsonCase(), arrayCase(), csvCase(), lineCSVCase()} {
		checkers = append(checkers, decodetest.NewChecker(f, c))
	}
	f.Fuzz(func(t *testing.T, i int, data []byte) {
		checkers[uint(i)%4].Check(t, data)
	})
}
