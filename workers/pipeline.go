package workers

import (
	"bytes"
	"fmt"
	"time"
	"unsafe"

	"github.com/windrow/windrow/schema"
	"github.com/windrow/windrow/schema/aggregate"
	"github.com/windrow/windrow/schema/store"
	"github.com/windrow/windrow/schema/value"
	"github.com/windrow/windrow/workers/decode"
	"github.com/windrow/windrow/workers/eval"
)

const (
	// FutureSkew is how far an event's time may be ahead of the clock and
	// still move the watermark.
	FutureSkew = 5 * time.Minute
	// RecordCut is how many bytes of an unusable record are kept.
	RecordCut = 4 << 10
)

// pipeline takes decoded batches of one stream to the tables of its rollups:
// computed columns, then for each rollup usable rows, filter, window, keys and
// aggregates. It is used by one goroutine.
type pipeline struct {
	stream   *schema.Stream
	computed []computed
	rollups  []*rollup
	names    []bool // columns that some rollup names
	all      []int32
	state    []columnState
	rejected []int32 // per row of the batch: by how many rollups
	at       aggregate.Positions
	now      func() time.Time

	least, greatest value.Time // of the batch, if spanned: each record has a time
	spanned         bool
}

type computed struct {
	col  int
	prog *eval.Program
}

// columnState says what a batch holds in one column.
type columnState struct{ bad, null bool }

// tally is what a run of records of one split amounts to.
type tally struct {
	records, late, future int64
	unusable              int64      // no rollup could use them
	max                   value.Time // MinTime-1 if there is none
}

const noTime = value.MinTime - 1

func newPipeline(s *schema.Stream, refs []store.RollupRef) (*pipeline, error) {
	p := &pipeline{stream: s, names: make([]bool, len(s.Columns)), state: make([]columnState, len(s.Columns)),
		rejected: make([]int32, decode.BatchRows), now: time.Now}
	for i := range decode.BatchRows {
		p.all = append(p.all, int32(i))
	}
	for _, ref := range refs {
		r, err := newRollup(ref)
		if err != nil {
			return nil, fmt.Errorf("rollup %s: %w", ref.Rollup.Name, err)
		}
		p.rollups = append(p.rollups, r)
		for _, c := range ref.Rollup.Columns {
			p.names[c] = true
		}
	}
	for i, c := range s.Columns {
		if c.Expr == nil || !p.names[i] {
			continue
		}
		prog, err := eval.Compile(c.Expr)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", c.Name, err)
		}
		p.computed = append(p.computed, computed{i, prog})
	}
	return p, nil
}

// wants tells which columns must be decoded.
func (p *pipeline) wants() []bool {
	w := make([]bool, len(p.names))
	for i, n := range p.names {
		w[i] = n && p.stream.Columns[i].Expr == nil
	}
	return w
}

// bytes is about the memory held by partials and rejected records.
func (p *pipeline) bytes() int {
	n := 0
	for _, r := range p.rollups {
		n += r.table.bytes() + r.rejected
	}
	return n
}

// add absorbs a batch. front is the greatest event time before it in its
// split, as far as is known; watermark is that of the stream.
func (p *pipeline) add(b *decode.Batch, split int64, front, watermark value.Time) tally {
	if b.Len == 0 {
		return tally{max: noTime}
	}
	for _, c := range p.computed {
		p.compute(c, b)
	}
	p.look(b)
	p.at.Split, p.at.Offset, p.at.Time = split, b.Begin[:b.Len], nil
	if p.stream.Time >= 0 && p.names[p.stream.Time] {
		p.at.Time = b.Columns[p.stream.Time].Int
	}
	p.span(b)
	began := time.Now()
	for _, r := range p.rollups {
		r.add(p, b)
		now := time.Now()
		r.cpu += now.Sub(began)
		began = now
	}
	return p.tally(b, front, watermark)
}

