package decode_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
	"github.com/windrow/windrow/workers/decode/decodetest"
	"github.com/windrow/windrow/workers/decode/scan"
)

// alike checks that a record reads the same after records of its own shape as
// it does alone: by the general functions, by the template one by one, and
// together with others in a window.
func alike(t testing.TB, fail func(string, ...any), shape, record string) {
	t.Helper()
	if strings.Contains(shape+record, "\n") {
		return
	}
	const follow = `{"pad":"so that the template may look ahead of the record"}` + "\n"
	before := strings.Repeat(shape+"\n", 4)
	alone := templateRows(t, record+"\n", false)
	for _, together := range []bool{false, true} {
		after := templateRows(t, before+record+"\n"+follow, together)
		if n := len(after) - 1 - len(alone); n < 0 || n > 4 {
			fail("%d rows, alone %d", len(after), len(alone))
		} else {
			after = after[n:]
		}
		for i := range alone {
			got := after[i]
			got.Begin, got.End = got.Begin-int64(len(before)), got.End-int64(len(before))
			if !reflect.DeepEqual(got, alone[i]) {
				fail("after %s\n%s gives %+v, alone %+v; together: %v", shape, record, got, alone[i], together)
			}
		}
	}
}

// templateRows decodes data, where the processor has vectors in windows or not.
func templateRows(t testing.TB, data string, together bool) []decodetest.Row {
	c := templateCase()
	want := make([]bool, len(c.Stream.Columns))
	for i, col := range c.Stream.Columns {
		want[i] = col.Expr == nil
	}
	had := scan.Vectors
	scan.Vectors = had && together
	d, err := decode.New(c.Stream, want, c.Layout)
	scan.Vectors = had
	if err != nil {
		t.Fatal(err)
	}
	return decodetest.Rows(t, d, want, []byte(data), 0)
}

// templateCase has a column of each type that takes a field alone.
func templateCase() decodetest.Case {
	c := jsonCase()
	c.Stream.Columns = append(c.Stream.Columns, schema.Column{Name: "n", Type: value.Integer, Path: []string{"n"}})
	return c
}

// shapes are records whose members the cases want, in ways that the template
// reads and in ways that it leaves alone.
func shapes() []string {
	var out []string
	for _, s := range jsonCase().Good {
		if s = strings.TrimRight(s, "\r\n"); s != "" && !strings.Contains(s, "\n") {
			out = append(out, s)
		}
	}
	return out
}

func TestTemplateIsAlike(t *testing.T) {
	all := shapes()
	for _, a := range all {
		for _, b := range all {
			alike(t, t.Fatalf, a, b)
		}
	}
	values := []string{`1`, `0`, `-1`, `1.5`, `01`, `1e5`, `12345678`, `123456789012345678901`, `1.`, `1.00000001`, `0.5`, `00.5`, `1234567.1234567`, `null`, `true`, `"200"`, `""`,
		`"a"`, `"é"`, `"\u0061"`, `"abcdefgh"`, `"abcdefghijklmno"`, `"abcdefghijklmnop"`, `"a\"b"`, `"2026-03-01T12:00:00.000Z"`, `"2026-03-01T12:00:61.000Z"`, `{}`, `[1]`, ` 1 `, `1 `, `x`, ``, `"`}
	for _, col := range templateCase().Stream.Columns {
		key := col.Name
		if len(col.Path) == 1 {
			key = col.Path[0]
		}
		for _, a := range values {
			for _, b := range values {
				alike(t, t.Fatalf, `{"`+key+`":`+a+`,"z":1}`, `{"`+key+`":`+b+`,"z":1}`)
			}
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		a := rapid.SampledFrom(all).Draw(rt, "shape")
		b := rapid.SampledFrom(all).Draw(rt, "record")
		at := bytes.IndexByte([]byte(b), ':')
		for range rapid.IntRange(0, 6).Draw(rt, "member") {
			if next := strings.IndexByte(b[at+1:], ':'); next >= 0 {
				at += 1 + next
			}
		}
		if at >= 0 && rapid.Bool().Draw(rt, "change") {
			end := at + 1
			for end < len(b) && b[end] != ',' && b[end] != '}' {
				end++
			}
			b = b[:at+1] + rapid.SampledFrom(values).Draw(rt, "value") + b[end:]
			if rapid.Bool().Draw(rt, "same") {
				a = b
			}
		}
		alike(t, rt.Fatalf, a, b)
	})
}

func FuzzTemplate(f *testing.F) {
	all := shapes()
	for i, s := range all {
		f.Add(s, all[(i+1)%len(all)])
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, shape, record string) { alike(t, t.Fatalf, shape, record) })
}
