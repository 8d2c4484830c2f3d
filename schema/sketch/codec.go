package sketch

import (
	"encoding/binary"
	"errors"
	"math"
)

// The encoding of n values, n > 0, in varints of encoding/binary, each as
// short as it can be:
//
//	byte     version, 1
//	uvarint  n
//	byte     scale of the keys, 0 to 15, or 16 for bits
//	varint   the first key
//	uvarint  each next one, less the one before
//
// These are the keys of all values if n <= Exact; else those of the least and
// the greatest, followed by the buckets that are not empty, in their order:
//
//	varint   the number of the first bucket
//	uvarint  the values in it, less 1, times 2, plus 1 if the next is not its neighbour
//	uvarint  only then: how many empty ones are between, less 1
//	uvarint  the values in the next one, and so on
const version = 1

var errEncoding = errors.New("not the encoding of values")

// Encode returns the encoding of a group's values, valid until the next call;
// nil if it has none. Groups of the same values have the same one.
func (s *Groups) Encode(group int) []byte {
	v := s.show(group)
	if v.n == 0 {
		return nil
	}
	if len(v.blob) == 0 {
		v.blob = v.append(v.blob)
	}
	return v.blob
}

func (v *view) append(b []byte) []byte {
	b = append(b, version)
	b = binary.AppendUvarint(b, v.n)
	b = append(b, byte(v.keys.scale))
	k := v.keys.k
	b = binary.AppendVarint(b, k[0])
	for i := 1; i < len(k); i++ {
		b = binary.AppendUvarint(b, uint64(k[i])-uint64(k[i-1]))
	}
	if v.n <= Exact {
		return b
	}
	b = binary.AppendVarint(b, int64(v.buckets[0].number))
	for i, c := range v.buckets {
		n := (c.n - 1) << 1
		if i+1 == len(v.buckets) {
			return binary.AppendUvarint(b, n)
		}
		if gap := v.buckets[i+1].number - c.number - 1; gap > 0 {
			b = binary.AppendUvarint(b, n|1)
			b = binary.AppendUvarint(b, uint64(gap-1))
		} else {
			b = binary.AppendUvarint(b, n)
		}
	}
	return b
}

// decode sets v to what append has encoded, and accepts nothing else.
func (v *view) decode(b []byte) error {
	r := reader{b: b}
	if r.byte() != version {
		return errEncoding
	}
	v.n = r.uvarint()
	if r.bad || v.n == 0 || v.n > math.MaxInt64 {
		return errEncoding
	}
	count := 2
	if v.n <= Exact {
		count = int(v.n)
	}
	v.buckets = v.buckets[:0]
	if !v.keys.decode(&r, count) {
		return errEncoding
	}
	if v.n > Exact && !v.decodeBuckets(&r) {
		return errEncoding
	}
	if r.bad || len(r.b) > 0 {
		return errEncoding
	}
	return nil
}

// decode reads n keys.
func (k *keys) decode(r *reader, n int) bool {
	k.scale, k.k = int(r.byte()), k.k[:0]
	if k.scale > rawScale {
		return false
	}
	key := r.varint()
	for {
		if !k.valid(key) || r.bad {
			return false
		}
		if k.k = append(k.k, key); len(k.k) == n {
			return k.least()
		}
		last := key
		if key = int64(uint64(key) + r.uvarint()); key < last {
			return false
		}
	}
}

// valid reports whether a key of the scale is that of a value.
func (k *keys) valid(key int64) bool {
	if k.scale <= maxScale {
		return -maxKey <= key && key <= maxKey
	}
	x := math.Float64frombits(uint64(flip(key)))
	return x-x == 0 && key != -1 // which is -0
}

// least reports whether no other scale comes before the one of k.
func (k *keys) least() bool {
	if k.scale <= maxScale {
		return !k.divisible()
	}
	values := make([]float64, len(k.k))
	for i := range values {
		values[i] = k.value(i)
	}
	var other keys
	scale := leastScale(values)
	return scale > maxScale || !other.read(values, scale)
}

func (v *view) decodeBuckets(r *reader) bool {
	v.min, v.max = v.keys.value(0), v.keys.value(1)
	number, left := r.varint(), v.n
	for {
		c := r.uvarint()
		n := c>>1 + 1
		if r.bad || n > left || number < -last || number > last {
			return false
		}
		v.buckets = append(v.buckets, bucket{int32(number), n})
		number++
		switch left -= n; {
		case left == 0 && c&1 == 0:
			return v.buckets[0].number == bucketOf(v.min) && int64(bucketOf(v.max)) == number-1
		case c&1 == 1:
			gap := r.uvarint()
			if gap >= 2*last {
				return false
			}
			number += int64(gap) + 1
		}
	}
}

// reader takes numbers from b; bad if there was none, or not a minimal one.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uvarint() uint64 {
	x, n := binary.Uvarint(r.b)
	if n <= 0 || n > 1 && r.b[n-1] == 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return x
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	x := int64(u >> 1)
	if u&1 != 0 {
		x = ^x
	}
	return x
}

// Merge adds what Encode has given to a group. An error means that blob is no
// encoding, or that there would be more than 2^63 values; nothing has changed.
func (s *Groups) Merge(group int, blob []byte) error {
	if err := s.in.decode(blob); err != nil {
		return err
	}
	g := &s.groups[group]
	if s.len(g)+s.in.n > math.MaxInt64 {
		return errors.New("too many values")
	}
	s.change++
	if s.in.n <= Exact {
		for i := range s.in.keys.k {
			s.add(g, s.in.keys.value(i))
		}
		return nil
	}
	s.mergeBuckets(g, &s.in)
	return nil
}

// len returns how many values a group has.
func (s *Groups) len(g *group) uint64 {
	switch g.form {
	case isDense:
		return s.total(&s.dense[g.at])
	case isSparse:
		return s.sparse[g.at].n
	}
	return uint64(g.n)
}

func (s *Groups) mergeBuckets(g *group, v *view) {
	if g.form == isList {
		s.count(g)
	}
	if g.form == isDense {
		if s.mergeDense(&s.dense[g.at], v) {
			return
		}
		s.spread(g)
	}
	p := &s.sparse[g.at]
	for _, b := range v.buckets {
		p.add(b.number, b.n)
	}
	p.extend(v.min, v.max)
}

// mergeDense adds v to d; false if it has no room for it.
func (s *Groups) mergeDense(d *dense, v *view) bool {
	r := reaches{nowhere, nowhere}
	for _, b := range v.buckets {
		r.include(b.number)
	}
	if !s.cover(d, r) {
		return false
	}
	for _, b := range v.buckets {
		if n := s.counter(d, b.number); n != nil && uint64(*n)+b.n > math.MaxUint32 {
			return false
		}
	}
	for _, b := range v.buckets {
		if n := s.counter(d, b.number); n != nil {
			*n += uint32(b.n)
		} else {
			d.zeros += b.n
		}
	}
	d.min, d.max = min(d.min, v.min), max(d.max, v.max)
	return true
}

// counter returns where d counts a bucket in its windows, nil for zero.
func (s *Groups) counter(d *dense, number int32) *uint32 {
	w := &d.side[0]
	switch {
	case number == 0:
		return nil
	case number < 0:
		w, number = &d.side[1], -number
	}
	return &s.window(w)[number-w.from]
}
