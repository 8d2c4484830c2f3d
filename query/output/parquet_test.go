package output

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/windrow/windrow/schema/value"
)

// readParquet gives the names of the columns and the rows of a file.
func readParquet(t failer, file string) (*parquet.File, [][]any) {
	t.Helper()
	f, err := parquet.OpenFile(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	r := parquet.NewReader(f)
	defer r.Close()
	var all [][]any
	for {
		rows := make([]parquet.Row, 100)
		n, err := r.ReadRows(rows)
		for _, row := range rows[:n] {
			vals := make([]any, len(row))
			for _, v := range row {
				vals[v.Column()] = fromParquet(f.Schema(), v)
			}
			all = append(all, vals)
		}
		if errors.Is(err, io.EOF) {
			return f, all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func fromParquet(s *parquet.Schema, v parquet.Value) any {
	leaf, _ := s.Lookup(s.Columns()[v.Column()]...)
	lt := leaf.Node.Type().LogicalType()
	switch {
	case v.IsNull():
		return nil
	case lt != nil && strings.Contains(lt.String(), "TIMESTAMP"):
		return value.Time(v.Int64())
	case v.Kind() == parquet.Int64:
		return v.Int64()
	case v.Kind() == parquet.Double:
		return v.Double()
	case lt != nil:
		return string(v.ByteArray())
	}
	return append([]byte{}, v.ByteArray()...)
}

// inParquet is what a value becomes in a column of that kind.
func inParquet(k Kind, v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case int64:
		if k == KindReal {
			return float64(v)
		}
	case string:
		if k == KindTime {
			at, _ := value.ParseTime(v, nil)
			return at
		}
	}
	if k != KindText {
		return v
	}
	switch v := v.(type) {
	case int64:
		return fmt.Sprint(v)
	case float64:
		return string(appendReal(nil, v))
	case []byte:
		return fmt.Sprintf("%x", v)
	}
	return strings.ToValidUTF8(v.(string), "\ufffd")
}

func kindsOf(cols []Column, rows [][]any) []Kind {
	var look Survey
	_ = look.Begin(cols)
	for _, r := range rows {
		_ = look.Row(r)
	}
	return look.Kinds()
}

func checkParquet(t failer, cols []Column, rows [][]any) {
	t.Helper()
	f, got := readParquet(t, encode(t, Find("parquet"), cols, rows))
	kinds := kindsOf(cols, rows)
	names := uniqueNames(named(cols))
	for i, field := range f.Schema().Fields() {
		if field.Name() != names[i] {
			t.Fatal(fmt.Sprintf("column %d is named %q, not %q", i, field.Name(), names[i]))
		}
	}
	if len(got) != len(rows) {
		t.Fatal(fmt.Sprintf("%d rows of %d", len(got), len(rows)))
	}
	for i, row := range rows {
		for j, v := range row {
			if want := inParquet(kinds[j], v); !sameValue(got[i][j], want) {
				t.Fatal(fmt.Sprintf("row %d, column %q: %#v became %#v, want %#v", i, names[j], v, got[i][j], want))
			}
		}
	}
}

func TestParquet(t *testing.T) {
	checkParquet(t, nastyCols, nasty)
	checkParquet(t, sampleCols, sample)
	checkParquet(t, sampleCols, nil)
	f, _ := readParquet(t, encode(t, Find("parquet"), nastyCols, nasty))
	want := `message rows {
	optional binary text (STRING);
	optional int64 integer (INT(64,true));
	optional double real;
	optional int64 time (TIMESTAMP(isAdjustedToUTC=true,unit=MICROS));
	optional binary blob;
	optional binary mixed (STRING);
	optional double both numbers;
	optional binary nothing (STRING);
	optional binary a.b "c", d (STRING);
}`
	if got := f.Schema().String(); got != want {
		t.Errorf("the schema is\n%s\nwant\n%s", got, want)
	}
}

func TestParquetLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cols, rows := anyRows(t)
		checkParquet(t, cols, rows)
	})
}

