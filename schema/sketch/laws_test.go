package sketch

import (
	"bytes"
	"math"
	"slices"
	"testing"

	"github.com/windrow/windrow/schema/value"
	"pgregory.net/rapid"
)

// Multisets generates values of which there are mostly more than Exact, in an
// order that is drawn, too.
func multisets() *rapid.Generator[[]float64] {
	return rapid.Custom(func(t *rapid.T) []float64 {
		one := rapid.OneOf(
			rapid.Map(rapid.Int64Range(-100000, 100000), func(i int64) float64 { return float64(i) / 1000 }),
			rapid.Map(rapid.Int64Range(1, 5000), func(i int64) float64 { return float64(i) }),
			rapid.Map(rapid.Float64Range(0.001, 1000), func(x float64) float64 { return x }),
			rapid.Map(rapid.Uint64(), finite),
			rapid.SampledFrom([]float64{0, 1, -1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 0.1, 1e15, 1e16}),
		)
		from := rapid.SampledFrom([]int{0, 0, 100}).Draw(t, "more")
		var xs []float64
		for _, x := range rapid.SliceOfN(one, 0, 12).Draw(t, "values") {
			step := rapid.Float64Range(0, 0.05).Draw(t, "step")
			for i := range from + rapid.IntRange(1, 60).Draw(t, "repeated") {
				y := x * (1 + step*float64(i))
				if y-y != 0 {
					y = x
				}
				xs = append(xs, y+0)
			}
		}
		return shuffled(t, xs)
	})
}

func finite(b uint64) float64 {
	if x := math.Float64frombits(b); x-x == 0 {
		return x + 0
	}
	return 1e9
}

func shuffled(t *rapid.T, xs []float64) []float64 {
	seed := rapid.Uint64().Draw(t, "seed")
	xs = slices.Clone(xs)
	for i := range xs {
		seed = seed*6364136223846793005 + 1442695040888963407
		j := i + int(seed>>33)%(len(xs)-i)
		xs[i], xs[j] = xs[j], xs[i]
	}
	return xs
}

func mustMerge(t *rapid.T, s *Groups, group int, blob []byte) {
	if blob == nil {
		return
	}
	if err := s.Merge(group, blob); err != nil {
		t.Fatalf("merging what Encode gave: %v: %x", err, blob)
	}
}

// However values are dealt to workers, in whatever order, and however their
// states are merged: the encoding is the same.
func TestPartsAreTheWhole(t *testing.T) {
	var used Groups // has held other values before
	used.Grow(6)
	rapid.Check(t, func(t *rapid.T) {
		xs := multisets().Draw(t, "values")
		want := bytes.Clone(groupOf(xs).Encode(0))
		used.Reset()
		used.Grow(6)
		parts := rapid.IntRange(1, 5).Draw(t, "parts")
		for i, x := range shuffled(t, xs) {
			used.add(&used.groups[1+i*7%parts], x)
		}
		used.change++
		for _, p := range rapid.Permutation([]int{1, 2, 3, 4, 5}).Draw(t, "order") {
			to := rapid.SampledFrom([]int{0, 0, 1}).Draw(t, "to")
			if p > 1 {
				mustMerge(t, &used, to, bytes.Clone(used.Encode(p)))
			}
		}
		mustMerge(t, &used, 0, bytes.Clone(used.Encode(1)))
		if got := used.Encode(0); !bytes.Equal(got, want) {
			t.Fatalf("in parts\n%x, at once\n%x", got, want)
		}
	})
}

// What is read is what was written, and gives the same quantiles.
func TestDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := groupOf(multisets().Draw(t, "values"))
		again := groupOf(nil)
		mustMerge(t, again, 0, s.Encode(0))
		if a, b := again.Encode(0), s.Encode(0); !bytes.Equal(a, b) {
			t.Fatalf("%x became %x", b, a)
		}
		for _, q := range fractions {
			x, ok1 := s.Quantile(0, q)
			y, ok2 := again.Quantile(0, q)
			if x != y || ok1 != ok2 {
				t.Fatalf("%v became %v", x, y)
			}
		}
	})
}

