package output

import "io"

func newJSON(w io.Writer, _ Options) Encoder { return &jsonArray{buffer: newBuffer(w)} }

// jsonArray writes one array with an object a line.
type jsonArray struct {
	buffer
	keys [][]byte
	some bool // a row has been written
}

var _ Encoder = (*jsonArray)(nil)

func (e *jsonArray) Begin(cols []Column) error {
	e.keys = jsonKeys(cols)
	e.b = append(e.b, '[')
	return nil
}

func (e *jsonArray) Row(vals []any) (err error) {
	if e.some {
		e.b = append(e.b, ',', '\n', ' ')
	}
	e.some = true
	if e.b, err = appendObject(e.b, e.keys, vals); err != nil {
		return err
	}
	return e.wrote()
}

func (e *jsonArray) End() error {
	e.b = append(e.b, ']', '\n')
	return e.flush()
}
