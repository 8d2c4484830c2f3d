package exact

import (
	"bytes"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// doubles are finite: ordinary, of every exponent, and at the ends.
func doubles() *rapid.Generator[float64] {
	return rapid.OneOf(
		rapid.Map(rapid.Int64Range(-1e6, 1e6), func(i int64) float64 { return float64(i) / 100 }),
		rapid.Custom(func(t *rapid.T) float64 {
			x := math.Ldexp(float64(rapid.Int64Range(-1<<53, 1<<53).Draw(t, "mantissa")), rapid.IntRange(-1074, 971).Draw(t, "exponent"))
			if !Finite(x) {
				return 1
			}
			return x
		}),
		rapid.Custom(func(t *rapid.T) float64 { return math.Ldexp(1, rapid.IntRange(-1074, 1023).Draw(t, "power")) }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.MaxFloat64, -math.MaxFloat64, 1e308, -1e308,
			math.SmallestNonzeroFloat64, -math.SmallestNonzeroFloat64, 0x1p-1022, 1, -1, 0.1}),
	)
}

func lists() *rapid.Generator[[]float64] { return rapid.SliceOfN(doubles(), 0, 20) }

// wide holds every sum and product of doubles here exactly.
func wide(x float64) *big.Float { return new(big.Float).SetPrec(9000).SetFloat64(x) }

func sumOf(xs []float64) *big.Float {
	v := wide(0)
	for _, x := range xs {
		v.Add(v, wide(x))
	}
	return v
}

// valueOf returns the value of an accumulator by way of its Int.
func valueOf(a *Accumulator) *big.Float {
	v := new(big.Float).SetPrec(9000).SetInt(a.Int())
	return v.SetMantExp(v, Unit)
}

func nearest(v *big.Float) float64 {
	x, _ := v.Float64()
	return x + 0
}

func TestTwoSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := doubles().Draw(t, "a"), doubles().Draw(t, "b")
		s, e := TwoSum(a, b)
		if math.IsInf(s, 0) {
			if e == e {
				t.Fatalf("%v+%v overflows, error %v", a, b, e)
			}
			return
		}
		if want := sumOf([]float64{a, b}); sumOf([]float64{s, e}).Cmp(want) != 0 || s != nearest(want) {
			t.Fatalf("%v+%v = %v, %v", a, b, s, e)
		}
	})
}

func TestTwoProduct(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := doubles().Draw(t, "x")
		if !Squarable(x) {
			return
		}
		p, e := TwoProduct(x, x)
		if want := wide(x); sumOf([]float64{p, e}).Cmp(want.Mul(want, want)) != 0 {
			t.Fatalf("%v² = %v, %v", x, p, e)
		}
	})
	for x, want := range map[float64]bool{1: true, -12.5: true, 0x1p-480: true, 0x1p499: true,
		0: false, 0x1p-481: false, 0x1p500: false, math.Inf(1): false, math.NaN(): false} {
		if Squarable(x) != want {
			t.Errorf("Squarable(%v) = %v", x, !want)
		}
	}
}

func TestAccumulator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a, b Accumulator
		want := wide(0)
		for _, x := range lists().Draw(t, "sum") {
			a.Add(x)
			want.Add(want, wide(x))
		}
		for _, x := range lists().Draw(t, "products") {
			y, sub := doubles().Draw(t, "y"), rapid.Bool().Draw(t, "sub")
			p := wide(x)
			p.Mul(p, wide(y))
			if sub {
				b.SubProduct(x, y)
				p.Neg(p)
			} else {
				b.AddProduct(x, y)
			}
			want.Add(want, p)
		}
		a.AddAccumulator(&b)
		if valueOf(&a).Cmp(want) != 0 {
			t.Fatalf("value %v, want %v", valueOf(&a), want)
		}
		if a.Sign() != want.Sign() {
			t.Fatalf("sign %d, want %d", a.Sign(), want.Sign())
		}
		if got := a.Float64() + 0; got != nearest(want) {
			t.Fatalf("rounded %x, want %x", got, nearest(want))
		}
		checkFrexp(t, &a, want)
		checkEncoding(t, &a)
	})
}

