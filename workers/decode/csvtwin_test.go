package decode

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
)

// csvTwins are a decoder and one that reads each record one by one.
type csvTwins struct {
	columns, single *csvDecoder
	a, b            Batch
}

type csvShape struct {
	types            []value.Type
	delimiter, quote byte
	multiline        bool
	limit            int
}

func newCSVTwins(t testing.TB, o csvShape) *csvTwins {
	t.Helper()
	s := &schema.Stream{Name: "s"}
	s.Format, s.TimestampFormat, s.MaxRecord = schema.FormatCSV, "auto", o.limit
	s.CSV = schema.CSV{Delimiter: o.delimiter, Quote: o.quote, Multiline: o.multiline}
	want := make([]bool, len(o.types))
	for i, typ := range o.types {
		s.Columns = append(s.Columns, schema.Column{Name: fmt.Sprint("c", i), Type: typ})
		want[i] = typ != value.Any
	}
	w := &csvTwins{}
	for _, d := range []**csvDecoder{&w.columns, &w.single} {
		n, err := New(s, want, Layout{})
		if err != nil {
			t.Fatal(err)
		}
		*d = n.(*csvDecoder)
	}
	return w
}

// check compares the two for data, as often as there are batches.
func (w *csvTwins) check(t interface{ Fatalf(string, ...any) }, data []byte) {
	for len(data) > 0 {
		w.single.odd = math.MaxInt
		n, m := w.columns.Decode(&w.a, data, 7), w.single.Decode(&w.b, data, 7)
		if n != m || w.a.Len != w.b.Len || !slices.Equal(w.a.Begin, w.b.Begin) || !slices.Equal(w.a.End, w.b.End) {
			t.Fatalf("%.300q: %d bytes in %d rows, want %d in %d\n%v\n%v", data, n, w.a.Len, m, w.b.Len, w.a.Begin, w.b.Begin)
		}
		for i := range w.a.Columns {
			for row := range w.a.Len {
				if w.columns.stream.Columns[i].Type == value.Any {
					continue
				}
				if got, want := w.a.Columns[i].At(row), w.b.Columns[i].At(row); got != want || math.Signbit(got.Real) != math.Signbit(want.Real) {
					t.Fatalf("%q: %+v, want %+v", data[w.a.Begin[row]-7:w.a.End[row]-7], got, want)
				}
			}
		}
		sortReasons(&w.a)
		sortReasons(&w.b)
		if !slices.Equal(w.a.Broken, w.b.Broken) || !slices.Equal(w.a.Bad, w.b.Bad) {
			t.Fatalf("%.300q:\n%v %v, want\n%v %v", data, w.a.Broken, w.a.Bad, w.b.Broken, w.b.Bad)
		}
		data = data[n:]
	}
}

func sortReasons(b *Batch) {
	slices.SortFunc(b.Bad, func(x, y BadCell) int { return (x.Row-y.Row)*1000 + x.Col - y.Col })
}

var csvShapes = []csvShape{
	{[]value.Type{value.Timestamp, value.Text, value.Integer, value.Real}, ',', '"', true, 200},
	{[]value.Type{value.Text, value.Any, value.Timestamp, value.Any, value.Boolean}, ';', '\'', false, 60},
	{[]value.Type{value.Real}, '\t', 0, false, 30},
	{[]value.Type{value.Integer, value.Text}, ' ', '"', true, 1000},
	{[]value.Type{value.Text}, ',', '"', true, 40},
	{[]value.Type{value.Real, value.Real, value.Integer}, '.', '"', true, 1000},
	{[]value.Type{value.Timestamp, value.Timestamp, value.JSON}, '-', '"', true, 1000},
}

var csvCellTexts = []string{
	"", "", "a", "host-0001.example", "200", "200", "7", "007", "-1", "12345678", "123456789", "1234567890123456", "12345678901234567", "9223372036854775808", "1.5", "22.100", "1234.567",
	"12345.678", ".5", "5.", ".", "-0", "1e3", "0", "1.2.3", "1,5", "+4", "2026-03-01T12:30:05.250Z", "2026-03-01T12:30:06.999Z", "2026-03-01T12:31:05.000Z", "2026-03-01 12:30:05.123", "2026-03-01T12:30:05.250+02:00",
	"1700000000", " 7 ", " ", "true", "é", "日本", "\xff", "\x00", "\r", "a\rb", "Q", "QaQ", "QQ", "Q12Q", "Q1.5Q", "Qa,bQ", "QlineNlineQ", "QaQQbQ", "QQQQ", "aQb", "QaQb", "Qopen", "QaQ ", "Q2026-03-01T12:30:05.250ZQ",
	"QéQ", "Q\xffQ", "QaQ\r", "NN", "longer than eight bytes and than sixteen, too",
}

