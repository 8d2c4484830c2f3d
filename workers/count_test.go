package workers

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
	"github.com/windrow/windrow/workers/wire"
	"pgregory.net/rapid"
)

// counted are rollups that need different columns: a record may be of use to
// some of them, to all or to none.
var counted = []string{
	"CREATE ROLLUP r0 AS SELECT window_start, sum(n) AS x FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY window_start;\n",
	"CREATE ROLLUP r1 AS SELECT window_start, sum(x) AS x FROM TUMBLE(s, INTERVAL '1 minute') WHERE host <> 'b' GROUP BY window_start;\n",
	"CREATE ROLLUP r2 AS SELECT window_start, host, sum(n * 4611686018427387904) AS x FROM TUMBLE(s, INTERVAL '1 minute') GROUP BY window_start, host;\n",
	"CREATE ROLLUP r3 AS SELECT window_start, n * 4611686018427387904 AS k, count(*) AS x FROM TUMBLE(s, INTERVAL '1 minute') WHERE n * 4611686018427387904 > 0 GROUP BY window_start, k;\n",
}

// A record counts as unusable exactly if every rollup has rejected it.
func TestUnusable(t *testing.T) {
	lines := []string{
		`{"ts":"2026-03-01T12:00:00Z","host":"a","n":1,"x":1.5}`, `{"ts":"2026-03-01T12:00:00Z","host":"b","n":4,"x":1}`,
		`{"ts":"2026-03-01T12:00:00Z","host":"a","n":"x","x":"y"}`, `{"ts":"2026-03-01T12:00:00Z","host":"a","n":7,"x":"y"}`,
		`{"ts":"2026-03-01T12:00:00Z","n":1,"x":1}`, `{"ts":"soon","host":"a","n":1,"x":1}`, `no record`, `{"host":"a"}`,
	}
	rapid.Check(t, func(rt *rapid.T) {
		var rollups []string
		for i, r := range counted {
			if rapid.Bool().Draw(rt, fmt.Sprint("r", i)) {
				rollups = append(rollups, r)
			}
		}
		if len(rollups) == 0 {
			rollups = counted[:1]
		}
		n := rapid.SampledFrom([]int{1, 5, 40, 1500}).Draw(rt, "records") // the last are two batches
		var text strings.Builder
		some := rapid.SliceOfNDistinct(rapid.IntRange(0, len(lines)-1), 1, 4, rapid.ID[int]).Draw(rt, "lines")
		for i := range n {
			text.WriteString(lines[some[(i*i+i/7)%len(some)]] + "\n")
		}
		r, got := absorb(t, stream+strings.Join(rollups, ""), text.String())
		rejected := map[int64]int{}
		for _, ru := range r.pipe.rollups {
			for _, x := range ru.rejects {
				rejected[x.Offset]++
			}
		}
		var want int64
		for _, times := range rejected {
			if times == len(rollups) {
				want++
			}
		}
		if got.unusable != want || got.Records != int64(n) {
			rt.Fatalf("%d of %d records are unusable, want %d of %d", got.unusable, got.Records, want, n)
		}
	})
}

// A commit tells what it has of each split, and the cohort's watermark.
func TestCommittedTellsSplitsAndWatermark(t *testing.T) {
	c := talk(t, one, nil)
	c.send(wire.TypeSplit, wire.Split{Number: 2, Path: "y"}, nil)
	end := c.block(1, 0, record+"no record\n"+record)
	c.expect(wire.TypeDone)
	c.send(wire.TypeBlock, wire.Block{ID: 2, Split: 2, Mode: wire.Inline, Hi: 4}, []byte("bad\n"))
	c.expect(wire.TypeDone)
	c.send(wire.TypeBlock, wire.Block{ID: 3, Split: 2, Mode: wire.Refused, Lo: 4, Hi: 8, Reason: "why"}, []byte("POI"))
	c.expect(wire.TypeDone)
	c.block(4, end, record)
	c.expect(wire.TypeDone)
	c.send(wire.TypeFlush, wire.Flush{}, nil)
	c.expect(wire.TypeWant)
	c.send(wire.TypeGrant, struct{}{}, nil)
	var got wire.Committed
	if err := c.expect(wire.TypeCommitted).Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := []wire.SplitCount{{Split: 1, Records: 4, Unusable: 1}, {Split: 2, Records: 2, Unusable: 2}}
	if !slices.Equal(got.Splits, want) || got.Records != 6 || !slices.Equal(got.Blocks, []int64{1, 2, 3, 4}) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if at := value.Time(got.Watermark).Format(-1); at != "2026-03-01 11:59:55" {
		t.Errorf("watermark %s", at)
	}
	if err := c.stop(); err != nil {
		t.Error(err)
	}
}

