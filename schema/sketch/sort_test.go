package sketch

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSort(t *testing.T) {
	var s sorter
	check := func(t interface{ Fatalf(string, ...any) }, k []int64) {
		want := slices.Sorted(slices.Values(k))
		if s.sort(k); !slices.Equal(k, want) {
			t.Fatalf("got %d, want %d", k, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		one := rapid.SampledFrom([]*rapid.Generator[int64]{
			rapid.Int64(), rapid.Int64Range(-5, 5), rapid.Int64Range(0, 1000), rapid.Int64Range(1e15, 1e15+100),
			rapid.SampledFrom([]int64{math.MinInt64, math.MaxInt64, 0}),
		}).Draw(t, "keys")
		check(t, rapid.SliceOfN(one, 0, Exact).Draw(t, "keys"))
	})
	for name := range data {
		for n := range Exact + 1 {
			var k []int64
			for _, x := range values(name, n) {
				k = append(k, ordered(x))
			}
			check(t, k)
		}
	}
}

func BenchmarkSort(b *testing.B) {
	for _, n := range []int{8, 16, 40, 128} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var s sorter
			xs := values("milliseconds", 1<<16)
			k := make([]int64, n)
			for i := range b.N {
				for j := range k {
					k[j] = int64(xs[(i*n+j)%(1<<16)] * 1000)
				}
				s.sort(k)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/key")
		})
	}
}
