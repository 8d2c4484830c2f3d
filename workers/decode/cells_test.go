package decode_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
	"github.com/windrow/windrow/workers/decode/decodetest"
)

// read decodes one record with one column x of a type and shows the cell.
func read(t *testing.T, s *schema.Stream, l decode.Layout, rec string) string {
	t.Helper()
	want := make([]bool, len(s.Columns))
	want[0] = true
	d, err := decode.New(s, want, l)
	if err != nil {
		t.Fatal(err)
	}
	rows := decodetest.Rows(t, d, want, []byte(rec), 0)
	if len(rows) != 1 {
		t.Fatalf("%q: %d rows", rec, len(rows))
	}
	return show(rows[0])
}

func show(r decodetest.Row) string {
	v := r.Cells[0]
	switch {
	case r.Broken != "":
		return "broken: " + r.Broken
	case v.Kind == value.KindBad:
		return r.Reasons[0]
	case v.Kind == value.KindNull:
		return "NULL"
	case v.Kind == value.KindInt:
		return fmt.Sprint(v.Int)
	case v.Kind == value.KindReal:
		return fmt.Sprintf("%g", v.Real)
	}
	return fmt.Sprintf("%q", v.Text)
}

var jsonCells = []struct {
	typ       value.Type
	raw, want string
}{
	{value.Integer, `200`, "200"}, {value.Integer, `"200"`, "200"}, {value.Integer, `" 200 "`, "200"}, {value.Integer, `200.0`, "200"}, {value.Integer, `2e2`, "200"}, {value.Integer, `-0`, "0"},
	{value.Integer, `9223372036854775807`, "9223372036854775807"}, {value.Integer, `-9223372036854775808`, "-9223372036854775808"}, {value.Integer, `"007"`, "7"},
	{value.Integer, `9223372036854775808`, "x: 9223372036854775808 is out of range"}, {value.Integer, `1e400`, "x: 1e400 is out of range"}, {value.Integer, `1.5`, "x: 1.5 is not an INTEGER"},
	{value.Integer, `"abc"`, "x: 'abc' is not an INTEGER"}, {value.Integer, `""`, "x: '' is not an INTEGER"}, {value.Integer, `true`, "x: true is not an INTEGER"}, {value.Integer, `007`, "x: 007 is not JSON"},
	{value.Integer, `{"a":1}`, "x: an object is not an INTEGER"}, {value.Integer, `[1]`, "x: an array is not an INTEGER"}, {value.Integer, `null`, "NULL"}, {value.Integer, `nul`, "x: nul is not JSON"}, {value.Integer, `+1`, "x: +1 is not JSON"},
	{value.Integer, `"\u0032\u0030"`, "20"}, {value.Integer, `"0x10"`, "x: '0x10' is not an INTEGER"}, {value.Integer, `1x`, "x: 1x is not JSON"},
	{value.Real, `1.5`, "1.5"}, {value.Real, `"1.5"`, "1.5"}, {value.Real, `-0.0`, "0"}, {value.Real, `-0`, "0"}, {value.Real, `9007199254740993`, "9.007199254740992e+15"}, {value.Real, `1e400`, "x: 1e400 is out of range"},
	{value.Real, `0.1234567890123456789`, "0.12345678901234568"}, {value.Real, `1e-400`, "0"}, {value.Real, `"NaN"`, "x: 'NaN' is not a REAL"}, {value.Real, `"Infinity"`, "x: 'Infinity' is not a REAL"}, {value.Real, `NaN`, "x: NaN is not JSON"},
	{value.Real, `.5`, "x: .5 is not JSON"}, {value.Real, `5.`, "x: 5. is not JSON"}, {value.Real, `false`, "x: false is not a REAL"},
	{value.Text, `"a"`, `"a"`}, {value.Text, `""`, `""`}, {value.Text, `" a "`, `" a "`}, {value.Text, `1.50`, `"1.50"`}, {value.Text, `true`, `"true"`}, {value.Text, `null`, "NULL"}, {value.Text, `[1]`, "x: an array is not a TEXT"},
	{value.Text, `"\ud83d\ude00\ud83dx\udc00\ud83d\u0041\/\b\f\n\r\t"`, fmt.Sprintf("%q", "😀\ufffdx\ufffd\ufffdA/\b\f\n\r\t")}, {value.Text, `"\u0000"`, `"\x00"`}, {value.Text, `"é日本"`, `"é日本"`},
	{value.Text, "\"\xff\"", "x: not valid UTF-8"}, {value.Text, "\"aaaaaaaaaaaaaaaa\xc3\"", "x: not valid UTF-8"}, {value.Text, `"\q"`, `x: '\q' has a bad escape`}, {value.Text, `"\u12g4"`, `x: '\u12g4' has a bad escape`},
	{value.Text, `"\u00"`, `x: '\u00' has a bad escape`}, {value.Text, `1.`, "x: 1. is not JSON"}, {value.Text, `tru`, "x: tru is not JSON"},
	{value.Boolean, `true`, "1"}, {value.Boolean, `false`, "0"}, {value.Boolean, `1`, "1"}, {value.Boolean, `0`, "0"}, {value.Boolean, `"Yes"`, "1"}, {value.Boolean, `"f"`, "0"}, {value.Boolean, `2`, "x: 2 is not a BOOLEAN"}, {value.Boolean, `"maybe"`, "x: 'maybe' is not a BOOLEAN"},
	{value.Timestamp, `"1970-01-01T00:00:01.500Z"`, "1500000"}, {value.Timestamp, `"1970-01-01 00:00:01"`, "1000000"}, {value.Timestamp, `1`, "1000000"}, {value.Timestamp, `1.5`, "1500000"}, {value.Timestamp, `"1.5"`, "1500000"},
	{value.Timestamp, `1e300`, "x: 1e300 is out of range"}, {value.Timestamp, `"soon"`, "x: 'soon' is not a TIMESTAMP"}, {value.Timestamp, `true`, "x: true is not a TIMESTAMP"}, {value.Timestamp, `"1970-01-01T00:00:01.500\u005a"`, "1500000"},
	{value.Timestamp, `"1970-13-01T00:00:01.500Z"`, "x: '1970-13-01T00:00:01.500Z' is not a TIMESTAMP"},
	{value.JSON, `{"a": [1, {"b":null}]}`, `"{\"a\": [1, {\"b\":null}]}"`}, {value.JSON, `"a"`, `"\"a\""`}, {value.JSON, `1`, `"1"`}, {value.JSON, `null`, "NULL"}, {value.JSON, `{"a" 1}`, `x: {"a" 1} is not JSON`}, {value.JSON, "\"\xff\"", "x: not valid UTF-8"},
	{value.JSON, `[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,]`, `x: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,... is not JSON`},
	{value.Integer, ``, "broken: a value is missing at byte 6"}, {value.Integer, `1 2`, "broken: ',' or '}' is missing at byte 8"}, {value.Integer, `"a`, "broken: a string is not closed at byte 6"}, {value.Integer, "\"a\tb\"", "broken: a control character in a string at byte 8"},
	{value.Integer, `[1}`, "broken: brackets do not pair at byte 8"}, {value.Integer, `[1`, "broken: brackets do not pair at byte 8"}, {value.Integer, `{"a":"]"`, "broken: ',' or '}' is missing at byte 15"},
	{value.Integer, strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001), "broken: brackets nest too deep at byte 10006"},
	{value.Integer, strings.Repeat(`[{"a":`, 200) + "1" + strings.Repeat("}]", 200), "x: an array is not an INTEGER"},
	{value.Integer, strings.Repeat(`[{"a":`, 200) + "1" + strings.Repeat("]}", 200), "broken: brackets do not pair at byte 1207"},
}

