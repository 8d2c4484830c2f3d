package output

import "io"

func newJSON(w io.Writer, _ Options) Encoder { return &jsonArray{buffer: newBuffer(w)} }

// jsonArray writes one array with an object a line.
type jsonArray struct {
	buffer
	one  single
	keys [][]byte
	some bool // a row has been written
}

var _ Batched = (*jsonArray)(nil)

func (e *jsonArray) Begin(cols []Column) error {
	e.keys = jsonKeys(cols)
	e.b = append(e.b, '[')
	return nil
}

func (e *jsonArray) Row(vals []any) error {
	b, err := e.one.of(vals)
	if err != nil {
		return err
	}
	return e.Rows(b)
}

// Rows implements Batched.
func (e *jsonArray) Rows(rows *Batch) error {
	for i := range rows.Len() {
		if e.some {
			e.b = append(e.b, ',', '\n', ' ')
		}
		e.some = true
		e.b = appendObject(e.b, e.keys, rows, i)
		if err := e.wrote(); err != nil {
			return err
		}
	}
	return nil
}

func (e *jsonArray) End() error {
	e.b = append(e.b, ']', '\n')
	return e.flush()
}
