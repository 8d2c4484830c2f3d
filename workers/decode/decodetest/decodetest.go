// Package decodetest is the contract of a decoder as a test. A new format is
// done when Run passes for it.
package decodetest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
)

// Case is a format with some of its records.
type Case struct {
	Stream *schema.Stream
	Layout decode.Layout
	// Good are records, line end or separator included, of which each gives
	// one row that is not broken. Broken give one broken row each. Blank give
	// none. Any of them may follow any other.
	Good, Broken, Blank []string
}

// Run checks that what New returns for the case keeps the contract of Decoder.
func Run(t *testing.T, c Case) {
	t.Run("rows", func(t *testing.T) { rows(t, c) })
	t.Run("extents", func(t *testing.T) { extents(t, c) })
	t.Run("cut anywhere", func(t *testing.T) { cutAnywhere(t, c) })
	t.Run("more than a batch", func(t *testing.T) { manyBatches(t, c) })
	t.Run("columns do not depend on each other", func(t *testing.T) { NewChecker(t, c).Check(t, c.all()) })
	t.Run("damaged", func(t *testing.T) { damaged(t, c) })
	t.Run("no allocation", func(t *testing.T) { noAllocation(t, c) })
}

func (c Case) all() []byte {
	var b bytes.Buffer
	for i := range max(len(c.Good), len(c.Broken), len(c.Blank)) {
		for _, list := range [][]string{c.Good, c.Blank, c.Broken} {
			if i < len(list) {
				b.WriteString(list[i])
			}
		}
	}
	return b.Bytes()
}

func (c Case) wantAll() []bool {
	want := make([]bool, len(c.Stream.Columns))
	for i, col := range c.Stream.Columns {
		want[i] = col.Expr == nil
	}
	return want
}

