package exact

// Terms are doubles whose exact sum is the value. They may overlap and their
// order says nothing: equal values can have different Terms. The zero Terms
// are the value 0.
type Terms [3]float64

// Add adds x if the exact result fits into three terms. Otherwise, also when
// it is beyond the largest double or x is not finite, it returns false and
// leaves t as it was.
func (t *Terms) Add(x float64) bool {
	a, e := TwoSum(t[0], x)
	b, e := TwoSum(t[1], e)
	c, e := TwoSum(t[2], e)
	for pass := 0; e != 0; pass++ { // NaN too
		if pass == 2 {
			return false
		}
		a, b, c, e = renormalize(a, b, c, e)
	}
	t[0], t[1], t[2] = a, b, c
	return true
}

// renormalize moves as much as possible to the front, so that room for more
// comes free at the end. The exact sum stays.
func renormalize(a, b, c, d float64) (float64, float64, float64, float64) {
	c, d = TwoSum(c, d)
	b, c = TwoSum(b, c)
	a, b = TwoSum(a, b)
	c, d = TwoSum(c, d)
	b, c = TwoSum(b, c)
	c, d = TwoSum(c, d)
	return a, b, c, d
}
