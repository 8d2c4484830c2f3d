package decode_test

import (
	"bytes"
	stdcsv "encoding/csv"
	"encoding/json"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/ingest/split"
	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
	"github.com/windrow/windrow/workers/decode/decodetest"
)

// members reads a JSON object by encoding/json; of equal keys the first counts.
func members(raw []byte) map[string]json.RawMessage {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	m := map[string]json.RawMessage{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil
		}
		var v json.RawMessage
		if dec.Decode(&v) != nil {
			return nil
		}
		if _, ok := m[key.(string)]; !ok {
			m[key.(string)] = v
		}
	}
	return m
}

func follow(raw []byte, path []string) []byte {
	for i, key := range path {
		raw = bytes.TrimSpace(raw)
		var list []json.RawMessage
		switch {
		case len(raw) == 0:
			return nil
		case raw[0] == '[' && i > 0 && strings.HasPrefix(key, "["):
			n, _ := strconv.Atoi(strings.Trim(key, "[]"))
			if json.Unmarshal(raw, &list) != nil || n >= len(list) {
				return nil
			}
			raw = list[n]
		default:
			raw = members(raw)[key]
			if i > 0 && strings.HasPrefix(key, "[") {
				return nil
			}
		}
	}
	return raw
}

// expected is what a column holds for a JSON value, by the standard library.
func expected(typ value.Type, raw []byte) value.Value {
	bad := value.Value{Kind: value.KindBad}
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return value.Value{}
	case typ == value.JSON:
		if !utf8.Valid(raw) {
			return bad
		}
		return value.String(string(raw))
	case raw[0] == '{' || raw[0] == '[':
		return bad
	}
	text := string(raw)
	if raw[0] == '"' {
		if json.Unmarshal(raw, &text) != nil || !utf8.Valid(raw) && typ == value.Text {
			return bad
		}
	}
	switch typ {
	case value.Text:
		return value.String(text)
	case value.Boolean:
		if i := slices.Index([]string{"false", "true", "f", "t", "no", "yes"}, strings.ToLower(strings.Trim(text, " \t"))); i >= 0 {
			return value.Int64(int64(i % 2))
		}
	}
	if text == "true" || text == "false" {
		return bad
	}
	text = strings.Trim(text, " \t")
	switch typ {
	case value.Timestamp:
		if t, ok := value.ParseTime(text, nil); ok {
			return value.Int64(int64(t))
		}
		return value.Value{Kind: value.KindBad, Text: "or a number"}
	case value.Real:
		if f, err := strconv.ParseFloat(text, 64); err == nil && strings.Trim(text, "0123456789.+-eE") == "" {
			return value.Float64(f + 0)
		}
		return bad
	}
	if strings.Trim(text, "0123456789.+-eE") != "" || len(text) > 40 {
		return bad
	}
	if _, e, ok := strings.Cut(strings.ToLower(text), "e"); ok {
		if n, err := strconv.Atoi(e); err != nil || n > 99 || n < -99 {
			return value.Value{Kind: value.KindBad, Text: "or zero"}
		}
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || !r.IsInt() || !r.Num().IsInt64() || typ == value.Boolean && uint64(r.Num().Int64()) > 1 {
		return bad
	}
	return value.Int64(r.Num().Int64())
}

// checkLine compares the decoder with encoding/json for a line that the latter
// accepts.
func checkLine(t failer, s *schema.Stream, want []bool, d decode.Decoder, line []byte) {
	if bytes.IndexByte(line, '\n') >= 0 || !json.Valid(line) || bytes.Contains(line, []byte("\ufffd")) {
		return
	}
	var b decode.Batch
	for range 2 { // the second time all guesses are right
		d.Decode(&b, line, 0)
		if b.Len != 1 {
			t.Fatalf("%q: %d rows", line, b.Len)
		}
		if isObject := bytes.TrimSpace(line)[0] == '{'; isObject == (len(b.Broken) > 0) {
			t.Fatalf("%q: %v", line, b.Broken)
		} else if !isObject {
			return
		}
		for i, c := range s.Columns {
			if !want[i] {
				continue
			}
			exp := expected(c.Type, follow(line, c.Path))
			got := b.Columns[i].At(0)
			if exp.Kind == value.KindBad && exp.Text != "" && got.Kind == value.KindInt {
				continue
			}
			if exp.Text = strings.Clone(exp.Text); exp.Kind == value.KindBad {
				exp.Text = ""
			}
			if got != exp {
				t.Fatalf("%q: %s %s is %+v, want %+v", line, c.Name, c.Type, got, exp)
			}
		}
	}
}

type failer interface{ Fatalf(string, ...any) }

