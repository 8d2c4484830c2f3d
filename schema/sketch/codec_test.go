package sketch

import (
	"bytes"
	"encoding/hex"
	"math"
	"slices"
	"testing"
)

// What stands in stores.
func TestEncoding(t *testing.T) {
	many := slices.Repeat([]float64{1}, 126)
	for _, c := range []struct {
		name string
		xs   []float64
		want string
	}{
		{"an integer", []float64{5}, "01 01 00 0a"},
		{"negative", []float64{-5, 3, 3}, "01 03 00 09 08 00"},
		{"decimals", []float64{12.5, 0.001, 20}, "01 03 03 02 d361 cc3a"},
		{"no lower scale", []float64{0.10, 1.20}, "01 02 01 02 0b"},
		{"zeros", []float64{0, 0}, "01 02 00 00 00"},
		{"not decimal", []float64{1.0 / 3}, "01 01 10 aad5aad5aad5aad57f"},
		{"too large and too small", []float64{1e-10, 1e10}, ""},
		{"129", append([]float64{1.01, 2, 4}, many...), "01 8101 00 02 03 aecb04 fd01 21 01 21 00"},
	} {
		want, _ := hex.DecodeString(string(bytes.ReplaceAll([]byte(c.want), []byte(" "), nil)))
		s := groupOf([]float64{0.12345, 0.00001}) // leaves its scale behind
		s.Encode(0)
		s.Grow(2)
		for _, x := range c.xs {
			s.add(&s.groups[1], x)
		}
		got := s.Encode(1)
		if c.want == "" {
			if got[2] != rawScale {
				t.Errorf("%s: %x", c.name, got)
			}
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: % x, want % x", c.name, got, want)
		}
	}
}

func TestMergeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":              "",
		"another version":      "0201000a",
		"no values":            "010000",
		"no scale":             "0101",
		"no key":               "010100",
		"too few keys":         "0102000a",
		"something more":       "0101000a00",
		"a longer varint":      "0101008a00",
		"a longer count":       "018100000a",
		"an unknown scale":     "0101110a",
		"a multiple of 10":     "01010114",
		"zero at a scale":      "01010100",
		"a key too large":      "010100feffffffffffffff7f",
		"bits of a decimal":    "01011000",
		"not a number":         "010110feffffffffffffffff01",
		"bits of -0":           "01011001",
		"descending keys":      "01021080808080808080f0ffffffffffffffffff01",
		"no buckets":           "018101000203",
		"too many in a bucket": "018101000203aecb04ff0121012100",
		"too few in all":       "018101000203aecb04fb0121012100",
		"not the least":        "018101000003aecb04fd0121012100",
		"not the greatest":     "018101000204aecb04fd0121012100",
		"a higher scale":       "018101011428aecb04fd0121012100",
		"a flag at the end":    "018101000203aecb04fd0121012101",
		"buckets to spare":     "018101000203aecb04fd012101210000",
		"a gap out of range":   "018101000203aecb04fd01ffffff7f012100",
		"a wide gap":           "018101000203aecb04fd01ffffffffffffffffff01012100",
		"a bucket of nowhere":  "018101000203ffffffff0ffd0121012100",
	} {
		blob, err := hex.DecodeString(text)
		if err != nil {
			t.Fatal(name, err)
		}
		s := groupOf([]float64{1, 2})
		want := bytes.Clone(s.Encode(0))
		if err := s.Merge(0, blob); err == nil {
			t.Errorf("%s is taken: % x", name, s.Encode(0))
		}
		if got := s.Encode(0); !bytes.Equal(got, want) {
			t.Errorf("%s changed the group: %x", name, got)
		}
	}
}

// FuzzMerge checks that any bytes are refused, or are what the values that
// they stand for are encoded as.
func FuzzMerge(f *testing.F) {
	for name := range data {
		for _, n := range []int{1, 5, 128, 129, 500} {
			f.Add(groupOf(values(name, n)).Encode(0))
		}
	}
	f.Add([]byte("\x01\v\x10\xa11\x03000000000")) // neighbours of few bits
	f.Fuzz(func(t *testing.T, blob []byte) {
		s := groupOf(nil)
		if s.Merge(0, blob) != nil {
			if s.len(&s.groups[0]) != 0 {
				t.Fatal("refused, and yet there are values")
			}
			return
		}
		if got := s.Encode(0); !bytes.Equal(got, blob) {
			t.Fatalf("%x is taken and gives %x", blob, got)
		}
		last := math.Inf(-1)
		for _, q := range fractions {
			x, ok := s.Quantile(0, q)
			slack := math.Abs(last)*0x1p-51 + 0x1p-1072 // products are rounded each by itself
			if math.IsInf(last, 0) {
				slack = 0
			}
			if !ok || x < last-slack || x-x != 0 {
				t.Fatalf("%x: %g is %v after %v", blob, q, x, last)
			}
			last = x
		}
		s.Grow(2)
		if s.Merge(1, blob) != nil || s.Merge(1, blob) != nil && s.len(&s.groups[0]) < 1<<62 {
			t.Fatalf("%x is taken once and not twice", blob)
		}
		if n := s.Bytes(); n > 1<<20+64*len(blob) {
			t.Fatalf("%d bytes make %d", len(blob), n)
		}
	})
}
