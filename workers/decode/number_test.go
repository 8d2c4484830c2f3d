package decode

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

var numberSeeds = []string{
	"0", "-0", "1", "-1", "007", "200", "200.0", "2e2", "2.5e1", "25e-1", "1e400", "-1e400", "1e-400", "1.5", ".5", "5.", "+5", "-.5e+3", "e5", ".", "", "-",
	"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "92233720368547758070e-1", "0.0000000000000000000001",
	"123456789012345678901234567890", "1234567890123456789000000000e-9", "1234567890123456789000000001e-9", "9007199254740993", "9007199254740991.5",
	"0.1", "123.456", "179769313486231570000e289", "4.9e-324", "1e", "1e+", "0x10", "1_000", "inf", "NaN", "Infinity", "1e99999999999999999999", "0e99999999999", "000000000000000000000001",
	"2.2250738585072011e-308", "99999999999999999999999e-5", "1.7976931348623159e308", "0.000000000000000000000000000000000000000000000000001e51",
}

// exact is s as a fraction, nil if it is no number or its exponent is huge.
func exact(s string) *big.Rat {
	if _, ok := parseDecimal([]byte(s)); !ok {
		return nil
	}
	if _, e, ok := strings.Cut(strings.ToLower(s), "e"); ok {
		if n, err := strconv.Atoi(e); err != nil || n > 1000 || n < -1000 {
			return nil
		}
	}
	r, _ := new(big.Rat).SetString(s)
	return r
}

func checkNumber(t *testing.T, s string) {
	b := []byte(s)
	f, v := parseReal(b)
	want, err := strconv.ParseFloat(s, 64)
	_, grammar := parseDecimal(b)
	switch {
	case grammar && err == nil && (v != fine || math.Float64bits(f) != math.Float64bits(want+0)):
		t.Fatalf("parseReal(%q) = %v, %d, want %v", s, f, v, want)
	case (!grammar || err != nil) && v == fine:
		t.Fatalf("parseReal(%q) = %v", s, f)
	}
	fast, end := fastReal(b, 0)
	if end == len(b) && end > 0 && (v != fine || math.Float64bits(fast) != math.Float64bits(f)) {
		t.Fatalf("fastReal(%q) = %v, want %v (%d)", s, fast, f, v)
	}
	n, v := parseInteger(b)
	if i, end := fastInteger(b, 0); end == len(b) && end > 0 && (v != fine || i != n) {
		t.Fatalf("fastInteger(%q) = %d, want %d", s, i, n)
	}
	if r := exact(s); r != nil {
		isInt := r.IsInt() && r.Num().IsInt64()
		if isInt != (v == fine) || isInt && r.Num().Int64() != n || r.IsInt() && !isInt && v != outOfRange {
			t.Fatalf("parseInteger(%q) = %d, %d, want %v", s, n, v, r)
		}
	}
	if validNumber(b) != jsonNumber(s) {
		t.Fatalf("validNumber(%q) = %v", s, validNumber(b))
	}
}

// jsonNumber is the grammar of RFC 8259, step by step.
func jsonNumber(s string) bool {
	digits := func() bool {
		n := len(s)
		s = strings.TrimLeft(s, "0123456789")
		return len(s) < n
	}
	s = strings.TrimPrefix(s, "-")
	if rest, ok := strings.CutPrefix(s, "0"); ok {
		s = rest
	} else if !digits() {
		return false
	}
	if rest, ok := strings.CutPrefix(s, "."); ok {
		if s = rest; !digits() {
			return false
		}
	}
	if s != "" && s[0]|0x20 == 'e' {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return s == ""
}

func TestNumbers(t *testing.T) {
	for _, s := range numberSeeds {
		checkNumber(t, s)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 100_000 {
		f := math.Float64frombits(rng.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		checkNumber(t, strconv.FormatFloat(f, "efg"[rng.IntN(3)], rng.IntN(20)-1, 64))
		checkNumber(t, strconv.FormatFloat(math.Exp(20*rng.NormFloat64()), 'f', rng.IntN(8), 64))
		checkNumber(t, strconv.FormatInt(int64(rng.Uint64())>>rng.IntN(64), 10))
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range numberSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) < 1000 {
			checkNumber(t, s)
		}
	})
}

func TestBooleans(t *testing.T) {
	for s, want := range map[string]int64{"true": 1, "FALSE": 0, "t": 1, "F": 0, "Yes": 1, "no": 0, "1": 1, "0": 0, "1.0": 1, "0e5": 0} {
		if n, v := parseBoolean([]byte(s)); n != want || v != fine {
			t.Errorf("%q: %d, %d", s, n, v)
		}
	}
	for _, s := range []string{"", "2", "-1", "y", "n", "on", "truey", "0.5", "null"} {
		if _, v := parseBoolean([]byte(s)); v == fine {
			t.Errorf("%q is no truth value", s)
		}
	}
}
