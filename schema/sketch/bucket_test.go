package sketch

import (
	"math"
	"sort"
	"testing"

	"pgregory.net/rapid"
)

// within1 reports whether got is within 1 % of want. Subnormal numbers may be
// off by half of their distance more.
func within1(got, want float64) bool {
	slack := 1e-15 * math.Abs(want)
	if math.Abs(want) < 0x1p-1022 {
		slack = 0x1p-1074
	}
	return math.Abs(got-want) <= math.Abs(want)/100+slack
}

// Each bound of a bucket is at a granule: looking at the first and the last
// double of every granule looks at all buckets from bound to bound.
func TestEveryBucket(t *testing.T) {
	bucket := int32(0)
	look := func(x float64) {
		b := bucketOf(x)
		if b != bucket && b != bucket+1 && x >= 0x1p-1022 || b < bucket {
			t.Fatalf("the bucket of %g is %d, after %d", x, b, bucket)
		}
		if y := standIn(b); !within1(y, x) {
			t.Fatalf("%g stands for %g", y, x)
		}
		if bucketOf(-x) != -b || standIn(-b) != -standIn(b) {
			t.Fatalf("the bucket of %g is %d, that of %g %d", x, b, -x, bucketOf(-x))
		}
		bucket = b
	}
	for power := -1074; power <= 1023; power++ {
		for g := range granules {
			x := math.Ldexp(1+float64(g)/granules, power)
			next := math.Ldexp(1+float64(g+1)/granules, power)
			if power < -1022 && (x == next || math.Ldexp(x, -power) != 1+float64(g)/granules) {
				continue // not doubles
			}
			look(x)
			look(math.Nextafter(next, 0))
		}
	}
	if bucket != last || bucketOf(math.MaxFloat64) != last {
		t.Errorf("the last bucket is %d, not %d", bucket, last)
	}
	if b := bucketOf(math.SmallestNonzeroFloat64); b != 1 || bucketOf(0) != 0 || standIn(0) != 0 {
		t.Errorf("the first bucket is %d", b)
	}
}

// bounds are the lower bounds of the buckets of values from 1 to 2.
func bounds() []float64 {
	out := []float64{1}
	for {
		from := out[len(out)-1]
		n := sort.Search(granules+1, func(g int) bool { return (1+float64(g)/granules)*99 >= from*101 })
		if n > granules {
			return out
		}
		out = append(out, 1+float64(n-1)/granules)
	}
}

// The bucket's number is what a search among the bounds gives.
func TestBucketBySearch(t *testing.T) {
	of := bounds()
	if len(of) != perPower {
		t.Fatalf("%d buckets in a power of two, not %d", len(of), perPower)
	}
	rapid.Check(t, func(t *rapid.T) {
		x := math.Float64frombits(rapid.Uint64Range(1, math.Float64bits(math.MaxFloat64)).Draw(t, "bits"))
		m, power := math.Frexp(x)
		n := sort.Search(len(of), func(i int) bool { return of[i] > 2*m }) - 1
		if want := int32((power-1+1074)*perPower + n + 1); bucketOf(x) != want {
			t.Fatalf("the bucket of %g is %d, want %d", x, bucketOf(x), want)
		}
	})
}
