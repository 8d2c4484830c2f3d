package decode

import (
	"fmt"
	"unicode/utf8"

	"github.com/windrow/windrow/schema/value"
)

// verdict says whether a value converts to a column's type.
type verdict uint8

const (
	fine verdict = iota
	null
	wrong      // it is no value of the type
	outOfRange // it would be, were it not too big
	notUTF8
	badEscape
	notJSON
)

// shownBytes is how much of a value is shown in a reason.
const shownBytes = 40

// reason is the sentence for the user about a value that is neither fine nor
// null. quoted says that the value is text.
func (v verdict) reason(t value.Type, shown []byte, quoted bool) string {
	show := cutText(shown)
	if quoted {
		show = "'" + show + "'"
	}
	switch v {
	case outOfRange:
		return show + " is out of range"
	case notUTF8:
		return "not valid UTF-8"
	case badEscape:
		return show + " has a bad escape"
	case notJSON:
		return show + " is not JSON"
	}
	return fmt.Sprintf("%s is not %s", show, article(t))
}

func article(t value.Type) string {
	if t == value.Integer {
		return "an INTEGER"
	}
	return "a " + t.String()
}

// cutText shortens b for a message, replacing what is not UTF-8.
func cutText(b []byte) string {
	more := ""
	if len(b) > shownBytes {
		b, more = b[:shownBytes], "..."
		for len(b) > shownBytes-utf8.UTFMax && !utf8.RuneStart(b[len(b)-1]) {
			b = b[:len(b)-1]
		}
		if b[len(b)-1] >= utf8.RuneSelf {
			b = b[:len(b)-1]
		}
	}
	return string([]rune(string(b))) + more
}
