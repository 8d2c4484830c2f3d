package exact

import (
	"encoding/binary"
	"errors"
	"math/bits"
)

// The encoding of a value v = ±m * 2^e, m odd:
//
//	byte  0     version, 1
//	bytes 1-2   length of all that follows, big endian
//	byte  3     1 if v is negative, else 0
//	bytes 4-5   e - Unit, big endian
//	bytes 6-    m, big endian, no leading zero byte
//
// Zero has no encoding: two doubles suffice for it.
const (
	version = 1
	header  = 6
)

var errEncoding = errors.New("not the encoding of an exact sum")

// Append appends the encoding of a, which is not 0, to b.
func (a *Accumulator) Append(b []byte) []byte {
	m, neg := a.abs()
	n, shift := m.length(), m.trailingZeros()
	size := (n - shift + 7) / 8
	b = append(b, version)
	b = binary.BigEndian.AppendUint16(b, uint16(header-3+size))
	b = append(b, 0)
	if neg {
		b[len(b)-1] = 1
	}
	b = binary.BigEndian.AppendUint16(b, uint16(shift))
	for i := size - 1; i >= 0; i-- {
		b = append(b, byte(m.take(shift+8*i, min(8, n-shift-8*i))))
	}
	return b
}

// Decode sets a to the value that Append has encoded. It accepts nothing else:
// a value has only one encoding.
func (a *Accumulator) Decode(b []byte) error {
	if len(b) <= header || b[0] != version || int(binary.BigEndian.Uint16(b[1:])) != len(b)-3 || b[3] > 1 {
		return errEncoding
	}
	shift, m := int(binary.BigEndian.Uint16(b[4:])), b[header:]
	n := len(m)*8 - bits.LeadingZeros8(m[0])
	if m[0] == 0 || m[len(m)-1]&1 == 0 || shift+n > limit {
		return errEncoding
	}
	*a = Accumulator{}
	for i, c := range m {
		a.add(0, uint64(c), shift+8*(len(m)-1-i), b[3] == 1)
	}
	return nil
}

func (a *Accumulator) trailingZeros() int {
	for i, w := range a.w {
		if w != 0 {
			return i*64 + bits.TrailingZeros64(w)
		}
	}
	return 0
}
