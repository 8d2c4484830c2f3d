package output

import (
	"fmt"
	"math"
	"strings"
)

// nastyCols and nasty are the rows that each format must hand on: one column
// of each kind with what is hard in it, and two that are mixed.
var nastyCols = []Column{{"text"}, {"integer"}, {"real"}, {"time"}, {"blob"}, {"mixed"}, {"both numbers"}, {"nothing"}, {"a.b \"c\", d"}}

var nasty = nastyRows()

func nastyRows() [][]any {
	columns := [][]any{
		{nil, "", " ", "a,b;c|d\te", "say \"so\"", "one\ntwo\r\nthree\rfour", "=1+1", "'quoted'", "NULL", "nan", "日本語 👩‍👩‍👧 e\u0301 \u202e", "007", "\\N", "_x0041_ <&> ]]>", "-",
			"\x00\x01\x7f\ufffe", strings.Repeat("long ", 6000)},
		{nil, int64(0), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), int64(1 << 53), int64(1<<53 + 1), int64(-1 << 53)},
		{nil, 0.0, math.Copysign(0, -1), 1e300, -1e300, 5e-324, math.MaxFloat64, math.Inf(1), math.Inf(-1), 0.1 + 0.2, 1.0, 123456789012345680.0, 1e-5, 1.5},
		{nil, "2026-03-01 12:00:00", "2026-03-01 12:00:00.5", "1969-12-31 23:59:59.999999", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999", "1900-02-28 00:00:00", "2024-02-29 00:00:00.000001"},
		{nil, []byte{}, []byte{0}, []byte{0xff, 0xfe, 0x00, 0x80}, []byte("text")},
		{nil, int64(1), 1.5, "one", []byte{0xab}, "2026-03-01 12:00:00", "", math.Inf(1)},
		{nil, int64(1), 2.5, int64(1 << 53), int64(-7), 0.0},
		{nil},
		{"x", nil, "y"},
	}
	rows := make([][]any, 34)
	for r := range rows {
		rows[r] = make([]any, len(columns))
		for c, values := range columns {
			rows[r][c] = values[r%len(values)]
		}
	}
	return rows
}

// sameValue compares to the last bit.
func sameValue(a, b any) bool {
	x, isReal := a.(float64)
	y, areReal := b.(float64)
	if isReal && areReal {
		return math.Float64bits(x) == math.Float64bits(y)
	}
	return fmt.Sprintf("%T %v", a, a) == fmt.Sprintf("%T %v", b, b)
}
