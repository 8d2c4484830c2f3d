package split

import "bytes"

// Starts returns where the records of data begin. Data is whole records, the
// first of which begins at 0; limit is the greatest length of a record.
func (k Kind) Starts(data []byte, limit int) []int {
	var starts []int
	for at := 0; at < len(data); at += k.first(data[at:], limit) {
		starts = append(starts, at)
	}
	return starts
}

// first returns how many bytes the first record of data has.
func (k Kind) first(data []byte, limit int) int {
	switch {
	case k.form == array:
		var e element
		if i := e.next(data, 0); i >= 0 && data[i] == ',' {
			return i + 1
		}
	case k.form == csv && k.quote != 0:
		for at := 0; at < len(data); {
			i := bytes.IndexByte(data[at:], '\n')
			if i < 0 {
				break
			}
			at += i + 1
			if n := k.cutCSV(data[:at], limit); n > 0 {
				return n
			}
		}
	default:
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return i + 1
		}
	}
	return len(data)
}
