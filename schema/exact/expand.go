package exact

// Expand writes the canonical expansion of the value, t plus more (nil for
// nothing), to out, which has two or three elements: each is the double
// nearest to what those before it leave of the value. -0 does not occur.
// If something is left after the last, the encoding of the whole value is
// appended to b; otherwise b comes back unchanged. A value beyond the largest
// double is an infinity, zeros, and its encoding.
func (t *Terms) Expand(more *Accumulator, out []float64, b []byte) []byte {
	clear(out)
	if more == nil && t[2] == 0 {
		if s, e := TwoSum(t[0], t[1]); Finite(e) {
			out[0], out[1] = s+0, e+0
			return b
		}
	}
	var a Accumulator
	if more != nil {
		a = *more
	}
	a.AddTerms(t)
	return a.expand(out, b)
}

func (a *Accumulator) expand(out []float64, b []byte) []byte {
	for i := range out {
		x := a.Float64()
		out[i] = x + 0
		if !Finite(x) {
			return a.Append(b)
		}
		a.Add(-x)
	}
	if a.Sign() == 0 {
		return b
	}
	for _, x := range out {
		a.Add(x)
	}
	return a.Append(b)
}
