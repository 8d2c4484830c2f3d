package decode

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// twins reads objects by marks and by the general functions.
type twins struct {
	walk, general   *jsonDecoder
	walked, generic Batch
}

func newTwins(t testing.TB, array bool) *twins {
	s := &schema.Stream{Name: "s", Columns: []schema.Column{
		{Name: "ts", Type: value.Timestamp}, {Name: "host", Type: value.Text}, {Name: "status", Type: value.Integer},
		{Name: "latency_ms", Type: value.Real}, {Name: "ok", Type: value.Boolean}, {Name: "extra", Type: value.JSON},
		{Name: "route", Type: value.Text, Path: []string{"request", "route"}}, {Name: "deep", Type: value.Integer, Path: []string{"extra", "a", "b"}},
		{Name: "third", Type: value.Text, Path: []string{"list", "[2]"}}, {Name: "inner", Type: value.Real, Path: []string{"list", "[1]", "x"}},
		{Name: "long", Type: value.Integer, Path: []string{"a key of more than sixteen bytes"}}, {Name: "odd", Type: value.Integer, Path: []string{`q"\é`}},
		{Name: "none", Type: value.Integer, Path: []string{""}}, {Name: "status_text", Type: value.Text, Path: []string{"status"}},
	}}
	s.Format, s.TimestampFormat = schema.FormatJSON, "auto"
	want := slices.Repeat([]bool{true}, len(s.Columns))
	w := &twins{}
	for _, d := range []**jsonDecoder{&w.walk, &w.general} {
		dec, err := New(s, want, Layout{Array: array})
		if err != nil {
			t.Fatal(err)
		}
		*d = dec.(*jsonDecoder)
	}
	w.general.byByte = true
	return w
}

// check reads the object at i of data, and fails if the twins differ or if
// what is JSON and converts is not walked over.
func (w *twins) check(fail func(string, ...any), data []byte, i int) {
	w.walk.begin(&w.walked, data, 0)
	w.general.begin(&w.generic, data, 0)
	w.walk.marks.Reset(data, !w.walk.array)
	w.walk.marks.Begin(i)
	w.walk.serial++
	w.general.serial++
	w.general.why = ""
	end := w.walk.walk(w.walk.root, i)
	want := w.general.general(w.general.root, i)
	if end < 0 {
		if want >= 0 && string(data[want:]) == afterObject && len(w.generic.Bad) == 0 && json.Valid(data[i:want]) {
			fail("%q at %d is not walked over", data[i:want], i)
		}
		return
	}
	if end != want {
		fail("%q at %d ends at %d, walked at %d (%s)", data, i, want, end, w.general.why)
	}
	if !slices.Equal(w.walked.Bad, w.generic.Bad) {
		fail("%q at %d: %v, walked %v", data, i, w.generic.Bad, w.walked.Bad)
	}
	for c := range w.generic.Columns {
		if a, b := w.generic.Columns[c].At(0), w.walked.Columns[c].At(0); a != b {
			fail("%q at %d: column %d is %+v, walked %+v", data, i, c, a, b)
		}
	}
}

const afterObject = "\n" + `{"so that the walk":"may look ahead"}` + "\n"

var walkedObjects = []string{
	`{"ts":"2026-03-01T11:59:59.949Z","latency_ms":22.100,"bytes":74554,"http":{"status":999,"host":"decoy","headers":{"accept":"*\/*","x":[1,2.5,{"status":"\u2713"}]}},"host":"host-0022","status":200}`,
	`{"agent":"Mozilla\/5.0 (\"X11\"; Linux)\tcaf\u00e9 \\ 58","host":"a\"b","status":"7","list":[1,{"x":2.5,"y":[]},"third"],"extra":{"a":{"b":7},"c":"é"},"request":{"route":"/x"}}`,
	` { "host" : null , "status" : 1.5 , "request" : { "x" : [ "]" ] , "route":"r" } , "list" : [ ] , "extra":{} , "ts":1772368205 } `[1:],
	`{"st\u0061tus":3,"status":4,"q\"\\é":5,"":6,"a key of more than sixteen bytes":7,"a key of more than sixteen bytes!":8,"` + strings.Repeat("k", 70) + `":9}`,
	`{}`, `{"list":{"[2]":1},"extra":[1,2],"request":"r","ok":true,"none":01,"bad":tru\,"status":1e2,"latency_ms":-0.5}`,
	`{"http":[\"x"],"host":"` + strings.Repeat(`long \\ `, 20) + `","status":12345678901}`,
	`{"http":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `,"host":"` + strings.Repeat("é", 40) + `","extra":` + strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60) + `}`,
	`{"request":{"route":1,"route":2},"request":{"route":3},"list":[{"x":1},{"x":2},[3]],"host":"\ud83d","extra":{"a" 1}}`,
}

// At each place of a block, with each byte changed, taken out, or the last.
func TestWalkIsAlike(t *testing.T) {
	for _, array := range []bool{false, true} {
		w := newTwins(t, array)
		for _, obj := range walkedObjects {
			for n := range 64 {
				w.check(t.Fatalf, []byte(strings.Repeat(" ", n)+obj+afterObject), n)
			}
			for i := range obj {
				for _, c := range []string{`"`, `\`, "{", "}", "[", "]", ",", ":", " ", "\n", "\x01", "\xff", "1", ""} {
					w.check(t.Fatalf, []byte(obj[:i+1]+c+obj[i+1:]+afterObject), 0)
					w.check(t.Fatalf, []byte("{"+strings.TrimPrefix(obj[:i]+c+obj[i+1:], "{")+afterObject), 0)
				}
				w.check(t.Fatalf, []byte(obj[:i+1]), 0)
				w.check(t.Fatalf, []byte(obj[:i+1]+afterObject), 0)
			}
		}
	}
}