// The list of buckets is the general form: a group that is kept in it from the
// first value gives what the fast forms give.
func TestFormsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		xs := multisets().Draw(t, "values")
		more := multisets().Draw(t, "more")
		for len(xs)+len(more) <= Exact {
			more = append(more, 0.5)
		}
		fast, general := groupOf(xs), new(Groups)
		general.Grow(1)
		general.groups[0] = general.newSparse()
		for _, x := range slices.Concat(xs, more) {
			general.add(&general.groups[0], x)
		}
		mustMerge(t, fast, 0, groupOf(more).Encode(0))
		if a, b := fast.Encode(0), general.Encode(0); !bytes.Equal(a, b) {
			t.Fatalf("form %d gives\n%x, the list of buckets\n%x", fast.groups[0].form, a, b)
		}
	})
}

// Columns: NULLs and what is not finite are left out, -0 is 0.
func TestAdd(t *testing.T) {
	var s Groups
	s.Grow(2)
	kinds := []value.Kind{value.KindReal, value.KindNull, value.KindReal, value.KindBad, value.KindReal, value.KindReal, value.KindReal}
	reals := []float64{2.5, 9, math.Copysign(0, -1), 9, math.NaN(), math.Inf(1), 1}
	s.AddReals([]int32{0, 0, 0, 0, 0, 0, 1}, []int32{0, 1, 2, 3, 4, 5, 6}, kinds, reals)
	if a, b := s.Encode(0), groupOf([]float64{0, 2.5}).Encode(0); !bytes.Equal(a, b) {
		t.Errorf("%x, want %x", a, b)
	}
	s.AddInts([]int32{1, 1}, []int32{1, 0}, []value.Kind{value.KindNull, value.KindInt}, []int64{9, math.MaxInt64})
	if a, b := s.Encode(1), groupOf([]float64{1, 0x1p63}).Encode(0); !bytes.Equal(a, b) {
		t.Errorf("%x, want %x", a, b)
	}
}

// Counts beyond those of a window.
func TestManyValues(t *testing.T) {
	v := &view{n: math.MaxUint32, min: 1, max: 4, buckets: []bucket{{bucketOf(1), 5}, {bucketOf(4), math.MaxUint32 - 5}}}
	v.keys.set([]float64{1, 4}, new(sorter))
	blob := v.append(nil)
	s := groupOf([]float64{2})
	if err := s.Merge(0, groupOf(values("integers", 200)).Encode(0)); err != nil {
		t.Fatal(err)
	}
	s.Grow(2)
	for range 3 {
		if err := s.Merge(1, blob); err != nil {
			t.Fatal(err)
		}
		s.add(&s.groups[1], 1)
	}
	full := groupOf(nil)
	full.count(&full.groups[0])
	v.buckets[0].n, v.buckets[1].n = math.MaxUint32-1, 1
	if err := full.Merge(0, v.append(nil)); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		full.AddReals([]int32{0}, []int32{0}, []value.Kind{value.KindReal}, []float64{1})
		if n := full.len(&full.groups[0]); n != math.MaxUint32+uint64(i)+1 || (full.groups[0].form == isDense) != (i == 0) {
			t.Errorf("%d values in form %d", n, full.groups[0].form)
		}
	}
	v.buckets[0].n, v.buckets[1].n = 5, math.MaxUint32-5
	if n := s.len(&s.groups[1]); n != 3*(math.MaxUint32+1) {
		t.Errorf("%d values", n)
	}
	if err := s.Merge(0, s.Encode(1)); err != nil || s.len(&s.groups[0]) != 3*(math.MaxUint32+1)+201 {
		t.Errorf("%d values, %v", s.len(&s.groups[0]), err)
	}
	v.n, v.buckets[1].n = math.MaxInt64, math.MaxInt64-5
	blob = v.append(nil)
	if err := s.Merge(0, blob); err == nil {
		t.Error("more than 2^63 values")
	}
	if err := groupOf(nil).Merge(0, blob); err != nil {
		t.Error(err)
	}
}