func TestJSONCells(t *testing.T) {
	for _, tc := range jsonCells {
		s := stream(schema.FormatJSON, []schema.Column{{Name: "x", Type: tc.typ}})
		for _, tail := range []string{"\n", ""} {
			if got := read(t, s, decode.Layout{}, `{"x":`+tc.raw+"}"+tail); got != tc.want {
				t.Errorf("%s from %.60s: %s, want %s", tc.typ, tc.raw, got, tc.want)
			}
		}
	}
}

func TestJSONRecords(t *testing.T) {
	for rec, want := range map[string]string{
		`{"x":1,"x":2}`: "1", `{"x":null,"x":2}`: "NULL", `{"\u0078":3}`: "3", `{"X":3}`: "NULL", `{"y":{"x":3}}`: "NULL", `{"y":[{"x":3}],"x":4}`: "4", "{}": "NULL", " { } ": "NULL",
		"{ \"x\" :\t5\r}\r": "5", `{"xx":1,"":2}`: "NULL", `[1]`: "broken: not a JSON object at byte 1", `  null`: "broken: not a JSON object at byte 3", `{"x":1`: "broken: ',' or '}' is missing at byte 7",
		`{"x" 1}`: "broken: ':' is missing at byte 6", `{"x"`: "broken: ':' is missing at byte 5", `{x:1}`: "broken: a key is missing at byte 2", `{"x":1,}`: "broken: a key is missing at byte 8", `{`: "broken: a key is missing at byte 2",
		`{"x":1}}`: "broken: something after the object at byte 8", `{"\x":1}`: "broken: a bad escape in a key at byte 2", `{"a":"\`: "broken: a string is not closed at byte 6",
	} {
		s := stream(schema.FormatJSON, []schema.Column{{Name: "x", Type: value.Integer}})
		if got := read(t, s, decode.Layout{}, rec); got != want {
			t.Errorf("%s: %s, want %s", rec, got, want)
		}
	}
}

func TestPaths(t *testing.T) {
	for _, tc := range []struct {
		path      []string
		rec, want string
	}{
		{[]string{"a", "b"}, `{"b":1,"a":{"c":{"b":2},"b":3}}`, "3"}, {[]string{"a", "b"}, `{"a":{"b":1,"b":2},"a":{"b":3}}`, "1"}, {[]string{"a", "b"}, `{"a":{},"a":{"b":3}}`, "NULL"},
		{[]string{"a", "b"}, `{"a":7}`, "NULL"}, {[]string{"a", "b"}, `{"a":[{"b":1}]}`, "NULL"}, {[]string{"a", "b"}, `{"a":null}`, "NULL"}, {[]string{"a", "[1]"}, `{"a":[1,2,3]}`, "2"}, {[]string{"a", "[1]"}, `{"a":[]}`, "NULL"},
		{[]string{"a", "[1]"}, `{"a":[ 1 , 2 ]}`, "2"}, {[]string{"a", "[1]"}, `{"a":{"[1]":2}}`, "NULL"}, {[]string{"a", "[0]", "b"}, `{"a":[{"b":5},{"b":6}]}`, "5"}, {[]string{"a", "[0]", "[1]"}, `{"a":[[1,2]]}`, "2"}, {[]string{"[0]"}, `{"[0]":4}`, "4"},
		{[]string{"a", "b"}, `{"a":{"b":1,"c" 2}}`, "x: its object is not JSON: ':' is missing"}, {[]string{"a", "b"}, `{"a":{"b":1,"c":{"d" 2}}}`, "1"}, {[]string{"a", "[0]"}, `{"a":[1 2]}`, "x: its object is not JSON: ',' or ']' is missing"},
		{[]string{"a", "b", "c"}, `{"a":{"b":{"c":1},}}`, "x: its object is not JSON: a key is missing"}, {[]string{"a", "b"}, `{"a":{"b":1]}`, "broken: brackets do not pair at byte 12"}, {[]string{"a", "[0]"}, `{"a":[,]}`, "x: its object is not JSON: a value is missing"},
	} {
		s := stream(schema.FormatJSON, []schema.Column{{Name: "x", Type: value.Integer, Path: tc.path}})
		if got := read(t, s, decode.Layout{}, tc.rec); got != tc.want {
			t.Errorf("%v of %s: %s, want %s", tc.path, tc.rec, got, tc.want)
		}
	}
}

var csvCells = []struct {
	typ       value.Type
	raw, want string
}{
	{value.Text, "", "NULL"}, {value.Text, `""`, `""`}, {value.Text, " a ", `" a "`}, {value.Text, `"a ""b"", ""c"`, `"a \"b\", \"c"`}, {value.Text, `"line` + "\n" + `two"`, `"line\ntwo"`}, {value.Text, `a"b"`, `"a\"b\""`}, {value.Text, ` "a"`, `" \"a\""`},
	{value.Text, "\xff", "x: not valid UTF-8"}, {value.Text, `"` + "\xff" + `"`, "x: not valid UTF-8"}, {value.Text, `\N`, `"\\N"`}, {value.Text, `""""`, `"\""`},
	{value.Integer, "", "NULL"}, {value.Integer, "  ", "NULL"}, {value.Integer, `""`, "x: '' is not an INTEGER"}, {value.Integer, " 200 ", "200"}, {value.Integer, `"200"`, "200"}, {value.Integer, "200.0", "200"}, {value.Integer, "1e400", "x: '1e400' is out of range"}, {value.Integer, "abc", "x: 'abc' is not an INTEGER"},
	{value.Real, "1.5", "1.5"}, {value.Real, "-0", "0"}, {value.Real, " .5", "0.5"}, {value.Real, "inf", "x: 'inf' is not a REAL"}, {value.Boolean, "TRUE", "1"}, {value.Boolean, "no", "0"}, {value.Boolean, "2", "x: '2' is not a BOOLEAN"},
	{value.Timestamp, "1970-01-01T00:00:01.500Z", "1500000"}, {value.Timestamp, `"1970-01-01 00:00:01"`, "1000000"}, {value.Timestamp, " 1970-01-01T00:00:01Z ", "1000000"}, {value.Timestamp, "1", "1000000"}, {value.Timestamp, "x", "x: 'x' is not a TIMESTAMP"},
	{value.JSON, `"{""a"":1}"`, `"{\"a\":1}"`}, {value.JSON, "[1]", `"[1]"`}, {value.JSON, "x", "x: 'x' is not JSON"},
	{value.Text, `"a"b`, "broken: text after a closing quote at byte 4"}, {value.Text, `"a" `, "broken: text after a closing quote at byte 4"}, {value.Text, "a,b,c", "broken: 4 fields, 2 expected"}, {value.Text, `"a`, "broken: a quote is not closed"},
}

func TestCSVCells(t *testing.T) {
	cols := []schema.Column{{Name: "x", Type: value.Text}, {Name: "y", Type: value.Text}}
	for _, tc := range csvCells {
		cols[0].Type = tc.typ
		s := stream(schema.FormatCSV, cols)
		s.CSV.Header = false
		for _, rec := range []string{tc.raw + ",y\n", tc.raw + ",y\r\n", tc.raw + ",y"} {
			if got := read(t, s, decode.Layout{}, rec); got != tc.want {
				t.Errorf("%s from %q: %s, want %s", tc.typ, rec, got, tc.want)
			}
		}
		s.Columns = []schema.Column{cols[0], {Name: "y", Type: value.Text, Expr: &schema.Expr{}}}
		if rec := tc.raw + "\r\n"; tc.raw != "" && !strings.Contains(tc.want, "broken") {
			if got := read(t, s, decode.Layout{}, rec); got != tc.want {
				t.Errorf("%s from last field %q: %s, want %s", tc.typ, rec, got, tc.want)
			}
		}
	}
}

func TestLongRecords(t *testing.T) {
	long := strings.Repeat("z", 50)
	for _, tc := range []struct {
		s    *schema.Stream
		l    decode.Layout
		data string
		want []string
	}{
		{stream(schema.FormatJSON, []schema.Column{{Name: "x", Type: value.Text}}), decode.Layout{}, `{"x":"` + long + `"}` + "\n{}\n" + long + "\n", []string{"broken: longer than 30 bytes", "NULL", "broken: longer than 30 bytes"}},
		{stream(schema.FormatJSON, []schema.Column{{Name: "x", Type: value.Text}}), decode.Layout{Array: true}, `{"x":"` + long + `"},{},` + long + "]", []string{"broken: longer than 30 bytes", "NULL", "broken: longer than 30 bytes"}},
		{stream(schema.FormatCSV, []schema.Column{{Name: "x", Type: value.Text}}), decode.Layout{Header: []string{"x"}}, "\"a\nb\nc" + long + "\"\nd\n" + long + "\n", []string{"broken: a quote is not closed", `"b"`, "broken: longer than 30 bytes", `"d"`, "broken: longer than 30 bytes"}},
		{stream(schema.FormatCSV, []schema.Column{{Name: "x", Type: value.Text}}), decode.Layout{Header: []string{"x"}}, "\"a\nb\"\nd\n\"e\nf\n", []string{`"a\nb"`, `"d"`, "broken: a quote is not closed", `"f"`}},
	} {
		tc.s.MaxRecord = 30
		d, err := decode.New(tc.s, []bool{true}, tc.l)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range decodetest.Rows(t, d, []bool{true}, []byte(tc.data), 0) {
			got = append(got, show(r))
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("%q: %q, want %q", tc.data, got, tc.want)
		}
	}
}

func TestArrayRecords(t *testing.T) {
	s := stream(schema.FormatJSON, []schema.Column{{Name: "x", Type: value.Integer}})
	for data, want := range map[string][]string{
		"": nil, " ] \n": nil, `{"x":1}`: {"1"}, `{"x":1}]`: {"1"}, ` {"x":1} , {"x":2} ] `: {"1", "2"}, `{"x":1},]`: {"1"}, `{"x":1},,{"x":2}]`: {"1", "broken: no value between two commas at byte 1", "2"},
		`{"x":1} {"x":2},{"x":3}`: {"broken: something after the object at byte 9", "3"}, `{"x":1}] {"x":2}`: {"1", "broken: something after the array at byte 3"}, `{"x":1`: {"broken: ',' or '}' is missing at byte 7"}, "{\n\"x\"\n:\n1\n}": {"1"},
		"{\"x\":\"1\n\"}": {"broken: a control character in a string at byte 8"}, `[{"x":1}],{"x":2}`: {"broken: not a JSON object at byte 1", "2"},
	} {
		d, err := decode.New(s, []bool{true}, decode.Layout{Array: true})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range decodetest.Rows(t, d, []bool{true}, []byte(data), 0) {
			got = append(got, show(r))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", data, got, want)
		}
	}
}

func TestNewErrors(t *testing.T) {
	csv := stream(schema.FormatCSV, []schema.Column{{Name: "host", Type: value.Text}, {Name: "n", Type: value.Integer, Path: []string{"count"}}})
	pattern := stream(schema.FormatJSON, []schema.Column{{Name: "x"}})
	pattern.TimestampFormat = "%Q"
	for _, tc := range []struct {
		s      *schema.Stream
		want   []bool
		header []string
		err    string
	}{
		{csv, []bool{true, true}, []string{"hots", "count"}, "column host: the header has no 'host'; did you mean 'hots'?"},
		{csv, []bool{false, true}, []string{"hots", "count"}, ""},
		{csv, []bool{false, true}, []string{"a", "b"}, "column n: the header has no 'count'; it has a, b"},
		{csv, []bool{true, true}, nil, "the file has no header"},
		{csv, []bool{true}, nil, "has 2 columns, and 1 were chosen from"},
		{pattern, []bool{true}, nil, "stream s: timestamp_format '%Q': %Q is not known"},
		{stream("xml", pattern.Columns), []bool{true}, nil, "format 'xml' is not known"},
	} {
		_, err := decode.New(tc.s, tc.want, decode.Layout{Header: tc.header})
		if got := fmt.Sprint(err); tc.err == "" != (err == nil) || !strings.Contains(got, tc.err) {
			t.Errorf("%v: %v, want %s", tc.header, err, tc.err)
		}
	}
}
