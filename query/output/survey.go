package output

// Survey is an Encoder that writes nothing and finds what the values of each
// column have in common: the first pass over rows that a Typed encoder gets.
type Survey struct {
	cols []seen
	one  single
}

var _ Batched = (*Survey)(nil)

// seen are the sorts of values that a column has, NULL aside.
type seen uint8

const (
	seenInteger seen = 1 << iota
	seenLong         // an integer that is not exactly a float64
	seenReal
	seenTime
	seenText // that is not a time
	seenBlob
)

// Begin implements Encoder.
func (s *Survey) Begin(cols []Column) error {
	s.cols = make([]seen, len(cols))
	return nil
}

// Row implements Encoder.
func (s *Survey) Row(vals []any) error {
	b, err := s.one.of(vals)
	if err != nil {
		return err
	}
	return s.Rows(b)
}

// Rows implements Batched.
func (s *Survey) Rows(b *Batch) error {
	if b.cols != len(s.cols) {
		return errBegin
	}
	for i := range b.Len() {
		for j, c := range b.row(i) {
			s.cols[j] |= b.seen(c, s.cols[j])
		}
	}
	return nil
}

// seen is what a value adds to what its column has.
func (b *Batch) seen(c cell, before seen) seen {
	switch c.kind {
	case cellInteger:
		if f := float64(c.integer()); f >= 1<<63 || int64(f) != c.integer() {
			return seenInteger | seenLong
		}
		return seenInteger
	case cellReal:
		return seenReal
	case cellText:
		if before&seenText == 0 && IsTime(b.text(c)) {
			return seenTime
		}
		return seenText
	case cellBlob:
		return seenBlob
	}
	return 0
}

// End implements Encoder.
func (s *Survey) End() error { return nil }

// Kinds returns the kind of each column, once all rows have been seen.
func (s *Survey) Kinds() []Kind {
	kinds := make([]Kind, len(s.cols))
	for i, c := range s.cols {
		kinds[i] = c.kind()
	}
	return kinds
}

func (c seen) kind() Kind {
	switch c {
	case 0:
		return KindNull
	case seenInteger, seenInteger | seenLong:
		return KindInteger
	case seenReal, seenReal | seenInteger:
		return KindReal
	case seenTime:
		return KindTime
	case seenBlob:
		return KindBlob
	}
	return KindText
}
