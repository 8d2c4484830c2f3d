package output

import "io"

func newTSV(w io.Writer) Encoder { return &delimited{buffer: newBuffer(w), comma: '\t'} }