func (c Case) decoder(t testing.TB, want []bool) decode.Decoder {
	t.Helper()
	d, err := decode.New(c.Stream, want, c.Layout)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Row is one record as a decoder sees it.
type Row struct {
	Begin, End int64
	Cells      []value.Value // NULL for columns that are not wanted
	Reasons    []string      // of bad cells, by column
	Broken     string        // the reason, "" for a record
}

// Rows decodes all of data, batch by batch, and checks each batch.
func Rows(t testing.TB, d decode.Decoder, want []bool, data []byte, base int64) []Row {
	t.Helper()
	return rowsInto(t, new(decode.Batch), d, want, data, base)
}

func rowsInto(t testing.TB, b *decode.Batch, d decode.Decoder, want []bool, data []byte, base int64) []Row {
	t.Helper()
	var all []Row
	for at := 0; at < len(data); {
		n := d.Decode(b, data[at:], base+int64(at))
		if n <= 0 || n > len(data)-at || n < len(data)-at && b.Len != decode.BatchRows {
			t.Fatalf("consumed %d of %d bytes in %d rows", n, len(data)-at, b.Len)
		}
		if !bytes.Equal(b.Data, data[at:]) || b.Base != base+int64(at) {
			t.Fatalf("the batch has other data or base %d", b.Base)
		}
		all = append(all, batchRows(t, b, want)...)
		at += n
	}
	checkOrder(t, all, base, base+int64(len(data)))
	return all
}

func checkOrder(t testing.TB, all []Row, at, end int64) {
	t.Helper()
	for i, r := range all {
		if r.Begin < at || r.End < r.Begin || r.End > end {
			t.Fatalf("row %d is [%d,%d) after %d of %d", i, r.Begin, r.End, at, end)
		}
		at = r.End
	}
}

func batchRows(t testing.TB, b *decode.Batch, want []bool) []Row {
	t.Helper()
	if len(b.Begin) != b.Len || len(b.End) != b.Len {
		t.Fatalf("%d rows with %d beginnings and %d ends", b.Len, len(b.Begin), len(b.End))
	}
	out := make([]Row, b.Len)
	for i := range out {
		out[i] = Row{Begin: b.Begin[i], End: b.End[i], Cells: make([]value.Value, len(want)), Reasons: make([]string, len(want))}
		for c := range want {
			if want[c] {
				out[i].Cells[c] = b.Columns[c].At(i)
			}
		}
	}
	for _, br := range b.Broken {
		if br.Reason == "" || out[br.Row].Broken != "" {
			t.Fatalf("row %d is broken twice or without a reason", br.Row)
		}
		out[br.Row].Broken = br.Reason
	}
	for _, bad := range b.Bad {
		if bad.Reason == "" || out[bad.Row].Reasons[bad.Col] != "" || out[bad.Row].Broken != "" || !want[bad.Col] {
			t.Fatalf("cell %d of row %d is bad twice, without a reason, not wanted, or in a broken record: %q", bad.Col, bad.Row, bad.Reason)
		}
		out[bad.Row].Reasons[bad.Col] = bad.Reason
	}
	for i, r := range out {
		for c, v := range r.Cells {
			if isBad := v.Kind == value.KindBad; isBad != (want[c] && (r.Broken != "" || r.Reasons[c] != "")) {
				t.Fatalf("cell %d of row %d is %v, reason %q, broken %q", c, i, v, r.Reasons[c], r.Broken)
			}
			if k := b.Columns[c].Type.Kind(); want[c] && v.Kind != value.KindNull && v.Kind != value.KindBad && v.Kind != k {
				t.Fatalf("cell %d of row %d has kind %d, not %d", c, i, v.Kind, k)
			}
		}
	}
	return out
}

func (r Row) String() string {
	return fmt.Sprintf("[%d,%d) %v %q %q", r.Begin, r.End, r.Cells, r.Reasons, r.Broken)
}

// Same reports whether two records were read alike, apart from where they are.
func (r Row) Same(o Row) bool {
	return r.Broken == o.Broken && slices.Equal(r.Cells, o.Cells) && slices.Equal(r.Reasons, o.Reasons)
}

func compare(t testing.TB, what string, got, want []Row) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d rows, want %d\n got %v\nwant %v", what, len(got), len(want), got, want)
	}
	for i := range got {
		if !got[i].Same(want[i]) || got[i].Begin != want[i].Begin || got[i].End != want[i].End {
			t.Fatalf("%s: row %d\n got %v\nwant %v", what, i, got[i], want[i])
		}
	}
}

func rows(t *testing.T, c Case) {
	want := c.wantAll()
	d := c.decoder(t, want)
	if got := Rows(t, d, want, nil, 0); len(got) > 0 {
		t.Errorf("rows in nothing: %v", got)
	}
	count := func(list []string, n int, broken bool) {
		for _, rec := range list {
			got := Rows(t, d, want, []byte(rec), 7)
			if len(got) != n || n == 1 && (got[0].Broken != "") != broken {
				t.Errorf("%q: %v", rec, got)
			}
		}
	}
	count(c.Good, 1, false)
	count(c.Broken, 1, true)
	count(c.Blank, 0, false)
}

// extents decodes each record once more alone, from where it is said to be.
func extents(t *testing.T, c Case) {
	want := c.wantAll()
	d := c.decoder(t, want)
	data := c.all()
	all := Rows(t, d, want, data, 1000)
	if len(all) != len(c.Good)+len(c.Broken) {
		t.Fatalf("%d rows of %d", len(all), len(c.Good)+len(c.Broken))
	}
	for _, r := range all {
		if r.Broken != "" {
			continue
		}
		alone := Rows(t, d, want, data[r.Begin-1000:r.End-1000], r.Begin)
		compare(t, "alone", alone, []Row{r})
	}
}