func checkFrexp(t *rapid.T, a *Accumulator, want *big.Float) {
	f, exp := a.Frexp()
	got := wide(f)
	got.SetMantExp(got, exp)
	if rounded := new(big.Float).SetPrec(53).Set(want); got.Cmp(rounded) != 0 {
		t.Fatalf("Frexp %v * 2^%d, want %v", f, exp, rounded)
	}
	if m := math.Abs(f); f != 0 && (m < 1 || m > 2) {
		t.Fatalf("Frexp gives %v", f)
	}
}

func checkEncoding(t *rapid.T, a *Accumulator) {
	if a.Sign() == 0 {
		return
	}
	code := a.Append(nil)
	var b Accumulator
	if err := b.Decode(code); err != nil || b != *a {
		t.Fatalf("%x decodes as %v, %v", code, valueOf(&b), err)
	}
	cut := rapid.IntRange(0, len(code)-1).Draw(t, "cut")
	if b.Decode(code[:cut]) == nil || b.Decode(append(code, 1)) == nil {
		t.Fatalf("%x cut or longer is accepted", code)
	}
}

func TestRounding(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []float64
		want float64
	}{
		{"nothing", nil, 0},
		{"tie to even, down", []float64{1, 0x1p-53}, 1},
		{"tie to even, up", []float64{1 + 0x1p-52, 0x1p-53}, 1 + 0x1p-51},
		{"above a tie", []float64{1, 0x1p-53, 0x1p-1074}, 1 + 0x1p-52},
		{"below a tie", []float64{1, 0x1p-53, -0x1p-1074}, 1},
		{"carry to the next power", []float64{2 - 0x1p-52, 0x1p-53}, 2},
		{"beyond the largest", []float64{1e308, 1e308}, math.Inf(1)},
		{"beyond the least", []float64{-1e308, -1e308}, math.Inf(-1)},
		{"half beyond the largest", []float64{math.MaxFloat64, 0x1p970}, math.Inf(1)},
		{"less than half beyond", []float64{math.MaxFloat64, 0x1.fffffffffffffp969}, math.MaxFloat64},
		{"beyond and back", []float64{1e308, 1e308, -1e308, -1e308}, 0},
		{"subnormal", []float64{0x1p-1074, 0x1p-1074, 0x1p-1074}, 0x3p-1074},
		{"not finite is ignored", []float64{math.Inf(1), math.NaN(), 2, math.Inf(-1)}, 2},
	} {
		var a Accumulator
		for _, x := range c.in {
			a.Add(x)
		}
		if got := a.Float64(); got != c.want {
			t.Errorf("%s: %x, want %x", c.name, got, c.want)
		}
	}
	var a Accumulator
	a.AddProduct(0x1p-537, 0x1p-538) // half of the smallest double
	if got := a.Float64(); got != 0 {
		t.Errorf("half of the smallest rounds to %v", got)
	}
	a.AddProduct(0x1p-1074, 0x1p-1074)
	if got := a.Float64(); got != 0x1p-1074 {
		t.Errorf("a little more than half of the smallest rounds to %v", got)
	}
	a.AddProduct(math.NaN(), 1)
	a.SubProduct(1, math.Inf(1))
	if got := a.Float64(); got != 0x1p-1074 {
		t.Errorf("after products that are not finite: %v", got)
	}
}

// The largest sum that 2^63 - 1 squares can have keeps room to spare, in the
// number and in its encoding.
func TestLargest(t *testing.T) {
	var a, b Accumulator
	a.AddProduct(math.MaxFloat64, math.MaxFloat64)
	want := valueOf(&a)
	for range 63 {
		a.AddAccumulator(&a)
		want.Add(want, want)
	}
	if valueOf(&a).Cmp(want) != 0 || a.Sign() != 1 {
		t.Fatalf("doubled 63 times: %v", valueOf(&a))
	}
	if err := b.Decode(a.Append(nil)); err != nil || a != b {
		t.Fatalf("decoded: %v", err)
	}
}

func TestTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var terms Terms
		var a Accumulator
		for _, x := range lists().Draw(t, "xs") {
			before := terms
			if terms.Add(x) {
				a.Add(x)
			} else if terms != before {
				t.Fatalf("%v refused, but %v became %v", x, before, terms)
			}
		}
		if sumOf(terms[:]).Cmp(valueOf(&a)) != 0 {
			t.Fatalf("terms %v, want %v", terms, valueOf(&a))
		}
	})
	terms := Terms{1e308, 1, 0x1p-60}
	for _, x := range []float64{math.Inf(1), math.Inf(-1), math.NaN(), 1e308} {
		if before := terms; terms.Add(x) || terms != before {
			t.Errorf("%v was added: %v", x, terms)
		}
	}
}

// Terms hold what fits, even if it comes in an order that makes them overlap.
func TestTermsHold(t *testing.T) {
	var sum, squares Terms
	for i := range 100_000 {
		x := float64(i%99_991)/100 + 0.01
		p, e := TwoProduct(x, x)
		if !sum.Add(x) || !squares.Add(p) || !squares.Add(e) {
			t.Fatalf("no room for %v after %d", x, i)
		}
	}
}

func TestExpandAtTheEnds(t *testing.T) {
	out := make([]float64, 2)
	terms := Terms{math.MaxFloat64, 0x1p970} // rounds to infinity
	if code := terms.Expand(nil, out, nil); out[0] != math.Inf(1) || out[1] != 0 || len(code) == 0 {
		t.Errorf("half beyond the largest: %v, %x", out, code)
	}
	var a Accumulator
	a.AddProduct(-0x1p-1074, 0x1p-1074)
	if code := new(Terms).Expand(&a, out, nil); math.Signbit(out[0]) || out[0] != 0 || len(code) == 0 {
		t.Errorf("a little below zero: %v, %x", out, code)
	}
}

func TestExpand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := lists().Draw(t, "xs")
		var terms Terms
		var more Accumulator
		spilled := false
		for _, x := range xs {
			if !terms.Add(x) {
				more.Add(x)
				spilled = true
			}
		}
		acc := &more
		if !spilled {
			acc = nil
		}
		out := make([]float64, rapid.IntRange(2, 3).Draw(t, "n"))
		code := terms.Expand(acc, out, []byte("prefix"))
		checkExpansion(t, sumOf(xs), out, code)
	})
}

func checkExpansion(t *rapid.T, v *big.Float, out []float64, code []byte) {
	rest := new(big.Float).Set(v)
	for i, x := range out {
		want := nearest(rest)
		if i > 0 && math.IsInf(out[0], 0) {
			want = 0
		}
		if math.Float64bits(x) != math.Float64bits(want) {
			t.Fatalf("term %d is %x, want %x", i, x, want)
		}
		if Finite(x) {
			rest.Sub(rest, wide(x))
		}
	}
	code, ok := bytes.CutPrefix(code, []byte("prefix"))
	if !ok || rest.Sign() == 0 != (len(code) == 0) {
		t.Fatalf("rest %v, code %x", rest, code)
	}
	if len(code) > 0 {
		var a Accumulator
		if err := a.Decode(code); err != nil || valueOf(&a).Cmp(v) != 0 {
			t.Fatalf("%x is %v (%v), want %v", code, valueOf(&a), err, v)
		}
	}
}

func FuzzDecode(f *testing.F) {
	var a Accumulator
	for _, x := range []float64{1, -1e308, 0.1, 0x1p-1074, 1e308, 1e308} {
		a.Add(x)
		f.Add(a.Append(nil))
	}
	for _, b := range [][]byte{nil, {1, 0, 0}, {1, 0, 4, 0, 0, 0, 0}, {1, 0, 4, 0, 0, 0, 2}, {1, 0, 4, 0, 0xff, 0xff, 1},
		{2, 0, 4, 0, 0, 0, 1}, {1, 0, 4, 2, 0, 0, 1}, {1, 0, 5, 0, 0, 0, 0, 1}} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var a Accumulator
		if a.Decode(b) != nil {
			return
		}
		if got := a.Append(nil); !bytes.Equal(got, b) {
			t.Fatalf("%x is accepted and encodes as %x", b, got)
		}
	})
}