// Row groups, pages and dictionaries that end do not show.
func TestParquetManyRows(t *testing.T) {
	const rows = 2*parquetRows + 1000
	cols := []Column{{"at"}, {"few"}, {"many"}, {"n"}, {"now and then"}}
	row := func(i int) []any {
		vals := []any{value.Time(int64(i) * value.Second / 7).Format(-1), fmt.Sprint("k", i%10), fmt.Sprint("a long key ", i*7919), int64(i), nil}
		if i%1000 == 0 {
			vals[4] = 0.5
		}
		return vals
	}
	var out bytes.Buffer
	e := Find("parquet").New(&out, Options{})
	e.(Typed).Kinds([]Kind{KindTime, KindText, KindText, KindInteger, KindReal})
	if err := e.Begin(cols); err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := e.Row(row(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.End(); err != nil {
		t.Fatal(err)
	}
	f, got := readParquet(t, out.String())
	if n := len(f.RowGroups()); n != 3 || len(got) != rows {
		t.Fatalf("%d row groups, %d rows", n, len(got))
	}
	for i := range got {
		want := row(i)
		want[0] = value.Time(int64(i) * value.Second / 7)
		for j := range want {
			if !sameValue(got[i][j], want[j]) {
				t.Fatalf("row %d: %v, want %v", i, got[i], want)
			}
		}
	}
}

// A row group ends by its bytes too.
func TestParquetWideRows(t *testing.T) {
	peak, text := uint64(0), strings.Repeat("0123456789abcdef", 4096)
	e := Find("parquet").New(io.Discard, Options{})
	e.(Typed).Kinds([]Kind{KindText, KindBlob})
	if err := e.Begin([]Column{{"a"}, {"b"}}); err != nil {
		t.Fatal(err)
	}
	for i := range 4000 {
		if err := e.Row([]any{fmt.Sprint(i, text), []byte(text)}); err != nil {
			t.Fatal(err)
		}
		if i%200 == 0 {
			peak = max(peak, heap())
		}
	}
	if err := e.End(); err != nil {
		t.Fatal(err)
	}
	if peak > 64<<20 {
		t.Errorf("half a gigabyte of text took %d KiB of the heap", peak>>10)
	}
}

func TestParquetTimes(t *testing.T) {
	rows := [][]any{{"2026-03-01 12:00:00.5", "2026-03-01 12:00:00"}, {nil, "none"}}
	cols := []Column{{"at"}, {"mixed"}}
	for _, c := range []struct {
		o    Options
		want []any
	}{
		{Options{}, []any{value.Time(1772366400_500000), "2026-03-01 12:00:00"}},
		{Options{Zone: zone(t, "Europe/Berlin")}, []any{value.Time(1772366400_500000), "2026-03-01 13:00:00"}},
		{Options{TimeFormat: "epoch_ms"}, []any{int64(1772366400500), "1772366400000"}},
		{Options{TimeFormat: "%H Uhr", Zone: zone(t, "Europe/Berlin")}, []any{"13 Uhr", "13 Uhr"}},
	} {
		_, got := readParquet(t, encodeWith(t, Find("parquet"), c.o, cols, rows))
		if !sameValue(got[0][0], c.want[0]) || !sameValue(got[0][1], c.want[1]) || got[1][0] != nil || got[1][1] != "none" {
			t.Errorf("%+v: got %#v, want %#v", c.o, got, c.want)
		}
	}
}

// Rows that are other ones the second time are an error, not a wrong file.
func TestParquetRowsThatChange(t *testing.T) {
	for _, c := range []struct {
		kind Kind
		v    any
	}{
		{KindInteger, 1.5}, {KindInteger, "x"}, {KindReal, int64(math.MaxInt64)}, {KindReal, "x"}, {KindTime, "x"}, {KindTime, int64(1)},
		{KindBlob, "x"}, {KindBlob, int64(1)}, {KindInteger, []byte("x")},
	} {
		e := Find("parquet").New(io.Discard, Options{})
		e.(Typed).Kinds([]Kind{c.kind})
		err := errors.Join(e.Begin([]Column{{"a"}}), e.Row([]any{nil}), e.Row([]any{c.v}))
		if err == nil || !strings.Contains(err.Error(), "column a has another kind of value in row 2 than when the rows were looked at first") {
			t.Errorf("%d, %#v: %v", c.kind, c.v, err)
		}
	}
	e := Find("parquet").New(io.Discard, Options{})
	if err := e.Begin([]Column{{"a"}}); err == nil {
		t.Error("kinds are not asked for")
	}
}

func TestBinaryFormatsAreTheSameEachTime(t *testing.T) {
	for _, name := range []string{"xlsx", "parquet"} {
		first := encode(t, Find(name), nastyCols, nasty[:4])
		if again := encode(t, Find(name), nastyCols, nasty[:4]); again != first {
			t.Errorf("%s differs from one time to the next", name)
		}
	}
}