// Where windows are dropped some day, each row knows how many records it is
// made of: as many as count(*) says. Elsewhere nothing is counted.
func TestRecordsPerRow(t *testing.T) {
	data := accessLog(20_000)
	for _, with := range []string{"", " WITH (retention = '30 days')"} {
		for _, keys := range []string{"", ", host", ", host, region"} {
			r := reader(t, load(t, stream0+"CREATE ROLLUP w1"+with+" AS SELECT window_start"+keys+
				", count(*) AS n FROM TUMBLE(requests, INTERVAL '1 second') WHERE status < 500 GROUP BY window_start"+keys+";"), wire.Split{Number: 1})
			for range 2 { // the second time in tables that were used
				r.pipe.reset()
				var progress atomic.Int64
				if _, err := r.block(context.Background(), &wire.Block{Split: 1, Mode: wire.Inline, Hi: int64(len(data))}, data, &progress); err != nil {
					t.Fatal(err)
				}
				c := r.pipe.rollups[0].commit()
				col := slices.IndexFunc(r.pipe.rollups[0].rows.layout, func(c schema.StateColumn) bool { return c.Source == schema.FromPart })
				var sum int64
				for row := range c.Rows.Len() {
					n, want := c.Rows.Records(row), c.Rows.Cell(row, col).(int64)
					if with == "" {
						want = 0
					}
					if sum += n; n != want {
						t.Fatalf("%q %q: row %d has %d records, want %d", with, keys, row, n, want)
					}
				}
				if with != "" && (sum != c.Absorbed || sum == 0) {
					t.Errorf("%q: %d records in all rows, %d absorbed", keys, sum, c.Absorbed)
				}
			}
		}
	}
}

// The time that a rollup takes is counted until it is committed, apart from
// that of the others.
func TestTimePerRollup(t *testing.T) {
	data := accessLog(20_000)
	r := reader(t, load(t, requests+`
CREATE ROLLUP light AS SELECT window_start, count(*) AS n FROM TUMBLE(requests, INTERVAL '1 minute') WHERE status = 1 GROUP BY window_start;`), wire.Split{Number: 1})
	var progress atomic.Int64
	began := time.Now()
	if _, err := r.block(context.Background(), &wire.Block{Split: 1, Mode: wire.Inline, Hi: int64(len(data))}, data, &progress); err != nil {
		t.Fatal(err)
	}
	heavy, light := r.pipe.rollups[0].commit().CPU, r.pipe.rollups[1].commit().CPU
	if all := time.Since(began); heavy <= light || light <= 0 || heavy+light > all {
		t.Errorf("%v and %v of %v", heavy, light, all)
	}
	r.pipe.reset()
	if r.pipe.rollups[0].cpu != 0 {
		t.Error("not counted anew after a commit")
	}
}

// A batch in which nothing is late or ahead is counted as a whole; that makes
// no difference to counting its rows one by one.
func TestTallyOfAWhole(t *testing.T) {
	p := reader(t, load(t, requests)).pipe
	now := value.Time(1772366400_000000)
	p.now = now.Std
	p.at.Time = []int64{}
	ahead, delay := now+value.Time(FutureSkew.Microseconds()), value.Time(p.stream.Delay.Microseconds())
	rapid.Check(t, func(t *rapid.T) {
		near := rapid.Custom(func(t *rapid.T) value.Time {
			at := rapid.SampledFrom([]value.Time{now, ahead, now - delay}).Draw(t, "at")
			return at + value.Time(rapid.Int64Range(-3, 3).Draw(t, "by"))
		})
		times := rapid.SliceOfN(near, 1, 9).Draw(t, "times")
		front := rapid.OneOf(rapid.Just(noTime), near).Draw(t, "front")
		watermark := rapid.OneOf(rapid.Just(noTime), near).Draw(t, "watermark")
		b := &decode.Batch{Len: len(times), Columns: make([]value.Column, len(p.stream.Columns))}
		col := &b.Columns[p.stream.Time]
		col.Type = value.Timestamp
		col.Resize(b.Len)
		for i, at := range times {
			col.Set(i, value.Int64(int64(at)))
		}
		p.state[p.stream.Time] = columnState{}
		whole := p.tally(b, front, watermark)
		p.state[p.stream.Time].null = true // look at each
		if each := p.tally(b, front, watermark); whole != each {
			t.Fatalf("%v: %+v, one by one %+v", times, whole, each)
		}
	})
}
