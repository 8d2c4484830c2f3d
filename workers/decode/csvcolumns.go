package decode

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"github.com/windrow/windrow/schema/value"
)

// The loops of this file read one column of a run of regular records. They
// know where each field begins and ends, so that no step waits for one before
// it. A field of an unusual spelling is left to field.

// columns reads the fields of all runs.
func (d *csvDecoder) columns() {
	row := d.row
	for i := range d.sinks {
		s := &d.sinks[i]
		for _, r := range d.runs {
			switch s.read {
			case readText:
				d.texts(s, d.column(r, i))
			case readInteger:
				d.integers(s, d.column(r, i))
			case readReal:
				d.reals(s, d.column(r, i))
			case readTime:
				d.times(s, d.column(r, i))
			default:
				d.others(s, d.column(r, i))
			}
		}
	}
	d.row, d.bads = row, len(d.b.Bad)
}

// csvColumn is a column of a run: the field of its row i is between marks
// i*step and i*step+1 of pos.
type csvColumn struct {
	row, n, step int
	pos          []int32
}

// column returns a column of a run. Where the record's last field is followed
// by \r, its marks are other ones, made for it.
func (d *csvDecoder) column(r csvRun, sink int) csvColumn {
	k, fields := d.at[sink], len(d.fields)
	from := r.at + k - 1
	c := csvColumn{row: r.row, n: r.n, step: fields, pos: d.pos[from : from+(r.n-1)*fields+2]}
	if k < fields-1 {
		return c
	}
	d.lasts = d.lasts[:0]
	for i := range r.n {
		p := c.pos[i*fields:]
		d.lasts = append(d.lasts, p[0], int32(d.textEnd(int(p[0])+1, int(p[1]))))
	}
	c.step, c.pos = 2, d.lasts
	return c
}

// bounds returns where the field of row i begins and ends.
func (c *csvColumn) bounds(i int) (lo, hi int) {
	p := c.pos[i*c.step:]
	return int(p[0]) + 1, int(p[1])
}

// field reads the field [lo, hi) of a row, whatever it is.
func (d *csvDecoder) field(s *sink, row, lo, hi int) {
	d.row = row
	if d.quote == 0 || lo == hi || d.data[lo] != d.quote {
		d.cell(s, lo, hi)
		return
	}
	text := d.data[lo+1 : hi-1]
	if bytes.IndexByte(text, d.quote) >= 0 {
		text = d.undouble(text)
	}
	d.store(s, text, true)
}

func (d *csvDecoder) others(s *sink, c csvColumn) {
	for i := range c.n {
		lo, hi := c.bounds(i)
		d.field(s, c.row+i, lo, hi)
	}
}

func (d *csvDecoder) texts(s *sink, c csvColumn) {
	texts, kinds := s.texts[c.row:c.row+c.n], s.kind[c.row:c.row+c.n]
	quote, high, plain := d.quote, d.high, d.quote != 0 && !d.doubled
	b, pos, step := d.data, c.pos, c.step
	copy(kinds, textKinds[:])
	odd, j := 0, 0
	for i := range texts {
		lo, hi := int(pos[j])+1, int(pos[j+1])
		j += step
		text := b[lo:hi:hi]
		if plain && hi-lo >= 2 && text[0] == quote {
			text = text[1 : len(text)-1 : len(text)-1]
		} else if lo == hi || text[0] == quote && quote != 0 {
			d.later[odd&(BatchRows-1)] = int32(i)
			odd++
			continue
		}
		if high && !utf8.Valid(text) {
			d.later[odd&(BatchRows-1)] = int32(i)
			odd++
			continue
		}
		texts[i] = text
	}
	d.rest(s, &c, odd)
}

func (d *csvDecoder) integers(s *sink, c csvColumn) {
	ints, kinds := s.ints[c.row:c.row+c.n], s.kind[c.row:c.row+c.n]
	b, pos, step := d.data, c.pos, c.step
	copy(kinds, intKinds[:])
	odd, j := 0, 0
	for i := range ints {
		lo, hi := int(pos[j])+1, int(pos[j+1])
		j += step
		if n := hi - lo; uint(n-1) < 8 && hi >= 8 {
			if t := digitsOf(eight(b, hi-8), n); areDigits(t) {
				ints[i] = int64(numberOf(t))
				continue
			}
		}
		d.later[odd&(BatchRows-1)] = int32(i)
		odd++
	}
	d.rest(s, &c, odd)
}

// reals reads digits with or without a point and digits after it, of eight
// bytes at most. As for fastReal, one division gives the nearest double.
func (d *csvDecoder) reals(s *sink, c csvColumn) {
	reals, kinds := s.reals[c.row:c.row+c.n], s.kind[c.row:c.row+c.n]
	b, pos, step := d.data, c.pos, c.step
	copy(kinds, realKinds[:])
	odd, j := 0, 0
	for i := range reals {
		lo, hi := int(pos[j])+1, int(pos[j+1])
		j += step
		if n := hi - lo; uint(n-1) < 8 && hi >= 8 {
			if t, after := pointless(eight(b, hi-8), n); areDigits(t) {
				reals[i] = float64(int64(numberOf(t))) / powers[after&7]
				continue
			}
		}
		d.later[odd&(BatchRows-1)] = int32(i)
		odd++
	}
	d.rest(s, &c, odd)
}