// compute fills a computed column.
func (p *pipeline) compute(c computed, b *decode.Batch) {
	dst := &b.Columns[c.col]
	dst.Type = p.stream.Columns[c.col].Type
	dst.Resize(b.Len)
	src := c.prog.Eval(b.Columns, p.all[:b.Len], b.Len)
	decode.ConvertColumn(dst, src, p.all[:b.Len], p.stream, func(row int, reason string) {
		if src.Kind[row] == value.KindBad {
			reason = c.prog.ReasonAt(int32(row))
		}
		b.Bad = append(b.Bad, decode.BadCell{Row: row, Col: c.col, Reason: p.stream.Columns[c.col].Name + ": " + reason})
	})
}

// look notes which columns hold bad or null cells, so that clean batches need
// no look at single cells.
func (p *pipeline) look(b *decode.Batch) {
	for i, named := range p.names {
		if named {
			kinds := kindBytes(b.Columns[i].Kind[:b.Len])
			p.state[i] = columnState{
				bad:  bytes.IndexByte(kinds, byte(value.KindBad)) >= 0,
				null: bytes.IndexByte(kinds, byte(value.KindNull)) >= 0,
			}
		}
	}
}

func kindBytes(k []value.Kind) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(k))), len(k))
}

// tally counts the batch's records and finds the greatest event time that may
// move the watermark.
func (p *pipeline) tally(b *decode.Batch, front, watermark value.Time) tally {
	t := tally{records: int64(b.Len), unusable: p.unusable(), max: noTime}
	if p.at.Time == nil {
		return t
	}
	col := &b.Columns[p.stream.Time]
	limit := value.TimeOf(p.now().Add(FutureSkew))
	delay := value.Time(p.stream.Delay.Microseconds())
	if p.spanned && p.greatest <= limit && p.least >= max(watermark, max(front, p.greatest)-delay) {
		t.max = p.greatest // none is ahead, and none late wherever it stands
		return t
	}
	for i, k := range col.Kind[:b.Len] {
		if k != value.KindInt {
			continue
		}
		ts := value.Time(col.Int[i])
		if ts > limit {
			t.future++
			continue
		}
		if ts < watermark {
			t.late++
		}
		if ts > front {
			front = ts
			watermark = max(watermark, front-delay)
		}
		t.max = max(t.max, ts)
	}
	return t
}

// span finds the least and the greatest time of the batch.
func (p *pipeline) span(b *decode.Batch) {
	if p.spanned = p.at.Time != nil; p.spanned {
		s := p.state[p.stream.Time]
		if p.spanned = !s.bad && !s.null; p.spanned {
			p.least, p.greatest = extremes(p.at.Time[:b.Len])
		}
	}
}

// extremes returns the least and the greatest of some times. Two of each are
// kept, so that one need not wait for the other.
func extremes(times []int64) (least, greatest value.Time) {
	lo, hi := times[0], times[0]
	lo2, hi2 := lo, hi
	for ; len(times) > 1; times = times[2:] {
		lo, hi = min(lo, times[0]), max(hi, times[0])
		lo2, hi2 = min(lo2, times[1]), max(hi2, times[1])
	}
	for _, t := range times {
		lo, hi = min(lo, t), max(hi, t)
	}
	return value.Time(min(lo, lo2)), value.Time(max(hi, hi2))
}

// unusable counts the batch's records that every rollup has rejected.
func (p *pipeline) unusable() int64 {
	for _, r := range p.rollups {
		if len(r.lost) == 0 {
			return 0
		}
	}
	clear(p.rejected)
	var n int64
	for _, r := range p.rollups {
		for _, row := range r.lost {
			if p.rejected[row]++; int(p.rejected[row]) == len(p.rollups) {
				n++
			}
		}
	}
	return n
}

// reset empties all tables after a commit.
func (p *pipeline) reset() {
	for _, r := range p.rollups {
		r.reset()
	}
}