// csvBytes draws records of about as many fields as there should be.
func csvBytes(o csvShape) *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		var b []byte
		clean := rapid.IntRange(0, 3).Draw(t, "clean") // how seldom there is something odd
		rows := rapid.IntRange(0, 40).Draw(t, "rows")
		odd := func(what string) bool { return rapid.IntRange(0, 1<<(3*clean)).Draw(t, what) == 0 }
		for range rows {
			n := len(o.types)
			if odd("fields") {
				n += rapid.IntRange(-1, 2).Draw(t, "more")
			}
			for i := range n {
				if i > 0 {
					b = append(b, o.delimiter)
				}
				cells := csvCellTexts[:16+clean]
				if odd("cell") {
					cells = csvCellTexts
				}
				b = append(b, rapid.SampledFrom(cells).Draw(t, "text")...)
			}
			b = append(b, rapid.SampledFrom([]string{"\n", "\n", "\n", "\r\n", "\n\n", "\r\n\r\n"}).Draw(t, "end")...)
		}
		if len(b) > 0 && rapid.Bool().Draw(t, "cut") {
			b = b[:len(b)-1]
		}
		b = bytes.ReplaceAll(b, []byte("N"), []byte("\n"))
		return bytes.ReplaceAll(b, []byte("Q"), []byte{o.quote})
	})
}

func TestColumnsAreThoseOfSingleRecords(t *testing.T) {
	for _, o := range csvShapes {
		w := newCSVTwins(t, o)
		gen := csvBytes(o)
		rapid.Check(t, func(t *rapid.T) { w.check(t, gen.Draw(t, "data")) })
	}
}

func FuzzColumnsAreThoseOfSingleRecords(f *testing.F) {
	var all []*csvTwins
	for i, o := range csvShapes {
		all = append(all, newCSVTwins(f, o))
		text := strings.Join(csvCellTexts, string(o.delimiter)+"x\n")
		f.Add(i, []byte(strings.NewReplacer("Q", string(o.quote), "N", "\n").Replace(text)))
	}
	f.Add(0, []byte(strings.Repeat("2026-03-01T12:30:05.250Z,host,200,1.5\n", 50)))
	f.Fuzz(func(t *testing.T, i int, data []byte) { all[uint(i)%uint(len(all))].check(t, data) })
}

// Files that go on for long are read in many batches, with odd records at any
// place of them, and fields that are of no use between the wanted ones.
func TestLongAndWideColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, fields := range []int{1, 4, 7, 100, 5000} {
		o := csvShape{[]value.Type{value.Text}, ',', '"', true, 1 << 20}
		for i := 1; i < fields; i++ {
			o.types = append(o.types, []value.Type{value.Any, value.Real, value.Integer, value.Any}[i%4])
		}
		w := newCSVTwins(t, o)
		var b []byte
		for range 20_000/fields + 3000 {
			for i := range fields {
				b = strconv.AppendInt(append(b, ","[:min(i, 1)]...), rng.Int64N(1000), 10)
			}
			if b = append(b, '\n'); rng.IntN(200) == 0 {
				b = append(b, []string{"short\n", "\n", strings.Repeat(",", fields) + "\n", "\"a\nb\"" + strings.Repeat(",", fields-1) + "\r\n", "\"open\n", "a\"b\n"}[rng.IntN(6)]...)
			}
			if fields == 5000 && len(b) > 3_000_000 {
				break
			}
		}
		w.check(t, b)
		w.check(t, bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")))
	}
}

// A record has far more fields than it should, wherever in a batch it is.
func TestFarTooManyFields(t *testing.T) {
	w := newCSVTwins(t, csvShape{[]value.Type{value.Text, value.Integer}, ',', '"', true, 1 << 20})
	stop := time.AfterFunc(time.Minute, func() { panic("no end of it") })
	defer stop.Stop()
	for _, fields := range []int{100, 1500, 3000, 5000} {
		for _, before := range []int{0, 1, 500, 900, 1000, 1022, 1023} {
			w.check(t, []byte(strings.Repeat("a,1\n", before)+strings.Repeat(",", fields-1)+"\n"+strings.Repeat("a,1\n", 1200)))
		}
	}
}

// Numbers of any spelling are read as strconv reads them.
func FuzzShortNumbers(f *testing.F) {
	for _, s := range []string{"1", "1.5", ".5", "5.", ".", "0.1234567", "99999999", "1234.567", "1..5", "1.5.", "-1", "1e5", "/", ":", "\x81"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) == 0 || len(s) > 8 {
			return
		}
		b := []byte("12345.78" + s)
		w := eight(b, len(b)-8)
		digits, after := pointless(w, len(s))
		f, err := strconv.ParseFloat(s, 64)
		plain := strings.Trim(s, "0123456789.") == "" && err == nil
		if got := float64(numberOf(digits)) / powers[after]; areDigits(digits) != (plain && !strings.HasSuffix(s, ".")) || areDigits(digits) && got != f {
			t.Fatalf("%q: %v %v, want %v %v", s, got, areDigits(digits), f, err)
		}
		t1 := digitsOf(w, len(s))
		n, err := strconv.ParseUint(s, 10, 64)
		if areDigits(t1) != (err == nil) || err == nil && numberOf(t1) != n {
			t.Fatalf("%q: %d, want %d %v", s, numberOf(t1), n, err)
		}
	})
}