func jsonUnderTest(t testing.TB) (*schema.Stream, []bool, decode.Decoder) {
	s := stream(schema.FormatJSON, jsonColumns())
	want := make([]bool, len(s.Columns))
	for i, c := range s.Columns {
		want[i] = c.Expr == nil
	}
	d, err := decode.New(s, want, decode.Layout{})
	if err != nil {
		t.Fatal(err)
	}
	return s, want, d
}

// object draws lines with the wanted keys in any order, escaped, repeated,
// spaced, nested, and with values of all kinds.
func object() *rapid.Generator[string] {
	scalar := rapid.SampledFrom([]string{`1`, `-0`, `0.5`, `2e2`, `1E-3`, `12345678901234567890`, `1e400`, `123.456`, `true`, `false`, `null`, `""`, `"a"`, `"200"`, `" 7 "`, `"é"`, `"\u00e9\n"`, `"\ud83d\ude00"`, `"\ud83d"`,
		`"long enough to need more than one word"`, `"2026-03-01T12:30:05.250Z"`, `"2026-03-01T12:30:06.999Z"`, `"2026-03-01 12:31"`, `"\\"`, `"a\"b"`, `"}"`, "\"\xff\"", `"yes"`, `1772368205`})
	key := rapid.SampledFrom([]string{`"ts"`, `"host"`, `"status"`, `"latency"`, `"ok"`, `"extra"`, `"list"`, `"a"`, `"b"`, `"x"`, `"st\u0061tus"`, `"a longer key that nobody wants at all"`, `""`, `"hos"`, `"[2]"`})
	space := rapid.SampledFrom([]string{"", "", "", " ", "\t", "  "})
	var node func(depth int) *rapid.Generator[string]
	node = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			kind := rapid.IntRange(0, 9).Draw(t, "kind")
			if depth == 0 {
				kind = 9
			}
			if depth < 0 || kind < 7 && depth > 0 {
				return scalar.Draw(t, "scalar")
			}
			sp := space.Draw(t, "space")
			var b strings.Builder
			open, shut := "{", "}"
			if kind == 8 {
				open, shut = "[", "]"
			}
			b.WriteString(open + sp)
			for i := range rapid.IntRange(0, 9-2*depth).Draw(t, "size") {
				if i > 0 {
					b.WriteString(sp + "," + sp)
				}
				if kind != 8 {
					b.WriteString(key.Draw(t, "key") + sp + ":" + space.Draw(t, "after"))
				}
				if depth < 3 {
					b.WriteString(node(depth+1).Draw(t, "value"))
				} else {
					b.WriteString(scalar.Draw(t, "leaf"))
				}
			}
			b.WriteString(sp + shut)
			return b.String()
		})
	}
	return node(0)
}

func TestObjectsAreThoseOfEncodingJSON(t *testing.T) {
	s, want, d := jsonUnderTest(t)
	gen := object()
	rapid.Check(t, func(t *rapid.T) {
		for range 10 {
			checkLine(t, s, want, d, []byte(gen.Draw(t, "line")))
		}
	})
}

func FuzzObject(f *testing.F) {
	for _, list := range [][]string{goodObjects, brokenObjects} {
		for _, s := range list {
			f.Add([]byte(s))
		}
	}
	s, want, d := jsonUnderTest(f)
	f.Fuzz(func(t *testing.T, line []byte) { checkLine(t, s, want, d, line) })
}

// What encoding/json rejects in a wanted value is never taken.
func FuzzWantedValue(f *testing.F) {
	types := []value.Type{value.Integer, value.Real, value.Text, value.Boolean, value.Timestamp, value.JSON}
	for _, tc := range jsonCells {
		f.Add(slices.Index(types, tc.typ), tc.raw)
	}
	var decoders []decode.Decoder
	for _, typ := range types {
		d, err := decode.New(stream(schema.FormatJSON, []schema.Column{{Name: "x", Type: typ}}), []bool{true}, decode.Layout{})
		if err != nil {
			f.Fatal(err)
		}
		decoders = append(decoders, d)
	}
	f.Fuzz(func(t *testing.T, i int, raw string) {
		if strings.ContainsAny(raw, ",\n") || json.Valid([]byte(raw)) {
			return
		}
		var b decode.Batch
		decoders[uint(i)%uint(len(types))].Decode(&b, []byte(`{"x":`+raw+`}`), 0)
		if b.Len != 1 || b.Columns[0].Kind[0] != value.KindBad {
			t.Fatalf("%q as %s: %+v", raw, types[uint(i)%uint(len(types))], b.Columns[0].At(0))
		}
	})
}

