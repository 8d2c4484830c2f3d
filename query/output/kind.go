package output

// Kind is what the values of a whole column have in common: every value that
// is not NULL fits it.
type Kind uint8

const (
	KindNull    Kind = iota // there are only NULLs, or no rows
	KindInteger             // int64
	KindReal                // float64, and int64 where each is exactly a float64
	KindText                // text, or values of several kinds: all are written as text
	KindTime                // text, each a time (IsTime)
	KindBlob                // []byte
)

// Typed is an Encoder of a format whose columns have types.
type Typed interface {
	Encoder
	// Kinds is called once, before Begin, with what a first pass over the rows
	// has found: one kind a column.
	Kinds(kinds []Kind)
}
