package export

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// nullFolder stands for NULL in the name of a folder. Hive has it for empty text
// too; DuckDB and Arrow, which read NAME= as empty text, tell the two apart.
const nullFolder = "__HIVE_DEFAULT_PARTITION__"

// longestName is what file systems allow for one name, in bytes.
const longestName = 255

// folderOf is the name of the folder for a value of a column: NAME=VALUE as Hive
// writes it.
func folderOf(column string, value any) (string, error) {
	if value == nil {
		return escape(column) + "=" + nullFolder, nil
	}
	v, err := plain(value)
	if err != nil {
		return "", fmt.Errorf("cannot make a folder for a value of %s: %w", column, err)
	}
	name := escape(column) + "=" + escape(v)
	if len(name) > longestName {
		return "", fmt.Errorf("cannot make a folder for a value of %s of %d bytes: it is too long for a name", column, len(v))
	}
	return name, nil
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
