package split

import (
	"bytes"
	"strings"
)

// BOM returns the length of the UTF-8 byte order mark at the front of a file's
// first bytes: 3 or 0.
func BOM(head []byte) int {
	if bytes.HasPrefix(head, []byte("\xef\xbb\xbf")) {
		return 3
	}
	return 0
}

// IsArray reports whether a JSON file whose first bytes are head (without byte
// order mark) holds one array, and the index after its '['.
func IsArray(head []byte) (after int, ok bool) {
	i := bytes.IndexFunc(head, func(r rune) bool { return !strings.ContainsRune(" \t\r\n", r) })
	if i < 0 || head[i] != '[' {
		return 0, false
	}
	return i + 1, true
}

// Header reads the names in the first record of a CSV file, of which head
// (without byte order mark) is the front. Empty lines before it are passed
// over. end is the index after the record. ok is false if the record does not
// end within head; names and end are then right only if the file ends there.
func Header(head []byte, kind Kind) (names []string, end int, ok bool) {
	i := 0
	for i < len(head) && (head[i] == '\n' || head[i] == '\r') {
		i++
	}
	for i < len(head) {
		var name string
		name, i = kind.headerField(head, i)
		names = append(names, name)
		if i == len(head) {
			break
		}
		i++
		if head[i-1] == '\n' {
			return names, i, true
		}
		if i == len(head) {
			names = append(names, "")
		}
	}
	return names, len(head), false
}

// headerField reads one field and returns the index of the delimiter or
// newline after it, or len(head).
func (k Kind) headerField(head []byte, i int) (string, int) {
	var name []byte
	if k.quote != 0 && head[i] == k.quote {
		for i++; i < len(head); i++ {
			if head[i] == k.quote {
				if i++; i >= len(head) || head[i] != k.quote {
					break
				}
			}
			name = append(name, head[i])
		}
	}
	from := min(i, len(head))
	i = from
	for i < len(head) && head[i] != k.delimiter && head[i] != '\n' {
		i++
	}
	name = append(name, head[from:i]...)
	if i == len(head) || head[i] == '\n' {
		name = bytes.TrimSuffix(name, []byte("\r"))
	}
	return string(name), i
}