func FuzzWalk(f *testing.F) {
	for i, obj := range walkedObjects {
		f.Add([]byte(obj), uint8(i))
	}
	lines, arrays := newTwins(f, false), newTwins(f, true)
	f.Fuzz(func(t *testing.T, obj []byte, n uint8) {
		w := lines
		if n&64 != 0 {
			w = arrays
		}
		data := slices.Concat(bytes.Repeat([]byte{' '}, int(n%64)), []byte{'{'}, bytes.TrimPrefix(obj, []byte("{")), []byte(afterObject))
		w.check(t.Fatalf, data, int(n%64))
	})
}

// rowsOf is what the decoder makes of data.
func rowsOf(w *twins, data []byte) (rows []string) {
	b := &w.walked
	w.walk.Decode(b, data, 0)
	for i := range b.Len {
		row := fmt.Sprintf("%q", data[b.Begin[i]:b.End[i]])
		for _, c := range b.Columns {
			row += fmt.Sprintf(" %+v", c.At(i))
		}
		rows = append(rows, row)
	}
	for _, bad := range b.Bad {
		rows[bad.Row] += " " + bad.Reason
	}
	for _, broken := range b.Broken {
		rows[broken.Row] += " " + broken.Reason
	}
	return rows
}

// What a record gives does not depend on those before it, whatever their
// strings and brackets have come to.
func TestMarksGoOnAfterAnyRecord(t *testing.T) {
	broken := []string{`{"a":"b`, `{"a":"b\`, `{"a":\"b"}`, `"`, `{"host":"x","http":{"a":"}`, "{\"host\":\"\x01\"}", `{"a":1}"`, `{"a":1 "b`, `{"host":"x"}\"`, `{"a":[\"b]}`, `{"a":[\"b"]}`, `{"a":[\"b"],"host":"c"}`, ``, `\`, `{"a":{"b":1]}`}
	piece := rapid.SampledFrom(append(broken, walkedObjects...))
	lines, alone := newTwins(t, false), newTwins(t, false)
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(piece, 1, 12).Draw(t, "records")
		var want []string
		for _, rec := range list {
			want = append(want, rowsOf(alone, []byte(rec+"\n"))...)
		}
		if got := rowsOf(lines, []byte(strings.Join(list, "\n")+"\n")); !slices.Equal(got, want) {
			t.Fatalf("%q gives\n%s\nalone\n%s", list, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// In an array, what follows a broken element is read by marks again.
func TestMarksGoOnAfterABrokenElement(t *testing.T) {
	w, alone := newTwins(t, true), newTwins(t, true)
	for _, bad := range []string{`{"a":1}x"y"`, `{"a" "b" "c"}`, `{"a":[\"b"]}x`, `7"8"`, `{"a":"b` + "\n" + `"}`, `"x"`, `{"a":1 2}`} {
		for _, obj := range walkedObjects {
			if !json.Valid([]byte(obj)) {
				continue
			}
			want := slices.Concat(rowsOf(alone, []byte(obj+",")), rowsOf(alone, []byte(bad+",")), rowsOf(alone, []byte(obj+",")))
			if got := rowsOf(w, []byte(obj+","+bad+","+obj+",")); !slices.Equal(got, want) {
				t.Fatalf("%s gives\n%s\nalone\n%s", bad, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}
