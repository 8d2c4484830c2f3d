package output

// Survey is an Encoder that writes nothing and finds what the values of each
// column have in common: the first pass over rows that a Typed encoder gets.
type Survey struct{ cols []seen }

var _ Encoder = (*Survey)(nil)

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
	if len(vals) != len(s.cols) {
		return errBegin
	}
	for i, v := range vals {
		switch v := v.(type) {
		case int64:
			s.cols[i] |= seenInteger
			if f := float64(v); f >= 1<<63 || int64(f) != v {
				s.cols[i] |= seenLong
			}
		case float64:
			s.cols[i] |= seenReal
		case string:
			if s.cols[i]&seenText != 0 {
				break
			}
			if IsTime(v) {
				s.cols[i] |= seenTime
			} else {
				s.cols[i] |= seenText
			}
		case []byte:
			s.cols[i] |= seenBlob
		}
	}
	return nil
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
