package eval

import (
	"math"
	"math/bits"
)

// SQLite reads and writes REALs through its own arithmetic of 96-bit powers of
// ten, which is not always correctly rounded in the 17th digit. This is the
// same arithmetic, so that the same text comes out.

// powers[i] is 10^i, shifted left until its highest bit is set.
var powers = [27]uint64{
	0x8000000000000000, 0xa000000000000000, 0xc800000000000000, 0xfa00000000000000, 0x9c40000000000000,
	0xc350000000000000, 0xf424000000000000, 0x9896800000000000, 0xbebc200000000000, 0xee6b280000000000,
	0x9502f90000000000, 0xba43b74000000000, 0xe8d4a51000000000, 0x9184e72a00000000, 0xb5e620f480000000,
	0xe35fa931a0000000, 0x8e1bc9bf04000000, 0xb1a2bc2ec5000000, 0xde0b6b3a76400000, 0x8ac7230489e80000,
	0xad78ebc5ac620000, 0xd8d726b7177a8000, 0x878678326eac9000, 0xa968163f0a57b400, 0xd3c21bcecceda100,
	0x84595161401484a0, 0xa56fa5b99019a5c8,
}

// scales[i] is the same of 10^(27*(i-13)), and scalesLow the 32 bits after it,
// except for the one in the middle, which is 10^-1.
var scales = [26]uint64{
	0x8049a4ac0c5811ae, 0xcf42894a5dce35ea, 0xa76c582338ed2621, 0x873e4f75e2224e68, 0xda7f5bf590966848,
	0xb080392cc4349dec, 0x8e938662882af53e, 0xe65829b3046b0afa, 0xba121a4650e4ddeb, 0x964e858c91ba2655,
	0xf2d56790ab41c2a2, 0xc428d05aa4751e4c, 0x9e74d1b791e07e48, 0xcccccccccccccccc, 0xcecb8f27f4200f3a,
	0xa70c3c40a64e6c51, 0x86f0ac99b4e8dafd, 0xda01ee641a708de9, 0xb01ae745b101e9e4, 0x8e41ade9fbebc27d,
	0xe5d3ef282a242e81, 0xb9a74a0637ce2ee1, 0x95f83d0a1fb69cd9, 0xf24a01a73cf2dccf, 0xc3b8358109e84f07,
	0x9e19db92b4e31ba9,
}

var scalesLow = [26]uint32{
	0x205b896d, 0x52064cad, 0xaf2af2b8, 0x5a7744a7, 0xaf39a475, 0xbd8d794e, 0x547eb47b, 0x0cb4a5a3, 0x92f34d62,
	0x3a6a07f9, 0xfae27299, 0xaa97e14c, 0x775ea265, 0xcccccccc, 0, 0x999090b6, 0x69a028bb, 0xe80e6f48,
	0x5ec05dd0, 0x14588f14, 0x8f1668c9, 0x6d953e2c, 0x4abdaf10, 0xbc633b39, 0x0a862f81, 0x6c07a2c2,
}

// powerOfTen returns the 96 highest bits of 10^p, for p from -348 to 347.
func powerOfTen(p int) (uint64, uint32) {
	if p >= 0 && p < 27 {
		return powers[p], 0
	}
	if p == -1 {
		return scales[13], scalesLow[13]
	}
	g, n := p/27, p%27
	if n < 0 {
		g, n = g-1, n+27
	}
	s, low := scales[g+13], scalesLow[g+13]
	if n == 0 {
		return s, low
	}
	x, low := multiply96(s, low, powers[n])
	if x>>63 == 0 {
		x, low = x<<1|uint64(low>>31), low<<1|1
	}
	return x, low
}

// multiply96 returns the 96 highest bits of the product of a 96-bit and a
// 64-bit number.
func multiply96(a uint64, aLow uint32, b uint64) (uint64, uint32) {
	hi, mid := bits.Mul64(a, b)
	lhi, llo := bits.Mul64(uint64(aLow), b) // stands 32 bits lower
	mid, carry := bits.Add64(mid, lhi<<32|llo>>32, 0)
	return hi + carry, uint32(mid >> 32)
}

func pow10to2(p int) int { return p * 108853 >> 15 }
func pow2to10(p int) int { return p * 78913 >> 18 }

// fromDecimal returns the REAL nearest to d * 10^p; d is not 0.
func fromDecimal(d uint64, p int) float64 {
	if p < -348 {
		return 0
	}
	if p > 347 {
		return math.Inf(1)
	}
	b := bits.Len64(d)
	lp := pow10to2(p)
	e := 53 - b - lp
	if e > 1074 {
		if e >= 1130 {
			return 0
		}
		e = 1074
	}
	u := scaled(d, b, p, uint(-(e - (64 - b) + lp + 3)))
	if u >= 1<<55-2 {
		u = u>>1 | u&1
		e--
	}
	m := (u + 1 + u>>2&1) >> 2
	if e <= -972 {
		return math.Inf(1)
	}
	if m&(1<<52) != 0 {
		m = m&^(1<<52) | uint64(1075-e)<<52
	}
	return math.Float64frombits(m)
}

// scaled returns the product of d, which has b bits, and 10^p without its
// lowest s bits; the lowest bit that is left says whether there were any.
func scaled(d uint64, b, p int, s uint) uint64 {
	high, low := powerOfTen(p)
	if low != 0 {
		high++
		low = ^low
	}
	x := d << (64 - b)
	hi, lo := bits.Mul64(x, high)
	sticky := uint64(1)
	if hi&(1<<s-1) == 0 {
		mid1 := uint32(lo >> 32)
		h, _ := bits.Mul64(x, uint64(low)<<32)
		mid2 := uint32(h >> 32)
		sticky = 0
		if mid1-mid2 > 1 {
			sticky = 1
		}
		if mid1 < mid2 {
			hi--
		}
	}
	return hi>>s | sticky
}

// toDecimal returns d and p with d * 10^p about m * 2^e, where the highest bit
// of m is set and d has n digits or one more.
func toDecimal(m uint64, e, n int) (d uint64, p int) {
	p = n - 1 - pow2to10(e+63)
	power, _ := powerOfTen(p)
	h, _ := bits.Mul64(m, power)
	if n == 18 {
		h >>= uint(-(e + pow10to2(p) + 2))
		return (h + h<<1&2) >> 1, -p
	}
	return h >> uint(-(e + pow10to2(p) + 1)), -p
}
