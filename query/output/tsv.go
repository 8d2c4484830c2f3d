package output

import "io"

func newTSV(w io.Writer, o Options) Encoder {
	o.Delimiter = '\t'
	return newDelimited(w, o)
}
