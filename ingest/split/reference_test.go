package split

import "bytes"

// extent is where a record is.
type extent struct{ lo, hi int }

// reference cuts data into records byte by byte, as the doc comments say.
// Extents hold the line ends and commas.
func reference(k Kind, data []byte, limit int) []extent {
	var all []extent
	for lo := 0; lo < len(data); {
		hi := referenceEnd(k, data[lo:], limit)
		all = append(all, extent{lo, lo + hi})
		lo += hi
	}
	return all
}

func referenceEnd(k Kind, data []byte, limit int) int {
	switch k.form {
	case array:
		return referenceElement(data)
	case csv:
		return referenceCSV(k, data, limit)
	}
	return firstLine(data)
}

func firstLine(data []byte) int {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1
	}
	return len(data)
}

func referenceCSV(k Kind, data []byte, limit int) int {
	quoted, atStart := false, true
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case quoted && c == k.quote && i+1 < len(data) && data[i+1] == k.quote:
			i++
		case quoted && c == k.quote:
			quoted, atStart = false, false
		case quoted:
		case c == k.quote && atStart:
			quoted = true
		case c == '\n':
			if i > limit {
				return firstLine(data)
			}
			return i + 1
		default:
			atStart = c == k.delimiter
		}
	}
	if quoted || len(data) > limit {
		return firstLine(data)
	}
	return len(data)
}

func referenceElement(data []byte) int {
	depth, str := 0, false
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case str && c == '\\':
			i++
		case c == '"':
			str = !str
		case str:
		case c == '{' || c == '[':
			depth++
		case c == ']' && depth == 0 && i == 0:
			return len(data)
		case c == ']' && depth == 0:
			return i
		case (c == '}' || c == ']') && depth > 0:
			depth--
		case c == ',' && depth == 0:
			return i + 1
		}
	}
	return len(data)
}
