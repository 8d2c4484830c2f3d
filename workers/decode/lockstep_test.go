package decode_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/workers/decode"
	"github.com/windrow/windrow/workers/decode/decodetest"
)

// lineByLine decodes each line of data by a decoder of its own.
func lineByLine(t testing.TB, data string) []decodetest.Row {
	var all []decodetest.Row
	at := int64(0)
	for line := range strings.Lines(data) {
		for _, r := range templateRows(t, line, false) {
			r.Begin, r.End = r.Begin+at, r.End+at
			all = append(all, r)
		}
		at += int64(len(line))
	}
	return all
}

func checkTogether(t testing.TB, fail func(string, ...any), data string) {
	t.Helper()
	got, want := templateRows(t, data, true), lineByLine(t, data)
	if len(got) != len(want) {
		fail("%d rows of %d in %q", len(got), len(want), data)
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			fail("row %d is %+v, alone %+v in %q", i, got[i], want[i], data)
		}
	}
}

// usual draws a record of one shape, its values of any length.
func usual(t *rapid.T, sep string) string {
	text := func(what string) string {
		return strings.Repeat("abc/é"[:rapid.SampledFrom([]int{4, 4, 4, 6}).Draw(t, what)], rapid.IntRange(0, 30).Draw(t, "times"))
	}
	n := rapid.SampledFrom([]string{"0", "1", "200", "1234567", "12345678", "-5", "1e3", "01", "null", "99999999999999999999", "2.0", `"7"`}).Draw(t, "integer")
	x := rapid.SampledFrom([]string{"0.5", "12.345", "123456.7", "1234567.8", "1.23456789", "7", "-0.0", "1e-3", "00.5", "1.", "9007199254740993.5"}).Draw(t, "real")
	ts := rapid.SampledFrom([]string{"2026-03-01T12:30:05.250Z", "2026-03-01T12:30:06.999Z", "2026-03-01T12:31:00.000Z", "2026-03-01T12:30:61.000Z", "2026-03-01T12:30:05Z", "2026-03-01 12:30:05.123456+02:00", "soon"}).Draw(t, "time")
	skipped := rapid.SampledFrom([]string{"1", "1.25", "1234567890123", "true", "tru", "1 ", "-", `{"a":"]"}`, `[1,{}]`, ``, `1"`}).Draw(t, "skipped")
	return strings.Join([]string{`{"ts": "` + ts + `"`, `"path":"` + text("path") + `"`, `"host":"` + text("host") + `"`, `"status":` + n, `"n":` + n,
		`"a key of more than sixteen bytes":` + skipped, `"latency":` + x, `"ok":true`, `"host":"again"}`}, sep)
}

// Records of any kind are alike together and alone, whatever is around them.
func TestTogetherIsAlike(t *testing.T) {
	odd := rapid.SampledFrom(append(with(append(goodObjects, brokenObjects...), "\n"), "\n", " \n", "\r\n", `{"host":"`+strings.Repeat("x", 9000)+`"}`+"\n", "  {\"n\":1}\n", `{"n":1}  `+"\n"))
	rapid.Check(t, func(rt *rapid.T) {
		sep := rapid.SampledFrom([]string{",", ", "}).Draw(rt, "separator")
		end := rapid.SampledFrom([]string{"\n", "\r\n", " \t\n"}).Draw(rt, "end")
		var b strings.Builder
		for range rapid.IntRange(1, 6).Draw(rt, "runs") {
			one := usual(rt, sep)
			for range rapid.IntRange(0, 20).Draw(rt, "length") {
				if b.WriteString(one + end); rapid.IntRange(0, 3).Draw(rt, "new") == 0 {
					one = usual(rt, sep)
				}
			}
			b.WriteString(odd.Draw(rt, "odd"))
		}
		data := b.String()
		if rapid.Bool().Draw(rt, "cut") { // the last line has no end
			data = strings.TrimRight(data, "\r\n")
		}
		checkTogether(t, rt.Fatalf, data)
	})
}

// A window has more rows than there is room for, and the batch fewer.
func TestManyShortLines(t *testing.T) {
	for _, n := range []int{500, 1023, 1024, 1025, 3000} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "{\"n\":%d}\n", i)
			if i%700 == 600 {
				b.WriteString("{}\n\n{\"n\":null}\n")
			}
		}
		checkTogether(t, t.Fatalf, b.String())
	}
}

// A line over the limit is refused, and the others around it are not.
func TestLongLinesTogether(t *testing.T) {
	s := stream(schema.FormatJSON, jsonColumns())
	s.MaxRecord = 100
	want := make([]bool, len(s.Columns))
	want[1] = true
	d, err := decode.New(s, want, decode.Layout{})
	if err != nil {
		t.Fatal(err)
	}
	line := func(n int) string { return `{"host":"` + strings.Repeat("x", n-11) + "\"}\n" }
	for range 3 {
		rows := decodetest.Rows(t, d, want, []byte(strings.Repeat(line(60), 20)+line(100)+line(101)+strings.Repeat(line(60), 20)), 0)
		for i, r := range rows {
			if (r.Broken != "") != (i == 21) {
				t.Errorf("row %d: %q", i, r.Broken)
			}
		}
		if len(rows) != 42 {
			t.Error(len(rows))
		}
	}
}

// Where a key is far before its colon, marks of an earlier text are not taken
// for those of this one.
func TestMuchSpaceBeforeAColon(t *testing.T) {
	s := stream(schema.FormatJSON, jsonColumns())
	want := make([]bool, len(s.Columns))
	want[1] = true
	fresh := func() decode.Decoder {
		d, err := decode.New(s, want, decode.Layout{Array: true})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	before := []byte(`{"host":"x"` + strings.Repeat(`,"a":1`, 500) + "},")
	for gap := range 1300 {
		text := []byte(`{"host"` + strings.Repeat(" ", gap) + `:"x}}}}}}}}}}}}}}}}}}}}}}}}x","z":1,"and":"what stands behind it"},`)
		d := fresh()
		decodetest.Rows(t, d, want, before, 0)
		got, alone := decodetest.Rows(t, d, want, text, 0), decodetest.Rows(t, fresh(), want, text, 0)
		if !reflect.DeepEqual(got, alone) {
			t.Fatalf("%d: %+v, alone %+v", gap, got, alone)
		}
	}
}

func TestDecodingEventsAllocatesNothing(t *testing.T) {
	for name, data := range map[string][]byte{"in order": benchData(inOrder), "spaced": benchData(spaced), "shuffled": benchData(shuffled)} {
		s, want := benchStream(schema.FormatJSON)
		d, err := decode.New(s, want, decode.Layout{})
		if err != nil {
			t.Fatal(err)
		}
		var b decode.Batch
		if n := testing.AllocsPerRun(2, func() {
			for at := 0; at < len(data); {
				at += d.Decode(&b, data[at:], int64(at))
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func FuzzTogether(f *testing.F) {
	all := shapes()
	for i, s := range all {
		f.Add(s, all[(i+1)%len(all)], 3)
	}
	f.Fuzz(func(t *testing.T, a, b string, n int) {
		n = int(uint(n) % 20)
		checkTogether(t, t.Fatalf, strings.Repeat(a+"\n", n)+b+"\n"+a+"\n"+strings.Repeat(b+"\n", n))
	})
}
