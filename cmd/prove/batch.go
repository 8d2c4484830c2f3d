package main

import (
	"math/big"
	"math/bits"
	"slices"
	"time"
)

// batchRollup is one of a load's rollups as plain Go: a second implementation.
type batchRollup struct {
	name   string
	size   int64 // of the window, microseconds
	layout string
	keys   int // columns of the view that tell rows apart
	bad    []recordState
	where  func(*record) bool
	key    func(*record) int64
	row    func(*sums) []any
	retain int64 // microseconds of retention, 0 for ever
}

var batchRollups = []batchRollup{
	{"per_key", 1_000_000, "2006-01-02 15:04:05", 2, []recordState{badX, badN}, nil, func(r *record) int64 { return int64(r.key) },
		func(s *sums) []any {
			return []any{loadKeys[s.key], s.events, s.xs, s.n, s.x(), s.mean(), s.ifAny(s.low), s.ifAny(s.high), s.quantile(0.5)}
		}, 0},
	{"per_minute", 60_000_000, "2006-01-02 15:04:05", 1, []recordState{badX, badN}, func(r *record) bool { return r.n >= 0 }, func(*record) int64 { return 0 },
		func(s *sums) []any { return []any{s.events, s.n, s.x(), s.quantile(0.9), s.ifAny(s.low)} }, 0},
	{"per_class", 10_000_000, "2006-01-02 15:04:05", 2, []recordState{badN}, nil, func(r *record) int64 { return r.n % 5 },
		func(s *sums) []any {
			var n any
			if s.highs > 0 {
				n = s.highN
			}
			return []any{s.key, s.events, n, s.lowKey, s.highKey}
		}, 0},
	{"ticks", 50_000, "2006-01-02 15:04:05.000", 1, nil, nil, func(*record) int64 { return 0 },
		func(s *sums) []any { return []any{s.events} }, 0},
	{"recent", 1_000_000, "2006-01-02 15:04:05", 1, nil, nil, func(*record) int64 { return 0 },
		func(s *sums) []any { return []any{s.events} }, 20_000_000},
}

// window spells the start of a window.
func (b *batchRollup) window(start int64) string { return time.UnixMicro(start).UTC().Format(b.layout) }

// namesKey reports whether the rollup names k.
func (b *batchRollup) namesKey() bool { return b.name == "per_key" || b.name == "per_class" }

func (b *batchRollup) usable(r *record) bool {
	switch r.state {
	case plainRecord, nullX:
		return true
	case brokenRecord, noTime:
		return false
	case noKey:
		return !b.namesKey()
	}
	return !slices.Contains(b.bad, r.state)
}

// sums are the aggregates of one window and key.
type sums struct {
	key             int64
	start           string // of the window, as the store shows it
	spelled         []any  // its row in the view, nil if there is more since
	events, xs, n   int64
	hi, lo          uint64 // sum of x in units of 2^-unit, 128 bits in two's complement
	low, high       float64
	highs, highN    int64 // of those with n > 2
	lowKey, highKey string
	values          []float64 // of x
}

func (s *sums) add(r *record) {
	if key := loadKeys[r.key]; s.events == 0 {
		s.lowKey, s.highKey = key, key
	} else {
		s.lowKey, s.highKey = min(s.lowKey, key), max(s.highKey, key)
	}
	s.spelled = nil
	s.events++
	s.n += r.n
	if r.n > 2 {
		s.highs++
		s.highN += r.n
	}
	if r.state == nullX {
		return
	}
	hi, lo := uint64(r.mantissa>>(64-r.shift)), uint64(r.mantissa)<<r.shift
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, lo, 0)
	s.hi, _ = bits.Add64(s.hi, hi, carry)
	x := r.x()
	if s.xs == 0 {
		s.low, s.high = x, x
	}
	s.low, s.high = min(s.low, x), max(s.high, x)
	s.values = append(s.values, x)
	s.xs++
}

// total is the sum of x, rounded once.
func (s *sums) total() float64 {
	sum := new(big.Int).Lsh(big.NewInt(int64(s.hi)), 64)
	sum.Add(sum, new(big.Int).SetUint64(s.lo))
	f := new(big.Float).SetPrec(200).SetInt(sum)
	v, _ := f.SetMantExp(f, -unit).Float64()
	return v
}

func (s *sums) x() any { return s.ifAny(s.total()) }

func (s *sums) mean() any { return s.ifAny(s.total() / float64(s.xs)) }

func (s *sums) ifAny(x float64) any {
	if s.xs == 0 {
		return nil
	}
	return x
}

func (s *sums) quantile(q float64) any {
	if s.xs == 0 {
		return nil
	}
	return quantileOf(s.values, q)
}