// Fields are those of encoding/csv.
func TestFieldsAreThoseOfEncodingCSV(t *testing.T) {
	s := stream(schema.FormatCSV, []schema.Column{{Name: "a", Type: value.Text}, {Name: "b", Type: value.Text}, {Name: "c", Type: value.Text}})
	s.CSV.Header = false
	want := []bool{true, false, true}
	d, err := decode.New(s, want, decode.Layout{})
	if err != nil {
		t.Fatal(err)
	}
	cell := rapid.SampledFrom([]string{"", "a", "b c", `"a"`, `""`, `"x,y"`, "\"line\nline\"", `"q""q"`, `a"b`, `"bad"x`, `"open`, " ", "é", "longer than eight bytes", "\r"})
	end := rapid.SampledFrom([]string{"\n", "\r\n", "\n\n"})
	rapid.Check(t, func(t *rapid.T) {
		rec := cell.Draw(t, "a") + "," + cell.Draw(t, "b") + "," + cell.Draw(t, "c") + end.Draw(t, "end")
		r := stdcsv.NewReader(strings.NewReader(rec))
		fields, err := r.Read()
		if _, more := r.Read(); err != nil || more != io.EOF || len(fields) != 3 || strings.Contains(rec[:len(rec)-2], "\r") {
			return
		}
		var b decode.Batch
		d.Decode(&b, []byte(rec), 0)
		if b.Len != 1 || len(b.Broken) > 0 {
			t.Fatalf("%q: %d rows, %v", rec, b.Len, b.Broken)
		}
		for _, i := range []int{0, 2} {
			if got := b.Columns[i].At(0); got.Text != fields[i] || got.Kind == value.KindBad {
				t.Fatalf("%q: field %d is %+v, want %q", rec, i, got, fields[i])
			}
		}
	})
}

// checkCuts decodes what the splitter cuts, with any chunk size, and compares
// with decoding all at once. Records that it finds too long must be too long.
func checkCuts(t testing.TB, c decodetest.Case, kind split.Kind, data []byte, size int) {
	t.Helper()
	want := make([]bool, len(c.Stream.Columns))
	want[1] = true
	d, err := decode.New(c.Stream, want, c.Layout)
	if err != nil {
		t.Fatal(err)
	}
	whole := decodetest.Rows(t, d, want, data, 0)
	var parts []decodetest.Row
	ch := split.NewChunker(bytes.NewReader(data), kind, 0, size, c.Stream.MaxRecord)
	for {
		k, err := ch.Next()
		if err == io.EOF {
			break
		}
		if k.Oversize {
			parts = append(parts, decodetest.Row{Begin: k.Lo, Broken: "longer"})
			continue
		}
		parts = append(parts, decodetest.Rows(t, d, want, k.Data, k.Lo)...)
	}
	if len(parts) != len(whole) {
		t.Fatalf("size %d of %q:\n got %v\nwant %v", size, data, parts, whole)
	}
	for i, p := range parts {
		w := whole[i]
		if p.Broken == "longer" && strings.HasPrefix(w.Broken, "longer than") {
			p = w
		}
		if p.Begin != w.Begin || p.End != w.End || !p.Same(w) {
			t.Fatalf("size %d of %q, row %d:\n got %v\nwant %v", size, data, i, p, w)
		}
	}
}

func cutCases() ([]decodetest.Case, []split.Kind) {
	cases := []decodetest.Case{jsonCase(), arrayCase(), csvCase(), lineCSVCase()}
	for i := range cases {
		cases[i].Stream.MaxRecord = 150
	}
	return cases, []split.Kind{split.Lines, split.Array, split.CSV(',', '"'), split.Lines}
}

func TestDecoderAgreesWithSplitter(t *testing.T) {
	cases, kinds := cutCases()
	for i, c := range cases {
		var data []byte
		for _, list := range [][]string{c.Good, c.Broken, c.Good} {
			data = append(data, strings.Join(list, "")...)
		}
		for size := 1; size < 700; size += 7 {
			checkCuts(t, c, kinds[i], data, size)
		}
	}
}

func FuzzDecoderAgreesWithSplitter(f *testing.F) {
	cases, kinds := cutCases()
	for i, c := range cases {
		f.Add(i, 10, []byte(strings.Join(c.Good, "")))
		f.Add(i, 50, []byte(strings.Join(c.Broken, "")))
		cases[i].Stream.MaxRecord = 40
	}
	f.Add(1, 3, []byte(`{"host":1} ,, {"a":"]"}] x`))
	f.Add(2, 3, []byte("\"a\nb\",c\n\"d\n,e\nf,\"g\"\"\nh\"\n"))
	f.Fuzz(func(t *testing.T, i, size int, data []byte) {
		if len(data) < 2000 {
			i := uint(i) % 4
			checkCuts(t, cases[i], kinds[i], data, int(uint(size)%200))
		}
	})
}
