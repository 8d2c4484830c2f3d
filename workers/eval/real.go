package eval

import (
	"math"
	"math/bits"
	"strconv"
)

// digits is a REAL in decimal: the digits in buf[from:from+n], with the point
// after the first point of them (which may lie outside).
type digits struct {
	negative bool
	buf      [24]byte
	from, n  int
	point    int
}

func (d *digits) at(i int) byte { return d.buf[d.from+i] }

// decode computes the digits of r, which is finite. With round > 0 there are
// that many at most, else -round after the point; never more than most.
func (d *digits) decode(r float64, round, most int) {
	*d = digits{negative: r < 0}
	if r == 0 {
		d.buf[0], d.n, d.point = '0', 1, 1
		return
	}
	r = math.Abs(r)
	m, e := mantissa(r)
	want := 18
	if round > 0 && round < 18 {
		want = round + 1
	}
	v, exp := toDecimal(m, e, want)
	all := strconv.AppendUint(d.buf[2:2], v, 10)
	d.from, d.n = 2, len(all)
	d.point = d.n + exp
	if round <= 0 {
		round = d.point - round
		if round == 0 && d.at(0) >= '5' {
			round = 1
			d.from--
			d.buf[d.from] = '0'
			d.n++
			d.point++
		}
	}
	if round > 0 && (round < d.n || d.n > most) {
		round = min(round, most)
		if round == 17 {
			round = d.shortest(r, exp)
		}
		d.round(round)
	}
	for d.n > 1 && d.at(d.n-1) == '0' {
		d.n--
	}
}

// mantissa splits r > 0 into m * 2^e with the highest bit of m set.
func mantissa(r float64) (m uint64, e int) {
	v := math.Float64bits(r)
	e = int(v >> 52 & 0x7ff)
	v &= 1<<52 - 1
	if e == 0 {
		z := bits.LeadingZeros64(v)
		return v << z, -1074 - z
	}
	return v<<11 | 1<<63, e - 1086
}

// shortest returns to how many digits the 18 can be cut so that they still
// read as r: 17, or fewer if they end in a run of nines or zeros.
func (d *digits) shortest(r float64, exp int) int {
	switch {
	case d.at(15) == '9' && d.at(14) == '9':
		j := 14
		for j > 0 && d.at(j-1) == '9' {
			j--
		}
		v := uint64(1)
		if j > 0 {
			v = d.first(j) + 1
		}
		if r == fromDecimal(v, exp+d.n-j) {
			return j + 1
		}
	case d.point >= d.n || d.at(15) == '0' && d.at(14) == '0' && d.at(13) == '0':
		j := 13
		for d.at(j-1) == '0' {
			j--
		}
		if r == fromDecimal(d.first(j), exp+d.n-j) {
			return j + 1
		}
	}
	return 17
}

// first returns the number that the first j digits make.
func (d *digits) first(j int) uint64 {
	v := uint64(0)
	for i := range j {
		v = v*10 + uint64(d.at(i)-'0')
	}
	return v
}

// round cuts the digits to n, half up.
func (d *digits) round(n int) {
	d.n = n
	if d.at(n) < '5' {
		return
	}
	for j := n - 1; ; j-- {
		c := &d.buf[d.from+j]
		*c++
		if *c <= '9' {
			return
		}
		*c = '0'
		if j == 0 {
			d.from--
			d.buf[d.from] = '1'
			d.n++
			d.point++
			return
		}
	}
}

// appendReal appends r as SQLite shows it: up to 17 digits, as few as are
// needed, always with a point or an exponent.
func appendReal(b []byte, r float64) []byte {
	if math.IsInf(r, 0) {
		if r < 0 {
			b = append(b, '-')
		}
		return append(b, "Inf"...)
	}
	var d digits
	d.decode(r, 17, 20)
	exp := d.point - 1
	if exp < -4 || exp > 16 {
		return d.appendExponent(b, exp)
	}
	return d.appendFixed(b, 16-exp)
}

// appendFixed appends the digits as 123.45 with at most places after the
// point, at least one.
func (d *digits) appendFixed(b []byte, places int) []byte {
	if d.negative {
		b = append(b, '-')
	}
	i := 0
	if d.point <= 0 {
		b = append(b, '0')
	}
	for ; i < d.point; i++ {
		b = append(b, d.orZero(i))
	}
	b = append(b, '.')
	whole := len(b)
	for i = d.point; i < d.n && len(b)-whole < places; i++ {
		b = append(b, d.orZero(i))
	}
	return endFraction(b)
}

// orZero is the digit at i, 0 outside of the known digits.
func (d *digits) orZero(i int) byte {
	if i < 0 || i >= d.n {
		return '0'
	}
	return d.at(i)
}

// endFraction cuts zeros from the end of a fraction, but not the first digit.
func endFraction(b []byte) []byte {
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = append(b, '0')
	}
	return b
}

func (d *digits) appendExponent(b []byte, exp int) []byte {
	if d.negative {
		b = append(b, '-')
	}
	b = append(b, d.at(0), '.')
	b = append(b, d.buf[d.from+1:d.from+d.n]...)
	b = append(endFraction(b), 'e', '+')
	if exp < 0 {
		b[len(b)-1] = '-'
		exp = -exp
	}
	if exp < 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, int64(exp), 10)
}
