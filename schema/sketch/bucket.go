package sketch

import (
	"math"
	"math/bits"
)

// A bucket holds the values between two bounds whose ratio is less than
// 1.01/0.99, so that the harmonic mean of the bounds is within 1 % of each of
// them. The bounds are multiples of 2^e/2048 for values from 2^e to 2^(e+1):
// the number of a value's bucket comes from its bits and a table, is the same
// on every machine, and needs no logarithm. 35 buckets share each power of
// two, where the least number that is possible is 34.66.
//
// Buckets are numbered in the order of their values: those of positive values
// from 1, 0 for zero alone, and those of negative values from -1 downwards.
const (
	granules  = 2048 // parts of a power of two, of which buckets are made
	perPower  = 35   // buckets from 2^e to 2^(e+1)
	subnormal = 51   // powers of two from 2^-1074 that subnormal doubles have, but one
	// last is the bucket of the largest double.
	last = (2046+subnormal)*perPower + perPower
)

// within is the bucket, from 0, of each granule of a power of two, and middle
// the value of the bucket that stands for all of it.
var within, middle = divide()

func divide() (within [granules]uint8, middle [perPower]float64) {
	from, n := granules, 0
	for from < 2*granules {
		to := from + 1
		for to < 2*granules && 99*(to+1) < 101*from {
			to++
		}
		for g := from; g < to; g++ {
			within[g-granules] = uint8(n)
		}
		middle[n] = float64(2*from*to) / float64((from+to)*granules)
		from, n = to, n+1
	}
	return within, middle
}

const (
	mantissaBits = 52
	mantissaMask = 1<<mantissaBits - 1
	signBit      = 1 << 63
	granuleShift = mantissaBits - 11 // 2048 granules
)

// size returns the bucket of the magnitude of a finite double other than 0,
// from its bits without the sign.
func size(b uint64) int32 {
	if b < 1<<mantissaBits {
		return subnormalSize(b)
	}
	return int32(b>>mantissaBits)*perPower + int32(within[b>>granuleShift&(granules-1)]) + subnormal*perPower + 1
}

// subnormalSize is size for what has no leading one.
func subnormalSize(b uint64) int32 {
	shift := bits.LeadingZeros64(b) - (63 - mantissaBits)
	return int32(1-shift)*perPower + int32(within[b<<shift>>granuleShift&(granules-1)]) + subnormal*perPower + 1
}

// bucketOf returns the bucket of a finite x.
func bucketOf(x float64) int32 {
	b := math.Float64bits(x)
	switch {
	case x == 0:
		return 0
	case b >= signBit:
		return -size(b &^ signBit)
	}
	return size(b)
}

// standIn returns the value that stands for all values of a bucket, within 1 %
// of each. Among the subnormal doubles, which are further apart than that,
// half of their distance may come on top.
func standIn(bucket int32) float64 {
	switch {
	case bucket == 0:
		return 0
	case bucket < 0:
		return -standIn(-bucket)
	}
	power, n := int(bucket-1)/perPower, int(bucket-1)%perPower
	return math.Ldexp(middle[n], power-subnormal-1023)
}
