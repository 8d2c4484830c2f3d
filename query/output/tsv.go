package output

import "io"

func newTSV(w io.Writer, _ Options) Encoder { return &delimited{buffer: newBuffer(w), comma: '\t'} }