// cutAnywhere decodes the data in two parts, cut between any two records.
func cutAnywhere(t *testing.T, c Case) {
	want := c.wantAll()
	d := c.decoder(t, want)
	data := c.all()
	whole := Rows(t, d, want, data, 0)
	at := 0
	for i := range max(len(c.Good), len(c.Broken), len(c.Blank)) {
		for _, list := range [][]string{c.Good, c.Blank, c.Broken} {
			if i >= len(list) {
				continue
			}
			at += len(list[i])
			parts := append(Rows(t, d, want, data[:at:at], 0), Rows(t, d, want, data[at:], int64(at))...)
			compare(t, fmt.Sprintf("cut at %d", at), parts, whole)
		}
	}
}

func manyBatches(t *testing.T, c Case) {
	want := c.wantAll()
	d := c.decoder(t, want)
	once := c.all()
	one := Rows(t, d, want, once, 0)
	times := 2*decode.BatchRows/len(one) + 1
	many := Rows(t, d, want, bytes.Repeat(once, times), 0)
	if len(many) != times*len(one) {
		t.Fatalf("%d rows, want %d", len(many), times*len(one))
	}
	for i, r := range many {
		if !r.Same(one[i%len(one)]) {
			t.Fatalf("row %d\n got %v\nwant %v", i, r, one[i%len(one)])
		}
	}
}

// Checker checks what holds for any bytes. It keeps the decoders of a case and
// is used by one goroutine.
type Checker struct {
	want  []bool
	whole decode.Decoder
	only  []decode.Decoder // of one column each, nil for computed ones
	batch decode.Batch
}

// NewChecker returns a Checker for a case.
func NewChecker(t testing.TB, c Case) *Checker {
	t.Helper()
	want := c.wantAll()
	k := &Checker{want: want, whole: c.decoder(t, want), only: make([]decode.Decoder, len(want))}
	for col := range want {
		if want[col] {
			k.only[col] = c.decoder(t, oneOf(want, col))
		}
	}
	return k
}

func oneOf(want []bool, col int) []bool {
	only := make([]bool, len(want))
	only[col] = true
	return only
}

// Check decodes data with all columns and with each alone: a column alone is
// read as among the others. It is the body of a fuzz target.
func (k *Checker) Check(t testing.TB, data []byte) {
	t.Helper()
	data = slices.Clip(data)
	whole := rowsInto(t, &k.batch, k.whole, k.want, data, 0)
	for col, d := range k.only {
		if d == nil {
			continue
		}
		got := rowsInto(t, &k.batch, d, oneOf(k.want, col), data, 0)
		if len(got) != len(whole) {
			t.Fatalf("%q, only column %d: %d rows, want %d", data, col, len(got), len(whole))
		}
		for i, r := range got {
			w := whole[i]
			if r.Begin != w.Begin || r.End != w.End || r.Broken != w.Broken || r.Cells[col] != w.Cells[col] || r.Reasons[col] != w.Reasons[col] {
				t.Fatalf("%q, only column %d, row %d\n got %v\nwant %v", data, col, i, r, w)
			}
		}
	}
}

// damaged changes, adds and drops single bytes.
func damaged(t *testing.T, c Case) {
	k := NewChecker(t, c)
	for _, rec := range c.Good {
		for i := range len(rec) {
			for _, mid := range []string{"\"", "\\", "{", "]", ",", "\n", "\x00", "\xff", "0"} {
				k.Check(t, []byte(rec[:i]+mid+rec[i+1:]+c.Good[0]))
			}
			k.Check(t, []byte(rec[:i]+rec[i+1:]))
			k.Check(t, []byte(rec[:i]))
		}
	}
}

func noAllocation(t *testing.T, c Case) {
	want := c.wantAll()
	d := c.decoder(t, want)
	data := bytes.Repeat([]byte(c.Good[0]), 100)
	var b decode.Batch
	d.Decode(&b, data, 0)
	if n := testing.AllocsPerRun(20, func() { d.Decode(&b, data, 0) }); n > 0 {
		t.Errorf("%v allocations a batch", n)
	}
}
