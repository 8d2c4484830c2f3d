package output

import "io"

// flushAt is the size in bytes at which a buffer is written out.
const flushAt = 64 << 10

// buffer collects bytes and writes them in pieces of about flushAt. Encoders
// append to b and then call wrote.
type buffer struct {
	w io.Writer
	b []byte
}

func newBuffer(w io.Writer) buffer { return buffer{w: w, b: make([]byte, 0, flushAt+4096)} }

// wrote flushes if enough has been collected.
func (o *buffer) wrote() error {
	if len(o.b) < flushAt {
		return nil
	}
	return o.flush()
}

func (o *buffer) flush() error {
	if len(o.b) == 0 {
		return nil
	}
	_, err := o.w.Write(o.b)
	if o.b = o.b[:0]; cap(o.b) > 16*flushAt { // one huge cell shall not stay
		o.b = make([]byte, 0, flushAt+4096)
	}
	return err
}
