package export

import (
	"crypto/sha256"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// nullFolder stands for NULL in the name of a folder. Hive has it for empty text
// too; DuckDB and Arrow, which read NAME= as empty text, tell the two apart.
const nullFolder = "__HIVE_DEFAULT_PARTITION__"

// longestName is how long the name of a folder may be, in bytes: file systems
// allow 255, some programs that copy them less.
const longestName = 200

// folderOf is the name of the folder for a value of a column: NAME=VALUE as Hive
// writes it. A value that is too long for that is cut, and told from others by
// its hash: NAME=BEGINNING~HASH.
func folderOf(column string, value any) (string, error) {
	column = escape(column)
	if value == nil {
		return column + "=" + nullFolder, nil
	}
	v, err := plain(value)
	if err != nil {
		return "", fmt.Errorf("cannot make a folder for a value of %s: %w", column, err)
	}
	name := column + "=" + escape(v)
	if len(name) <= longestName {
		return name, nil
	}
	room := longestName - len(column) - len("=") - hashLength
	if room < 0 {
		return "", fmt.Errorf("cannot make a folder for a value of %s: the name of the column is too long; give it a shorter one in a SELECT, with AS", column)
	}
	return column + "=" + beginning(v, room) + hashMark(v), nil
}

// hashLength is that of what hashMark gives.
const hashLength = 1 + 16

// hashMark tells a long value from others that begin like it.
func hashMark(v string) string {
	sum := sha256.Sum256([]byte(v))
	return "~" + hexOf(sum)[:16]
}

// beginning escapes as many whole characters of v as have room.
func beginning(v string, room int) string {
	var b strings.Builder
	for v != "" {
		_, size := utf8.DecodeRuneInString(v)
		next := escape(v[:size])
		if b.Len()+len(next) > room {
			break
		}
		b.WriteString(next)
		v = v[size:]
	}
	return b.String()
}

func plain(value any) (string, error) {
	switch v := value.(type) {
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		return real(v), nil
	case string:
		return v, nil
	}
	return "", fmt.Errorf("it is a BLOB; take hex() of it in a SELECT")
}

// real gives a REAL as the files have it: it always looks like one.
func real(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	switch a := math.Abs(f); {
	case math.IsInf(f, 0):
		return strings.TrimPrefix(s, "+")
	case a != 0 && (a < 1e-5 || a >= 1e16):
		return strconv.FormatFloat(f, 'e', -1, 64)
	case !strings.Contains(s, "."):
		s += ".0"
	}
	return s
}

// escaped are the characters that Hive writes as %XX, and those that Windows
// does not allow.
const escaped = "\"#%'*/:=?\\{[]^<>|\x7f"

func escape(s string) string {
	clean := func(r rune) bool { return r < ' ' || r == utf8.RuneError || strings.ContainsRune(escaped, r) }
	if strings.IndexFunc(s, clean) < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if clean(r) && size == 1 {
			fmt.Fprintf(&b, "%%%02X", s[i])
		} else {
			b.WriteString(s[i : i+size])
		}
		i += size
	}
	return b.String()
}
