package aggregatetest

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/value"
)

const (
	batchRows   = 1024
	batchGroups = 1000
)

// batch is an ordinary batch of rows.
type batch struct {
	groups, rows []int32
	args         []*value.Column
	at           aggregate.Positions
}

func newBatch(types []value.Type) *batch {
	r := rand.New(rand.NewPCG(1, 2))
	b := &batch{at: aggregate.Positions{Time: make([]int64, batchRows), Offset: make([]int64, batchRows), Split: 1}}
	for _, typ := range types {
		c := &value.Column{Type: typ}
		c.Resize(batchRows)
		b.args = append(b.args, c)
	}
	for i := range batchRows {
		b.groups, b.rows = append(b.groups, int32(r.IntN(batchGroups))), append(b.rows, int32(i))
		b.at.Time[i], b.at.Offset[i] = 1772366400_000000+r.Int64N(value.Minute), int64(i)*100
		for _, c := range b.args {
			c.Set(i, ordinary(r, c.Type))
		}
	}
	return b
}

func ordinary(r *rand.Rand, typ value.Type) value.Value {
	switch typ {
	case value.Real:
		return value.Float64(float64(r.IntN(100000)) / 100)
	case value.Boolean:
		return value.Int64(r.Int64N(2))
	case value.Timestamp:
		return value.Int64(1772366400_000000 + r.Int64N(value.Day))
	case value.Integer:
		return value.Int64(r.Int64N(100000))
	}
	return value.String(fmt.Sprintf("host-%04d.example", r.IntN(10000)))
}

// steady checks that adding ordinary rows to groups that exist allocates
// nothing.
func (s suite) steady(t *testing.T) {
	state, b := s.part.New(), newBatch(s.types)
	state.Grow(batchGroups)
	add := func() {
		for i := range b.at.Time {
			b.at.Time[i], b.at.Offset[i] = b.at.Time[i]+1, b.at.Offset[i]+batchRows*100
		}
		state.Add(b.groups, b.rows, b.args, &b.at)
	}
	for range 20 {
		add()
	}
	if n := testing.AllocsPerRun(50, add); n != 0 {
		t.Errorf("Add allocates %v times", n)
	}
}

// Bench measures Add per value for a batch of ordinary rows, and Cell and
// Merge per group.
func Bench(b *testing.B, part aggregate.Part, types ...value.Type) {
	in := newBatch(types)
	state := part.New()
	state.Grow(batchGroups)
	b.Run("add", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			in.at.Split++ // later than the last
			state.Add(in.groups, in.rows, in.args, &in.at)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batchRows, "ns/value")
	})
	cells := make([][]any, batchGroups)
	b.Run("cells", func(b *testing.B) {
		for i := range b.N {
			cells[i%batchGroups] = Cells(state, part, i%batchGroups)
		}
	})
	b.Run("merge", func(b *testing.B) {
		to := part.New()
		to.Grow(batchGroups)
		for i := range b.N {
			if c := cells[i%batchGroups]; c != nil {
				if err := to.Merge(i%batchGroups, c); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