func (d *csvDecoder) times(s *sink, c csvColumn) {
	if s.clock.mode != auto {
		d.others(s, c)
		return
	}
	ints, kinds := s.ints[c.row:c.row+c.n], s.kind[c.row:c.row+c.n]
	b, pos, step, clock := d.data, c.pos, c.step, s.clock
	copy(kinds, intKinds[:])
	w0, w1, minute := clock.w0, clock.w1, clock.minute
	odd, j := 0, 0
	for i := range ints {
		lo, hi := int(pos[j])+1, int(pos[j+1])
		j += step
		if hi-lo == 24 && eight(b, lo) == w0 && eight(b, lo+8) == w1 {
			if us, ok := secondsZ(eight(b, lo+16)); ok {
				ints[i] = int64(minute) + us
				continue
			}
		}
		if t, end := clock.stamp(b, lo); end == hi && hi > 0 {
			w0, w1, minute = clock.w0, clock.w1, clock.minute
			ints[i] = int64(t)
			continue
		}
		d.later[odd&(BatchRows-1)] = int32(i)
		odd++
	}
	d.rest(s, &c, odd)
}

// secondsZ reads :05.123Z, in microseconds.
func secondsZ(w uint64) (us int64, ok bool) {
	w ^= colonSecondsZ
	sec := w>>8&15*10 + w>>16&15
	ms := w>>32&15*100 + w>>40&15*10 + w>>48&15
	return int64(sec*1_000_000 + ms*1_000), (w|(w+overNineZ))&notDigitsZ == 0 && sec <= 59
}

// rest reads the fields of a column that were left for later, odd of them.
func (d *csvDecoder) rest(s *sink, c *csvColumn, odd int) {
	for _, i := range d.later[:odd] {
		lo, hi := c.bounds(int(i))
		s.kind[c.row+int(i)] = value.KindNull
		if s.read == readInteger {
			d.longInteger(s, c.row+int(i), lo, hi)
		} else {
			d.field(s, c.row+int(i), lo, hi)
		}
	}
}

var textKinds, intKinds, realKinds = kinds(value.KindText), kinds(value.KindInt), kinds(value.KindReal)

func kinds(k value.Kind) (all [BatchRows]value.Kind) {
	for i := range all {
		all[i] = k
	}
	return all
}

// eight is the eight bytes from b[i] on.
func eight(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i : i+8 : i+8]) }

// digitsOf returns the last n of the eight bytes w, 1 to 8 of them, as digits:
// the bytes before them are 0.
func digitsOf(w uint64, n int) uint64 {
	before := (64 - 8*uint(n)) & 63
	return (w ^ zeros) >> before << before
}

// areDigits reports whether all eight bytes of t are 0 to 9.
func areDigits(t uint64) bool { return ((t+overNine)|t)&highs == 0 }

// numberOf is the number of eight digits, the first in the lowest byte.
func numberOf(t uint64) uint64 {
	t = t*10 + t>>8
	return (t&0x000000ff000000ff*(100+1000000<<32) + t>>16&0x000000ff000000ff*(1+10000<<32)) >> 32
}

// pointless returns the last n of the eight bytes w, 1 to 8 of them, as digits
// without the point among them, and how many of them are after the point. Where
// the point is the last byte the digits are none.
func pointless(w uint64, n int) (digits uint64, after int) {
	before := (64 - 8*uint(n)) & 63
	w ^= zeros
	point := zeroBytes(w^('.'^'0')*ones) >> before << before
	if point == 0 {
		return w >> before << before, 0
	}
	low := point&-point>>7 - 1 // the bytes before the point, which move up
	digits = w&low<<8 | w&^low&^(low<<8|0xff)
	after = 7 - bits.TrailingZeros64(point)>>3
	if after == 0 {
		return ^uint64(0), 0
	}
	return digits >> before >> 8 << 8 << before, after
}

// longInteger reads the field [lo, hi) if it is 9 to 16 digits, and leaves all
// others to field.
func (d *csvDecoder) longInteger(s *sink, row, lo, hi int) {
	if n := hi - lo; n > 8 && n <= 16 && hi >= 16 {
		high, low := digitsOf(load(d.data, hi-16), n-8), load(d.data, hi-8)^zeros
		if areDigits(high) && areDigits(low) {
			s.setInt(row, int64(numberOf(high)*1e8+numberOf(low)))
			return
		}
	}
	d.field(s, row, lo, hi)
}

// zeroBytes marks the bytes of w that are zero, exactly, by their highest bits.
func zeroBytes(w uint64) uint64 {
	const rest = ^uint64(highs)
	return ^((w&rest + rest) | w | rest)
}
