package split

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestNextLine(t *testing.T) {
	data := "ab\ncd\n" + strings.Repeat("x", 3*alignStep) + "\nend"
	r := strings.NewReader(data)
	size := int64(len(data))
	for _, tc := range []struct{ off, limit, want int64 }{
		{0, size, 3}, {2, size, 3}, {3, size, 6}, {6, size, size - 3}, {size - 3, size, size},
		{0, 2, 2}, {0, 3, 3}, {5, 5, 5}, {9, 5, 5}, {6, 1000, 1000},
	} {
		if got, err := NextLine(r, tc.off, tc.limit); got != tc.want || err != nil {
			t.Errorf("NextLine(%d, %d) = %d, %v, want %d", tc.off, tc.limit, got, err, tc.want)
		}
	}
	if _, err := NextLine(r, size-2, size+10); err == nil {
		t.Error("a file shorter than the limit is an error")
	}
}

func TestDetect(t *testing.T) {
	if BOM([]byte("\xef\xbb\xbf[")) != 3 || BOM([]byte("[")) != 0 || BOM(nil) != 0 {
		t.Error("BOM")
	}
	for head, want := range map[string]int{"[": 1, " \n\t[{": 4, "{": 0, "": 0, "  ": 0} {
		if got, ok := IsArray([]byte(head)); got != want || ok != (want > 0) {
			t.Errorf("IsArray(%q) = %d, %v", head, got, ok)
		}
	}
}

func TestHeader(t *testing.T) {
	for _, tc := range []struct {
		head  string
		kind  Kind
		names []string
		end   int
		ok    bool
	}{
		{"a,b\n1,2\n", CSV(',', '"'), []string{"a", "b"}, 4, true},
		{"a,b\r\n1,2\n", CSV(',', '"'), []string{"a", "b"}, 5, true},
		{"\r\n\na\n", CSV(',', '"'), []string{"a"}, 5, true},
		{`"a,""x""` + "\n" + `y",b` + "\n", CSV(',', '"'), []string{"a,\"x\"\ny", "b"}, 14, true},
		{"a;;b,c\n", CSV(';', '"'), []string{"a", "", "b,c"}, 7, true},
		{"a,\n", CSV(',', '"'), []string{"a", ""}, 3, true},
		{`"a",b`, CSV(',', '"'), []string{"a", "b"}, 5, false},
		{"a,b,", CSV(',', '"'), []string{"a", "b", ""}, 4, false},
		{`"a`, CSV(',', '"'), []string{"a"}, 2, false},
		{`"a",b` + "\n", CSV(',', 0), []string{`"a"`, "b"}, 6, true},
		{"", CSV(',', '"'), nil, 0, false},
	} {
		names, end, ok := Header([]byte(tc.head), tc.kind)
		if !slices.Equal(names, tc.names) || end != tc.end || ok != tc.ok {
			t.Errorf("Header(%q) = %q, %d, %v", tc.head, names, end, ok)
		}
	}
}

func FuzzHeader(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		k := CSV(',', '"')
		_, end, ok := Header(head, k)
		if end < 0 || end > len(head) || ok && head[end-1] != '\n' {
			t.Fatalf("end %d, ok %v", end, ok)
		}
		rest := bytes.TrimLeft(head, "\r\n")
		if want := referenceCSV(k, rest, len(rest)+1); ok && end != len(head)-len(rest)+want {
			t.Fatalf("end %d, the reference's %d", end, want)
		}
	})
}
