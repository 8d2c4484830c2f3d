package query

import "github.com/windrow/windrow/query/output"

// kinds is an encoder that finds what the values of each column have in common.
type kinds struct{ cols []seen }

var _ output.Encoder = (*kinds)(nil)

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

func (k *kinds) Begin(cols []output.Column) error {
	k.cols = make([]seen, len(cols))
	return nil
}

func (k *kinds) Row(vals []any) error {
	for i, v := range vals {
		switch v := v.(type) {
		case int64:
			k.cols[i] |= seenInteger
			if f := float64(v); f >= 1<<63 || int64(f) != v {
				k.cols[i] |= seenLong
			}
		case float64:
			k.cols[i] |= seenReal
		case string:
			switch {
			case k.cols[i]&seenText != 0:
			case output.IsTime(v):
				k.cols[i] |= seenTime
			default:
				k.cols[i] |= seenText
			}
		case []byte:
			k.cols[i] |= seenBlob
		}
	}
	return nil
}

func (k *kinds) End() error { return nil }

func (k *kinds) found() []output.Kind {
	kinds := make([]output.Kind, len(k.cols))
	for i, c := range k.cols {
		kinds[i] = c.kind()
	}
	return kinds
}

func (c seen) kind() output.Kind {
	switch c {
	case 0:
		return output.KindNull
	case seenInteger, seenInteger | seenLong:
		return output.KindInteger
	case seenReal, seenReal | seenInteger:
		return output.KindReal
	case seenTime:
		return output.KindTime
	case seenBlob:
		return output.KindBlob
	}
	return output.KindText
}
