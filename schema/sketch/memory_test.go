package sketch

import (
	"fmt"
	"math"
	"testing"

	"github.com/windrow/windrow/schema/value"
)

// table adds rounds of one value to each of n groups, as a worker does.
type table struct {
	Groups
	groups, rows []int32
	kinds        []value.Kind
	xs           []float64
}

func newTable(n int) *table {
	t := &table{kinds: make([]value.Kind, n), xs: make([]float64, n)}
	for i := range n {
		t.groups, t.rows, t.kinds[i] = append(t.groups, int32(i)), append(t.rows, int32(i)), value.KindReal
	}
	t.Grow(n)
	return t
}

func (t *table) add(xs []float64, from int) {
	for i := range t.xs {
		t.xs[i] = xs[(from+i*31)%len(xs)]
	}
	t.AddReals(t.groups, t.rows, t.kinds, t.xs)
}

// The second filling of a table needs no more memory than the first.
func TestMemoryIsKept(t *testing.T) {
	for _, name := range []string{"milliseconds", "mixed", "all magnitudes"} {
		t.Run(name, func(t *testing.T) {
			xs := values(name, 5000)
			tab := newTable(50)
			fill := func() {
				tab.Reset()
				tab.Grow(50)
				for i := range 300 {
					tab.add(xs, i)
				}
				for g := range 50 {
					tab.Encode(g)
					tab.Quantile(g, 0.5)
					tab.Quantile(g, 0.99)
				}
			}
			fill()
			used := tab.Bytes()
			if n := testing.AllocsPerRun(5, fill); n != 0 {
				t.Errorf("%v allocations", n)
			}
			if n := tab.Bytes(); n != used || n == 0 {
				t.Errorf("%d bytes became %d", used, n)
			}
			tab.Reset()
			if n := tab.Bytes(); n != 0 {
				t.Errorf("%d bytes after Reset", n)
			}
		})
	}
}

// Groups take memory of the order of what they hold, whatever the values: no
// window may be so wide that a few values fill the memory.
func TestMemoryIsBounded(t *testing.T) {
	for name := range data {
		xs := values(name, 5000)
		tab := newTable(1000)
		for i := range 200 {
			tab.add(xs, i)
			limit := 1000 * (2*8*Exact + 2*4<<maxWindowClass)
			if n := tab.Bytes(); n > limit {
				t.Fatalf("%s: %d bytes for %d values of each of 1000 groups", name, n, i+1)
			}
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	for _, c := range []struct {
		name string
		data string
		n    int // values of each group
	}{
		{"list", "milliseconds", 120}, {"dense", "milliseconds", 5000}, {"both signs", "mixed", 5000}, {"sparse", "all magnitudes", 5000},
	} {
		b.Run(c.name, func(b *testing.B) {
			xs := values(c.data, 5000)
			tab := newTable(200)
			b.ReportAllocs()
			for i := range b.N {
				if i%c.n == 0 {
					tab.Reset()
					tab.Grow(200)
				}
				tab.add(xs, i)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200, "ns/value")
		})
	}
}

func BenchmarkBucket(b *testing.B) {
	xs := values("milliseconds", 1000)
	sum := int32(0)
	for i := range b.N {
		sum += size(math.Float64bits(xs[i%1000]))
	}
	b.ReportMetric(float64(sum)*0, "x")
}

// BenchmarkCell makes two quantiles and the encoding of groups of n values.
func BenchmarkCell(b *testing.B) {
	for _, n := range []int{10, 40, 128, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			xs := values("milliseconds", 5000)
			tab := newTable(200)
			for i := range n {
				tab.add(xs, i)
			}
			b.ReportAllocs()
			size := 0
			for i := range b.N {
				g := i % 200
				tab.Quantile(g, 0.5)
				tab.Quantile(g, 0.99)
				size += len(tab.Encode(g))
			}
			b.ReportMetric(float64(size)/float64(b.N), "bytes")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/value")
		})
	}
}
