package main

import (
	"math"
	"math/rand/v2"
)

// The columns of the pairs. The first is the event time.
var columns = []column{
	{name: "ts", typ: timestampType, key: "ts"},
	{name: "k", typ: textType, key: "k", notNull: true},
	{name: "u", typ: textType, key: "u"},
	{name: "n", typ: integerType, key: "n"},
	{name: "b", typ: integerType, key: "b"},
	{name: "x", typ: realType, key: "x"},
	{name: "y", typ: realType, key: "y"},
	{name: "f", typ: booleanType, key: "f"},
	{name: "p", typ: textType, key: "pp"},
	{name: "t", typ: timestampType, key: "t"},
}

// eventMaker draws events of one kind.
type eventMaker struct {
	r        *rand.Rand
	from     moment
	span     int64 // microseconds in which most event times lie
	step     int64 // whole microseconds of event times: 1, 1000, or a second
	texts    []string
	nulls    float64 // how often a value is NULL
	bads     float64 // and how often bad
	brokens  float64 // how often a record is broken
	sizes    int     // magnitudes of y
	extremes bool    // y goes to the limits of doubles
}

var alphabet = []string{"a", "b", "Z", "é", "ß", "日本", "😀", " ", "\"", "\\", "/", ",", "\n", "\t", "'", "%", "_", "0", "1", "null", "-", "\u2028", "{", "]", "\x01", "\x7f"}

func newEventMaker(r *rand.Rand) *eventMaker {
	spans := []int64{200_000, 3_000_000, 3_600_000_000, 40 * 86_400_000_000, 4 * 366 * 86_400_000_000}
	froms := []moment{1_772_323_200_000_000, 1_772_323_199_900_000, -500_000, 1_709_164_800_000_000}
	m := &eventMaker{r: r, from: pick(r, froms), span: pick(r, spans), step: pick(r, []int64{1, 1000, 1_000_000}), sizes: 1 + r.IntN(600), extremes: r.IntN(3) == 0}
	if m.span < m.step*10 {
		m.step = 1
	}
	rates := []float64{0, 0.01, 0.1}
	m.nulls, m.bads, m.brokens = pick(r, []float64{0, 0.05, 0.4}), pick(r, rates), pick(r, rates)
	m.texts = []string{"", "a", "A"}
	for range 1 + r.IntN(20) {
		s := ""
		for range r.IntN(5) {
			s += pick(r, alphabet)
		}
		m.texts = append(m.texts, s)
	}
	if r.IntN(10) == 0 {
		long := make([]byte, 3000)
		for i := range long {
			long[i] = 'a' + byte(r.IntN(26))
		}
		m.texts = append(m.texts, string(long))
	}
	return m
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// event draws one event.
func (m *eventMaker) event() event {
	e := event{broken: m.r.Float64() < m.brokens, cells: make([]cell, len(columns))}
	for i, c := range columns {
		switch p := m.r.Float64(); {
		case p < m.bads/3:
			e.cells[i] = bad{}
		case i > 0 && p < m.bads/3+m.nulls, i == 0 && p < m.bads/3+m.nulls/20:
			e.cells[i] = nil
		default:
			e.cells[i] = m.value(c)
		}
	}
	return e
}

func (m *eventMaker) value(c column) cell {
	switch c.name {
	case "n":
		return int64(m.r.IntN(41) - 20)
	case "b":
		return m.bigInteger()
	case "x":
		return float64(m.r.IntN(2001)-1000)/math.Pow(10, float64(m.r.IntN(4))) + 0
	case "y":
		return m.wideReal()
	}
	switch c.typ {
	case timestampType:
		return m.time()
	case booleanType:
		return m.r.IntN(2) == 0
	}
	return pick(m.r, m.texts)
}

func (m *eventMaker) time() moment {
	at := m.r.Int64N(m.span)
	if m.r.IntN(40) == 0 {
		at = -at * 3 // late
	}
	t := int64(m.from) + at
	return moment(t - (t%m.step+m.step)%m.step)
}

func (m *eventMaker) bigInteger() int64 {
	switch m.r.IntN(6) {
	case 0:
		return math.MaxInt64 - int64(m.r.IntN(3))
	case 1:
		return math.MinInt64 + int64(m.r.IntN(3)) + 1
	case 2:
		return 1<<53 + int64(m.r.IntN(3))
	}
	return int64(m.r.Uint64()) >> m.r.IntN(64)
}

// wideReal draws doubles of many magnitudes and both signs, so that sums
// cancel and lose bits where they are not exact.
func (m *eventMaker) wideReal() float64 {
	if m.extremes {
		switch m.r.IntN(8) {
		case 0:
			return pick(m.r, []float64{1e308, -1e308, math.MaxFloat64, -math.MaxFloat64, 9e307})
		case 1:
			return pick(m.r, []float64{5e-324, -5e-324, 1e-310, 2.2250738585072014e-308})
		}
	}
	x := m.r.NormFloat64() * math.Pow(2, float64(m.r.IntN(m.sizes)-m.sizes/2))
	if m.r.IntN(4) == 0 {
		x = math.Trunc(x)
	}
	return x + 0
}
